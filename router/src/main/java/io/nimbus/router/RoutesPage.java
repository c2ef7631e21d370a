package io.nimbus.router;

import io.nimbus.router.policy.Balancing;
import io.nimbus.router.policy.Endpoint;
import io.nimbus.router.policy.Route;
import io.nimbus.router.policy.RouteTable;
import java.io.OutputStream;
import java.time.Duration;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The route table as JSON: uri to endpoints. Contract: router.md §15. */
final class RoutesPage {
    private static final JsonFactory JSON = new JsonFactory();

    private RoutesPage() {}

    static void write(
            RouteTable table, Duration staleAfter, Balancing balancing, OutputStream out) {
        try (var json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            for (var route : table.list()) {
                json.writeArrayPropertyStart(route.uri());
                for (var endpoint : route.endpoints()) {
                    write(json, route, endpoint, staleAfter, balancing);
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        }
    }

    private static void write(
            JsonGenerator json,
            Route route,
            Endpoint endpoint,
            Duration staleAfter,
            Balancing balancing) {
        var backend = endpoint.backend();
        json.writeStartObject();
        json.writeStringProperty("address", backend.address());
        text(json, "availability_zone", backend.zone());
        json.writeStringProperty("protocol", backend.http2() ? "http2" : "http1");
        json.writeBooleanProperty("tls", backend.tls());
        long most = staleAfter.toSeconds();
        int own = backend.staleSeconds();
        json.writeNumberProperty("ttl", own > 0 ? Math.min(own, most) : most);
        var service = route.serviceUrl();
        text(json, "route_service_url", service == null ? "" : service);
        json.writeObjectPropertyStart("tags");
        backend.tags().forEach(json::writeStringProperty);
        json.writeEndObject();
        text(json, "isolation_segment", backend.segment());
        text(json, "private_instance_id", backend.instance());
        text(json, "private_instance_index", backend.index());
        text(json, "app", backend.app());
        text(json, "server_cert_domain_san", backend.certificateName());
        var algorithm = route.balancing();
        json.writeStringProperty(
                "load_balancing_algorithm", (algorithm == null ? balancing : algorithm).wireName());
        json.writeEndObject();
    }

    private static void text(JsonGenerator json, String name, String value) {
        if (!value.isEmpty()) {
            json.writeStringProperty(name, value);
        }
    }
}

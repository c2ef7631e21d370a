package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static org.jooq.impl.DSL.lower;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import java.util.List;
import java.util.Locale;

/** Whether a route exists, for who may not see it, too. */
public final class RouteEndpoints implements Endpoints {
    private final Engine engine;

    public RouteEndpoints(Engine engine) {
        this.engine = engine;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get(
                        "/v2/routes/reserved/domain/:domain",
                        request -> reserved(request, request.query("host").orElse(""))),
                Route.get(
                        "/v2/routes/reserved/domain/:domain/host/:host",
                        request -> reserved(request, request.part("host"))));
    }

    private ApiResponse reserved(ApiRequest request, String host) {
        Engine.requireScope(request.caller(), Right.READ);
        var domain = request.part("domain");
        var path = request.query("path").orElse("");
        var port = request.query("port").filter(p -> !p.isEmpty());
        if (port.isPresent() && !port.get().matches("\\d{1,5}")) {
            throw CloudError.BAD_QUERY_PARAMETER.of("port is a number");
        }
        var found =
                engine.database()
                        .read(dsl -> {
                            if (!dsl.fetchExists(DOMAINS, DOMAINS.GUID.eq(domain))) {
                                throw CloudError.DOMAIN_NOT_FOUND.of(domain);
                            }
                            return dsl.fetchExists(
                                    ROUTES,
                                    ROUTES.DOMAIN_GUID
                                            .eq(domain)
                                            .and(
                                                    lower(ROUTES.HOST)
                                                            .eq(host.toLowerCase(Locale.ROOT)))
                                            .and(
                                                    lower(ROUTES.PATH)
                                                            .eq(path.toLowerCase(Locale.ROOT)))
                                            .and(
                                                    ROUTES.PORT.eq(
                                                            port.map(Integer::valueOf).orElse(0))));
                        });
        if (!found) {
            throw CloudError.NOT_FOUND.of();
        }
        return ApiResponse.noContent();
    }
}

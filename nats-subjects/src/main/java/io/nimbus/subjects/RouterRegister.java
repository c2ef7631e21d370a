package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint serves these uris ({@link #REGISTER}, repeated every 20 s) or does no longer ({@link
 * #UNREGISTER}, with the same host and port). Order between the two matters, so both are published
 * on one connection and read as one ordered stream.
 *
 * <p>gorouter drops the whole message when a value has the wrong type: {@code app}, all tags and
 * {@code private_instance_index} are strings, ports are integers. Source: gorouter,
 * mbus/subscriber.go.
 *
 * @param uris {@code host[/path]}, may start with {@code *.}
 * @param port plain port; null when only {@code tlsPort} is offered
 * @param dea the DEA's id; ignored by routers, useful to people
 * @param instance {@code private_instance_id}: known to DEA and router only, the affinity cookie's
 *     value
 * @param staleSeconds silence after which this endpoint is dropped, when less than the router's own
 * @param routeServiceUrl https, or the whole message is dropped
 * @param certificateName the name that the backend's certificate must carry
 * @param protocol {@code http1} or {@code http2}
 */
@JsonInclude(Include.NON_NULL)
public record RouterRegister(
        String host,
        @Nullable Integer port,
        @JsonInclude(Include.ALWAYS) List<String> uris,
        @Nullable String app,
        @Nullable String dea,
        @JsonInclude(Include.NON_EMPTY) Map<String, String> tags,
        @JsonProperty("private_instance_id") @Nullable String instance,
        @JsonProperty("private_instance_index") @Nullable String index,
        @JsonProperty("stale_threshold_in_seconds") @Nullable Integer staleSeconds,
        @JsonProperty("route_service_url") @Nullable String routeServiceUrl,
        @JsonProperty("isolation_segment") @Nullable String isolationSegment,
        @JsonProperty("tls_port") @Nullable Integer tlsPort,
        @JsonProperty("server_cert_domain_san") @Nullable String certificateName,
        @Nullable String protocol,
        @JsonProperty("availability_zone") @Nullable String zone,
        @Nullable Options options) {
    public static final Subject<RouterRegister> REGISTER =
            new Subject<>("router.register", RouterRegister.class);
    public static final Subject<RouterRegister> UNREGISTER =
            new Subject<>("router.unregister", RouterRegister.class);

    public RouterRegister {
        Wire.required(host, "host");
        uris = Wire.list(uris);
        tags = Wire.map(tags);
        if (effective(port, tlsPort) == 0) {
            throw new IllegalArgumentException("neither port nor tls_port");
        }
        Wire.port(effective(port, tlsPort));
        if (routeServiceUrl != null
                && !routeServiceUrl.isEmpty()
                && !routeServiceUrl.startsWith("https")) {
            throw new IllegalArgumentException("route_service_url is not https");
        }
    }

    /** A plain endpoint of a platform component, such as the controller's {@code api.<domain>}. */
    public static RouterRegister component(String name, String host, int port, List<String> uris) {
        return new RouterRegister(
                host,
                port,
                uris,
                null,
                null,
                Map.of("component", name),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    /** The port to dial: the TLS one where both are given. */
    public int effectivePort() {
        return effective(port, tlsPort);
    }

    private static int effective(@Nullable Integer port, @Nullable Integer tlsPort) {
        if (tlsPort != null && tlsPort != 0) {
            return tlsPort;
        }
        return port == null ? 0 : port;
    }

    /**
     * @param loadBalancing {@code round-robin} or {@code least-connection}, for all endpoints of
     *     the route
     */
    @JsonInclude(Include.NON_NULL)
    public record Options(@JsonProperty("loadbalancing") @Nullable String loadBalancing) {}
}

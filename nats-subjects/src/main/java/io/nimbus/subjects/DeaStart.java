package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Start one instance: {@code dea.<id>.start}, from a controller to one DEA. No reply; success shows
 * as a heartbeat RUNNING and a {@code router.register}, failure as {@code droplet.exited}, a lost
 * message as silence, which the health manager notices.
 *
 * <p>The form is the controller's of mid-2015 with four additions of ours, all optional and named
 * where they stand. Source: nats-subjects contract §2.8; original:
 * lib/cloud_controller/dea/start_app_message.rb.
 *
 * @param app the app's guid
 * @param sha1 the droplet's identity and the DEA's cache key; null only inside a staging request
 * @param droplet url to fetch the droplet, credentials or a signature included; never log it
 * @param index 0 for the first instance
 * @param environment {@code NAME=value}, to be split at the first {@code =}
 * @param partition opaque, echoed in heartbeats and exits
 * @param startCommand overrides the buildpack's command
 * @param healthCheckTimeoutSeconds null: the DEA's default, 60 s
 * @param vcapApplication the controller's part of {@code VCAP_APPLICATION}; the DEA adds the
 *     instance's
 * @param healthCheckType ours: {@code port}, {@code process}, {@code http} or {@code none}; absent:
 *     a port check if there are uris
 * @param healthCheckHttpEndpoint ours: the path that must answer 200, for type http
 * @param routeServices ours: uri to the https address of its route service; such uris are also in
 *     {@code uris}
 */
public record DeaStart(
        @JsonProperty("droplet") String app,
        String name,
        List<String> uris,
        boolean prod,
        @Nullable String sha1,
        @JsonProperty("executableFile") @Nullable String executableFile,
        @JsonProperty("executableUri") @Nullable String droplet,
        String version,
        @JsonProperty(required = true) int index,
        List<ServiceBinding> services,
        Limits limits,
        @JsonProperty("env") List<String> environment,
        @JsonProperty("cc_partition") String partition,
        boolean console,
        @Nullable String debug,
        @JsonProperty("start_command") @Nullable String startCommand,
        @JsonProperty("health_check_timeout") @Nullable Integer healthCheckTimeoutSeconds,
        @JsonProperty("vcap_application") Map<String, Object> vcapApplication,
        @JsonProperty("egress_network_rules") List<EgressRule> egressRules,
        @JsonInclude(Include.NON_NULL) @Nullable String stack,
        @JsonProperty("health_check_type") @JsonInclude(Include.NON_NULL)
                @Nullable String healthCheckType,
        @JsonProperty("health_check_http_endpoint") @JsonInclude(Include.NON_NULL)
                @Nullable String healthCheckHttpEndpoint,
        @JsonProperty("route_services") @JsonInclude(Include.NON_EMPTY)
                Map<String, String> routeServices) {

    /**
     * What {@code executableFile} says since droplets are fetched by url; dea_ng wants a string
     * there.
     */
    public static final String DEPRECATED = "deprecated";

    public DeaStart {
        Wire.required(app, "droplet");
        Wire.required(name, "name");
        Wire.required(version, "version");
        Wire.required(limits, "limits");
        Wire.required(partition, "cc_partition");
        Wire.required(uris, "uris");
        Wire.notNegative(index, "index");
        uris = List.copyOf(uris);
        services = Wire.list(services);
        environment = Wire.list(environment);
        vcapApplication = Wire.map(vcapApplication);
        egressRules = Wire.list(egressRules);
        routeServices = Wire.map(routeServices);
    }

    public static Subject<DeaStart> to(String dea) {
        return new Subject<>("dea." + Subject.token(dea) + ".start", DeaStart.class);
    }

    /** The same start for another index. */
    public DeaStart withIndex(int other) {
        return new DeaStart(
                app,
                name,
                uris,
                prod,
                sha1,
                executableFile,
                droplet,
                version,
                other,
                services,
                limits,
                environment,
                partition,
                console,
                debug,
                startCommand,
                healthCheckTimeoutSeconds,
                vcapApplication,
                egressRules,
                stack,
                healthCheckType,
                healthCheckHttpEndpoint,
                routeServices);
    }

    /** Without credentials, addresses and environment: fit for a log. */
    @Override
    public String toString() {
        return "DeaStart[app="
                + app
                + ", name="
                + name
                + ", version="
                + version
                + ", index="
                + index
                + "]";
    }
}

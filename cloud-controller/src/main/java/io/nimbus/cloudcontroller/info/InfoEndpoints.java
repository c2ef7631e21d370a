package io.nimbus.cloudcontroller.info;

import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.cloudcontroller.rest.Route.Login;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where everything is, for clients that know one address. */
public final class InfoEndpoints implements Endpoints {
    static final String V2 = "2.150.0";

    /** Low enough that clients stay off those parts of /v3 that are not served. */
    static final String V3 = "3.63.0";

    /** What is sent to brokers, and no more. */
    private static final String BROKER_API = "2.8";

    private static final List<String> FAMILIES =
            List.of(
                    "apps",
                    "builds",
                    "buildpacks",
                    "deployments",
                    "domains",
                    "droplets",
                    "environment_variable_groups",
                    "feature_flags",
                    "isolation_segments",
                    "organizations",
                    "packages",
                    "processes",
                    "resource_matches",
                    "roles",
                    "routes",
                    "security_groups",
                    "service_brokers",
                    "service_instances",
                    "service_offerings",
                    "service_plans",
                    "spaces",
                    "stacks",
                    "tasks",
                    "users");

    private final InfoConfig config;

    public InfoEndpoints(InfoConfig config) {
        this.config = config;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get("/", this::root).with(Login.NONE),
                Route.get("/v2/info", this::info).with(Login.NONE),
                Route.get("/info", this::legacy).with(Login.NONE),
                Route.get("/v3", this::v3).with(Login.NONE));
    }

    private ApiResponse root(ApiRequest request) {
        var origin = request.origin();
        var links = new LinkedHashMap<String, @Nullable Object>();
        links.put("self", link(origin));
        links.put("bits_service", null);
        links.put("cloud_controller_v2", link(origin + "/v2", V2));
        links.put("cloud_controller_v3", link(origin + "/v3", V3));
        links.put("network_policy_v0", null);
        links.put("network_policy_v1", null);
        links.put("login", link(config.login().toString()));
        links.put("uaa", link(config.uaa().toString()));
        links.put("credhub", null);
        links.put("routing", null);
        // A link without an address would make cf-java-client discard the whole document.
        links.put("logging", config.doppler() == null ? null : link(config.doppler().toString()));
        links.put(
                "log_cache", config.logCache() == null ? null : link(config.logCache().toString()));
        links.put("log_stream", null);
        links.put("app_ssh", null);
        return ApiResponse.ok(Map.of("links", links));
    }

    private static Map<String, Object> link(String address) {
        return Map.of("href", address);
    }

    private static Map<String, Object> link(String address, String version) {
        var link = new LinkedHashMap<String, Object>();
        link.put("href", address);
        link.put("meta", Map.of("version", version));
        return link;
    }

    private Map<String, @Nullable Object> common(ApiRequest request) {
        var info = new LinkedHashMap<String, @Nullable Object>();
        info.put("name", config.name());
        info.put("build", config.build());
        info.put("support", config.support());
        info.put("version", 0);
        info.put("description", config.description());
        info.put("authorization_endpoint", config.login().toString());
        info.put("token_endpoint", config.uaa().toString());
        if (request.caller().isKnown()) {
            info.put("user", request.caller().guid());
        }
        return info;
    }

    private ApiResponse info(ApiRequest request) {
        var info = common(request);
        info.put("min_cli_version", null);
        info.put("min_recommended_cli_version", null);
        info.put("app_ssh_endpoint", null);
        info.put("app_ssh_host_key_fingerprint", null);
        info.put("app_ssh_oauth_client", null);
        if (config.doppler() != null) {
            info.put("doppler_logging_endpoint", config.doppler().toString());
        }
        if (config.logCache() != null) {
            info.put("log_cache_endpoint", config.logCache().toString());
        }
        info.put("api_version", V2);
        info.put("osbapi_version", BROKER_API);
        return ApiResponse.ok(info);
    }

    /** As clients of 2013 ask. */
    private ApiResponse legacy(ApiRequest request) {
        var info = common(request);
        if (config.doppler() != null) {
            info.put("logging_endpoint", config.doppler().toString());
        }
        info.put("allow_debug", false);
        return ApiResponse.ok(info);
    }

    private ApiResponse v3(ApiRequest request) {
        var origin = request.origin();
        var links = new LinkedHashMap<String, Object>();
        links.put("self", link(origin + "/v3"));
        for (var family : FAMILIES) {
            links.put(family, link(origin + "/v3/" + family));
        }
        return ApiResponse.ok(Map.of("links", links));
    }
}

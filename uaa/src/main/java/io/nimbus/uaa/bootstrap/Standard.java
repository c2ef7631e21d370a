package io.nimbus.uaa.bootstrap;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The clients and groups that the platform's parts and tools expect to find. */
final class Standard {
    private Standard() {}

    /**
     * @param needsSecret false for a client of people, which cannot keep one
     */
    record Definition(
            String id,
            boolean needsSecret,
            List<String> grantTypes,
            List<String> scope,
            List<String> authorities,
            List<String> autoApprove,
            @Nullable Duration accessValidity,
            @Nullable Duration refreshValidity,
            String name) {}

    static final List<String> DEFAULT_GROUPS =
            List.of(
                    "openid",
                    "scim.me",
                    "cloud_controller.read",
                    "cloud_controller.write",
                    "cloud_controller_service_permissions.read",
                    "password.write",
                    "scim.userids",
                    "uaa.user",
                    "approvals.me",
                    "oauth.approvals",
                    "profile",
                    "roles",
                    "user_attributes",
                    "uaa.offline_token");

    static final List<String> ADMIN_GROUPS =
            List.of(
                    "cloud_controller.admin",
                    "uaa.admin",
                    "scim.read",
                    "scim.write",
                    "clients.read",
                    "clients.admin",
                    "doppler.firehose",
                    "network.admin",
                    "routing.router_groups.read",
                    "routing.router_groups.write");

    /**
     * Known to the controller, the router or the UAA itself, though no standard client has them.
     */
    static final List<String> GROUPS =
            List.of(
                    "cloud_controller.admin_read_only",
                    "cloud_controller.global_auditor",
                    "cloud_controller.update_build_state",
                    "cloud_controller.v2_api_rate_limit_exempt",
                    "clients.write",
                    "clients.secret",
                    "groups.update",
                    "scim.create",
                    "tokens.revoke",
                    "uaa.account_status.write",
                    "uaa.none",
                    "uaa.resource");

    private static final List<String> CLIENT_CREDENTIALS = List.of("client_credentials");
    private static final List<String> NONE = List.of("uaa.none");

    static final List<Definition> CLIENTS =
            List.of(
                    // People's client: everybody knows its id, so it has the empty secret.
                    new Definition(
                            "cf",
                            false,
                            List.of("password", "refresh_token"),
                            List.of(
                                    "cloud_controller.read",
                                    "cloud_controller.write",
                                    "openid",
                                    "password.write",
                                    "cloud_controller.admin",
                                    "cloud_controller.admin_read_only",
                                    "cloud_controller.global_auditor",
                                    "scim.read",
                                    "scim.write",
                                    "scim.userids",
                                    "doppler.firehose",
                                    "uaa.user",
                                    "routing.router_groups.read",
                                    "routing.router_groups.write",
                                    "network.admin",
                                    "network.write",
                                    "clients.read",
                                    "clients.admin"),
                            NONE,
                            List.of(),
                            Duration.ofMinutes(10),
                            Duration.ofDays(30),
                            "Command line"),
                    // No redirect URI: its code goes to our own host, for `cf ssh-code`.
                    new Definition(
                            "ssh-proxy",
                            true,
                            List.of("authorization_code", "refresh_token"),
                            List.of("openid", "cloud_controller.read", "cloud_controller.write"),
                            NONE,
                            List.of("*"),
                            null,
                            null,
                            "SSH proxy"),
                    new Definition(
                            "doppler",
                            true,
                            CLIENT_CREDENTIALS,
                            NONE,
                            List.of("doppler.firehose", "uaa.resource", "logs.admin"),
                            List.of(),
                            null,
                            null,
                            "Loggregator"),
                    new Definition(
                            "cloud_controller_username_lookup",
                            true,
                            CLIENT_CREDENTIALS,
                            NONE,
                            List.of("scim.userids"),
                            List.of(),
                            null,
                            null,
                            "Cloud controller: user names"),
                    new Definition(
                            "cc-service-dashboards",
                            true,
                            CLIENT_CREDENTIALS,
                            List.of("openid", "cloud_controller_service_permissions.read"),
                            List.of(
                                    "clients.read",
                                    "clients.write",
                                    "clients.admin",
                                    "scim.userids"),
                            List.of(),
                            null,
                            null,
                            "Cloud controller: service dashboards"),
                    new Definition(
                            "service-gateway",
                            true,
                            CLIENT_CREDENTIALS,
                            NONE,
                            List.of(
                                    "cloud_controller.read",
                                    "cloud_controller.write",
                                    "cloud_controller.admin"),
                            List.of(),
                            null,
                            null,
                            "Service gateway"),
                    new Definition(
                            "admin",
                            true,
                            CLIENT_CREDENTIALS,
                            NONE,
                            List.of(
                                    "uaa.admin",
                                    "clients.read",
                                    "clients.write",
                                    "clients.secret",
                                    "clients.admin",
                                    "scim.read",
                                    "scim.write",
                                    "password.write"),
                            List.of(),
                            null,
                            null,
                            "Administration"));
}

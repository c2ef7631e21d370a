package io.nimbus.uaa.bootstrap;

import io.nimbus.component.Config;
import io.nimbus.uaa.clients.ClientBody;
import io.nimbus.uaa.policy.RedirectPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must exist: the {@code admin}, {@code clients}, {@code groups} and {@code default_groups}
 * parts of the configuration.
 *
 * @param adminPassword null: generated at the first start
 * @param groups beside those that clients and the admin need
 * @param defaultGroups everybody belongs to these
 * @param secretsFile where generated secrets are written for the operator
 */
public record BootstrapConfig(
        String adminUser,
        @Nullable String adminPassword,
        String adminEmail,
        List<String> adminGroups,
        List<ClientOverride> clients,
        List<String> groups,
        List<String> defaultGroups,
        Path secretsFile) {

    /**
     * A client of the configuration: a further one, or what differs in a standard one. What is null
     * is as in the standard, or empty.
     */
    public record ClientOverride(
            String id,
            @Nullable String secret,
            @Nullable List<String> grantTypes,
            @Nullable List<String> scope,
            @Nullable List<String> authorities,
            @Nullable List<String> redirectUris,
            @Nullable List<String> autoApprove,
            @Nullable Duration accessValidity,
            @Nullable Duration refreshValidity,
            @Nullable String name) {

        @Override
        public String toString() {
            return "ClientOverride[" + id + "]";
        }
    }

    public static BootstrapConfig read(Config config) {
        var admin = config.section("admin");
        var user = admin.text("user", "admin");
        return new BootstrapConfig(
                user,
                admin.optionalSecret("password"),
                admin.text("email", user),
                admin.texts("groups", Standard.ADMIN_GROUPS),
                config.sections("clients").stream().map(BootstrapConfig::client).toList(),
                config.texts("groups", List.of()),
                config.texts("default_groups", Standard.DEFAULT_GROUPS),
                Path.of(config.text("secrets_file", "uaa-secrets.yml")));
    }

    private static ClientOverride client(Config config) {
        var grants = texts(config, "grant_types");
        if (grants != null && !ClientBody.GRANT_TYPES.containsAll(grants)) {
            config.fault("grant_types", "are not all of " + ClientBody.GRANT_TYPES);
        }
        var redirects = texts(config, "redirect_uris");
        if (redirects != null) {
            for (var uri : redirects) {
                RedirectPolicy.fault(uri)
                        .ifPresent(fault -> config.fault("redirect_uris", fault + ": " + uri));
            }
        }
        return new ClientOverride(
                config.text("id"),
                config.optionalSecret("secret"),
                grants,
                texts(config, "scope"),
                texts(config, "authorities"),
                redirects,
                texts(config, "auto_approve"),
                duration(config, "access_validity"),
                duration(config, "refresh_validity"),
                config.optionalText("name"));
    }

    private static @Nullable List<String> texts(Config config, String key) {
        return config.has(key) ? config.texts(key, List.of()) : null;
    }

    private static @Nullable Duration duration(Config config, String key) {
        return config.has(key) ? config.duration(key, Duration.ZERO) : null;
    }

    @Override
    public String toString() {
        return "BootstrapConfig[admin=" + adminUser + "]";
    }
}

package io.nimbus.component;

import io.nimbus.subjects.ServiceBinding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an app, and the buildpack that stages it, learn of their services from the environment.
 * Source: dea_ng, lib/dea/starting/database_uri_generator.rb and lib/dea/starting/env.rb.
 */
public final class VcapEnvironment {
    private static final Map<String, String> SCHEMES =
            Map.of(
                    "mysql",
                    "mysql2",
                    "mysql2",
                    "mysql2",
                    "postgres",
                    "postgres",
                    "postgresql",
                    "postgres",
                    "db2",
                    "ibmdb",
                    "informix",
                    "ibmdb");

    private VcapEnvironment() {}

    /** {@code VCAP_SERVICES}: label to the bindings of that label; only keys that have a value. */
    public static String services(List<ServiceBinding> services) {
        var byLabel = new LinkedHashMap<String, List<Map<String, Object>>>();
        for (var service : services) {
            var entry = new LinkedHashMap<String, Object>();
            put(entry, "name", service.name());
            put(entry, "label", service.label());
            put(entry, "tags", service.tags());
            put(entry, "plan", service.plan());
            put(entry, "credentials", service.credentials());
            put(entry, "syslog_drain_url", service.syslogDrainUrl());
            put(entry, "volume_mounts", service.volumeMounts());
            byLabel.computeIfAbsent(service.label(), label -> new ArrayList<>()).add(entry);
        }
        return JsonMapper.shared().writeValueAsString(byLabel);
    }

    private static void put(Map<String, Object> entry, String key, @Nullable Object value) {
        if (value != null) {
            entry.put(key, value);
        }
    }

    /**
     * {@code DATABASE_URL}: the uri of the first bound database, its scheme as the frameworks of
     * the time want it. Empty when services are bound and none is a database; absent without
     * services.
     */
    public static Optional<String> databaseUrl(List<ServiceBinding> services) {
        if (services.isEmpty()) {
            return Optional.empty();
        }
        for (var service : services) {
            if (service.credentials() instanceof Map<?, ?> credentials
                    && credentials.get("uri") instanceof String uri) {
                var colon = uri.indexOf(':');
                var scheme = colon < 0 ? null : SCHEMES.get(uri.substring(0, colon));
                if (scheme != null) {
                    return Optional.of(scheme + uri.substring(colon));
                }
            }
        }
        return Optional.of("");
    }
}

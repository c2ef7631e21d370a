package io.nimbus.router.proxy;

import io.nimbus.router.http.Field;
import io.nimbus.router.http.RequestHead;
import io.nimbus.router.policy.Endpoint;
import io.nimbus.router.policy.Route;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request for one instance of an app ({@code X-CF-App-Instance: <guid>:<index>}) or of a process
 * ({@code X-CF-Process-Instance: <guid>[:<index>]}); the former wins.
 */
final class InstanceTarget {
    private static final String UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    private static final Pattern APP = Pattern.compile("(" + UUID + "):(\\d+)");
    private static final Pattern PROCESS = Pattern.compile("(" + UUID + ")(?::(\\d+))?");

    private final boolean process;
    private final @Nullable String guid;
    private final @Nullable String index;

    private InstanceTarget(boolean process, @Nullable String guid, @Nullable String index) {
        this.process = process;
        this.guid = guid;
        this.index = index;
    }

    /** Null for a request that any instance may answer. */
    static @Nullable InstanceTarget of(RequestHead request) {
        var app = request.text(Field.X_CF_APP_INSTANCE);
        if (app != null) {
            return parse(APP, app, false);
        }
        var process = request.text(Field.X_CF_PROCESS_INSTANCE);
        return process == null ? null : parse(PROCESS, process, true);
    }

    private static InstanceTarget parse(Pattern pattern, String value, boolean process) {
        var match = pattern.matcher(value);
        return match.matches()
                ? new InstanceTarget(process, match.group(1), match.group(2))
                : new InstanceTarget(process, null, null);
    }

    boolean isMalformed() {
        return guid == null;
    }

    String header() {
        return process ? "X-CF-Process-Instance" : "X-CF-App-Instance";
    }

    String malformedError() {
        return process ? "invalid_cf_process_instance_header" : "invalid_cf_app_instance_header";
    }

    String notThere(String host) {
        return "Requested instance ('"
                + (index == null ? "" : index)
                + "') with guid ('"
                + guid
                + "') does not exist for route ('"
                + host
                + "')";
    }

    /** The instance among the route's endpoints, or null. */
    @Nullable Endpoint find(Route route) {
        for (var endpoint : route.endpoints()) {
            var backend = endpoint.backend();
            var id = process ? backend.tags().getOrDefault("process_id", "") : backend.app();
            if (id.equals(guid) && (index == null || index.equals(backend.index()))) {
                return endpoint;
            }
        }
        return null;
    }
}

package io.nimbus.cloudcontroller.running;

import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.Limits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Apps as messages. */
public final class Messages {
    private final Addresses addresses;
    private final String partition;

    /**
     * @param partition DEAs echo it; health managers of one partition hear no others
     */
    public Messages(Addresses addresses, String partition) {
        this.addresses = addresses;
        this.partition = partition;
    }

    /**
     * The start of an instance; without a droplet when there is none yet, as it stands in a staging
     * request.
     */
    public DeaStart start(RunnableApp app, int index, @Nullable String droplet) {
        var environment = new LinkedHashMap<String, @Nullable Object>(app.runningEnvironment());
        environment.putAll(app.environment());
        environment.put("CF_PROCESS_TYPE", "web");
        return new DeaStart(
                app.guid(),
                app.name(),
                app.uris(),
                app.production(),
                droplet,
                DeaStart.DEPRECATED,
                droplet == null ? null : addresses.droplet(app.guid(), droplet),
                app.version(),
                index,
                app.services(),
                limits(app),
                lines(environment),
                partition,
                app.console(),
                app.debug(),
                app.command(),
                app.healthCheckTimeoutSeconds(),
                vcapApplication(app),
                app.runningRules(),
                app.stack(),
                app.healthCheckType(),
                app.healthCheckHttpEndpoint(),
                app.routeServices());
    }

    private static Limits limits(RunnableApp app) {
        return new Limits(app.memoryMb(), app.diskMb(), app.files());
    }

    /** {@code NAME=value}; values that are not texts as JSON. */
    public static List<String> lines(Map<String, @Nullable Object> environment) {
        return environment.entrySet().stream()
                .map(e -> e.getKey() + "=" + text(e.getValue()))
                .toList();
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : value instanceof String text ? text : Json.write(value);
    }

    /** The controller's part of {@code VCAP_APPLICATION}; the DEA adds the instance's. */
    @SuppressWarnings("NullAway") // "users" has been null since 2012 and clients know it so
    public static Map<String, Object> vcapApplication(RunnableApp app) {
        var limits = new LinkedHashMap<String, Object>();
        limits.put("mem", app.memoryMb());
        limits.put("disk", app.diskMb());
        limits.put("fds", app.files());
        var vcap = new LinkedHashMap<String, Object>();
        vcap.put("limits", limits);
        vcap.put("application_id", app.guid());
        vcap.put("application_version", app.version());
        vcap.put("application_name", app.name());
        vcap.put("application_uris", app.uris());
        vcap.put("version", app.version());
        vcap.put("name", app.name());
        vcap.put("space_name", app.spaceName());
        vcap.put("space_id", app.spaceGuid());
        vcap.put("organization_name", app.organizationName());
        vcap.put("organization_id", app.organizationGuid());
        vcap.put("uris", app.uris());
        vcap.put("users", null);
        return vcap;
    }

    /** {@code VCAP_SERVICES} as the app will find it: by label, only what has a value. */
    public static Map<String, List<Map<String, Object>>> vcapServices(RunnableApp app) {
        var byLabel = new LinkedHashMap<String, List<Map<String, Object>>>();
        for (var service : app.services()) {
            var entry = new LinkedHashMap<String, Object>();
            entry.put("name", service.name());
            entry.put("label", service.label());
            var tags = service.tags();
            entry.put("tags", tags == null ? List.of() : tags);
            var plan = service.plan();
            if (plan != null) {
                entry.put("plan", plan);
            }
            entry.put("credentials", service.credentials());
            var drain = service.syslogDrainUrl();
            if (drain != null && !drain.isEmpty()) {
                entry.put("syslog_drain_url", drain);
            }
            byLabel.computeIfAbsent(service.label(), l -> new java.util.ArrayList<>()).add(entry);
        }
        return byLabel;
    }
}

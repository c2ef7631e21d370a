package io.nimbus.dea.launch;

import io.nimbus.component.VcapEnvironment;
import io.nimbus.dea.policy.Address;
import io.nimbus.subjects.DeaStart;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** The variables of an app, in the order in which they are set: dea contract §11. */
final class AppEnvironment {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss Z").withZone(ZoneOffset.UTC);

    private AppEnvironment() {}

    /**
     * @param literal taken as it is; otherwise the shell expands what is in it, as it always did
     */
    record Variable(String name, String value, boolean literal) {}

    static List<Variable> of(DeaStart start, String guid, Instant startedAt, Address address) {
        var variables = new ArrayList<Variable>();
        variables.add(
                literal(
                        "VCAP_APPLICATION",
                        JSON.writeValueAsString(application(start, guid, startedAt, address))));
        variables.add(literal("VCAP_SERVICES", VcapEnvironment.services(start.services())));
        variables.add(literal("MEMORY_LIMIT", start.limits().memoryMb() + "m"));
        VcapEnvironment.databaseUrl(start.services())
                .ifPresent(url -> variables.add(literal("DATABASE_URL", url)));
        variables.add(new Variable("HOME", "$PWD/app", false));
        variables.add(new Variable("TMPDIR", "$PWD/tmp", false));
        variables.add(literal("VCAP_APP_HOST", "0.0.0.0"));
        variables.add(literal("VCAP_APP_PORT", Integer.toString(address.inside())));
        variables.add(literal("PORT", Integer.toString(address.inside())));
        variables.add(literal("CF_INSTANCE_INDEX", Integer.toString(start.index())));
        variables.add(literal("CF_INSTANCE_IP", address.host()));
        variables.add(literal("CF_INSTANCE_PORT", Integer.toString(address.port())));
        variables.add(literal("CF_INSTANCE_ADDR", address.host() + ":" + address.port()));
        variables.add(
                literal(
                        "CF_INSTANCE_PORTS",
                        JSON.writeValueAsString(
                                List.of(
                                        ordered(
                                                "external",
                                                address.port(),
                                                "internal",
                                                address.inside())))));
        for (var entry : start.environment()) {
            var split = entry.indexOf('=');
            if (split > 0) {
                variables.add(
                        new Variable(entry.substring(0, split), entry.substring(split + 1), false));
            }
        }
        return variables;
    }

    private static Variable literal(String name, String value) {
        return new Variable(name, value, true);
    }

    private static Map<String, Object> application(
            DeaStart start, String guid, Instant startedAt, Address address) {
        var application = new LinkedHashMap<String, Object>();
        if (start.vcapApplication().isEmpty()) {
            var limits =
                    ordered(
                            "mem", start.limits().memoryMb(),
                            "disk", start.limits().diskMb(),
                            "fds", start.limits().files());
            application.put("limits", limits);
            application.put("application_version", start.version());
            application.put("application_name", start.name());
            application.put("application_uris", start.uris());
            application.put("version", start.version());
            application.put("name", start.name());
            application.put("uris", start.uris());
            application.put("users", null);
        } else {
            application.putAll(start.vcapApplication());
        }
        var time = TIME.format(startedAt);
        application.put("application_id", start.app());
        application.put("instance_id", guid);
        application.put("instance_index", start.index());
        application.put("host", "0.0.0.0");
        application.put("port", address.inside());
        application.put("started_at", time);
        application.put("started_at_timestamp", startedAt.getEpochSecond());
        application.put("start", time);
        application.put("state_timestamp", startedAt.getEpochSecond());
        return application;
    }

    private static Map<String, Object> ordered(Object... keysAndValues) {
        var map = new LinkedHashMap<String, Object>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}

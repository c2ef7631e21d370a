package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_MAPPINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.errors.CloudError.APP_INVALID;
import static org.jooq.impl.DSL.falseCondition;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Checks;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Row;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToOne;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jooq.Condition;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/** {@code /v2/apps}, as it is declared. */
public final class AppResource {
    static final String REDACTED = "[PRIVATE DATA HIDDEN]";
    private static final Pattern RESERVED = Pattern.compile("(?i)(VCAP_|VMC).*");
    private static final int MAX_COMMAND = 4096;

    private final AppSecrets secrets;
    private final AppConfig config;

    private AppResource(AppSecrets secrets, AppConfig config) {
        this.secrets = secrets;
        this.config = config;
    }

    public static Resource declare(
            AppSecrets secrets, AppConfig config, ToMany.Editor routes, Lifecycle... rules) {
        return new AppResource(secrets, config).declare(routes, rules);
    }

    private Resource declare(ToMany.Editor routes, Lifecycle... rules) {
        return Resource.of("apps", "app", APPS, CloudError.APP_NOT_FOUND)
                .attributes(
                        Attribute.text("name")
                                .column(APPS.NAME)
                                .required()
                                .stripped()
                                .check(Checks.name(APP_INVALID)),
                        Attribute.flag("production").column(APPS.PRODUCTION).orElse(false))
                .toOne(ToOne.of("space", "spaces", APPS.SPACE_GUID))
                .toOne(ToOne.of("stack", "stacks", APPS.STACK_GUID).optional())
                .attributes(
                        Attribute.text("buildpack")
                                .shows(
                                        this::buildpack,
                                        APPS.BUILDPACKS_ENCRYPTED,
                                        APPS.BUILDPACKS_KEY)
                                .writes((change, value) ->
                                        secrets.buildpacks(
                                                change,
                                                value.isBlank()
                                                        ? List.of()
                                                        : List.of(value.strip()))),
                        Attribute.text("detected_buildpack")
                                .column(APPS.DETECTED_BUILDPACK)
                                .readOnly(),
                        Attribute.text("detected_buildpack_guid")
                                .column(APPS.DETECTED_BUILDPACK_GUID)
                                .readOnly(),
                        Attribute.object("environment_json")
                                .shows(this::environment, this::environmentFields)
                                .check(AppResource::checkEnvironment)
                                .writes(secrets::environment),
                        Attribute.integer("memory")
                                .column(APPS.MEMORY)
                                .orElse(config.memoryMb())
                                .check(memory -> {
                                    if (memory <= 0) {
                                        throw CloudError.APP_MEMORY_INVALID.of();
                                    }
                                }),
                        Attribute.integer("instances")
                                .column(APPS.INSTANCES)
                                .orElse(1)
                                .check(
                                        Checks.within(
                                                0,
                                                Integer.MAX_VALUE,
                                                APP_INVALID,
                                                "the number of instances")),
                        Attribute.integer("disk_quota")
                                .column(APPS.DISK_QUOTA)
                                .orElse(config.diskMb())
                                .check(
                                        Checks.within(
                                                1,
                                                config.maxDiskMb(),
                                                APP_INVALID,
                                                "the disk quota (MB)")),
                        Attribute.text("state")
                                .column(APPS.STATE)
                                .orElse("STOPPED")
                                .check(
                                        Checks.oneOf(
                                                List.of("STARTED", "STOPPED"),
                                                APP_INVALID,
                                                "the state")),
                        Attribute.text("version").column(APPS.VERSION).readOnly(),
                        Attribute.text("command")
                                .shows(row -> row.get(APPS.COMMAND), APPS.COMMAND)
                                .check(Checks.longest(MAX_COMMAND, APP_INVALID, "the command"))
                                .writes((change, value) ->
                                        change.set(APPS.COMMAND, value.isEmpty() ? null : value)),
                        Attribute.flag("console").column(APPS.CONSOLE).orElse(false),
                        Attribute.text("debug")
                                .shows(row -> row.get(APPS.DEBUG), APPS.DEBUG)
                                .check(Checks.longest(255, APP_INVALID, "the debug mode"))
                                .writes((change, value) ->
                                        change.set(
                                                APPS.DEBUG,
                                                value.isEmpty() || value.equals("none")
                                                        ? null
                                                        : value)),
                        Attribute.text("staging_task_id").column(APPS.STAGING_TASK_ID).readOnly(),
                        Attribute.text("package_state").column(APPS.PACKAGE_STATE).readOnly(),
                        Attribute.text("health_check_type")
                                .column(APPS.HEALTH_CHECK_TYPE)
                                .orElse("port")
                                .check(
                                        Checks.oneOf(
                                                AppConfig.HEALTH_CHECKS,
                                                APP_INVALID,
                                                "the health check type")),
                        Attribute.integer("health_check_timeout")
                                .column(APPS.HEALTH_CHECK_TIMEOUT)
                                .check(
                                        Checks.within(
                                                0,
                                                config.maxHealthCheckTimeoutSeconds(),
                                                APP_INVALID,
                                                "the health check timeout (s)")),
                        Attribute.text("health_check_http_endpoint")
                                .shows(
                                        row -> row.get(APPS.HEALTH_CHECK_HTTP_ENDPOINT),
                                        APPS.HEALTH_CHECK_HTTP_ENDPOINT)
                                .check(
                                        Checks.longest(
                                                2048, APP_INVALID, "the health check endpoint"))
                                .writes((change, value) ->
                                        change.set(
                                                APPS.HEALTH_CHECK_HTTP_ENDPOINT,
                                                value.isEmpty() ? null : value)),
                        Attribute.text("staging_failed_reason")
                                .column(APPS.STAGING_FAILED_REASON)
                                .readOnly(),
                        Attribute.text("staging_failed_description")
                                .column(APPS.STAGING_FAILED_DESCRIPTION)
                                .readOnly(),
                        Attribute.flag("diego")
                                .shows(row -> false)
                                .writes((change, value) -> {
                                    if (value) {
                                        throw CloudError.BACKEND_SELECTION_NOT_AUTHORIZED.of();
                                    }
                                }),
                        Attribute.text("docker_image")
                                .writes((change, value) -> {
                                    if (!value.isEmpty()) {
                                        throw CloudError.DOCKER_DISABLED.of();
                                    }
                                }),
                        Attribute.object("docker_credentials")
                                .shows(row -> noDockerCredentials())
                                .writes((change, value) -> {
                                    if (value.values().stream().anyMatch(v -> v != null)) {
                                        throw CloudError.DOCKER_IMAGE_MISSING.of();
                                    }
                                }),
                        Attribute.time("package_updated_at", APPS.PACKAGE_UPDATED_AT),
                        Attribute.text("detected_start_command")
                                .readOnly()
                                .shows(
                                        row -> {
                                            var command = row.get(APPS.DETECTED_START_COMMAND);
                                            return command == null ? "" : command;
                                        },
                                        APPS.DETECTED_START_COMMAND),
                        Attribute.flag("enable_ssh")
                                .column(APPS.ENABLE_SSH)
                                .orElse(false)
                                .check(wanted -> {
                                    if (wanted) {
                                        throw CloudError.INVALID_REQUEST.saying(
                                                "There is no SSH access to apps on this platform.");
                                    }
                                }),
                        Attribute.integers("ports")
                                .writes((change, value) -> {
                                    if (!value.isEmpty()) {
                                        throw APP_INVALID.of(
                                                "ports can only be named for apps that run on Diego");
                                    }
                                }))
                .toMany(
                        ToMany.of(
                                        "routes",
                                        "routes",
                                        Link.of(
                                                ROUTE_MAPPINGS,
                                                ROUTE_MAPPINGS.APP_GUID,
                                                ROUTE_MAPPINGS.ROUTE_GUID))
                                .edited(routes),
                        ToMany.of("events", "events", Link.of(EVENTS, EVENTS.ACTEE, EVENTS.GUID))
                                .linkOnly(),
                        ToMany.of(
                                        "service_bindings",
                                        "service_bindings",
                                        Link.of(
                                                SERVICE_BINDINGS,
                                                SERVICE_BINDINGS.APP_GUID,
                                                SERVICE_BINDINGS.GUID))
                                .dependent(),
                        ToMany.of(
                                        "route_mappings",
                                        "route_mappings",
                                        Link.of(
                                                ROUTE_MAPPINGS,
                                                ROUTE_MAPPINGS.APP_GUID,
                                                ROUTE_MAPPINGS.GUID))
                                .linkOnly())
                .queryBy(
                        Query.name("name", APPS.NAME),
                        Query.text("space_guid", APPS.SPACE_GUID),
                        Query.within(
                                "organization_guid",
                                SPACES.ORGANIZATION_GUID,
                                where ->
                                        APPS.SPACE_GUID.in(
                                                select(SPACES.GUID).from(SPACES).where(where))),
                        Query.text("stack_guid", APPS.STACK_GUID),
                        Query.flag("diego", field(falseCondition())))
                .unique("apps_name", CloudError.APP_NAME_TAKEN, "name")
                .visibleTo(caller -> Roles.seesSpace(APPS.SPACE_GUID, caller))
                .grant(Right.CREATE, AppResource::developer)
                .grant(Right.UPDATE, AppResource::developer)
                .grant(Right.DELETE, AppResource::developer)
                .deletedAtOnce()
                .on(rules)
                .build();
    }

    private static Condition developer(Caller caller) {
        return Roles.develops(APPS.SPACE_GUID, caller);
    }

    static Map<String, @Nullable Object> noDockerCredentials() {
        var none = new LinkedHashMap<String, @Nullable Object>();
        none.put("username", null);
        none.put("password", null);
        return none;
    }

    private @Nullable Object buildpack(Row row) {
        var buildpacks = secrets.buildpacks(row.columns());
        return buildpacks.isEmpty() ? null : Audit.masked(buildpacks.getFirst());
    }

    /** Whether this caller may see the environment of the app in the row. */
    private static Field<Boolean> revealed(Caller caller) {
        return field(
                        caller.seesSecrets()
                                ? noCondition()
                                : Roles.inSpace(APPS.SPACE_GUID, caller, Roles.DEVELOPER))
                .as("environment_revealed");
    }

    private List<Field<?>> environmentFields(Caller caller) {
        return List.of(
                APPS.ENVIRONMENT_JSON_ENCRYPTED, APPS.ENVIRONMENT_JSON_KEY, revealed(caller));
    }

    private Object environment(Row row) {
        return Boolean.TRUE.equals(row.get(revealed(row.caller())))
                ? secrets.environment(row.columns())
                : Map.of("redacted_message", REDACTED);
    }

    static void checkEnvironment(Map<String, @Nullable Object> environment) {
        for (var name : environment.keySet()) {
            if (RESERVED.matcher(name).matches() || name.equals("PORT")) {
                throw APP_INVALID.of("reserved_key: " + name + " is set by the platform");
            }
            if (name.isEmpty() || name.contains("=")) {
                throw APP_INVALID.of(
                        "'" + name + "' cannot be the name of an environment variable");
            }
        }
    }
}

package io.nimbus.cloudcontroller.running;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ENV_GROUPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_MAPPINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SECURITY_GROUPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SECURITY_GROUPS_SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.STACKS;
import static org.jooq.impl.DSL.condition;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.selectOne;

import io.nimbus.cloudcontroller.encryption.Encryptor;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.subjects.EgressRule;
import io.nimbus.subjects.ServiceBinding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.JSONB;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads {@link RunnableApp}s: five statements each. */
public final class RunnableApps {
    private final Encryptor encryptor;

    public RunnableApps(Encryptor encryptor) {
        this.encryptor = encryptor;
    }

    public Optional<RunnableApp> find(DSLContext dsl, String guid) {
        var row =
                dsl.select(
                                APPS.asterisk(),
                                SPACES.NAME,
                                ORGANIZATIONS.GUID,
                                ORGANIZATIONS.NAME,
                                STACKS.NAME)
                        .from(APPS)
                        .join(SPACES)
                        .on(SPACES.GUID.eq(APPS.SPACE_GUID))
                        .join(ORGANIZATIONS)
                        .on(ORGANIZATIONS.GUID.eq(SPACES.ORGANIZATION_GUID))
                        .join(STACKS)
                        .on(STACKS.GUID.eq(APPS.STACK_GUID))
                        .where(APPS.GUID.eq(guid))
                        .fetchOne();
        if (row == null) {
            return Optional.empty();
        }
        var app = row.into(APPS);
        var uris = new ArrayList<String>();
        var routeServices = new LinkedHashMap<String, String>();
        dsl.select(
                        ROUTES.HOST,
                        DOMAINS.NAME,
                        ROUTES.PATH,
                        ROUTES.PORT,
                        ROUTE_BINDINGS.ROUTE_SERVICE_URL)
                .from(ROUTE_MAPPINGS)
                .join(ROUTES)
                .on(ROUTES.GUID.eq(ROUTE_MAPPINGS.ROUTE_GUID))
                .join(DOMAINS)
                .on(DOMAINS.GUID.eq(ROUTES.DOMAIN_GUID))
                .leftJoin(ROUTE_BINDINGS)
                .on(ROUTE_BINDINGS.ROUTE_GUID.eq(ROUTES.GUID))
                .where(ROUTE_MAPPINGS.APP_GUID.eq(guid))
                .orderBy(ROUTE_MAPPINGS.ID)
                .forEach(route -> {
                    var uri = uri(route.value1(), route.value2(), route.value3(), route.value4());
                    uris.add(uri);
                    if (route.value5() != null) {
                        routeServices.put(uri, route.value5());
                    }
                });
        var groups = new LinkedHashMap<String, Map<String, @Nullable Object>>();
        dsl.selectFrom(ENV_GROUPS)
                .forEach(group ->
                        groups.put(
                                group.getName(),
                                object(
                                        encryptor.decrypt(
                                                group.getEnvironmentJsonEncrypted(),
                                                group.getEnvironmentJsonKey()))));
        var rules = rules(dsl, app.getSpaceGuid());
        return Optional.of(
                new RunnableApp(
                        guid,
                        app.getName(),
                        app.getVersion(),
                        app.getSpaceGuid(),
                        Objects.requireNonNull(row.get(SPACES.NAME)),
                        Objects.requireNonNull(row.get(ORGANIZATIONS.GUID)),
                        Objects.requireNonNull(row.get(ORGANIZATIONS.NAME)),
                        Objects.requireNonNull(row.get(STACKS.NAME)),
                        app.getProduction(),
                        app.getMemory(),
                        app.getDiskQuota(),
                        app.getFileDescriptors(),
                        app.getInstances(),
                        app.getState().equals("STARTED"),
                        app.getPackageState().equals("STAGED"),
                        app.getPackageState().equals("FAILED"),
                        app.getPackageHash(),
                        app.getDropletHash(),
                        app.getStagingTaskId(),
                        app.getCommand(),
                        app.getConsole(),
                        app.getDebug(),
                        app.getHealthCheckType(),
                        app.getHealthCheckTimeout(),
                        app.getHealthCheckHttpEndpoint(),
                        texts(
                                encryptor.decrypt(
                                        app.getBuildpacksEncrypted(), app.getBuildpacksKey())),
                        object(
                                encryptor.decrypt(
                                        app.getEnvironmentJsonEncrypted(),
                                        app.getEnvironmentJsonKey())),
                        groups.getOrDefault("running", Map.of()),
                        groups.getOrDefault("staging", Map.of()),
                        uris,
                        routeServices,
                        services(dsl, guid),
                        rules.running,
                        rules.staging));
    }

    /** {@code host.domain[:port][/path]}. */
    public static String uri(String host, String domain, String path, @Nullable Integer port) {
        return (host.isEmpty() ? domain : host + "." + domain)
                + (port == null || port == 0 ? "" : ":" + port)
                + path;
    }

    /** What the app's routes are now. */
    public static List<String> uris(DSLContext dsl, String app) {
        return dsl.select(ROUTES.HOST, DOMAINS.NAME, ROUTES.PATH, ROUTES.PORT)
                .from(ROUTE_MAPPINGS)
                .join(ROUTES)
                .on(ROUTES.GUID.eq(ROUTE_MAPPINGS.ROUTE_GUID))
                .join(DOMAINS)
                .on(DOMAINS.GUID.eq(ROUTES.DOMAIN_GUID))
                .where(ROUTE_MAPPINGS.APP_GUID.eq(app))
                .orderBy(ROUTE_MAPPINGS.ID)
                .fetch(route ->
                        uri(route.value1(), route.value2(), route.value3(), route.value4()));
    }

    /** What the app is bound to, as it will find it. */
    public List<ServiceBinding> services(DSLContext dsl, String app) {
        return dsl.select()
                .from(SERVICE_BINDINGS)
                .join(SERVICE_INSTANCES)
                .on(SERVICE_INSTANCES.GUID.eq(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID))
                .leftJoin(SERVICE_PLANS)
                .on(SERVICE_PLANS.GUID.eq(SERVICE_INSTANCES.SERVICE_PLAN_GUID))
                .leftJoin(SERVICES)
                .on(SERVICES.GUID.eq(SERVICE_PLANS.SERVICE_GUID))
                .where(SERVICE_BINDINGS.APP_GUID.eq(app))
                .orderBy(SERVICE_BINDINGS.ID)
                .fetch(row -> {
                    var credentials =
                            object(
                                    encryptor.decrypt(
                                            row.get(SERVICE_BINDINGS.CREDENTIALS_ENCRYPTED),
                                            row.get(SERVICE_BINDINGS.CREDENTIALS_KEY)));
                    var label = row.get(SERVICES.LABEL);
                    var version = row.get(SERVICES.VERSION);
                    var tags = new ArrayList<String>();
                    addAll(tags, row.get(SERVICES.TAGS));
                    addAll(tags, row.get(SERVICE_INSTANCES.TAGS));
                    var mounts =
                            encryptor.decrypt(
                                    row.get(SERVICE_BINDINGS.VOLUME_MOUNTS_ENCRYPTED),
                                    row.get(SERVICE_BINDINGS.VOLUME_MOUNTS_KEY));
                    return new ServiceBinding(
                            Objects.requireNonNull(row.get(SERVICE_INSTANCES.NAME)),
                            label == null
                                    ? "user-provided"
                                    : version == null ? label : label + "-" + version,
                            credentials,
                            tags,
                            label == null ? null : Map.of(),
                            row.get(SERVICE_PLANS.NAME),
                            row.get(SERVICES.PROVIDER),
                            row.get(SERVICE_BINDINGS.SYSLOG_DRAIN_URL),
                            mounts == null ? List.of() : objects(mounts));
                });
    }

    private static void addAll(List<String> tags, String @Nullable [] more) {
        if (more != null) {
            tags.addAll(Arrays.asList(more));
        }
    }

    private record Rules(List<EgressRule> running, List<EgressRule> staging) {}

    private static Rules rules(DSLContext dsl, String space) {
        var running =
                field(condition(SECURITY_GROUPS.RUNNING_DEFAULT).or(bound(space, "running")))
                        .as("running");
        var staging =
                field(condition(SECURITY_GROUPS.STAGING_DEFAULT).or(bound(space, "staging")))
                        .as("staging");
        var forRunning = new ArrayList<EgressRule>();
        var forStaging = new ArrayList<EgressRule>();
        dsl.select(SECURITY_GROUPS.RULES, running, staging)
                .from(SECURITY_GROUPS)
                .where(
                        condition(SECURITY_GROUPS.RUNNING_DEFAULT)
                                .or(SECURITY_GROUPS.STAGING_DEFAULT)
                                .or(
                                        exists(
                                                selectOne()
                                                        .from(SECURITY_GROUPS_SPACES)
                                                        .where(
                                                                SECURITY_GROUPS_SPACES
                                                                        .SECURITY_GROUP_GUID.eq(
                                                                        SECURITY_GROUPS.GUID))
                                                        .and(
                                                                SECURITY_GROUPS_SPACES.SPACE_GUID
                                                                        .eq(space)))))
                .orderBy(SECURITY_GROUPS.ID)
                .forEach(group -> {
                    var rules = rules(group.value1());
                    if (Boolean.TRUE.equals(group.value2())) {
                        forRunning.addAll(rules);
                    }
                    if (Boolean.TRUE.equals(group.value3())) {
                        forStaging.addAll(rules);
                    }
                });
        return new Rules(forRunning, forStaging);
    }

    private static Condition bound(String space, String lifecycle) {
        return exists(
                selectOne()
                        .from(SECURITY_GROUPS_SPACES)
                        .where(SECURITY_GROUPS_SPACES.SECURITY_GROUP_GUID.eq(SECURITY_GROUPS.GUID))
                        .and(SECURITY_GROUPS_SPACES.SPACE_GUID.eq(space))
                        .and(SECURITY_GROUPS_SPACES.LIFECYCLE.eq(lifecycle)));
    }

    private static List<EgressRule> rules(JSONB json) {
        return Json.read(json.data())
                .valueStream()
                .map(rule ->
                        new EgressRule(
                                rule.path("protocol").asString(),
                                text(rule, "destination"),
                                text(rule, "ports"),
                                number(rule, "type"),
                                number(rule, "code"),
                                rule.path("log").isBoolean()
                                        ? (Boolean) rule.path("log").asBoolean()
                                        : null,
                                text(rule, "description")))
                .toList();
    }

    private static @Nullable String text(JsonNode rule, String key) {
        return rule.path(key).isString() ? rule.path(key).asString() : null;
    }

    private static @Nullable Integer number(JsonNode rule, String key) {
        return rule.path(key).isIntegralNumber() ? (Integer) rule.path(key).asInt() : null;
    }

    private static Map<String, @Nullable Object> object(@Nullable String json) {
        return json == null ? new LinkedHashMap<>() : Json.object(Json.read(json));
    }

    private static List<String> texts(@Nullable String json) {
        return json == null ? List.of() : Json.texts(Json.read(json));
    }

    @SuppressWarnings(
            "NullAway") // a volume mount's values may be null, which the message's type does not
    // say
    private static List<Map<String, Object>> objects(String json) {
        var objects = new ArrayList<Map<String, Object>>();
        Json.read(json).forEach(item -> objects.add(Json.object(item)));
        return objects;
    }
}

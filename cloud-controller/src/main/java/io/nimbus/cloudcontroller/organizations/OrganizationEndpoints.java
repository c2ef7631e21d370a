package io.nimbus.cloudcontroller.organizations;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_MAPPINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.notExists;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectCount;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.sum;
import static org.jooq.impl.DSL.val;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.apps.AppSummaries;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.cloudcontroller.running.HealthManagerClient;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.cloudcontroller.services.ServiceSummaries;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/** Summaries and figures of organizations and spaces. */
public final class OrganizationEndpoints implements Endpoints {
    private final Engine engine;
    private final HealthManagerClient healthManager;

    public OrganizationEndpoints(Engine engine, HealthManagerClient healthManager) {
        this.engine = engine;
        this.healthManager = healthManager;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get("/v2/organizations/:guid/summary", this::organization),
                Route.get("/v2/organizations/:guid/memory_usage", this::memory),
                Route.get("/v2/organizations/:guid/instance_usage", this::instances),
                Route.get("/v2/spaces/:guid/summary", this::space),
                Route.delete("/v2/spaces/:guid/unmapped_routes", this::deleteUnmapped));
    }

    private static Field<BigDecimal> ofStarted(Field<Integer> amount, Condition where) {
        return field(
                select(coalesce(sum(amount), val(BigDecimal.ZERO)))
                        .from(APPS)
                        .where(where)
                        .and(APPS.STATE.eq("STARTED")));
    }

    private ApiResponse organization(ApiRequest request) {
        var guid = request.part("guid");
        var caller = request.caller();
        var organizations = engine.resources().named("organizations");
        return ApiResponse.ok(
                engine.database()
                        .read(dsl -> {
                            engine.authorized(dsl, organizations, guid, caller, Right.READ);
                            var row =
                                    dsl.selectFrom(ORGANIZATIONS)
                                            .where(ORGANIZATIONS.GUID.eq(guid))
                                            .fetchOptional()
                                            .orElseThrow(() ->
                                                    CloudError.ORGANIZATION_NOT_FOUND.of(guid));
                            var summary = new LinkedHashMap<String, Object>();
                            summary.put("guid", guid);
                            summary.put("name", row.getName());
                            summary.put("status", row.getStatus());
                            summary.put("spaces", spacesOf(dsl, guid, caller));
                            return summary;
                        }));
    }

    private List<Map<String, Object>> spacesOf(DSLContext dsl, String organization, Caller caller) {
        var services =
                field(
                                selectCount()
                                        .from(SERVICE_INSTANCES)
                                        .where(SERVICE_INSTANCES.SPACE_GUID.eq(SPACES.GUID)))
                        .as("services");
        var apps =
                field(selectCount().from(APPS).where(APPS.SPACE_GUID.eq(SPACES.GUID))).as("apps");
        var memory = APPS.MEMORY.mul(APPS.INSTANCES);
        var inSpace = APPS.SPACE_GUID.eq(SPACES.GUID);
        var dev = ofStarted(memory, inSpace.and(APPS.PRODUCTION.isFalse())).as("dev");
        var prod = ofStarted(memory, inSpace.and(APPS.PRODUCTION.isTrue())).as("prod");
        return dsl.select(SPACES.GUID, SPACES.NAME, services, apps, dev, prod)
                .from(SPACES)
                .where(SPACES.ORGANIZATION_GUID.eq(organization))
                .and(engine.resources().named("spaces").allowed(Right.READ, caller))
                .orderBy(SPACES.ID)
                .fetch(row -> {
                    var space = new LinkedHashMap<String, Object>();
                    space.put("guid", row.value1());
                    space.put("name", row.value2());
                    space.put("service_count", row.value3());
                    space.put("app_count", row.value4());
                    space.put("mem_dev_total", row.value5());
                    space.put("mem_prod_total", row.value6());
                    return space;
                });
    }

    private ApiResponse memory(ApiRequest request) {
        return ApiResponse.ok(
                Map.of("memory_usage_in_mb", started(request, APPS.MEMORY.mul(APPS.INSTANCES))));
    }

    private ApiResponse instances(ApiRequest request) {
        return ApiResponse.ok(Map.of("instance_usage", started(request, APPS.INSTANCES)));
    }

    private BigDecimal started(ApiRequest request, Field<Integer> amount) {
        var guid = request.part("guid");
        var organizations = engine.resources().named("organizations");
        return engine.database()
                .read(dsl -> {
                    engine.authorized(dsl, organizations, guid, request.caller(), Right.READ);
                    var spaces =
                            select(SPACES.GUID)
                                    .from(SPACES)
                                    .where(SPACES.ORGANIZATION_GUID.eq(guid));
                    return dsl.select(ofStarted(amount, APPS.SPACE_GUID.in(spaces)))
                            .fetchSingle()
                            .value1();
                });
    }

    private ApiResponse space(ApiRequest request) {
        var guid = request.part("guid");
        var caller = request.caller();
        var spaces = engine.resources().named("spaces");
        var apps = new LinkedHashMap<String, Map<String, @Nullable Object>>();
        var summary = new LinkedHashMap<String, @Nullable Object>();
        var asked =
                engine.database()
                        .read(dsl -> {
                            engine.authorized(dsl, spaces, guid, caller, Right.READ);
                            var name =
                                    dsl.select(SPACES.NAME)
                                            .from(SPACES)
                                            .where(SPACES.GUID.eq(guid))
                                            .fetchOne(SPACES.NAME);
                            var entities =
                                    engine.entities(
                                            dsl,
                                            engine.resources().named("apps"),
                                            APPS.SPACE_GUID.eq(guid),
                                            caller);
                            var routes = AppSummaries.routes(dsl, entities.keySet());
                            var bound = bound(dsl, guid);
                            for (var entity : entities.entrySet()) {
                                var app = entity.getKey();
                                apps.put(
                                        app,
                                        app(
                                                app,
                                                entity.getValue(),
                                                routes.getOrDefault(app, List.of()),
                                                bound.getOrDefault(app, List.of())));
                            }
                            summary.put("guid", guid);
                            summary.put("name", name);
                            summary.put("apps", new ArrayList<>(apps.values()));
                            summary.put(
                                    "services",
                                    ServiceSummaries.of(
                                            dsl, SERVICE_INSTANCES.SPACE_GUID.eq(guid)));
                            return AppSummaries.asked(dsl, APPS.SPACE_GUID.eq(guid));
                        });
        // The health manager is asked while no connection is held.
        healthManager
                .running(asked)
                .forEach((app, count) -> {
                    var shown = apps.get(app);
                    if (shown != null) {
                        shown.put("running_instances", count);
                    }
                });
        return ApiResponse.ok(summary);
    }

    /** App guid to the names of the services it is bound to. */
    private static Map<String, List<String>> bound(DSLContext dsl, String space) {
        var bindings = SERVICE_BINDINGS;
        var names = new HashMap<String, List<String>>();
        dsl.select(bindings.APP_GUID, SERVICE_INSTANCES.NAME)
                .from(bindings)
                .join(SERVICE_INSTANCES)
                .on(SERVICE_INSTANCES.GUID.eq(bindings.SERVICE_INSTANCE_GUID))
                .join(APPS)
                .on(APPS.GUID.eq(bindings.APP_GUID))
                .where(APPS.SPACE_GUID.eq(space))
                .orderBy(bindings.ID)
                .forEach(row ->
                        names.computeIfAbsent(row.value1(), app -> new ArrayList<>())
                                .add(row.value2()));
        return names;
    }

    private static Map<String, @Nullable Object> app(
            String guid,
            Map<String, @Nullable Object> entity,
            List<Map<String, @Nullable Object>> routes,
            List<String> services) {
        var app = new LinkedHashMap<String, @Nullable Object>();
        app.put("guid", guid);
        var uris = new ArrayList<String>();
        for (var route : routes) {
            uris.add(uri(route));
        }
        app.put("urls", uris);
        app.put("routes", routes);
        app.put("service_count", services.size());
        app.put("service_names", services);
        app.put("running_instances", 0);
        AppSummaries.attributes(entity).forEach(app::putIfAbsent);
        return app;
    }

    private static String uri(Map<String, @Nullable Object> route) {
        var domain =
                route.get("domain") instanceof Map<?, ?> d ? String.valueOf(d.get("name")) : "";
        return RunnableApps.uri(
                String.valueOf(route.get("host")),
                domain,
                String.valueOf(route.get("path")),
                route.get("port") instanceof Integer port ? port : null);
    }

    /** Routes that neither an app nor a service uses. */
    private ApiResponse deleteUnmapped(ApiRequest request) {
        var guid = request.part("guid");
        var caller = request.caller();
        var spaces = engine.resources().named("spaces");
        engine.transaction(
                spaces,
                tx -> {
                    engine.authorized(tx, spaces, guid, caller, Right.READ);
                    Engine.requireScope(caller, Right.DELETE);
                    if (!caller.isAdmin()
                            && !tx.fetchExists(
                                    SPACES,
                                    SPACES.GUID
                                            .eq(guid)
                                            .and(Roles.develops(SPACES.GUID, caller)))) {
                        throw CloudError.NOT_AUTHORIZED.of();
                    }
                    return tx.deleteFrom(ROUTES)
                            .where(ROUTES.SPACE_GUID.eq(guid))
                            .and(
                                    notExists(
                                            selectOne()
                                                    .from(ROUTE_MAPPINGS)
                                                    .where(
                                                            ROUTE_MAPPINGS.ROUTE_GUID.eq(
                                                                    ROUTES.GUID))))
                            .and(
                                    notExists(
                                            selectOne()
                                                    .from(ROUTE_BINDINGS)
                                                    .where(
                                                            ROUTE_BINDINGS.ROUTE_GUID.eq(
                                                                    ROUTES.GUID))))
                            .execute();
                });
        return ApiResponse.noContent();
    }
}

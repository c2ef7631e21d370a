package io.nimbus.cloudcontroller.v3;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DROPLETS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.STACKS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.jooq.impl.DSL.lower;

import io.nimbus.cloudcontroller.apps.AppRules;
import io.nimbus.cloudcontroller.apps.AppSecrets;
import io.nimbus.cloudcontroller.apps.Instances;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.cloudcontroller.running.RunnableApp;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.subjects.FindDroplet;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Table;
import org.jooq.TableField;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * What clients of /v2 read of /v3 on their way: organizations, spaces, apps and their one process.
 * An app, its process and its package have the same guid.
 */
public final class V3Endpoints implements Endpoints {
    private static final int PER_PAGE = 50;
    private static final int MOST_PER_PAGE = 5000;

    private final Engine engine;
    private final AppSecrets secrets;
    private final AppRules rules;
    private final RunnableApps runnable;
    private final Instances instances;

    public V3Endpoints(
            Engine engine,
            AppSecrets secrets,
            AppRules rules,
            RunnableApps runnable,
            Instances instances) {
        this.engine = engine;
        this.secrets = secrets;
        this.rules = rules;
        this.runnable = runnable;
        this.instances = instances;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get("/v3/organizations", this::organizations),
                Route.get("/v3/organizations/:guid", this::organization),
                Route.get(
                        "/v3/organizations/:guid/relationships/default_isolation_segment",
                        request -> noSegment(request, "organizations")),
                Route.get("/v3/spaces", this::spaces),
                Route.get("/v3/spaces/:guid", this::space),
                Route.get(
                        "/v3/spaces/:guid/relationships/isolation_segment",
                        request -> noSegment(request, "spaces")),
                Route.get(
                        "/v3/isolation_segments",
                        request -> ApiResponse.ok(page(request, 0, List.of()))),
                Route.get("/v3/apps", this::apps),
                Route.get("/v3/apps/:guid", this::app),
                Route.patch("/v3/apps/:guid", this::change),
                Route.get("/v3/apps/:guid/processes", this::processes),
                Route.get("/v3/apps/:guid/processes/:type", this::process),
                Route.get("/v3/processes/:guid/stats", this::stats),
                Route.get("/v3/apps/:guid/processes/:type/stats", this::stats),
                Route.get("/v3/apps/:guid/droplets/current", this::droplet));
    }

    // --- Lists
    // ---------------------------------------------------------------------------------------

    private static Condition in(ApiRequest request, String parameter, Field<String> field) {
        return request.query(parameter)
                .map(values -> field.eq(DSL.any(values.split(",", -1))))
                .orElse(DSL.noCondition());
    }

    private static Condition names(ApiRequest request, Field<String> field) {
        return request.query("names")
                .map(values ->
                        lower(field)
                                .in(
                                        Arrays.stream(values.split(",", -1))
                                                .map(name -> name.toLowerCase(Locale.ROOT))
                                                .toList()))
                .orElse(DSL.noCondition());
    }

    private ApiResponse list(
            ApiRequest request,
            String name,
            TableField<?, String> nameColumn,
            TableField<?, Long> id,
            Condition where,
            Function<Record, Map<String, @Nullable Object>> show) {
        var resource = engine.resources().named(name);
        Engine.requireScope(request.caller(), Right.READ);
        var visible = where.and(resource.allowed(Right.READ, request.caller()));
        var table = Objects.requireNonNull(id.getTable());
        var perPage = number(request, "per_page", PER_PAGE, MOST_PER_PAGE);
        var page = number(request, "page", 1, Integer.MAX_VALUE);
        var by = request.query("order_by").orElse("created_at");
        var order = by.endsWith("name") ? nameColumn : id;
        return ApiResponse.ok(
                engine.database()
                        .read(dsl -> {
                            var total = dsl.fetchCount(table, visible);
                            var rows =
                                    dsl.selectFrom(table)
                                            .where(visible)
                                            .orderBy(
                                                    by.startsWith("-") ? order.desc() : order.asc())
                                            .limit(perPage)
                                            .offset((page - 1L) * perPage)
                                            .fetch();
                            var shown = new ArrayList<Map<String, @Nullable Object>>();
                            for (var row : rows) {
                                shown.add(show.apply(row));
                            }
                            return page(request, total, shown);
                        }));
    }

    private static int number(ApiRequest request, String name, int fallback, int most) {
        var given = request.query(name);
        if (given.isEmpty()) {
            return fallback;
        }
        if (!given.get().matches("\\d{1,9}") || Integer.parseInt(given.get()) < 1) {
            throw CloudError.BAD_QUERY_PARAMETER.of(name + " is a positive number");
        }
        return Math.min(Integer.parseInt(given.get()), most);
    }

    private static Map<String, @Nullable Object> page(
            ApiRequest request,
            int total,
            List<? extends Map<String, @Nullable Object>> resources) {
        var perPage = number(request, "per_page", PER_PAGE, MOST_PER_PAGE);
        var page = number(request, "page", 1, Integer.MAX_VALUE);
        var pages = Math.max(1, Math.ceilDiv(total, perPage));
        var pagination = new LinkedHashMap<String, @Nullable Object>();
        pagination.put("total_results", total);
        pagination.put("total_pages", pages);
        pagination.put("first", link(request, 1, perPage));
        pagination.put("last", link(request, pages, perPage));
        pagination.put("next", page < pages ? link(request, page + 1, perPage) : null);
        pagination.put("previous", page > 1 ? link(request, page - 1, perPage) : null);
        var body = new LinkedHashMap<String, @Nullable Object>();
        body.put("pagination", pagination);
        body.put("resources", resources);
        return body;
    }

    private static Map<String, String> link(ApiRequest request, int page, int perPage) {
        var parameters = new ArrayList<String>();
        for (var name :
                List.of("names", "guids", "organization_guids", "space_guids", "order_by")) {
            request.query(name)
                    .ifPresent(
                            value -> parameters.add(name + "=" + URLEncoder.encode(value, UTF_8)));
        }
        parameters.add("page=" + page);
        parameters.add("per_page=" + perPage);
        return Map.of(
                "href", request.origin() + request.path() + "?" + String.join("&", parameters));
    }

    // --- Organizations and spaces
    // --------------------------------------------------------------------

    private ApiResponse organizations(ApiRequest request) {
        return list(
                request,
                "organizations",
                ORGANIZATIONS.NAME,
                ORGANIZATIONS.ID,
                names(request, ORGANIZATIONS.NAME).and(in(request, "guids", ORGANIZATIONS.GUID)),
                row -> organization(request, row));
    }

    private Map<String, @Nullable Object> organization(ApiRequest request, Record row) {
        var guid = Objects.requireNonNull(row.get(ORGANIZATIONS.GUID));
        var shown =
                common(guid, row.get(ORGANIZATIONS.CREATED_AT), row.get(ORGANIZATIONS.UPDATED_AT));
        shown.put("name", row.get(ORGANIZATIONS.NAME));
        shown.put("suspended", "suspended".equals(row.get(ORGANIZATIONS.STATUS)));
        shown.put(
                "relationships",
                Map.of("quota", related(row.get(ORGANIZATIONS.QUOTA_DEFINITION_GUID))));
        shown.put("links", self(request, "/v3/organizations/" + guid));
        return shown;
    }

    private ApiResponse organization(ApiRequest request) {
        return one(request, "organizations", "Organization", row -> organization(request, row));
    }

    private ApiResponse spaces(ApiRequest request) {
        return list(
                request,
                "spaces",
                SPACES.NAME,
                SPACES.ID,
                names(request, SPACES.NAME)
                        .and(in(request, "guids", SPACES.GUID))
                        .and(in(request, "organization_guids", SPACES.ORGANIZATION_GUID)),
                row -> space(request, row));
    }

    private Map<String, @Nullable Object> space(ApiRequest request, Record row) {
        var guid = Objects.requireNonNull(row.get(SPACES.GUID));
        var shown = common(guid, row.get(SPACES.CREATED_AT), row.get(SPACES.UPDATED_AT));
        shown.put("name", row.get(SPACES.NAME));
        shown.put(
                "relationships",
                Map.of("organization", related(row.get(SPACES.ORGANIZATION_GUID))));
        shown.put("links", self(request, "/v3/spaces/" + guid));
        return shown;
    }

    private ApiResponse space(ApiRequest request) {
        return one(request, "spaces", "Space", row -> space(request, row));
    }

    private ApiResponse one(
            ApiRequest request,
            String name,
            String noun,
            Function<Record, Map<String, @Nullable Object>> show) {
        var resource = engine.resources().named(name);
        var guid = request.part("guid");
        Engine.requireScope(request.caller(), Right.READ);
        var row =
                engine.database()
                        .read(dsl ->
                                dsl.select()
                                        .from(table(name))
                                        .where(resource.guid().eq(guid))
                                        .and(resource.allowed(Right.READ, request.caller()))
                                        .fetchOptional())
                        .orElseThrow(() -> notFound(noun));
        return ApiResponse.ok(show.apply(row));
    }

    private static Table<?> table(String name) {
        return switch (name) {
            case "organizations" -> ORGANIZATIONS;
            case "spaces" -> SPACES;
            default -> APPS;
        };
    }

    private ApiResponse noSegment(ApiRequest request, String name) {
        engine.authorize(
                engine.resources().named(name), request.part("guid"), request.caller(), Right.READ);
        var none = new LinkedHashMap<String, @Nullable Object>();
        none.put("data", null);
        none.put("links", self(request, request.path()));
        return ApiResponse.ok(none);
    }

    // --- Apps
    // ----------------------------------------------------------------------------------------

    private ApiResponse apps(ApiRequest request) {
        var stacks =
                engine.database()
                        .read(dsl -> dsl.selectFrom(STACKS).fetchMap(STACKS.GUID, STACKS.NAME));
        return list(
                request,
                "apps",
                APPS.NAME,
                APPS.ID,
                names(request, APPS.NAME)
                        .and(in(request, "guids", APPS.GUID))
                        .and(in(request, "space_guids", APPS.SPACE_GUID))
                        .and(
                                request.query("organization_guids")
                                        .map(guids ->
                                                APPS.SPACE_GUID.in(
                                                        DSL.select(SPACES.GUID)
                                                                .from(SPACES)
                                                                .where(
                                                                        SPACES.ORGANIZATION_GUID.eq(
                                                                                DSL.any(
                                                                                        guids.split(
                                                                                                ",",
                                                                                                -1))))))
                                        .orElse(DSL.noCondition())),
                row -> app(request, row, stacks));
    }

    private ApiResponse app(ApiRequest request) {
        var stacks =
                engine.database()
                        .read(dsl -> dsl.selectFrom(STACKS).fetchMap(STACKS.GUID, STACKS.NAME));
        return one(request, "apps", "App", row -> app(request, row, stacks));
    }

    private Map<String, @Nullable Object> app(
            ApiRequest request, Record row, Map<String, String> stacks) {
        var guid = Objects.requireNonNull(row.get(APPS.GUID));
        var data = new LinkedHashMap<String, @Nullable Object>();
        data.put("buildpacks", secrets.buildpacks(row).stream().map(Audit::masked).toList());
        data.put("stack", stacks.get(Objects.requireNonNull(row.get(APPS.STACK_GUID))));
        var shown = common(guid, row.get(APPS.CREATED_AT), row.get(APPS.UPDATED_AT));
        shown.put("name", row.get(APPS.NAME));
        shown.put("state", row.get(APPS.STATE));
        shown.put("lifecycle", Map.of("type", "buildpack", "data", data));
        shown.put("relationships", Map.of("space", related(row.get(APPS.SPACE_GUID))));
        var links = new LinkedHashMap<String, Object>(self(request, "/v3/apps/" + guid));
        links.put(
                "space",
                Map.of("href", request.origin() + "/v3/spaces/" + row.get(APPS.SPACE_GUID)));
        links.put(
                "processes", Map.of("href", request.origin() + "/v3/apps/" + guid + "/processes"));
        links.put(
                "current_droplet",
                Map.of("href", request.origin() + "/v3/apps/" + guid + "/droplets/current"));
        shown.put("links", links);
        return shown;
    }

    /** Several buildpacks, which /v2 has no words for. */
    private ApiResponse change(ApiRequest request) {
        var guid = request.part("guid");
        var apps = engine.resources().named("apps");
        var body = request.object();
        engine.transaction(
                apps,
                tx -> {
                    var visible =
                            tx.fetchExists(
                                    APPS,
                                    APPS.GUID
                                            .eq(guid)
                                            .and(apps.allowed(Right.READ, request.caller())));
                    if (!visible) {
                        throw notFound("App");
                    }
                    var change = engine.lock(tx, apps, guid, request.caller(), Right.UPDATE);
                    var buildpacks = body.path("lifecycle").path("data").path("buildpacks");
                    if (buildpacks.isArray()) {
                        var named = new ArrayList<String>();
                        for (var item : buildpacks) {
                            if (!item.isString() || item.asString().isBlank()) {
                                throw CloudError.UNPROCESSABLE_ENTITY.of(
                                        "A buildpack is a name or an address.");
                            }
                            named.add(item.asString().strip());
                        }
                        rules.checkBuildpacks(tx, named);
                        secrets.buildpacks(change, named);
                    } else if (!buildpacks.isMissingNode() && !buildpacks.isNull()) {
                        throw CloudError.UNPROCESSABLE_ENTITY.of("The buildpacks are not a list.");
                    }
                    if (body.path("name").isString() && !body.path("name").asString().isBlank()) {
                        change.set(APPS.NAME, body.path("name").asString().strip());
                    }
                    Engine.store(apps, change);
                    return true;
                });
        return app(request);
    }

    private RunnableApp visible(ApiRequest request, String noun) {
        var guid = request.part("guid");
        var apps = engine.resources().named("apps");
        Engine.requireScope(request.caller(), Right.READ);
        return engine.database()
                .read(dsl -> {
                    if (!dsl.fetchExists(
                            APPS,
                            APPS.GUID.eq(guid).and(apps.allowed(Right.READ, request.caller())))) {
                        throw notFound(noun);
                    }
                    return runnable.find(dsl, guid).orElseThrow(() -> notFound(noun));
                });
    }

    private ApiResponse processes(ApiRequest request) {
        var app = visible(request, "App");
        return ApiResponse.ok(page(request, 1, List.of(process(request, app))));
    }

    private ApiResponse process(ApiRequest request) {
        var app = visible(request, "App");
        if (!request.part("type").equals("web")) {
            throw notFound("Process");
        }
        return ApiResponse.ok(process(request, app));
    }

    private Map<String, @Nullable Object> process(ApiRequest request, RunnableApp app) {
        var row =
                engine.database()
                        .read(dsl ->
                                dsl.selectFrom(APPS)
                                        .where(APPS.GUID.eq(app.guid()))
                                        .fetchOptional())
                        .orElseThrow(() -> notFound("Process"));
        var data = new LinkedHashMap<String, @Nullable Object>();
        data.put("timeout", app.healthCheckTimeoutSeconds());
        data.put("invocation_timeout", null);
        if (app.healthCheckType().equals("http")) {
            data.put("endpoint", app.healthCheckHttpEndpoint());
        }
        var check = new LinkedHashMap<String, @Nullable Object>();
        check.put("type", app.healthCheckType().equals("none") ? "process" : app.healthCheckType());
        check.put("data", data);
        var shown = common(app.guid(), row.getCreatedAt(), row.getUpdatedAt());
        shown.put("type", "web");
        var command = app.command() == null ? row.getDetectedStartCommand() : app.command();
        shown.put("command", command == null ? "" : command);
        shown.put("instances", app.instances());
        shown.put("memory_in_mb", app.memoryMb());
        shown.put("disk_in_mb", app.diskMb());
        shown.put("health_check", check);
        shown.put("relationships", Map.of("app", related(app.guid())));
        shown.put("links", self(request, "/v3/processes/" + app.guid()));
        return shown;
    }

    private ApiResponse stats(ApiRequest request) {
        var app = visible(request, "Process");
        var running = app.started() ? instances.running(app) : Map.<Integer, FindDroplet.Found>of();
        var resources = new ArrayList<Map<String, @Nullable Object>>();
        for (int index = 0; index < app.instances(); index++) {
            var found = running.get(index);
            var entry = new LinkedHashMap<String, @Nullable Object>();
            entry.put("type", "web");
            entry.put("index", index);
            entry.put("state", found == null ? "DOWN" : found.state().name());
            var stats = found == null ? null : found.stats();
            entry.put("uptime", stats == null ? 0 : stats.uptimeSeconds());
            if (stats != null) {
                var usage = stats.usage();
                var used = new LinkedHashMap<String, @Nullable Object>();
                used.put("time", usage == null ? null : usage.time());
                used.put("cpu", usage == null ? 0.0 : usage.cpu());
                used.put("mem", usage == null ? 0 : usage.memoryBytes());
                used.put("disk", usage == null ? 0 : usage.diskBytes());
                entry.put("usage", used);
                entry.put("host", stats.host());
                entry.put("mem_quota", stats.memoryQuotaBytes());
                entry.put("disk_quota", stats.diskQuotaBytes());
                entry.put("fds_quota", stats.filesQuota());
            }
            entry.put("isolation_segment", null);
            entry.put("details", null);
            resources.add(entry);
        }
        return ApiResponse.ok(Map.of("resources", resources));
    }

    private ApiResponse droplet(ApiRequest request) {
        var app = visible(request, "App");
        var row =
                engine.database()
                        .read(dsl ->
                                dsl.select(
                                                DROPLETS.GUID,
                                                DROPLETS.CREATED_AT,
                                                DROPLETS.SHA256,
                                                APPS.DETECTED_BUILDPACK,
                                                APPS.DETECTED_BUILDPACK_NAME,
                                                APPS.DETECTED_START_COMMAND,
                                                APPS.BUILDPACKS_ENCRYPTED,
                                                APPS.BUILDPACKS_KEY)
                                        .from(APPS)
                                        .join(DROPLETS)
                                        .on(
                                                DROPLETS.APP_GUID
                                                        .eq(APPS.GUID)
                                                        .and(
                                                                DROPLETS.DROPLET_HASH.eq(
                                                                        APPS.DROPLET_HASH)))
                                        .where(APPS.GUID.eq(app.guid()))
                                        .orderBy(DROPLETS.ID.desc())
                                        .limit(1)
                                        .fetchOptional())
                        .orElseThrow(() -> notFound("Droplet"));
        var buildpacks = new ArrayList<Map<String, @Nullable Object>>();
        var named = secrets.buildpacks(row);
        var names = named.isEmpty() ? List.of(text(row.get(APPS.DETECTED_BUILDPACK_NAME))) : named;
        for (var name : names) {
            var buildpack = new LinkedHashMap<String, @Nullable Object>();
            buildpack.put("name", Audit.masked(name));
            buildpack.put("detect_output", text(row.get(APPS.DETECTED_BUILDPACK)));
            buildpacks.add(buildpack);
        }
        var shown =
                common(
                        Objects.requireNonNull(row.get(DROPLETS.GUID)),
                        row.get(DROPLETS.CREATED_AT),
                        null);
        shown.put("state", "STAGED");
        shown.put("stack", app.stack());
        shown.put("image", null);
        shown.put("error", null);
        shown.put("buildpacks", buildpacks);
        shown.put("checksum", Map.of("type", "sha256", "value", text(row.get(DROPLETS.SHA256))));
        shown.put("process_types", Map.of("web", text(row.get(APPS.DETECTED_START_COMMAND))));
        shown.put("execution_metadata", "");
        shown.put("lifecycle", Map.of("type", "buildpack", "data", Map.of()));
        shown.put("relationships", Map.of("app", related(app.guid())));
        shown.put("links", self(request, "/v3/droplets/" + row.get(DROPLETS.GUID)));
        return ApiResponse.ok(shown);
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }

    // --- Pieces
    // --------------------------------------------------------------------------------------

    private static Map<String, @Nullable Object> common(
            String guid, @Nullable Instant created, @Nullable Instant updated) {
        var shown = new LinkedHashMap<String, @Nullable Object>();
        shown.put("guid", guid);
        shown.put("created_at", Json.time(created));
        shown.put("updated_at", Json.time(updated == null ? created : updated));
        shown.put("metadata", Map.of("labels", Map.of(), "annotations", Map.of()));
        return shown;
    }

    private static Map<String, @Nullable Object> related(@Nullable String guid) {
        var data = new LinkedHashMap<String, @Nullable Object>();
        data.put("data", guid == null ? null : Map.of("guid", guid));
        return data;
    }

    private static Map<String, Object> self(ApiRequest request, String path) {
        return Map.of("self", Map.of("href", request.origin() + path));
    }

    /** Clients compare these very words. */
    private static RuntimeException notFound(String noun) {
        return CloudError.RESOURCE_NOT_FOUND.of(noun + " not found");
    }
}

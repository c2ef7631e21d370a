package io.nimbus.cloudcontroller.health;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.USERS;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.cloudcontroller.rest.Route.Login;
import io.nimbus.database.Database;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** What is read in bulk: the desired state of every app, and where logs are to be sent. */
public final class BulkEndpoints implements Endpoints {
    private static final int MOST_APPS = 10_000;
    private static final int MOST_DRAINS = 1_000;

    private final Database database;

    public BulkEndpoints(Database database) {
        this.database = database;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                new Route("GET", "/bulk/apps", Login.BULK, this::apps),
                new Route("GET", "/bulk/counts", Login.BULK, this::counts),
                new Route("GET", "/v2/syslog_drain_urls", Login.BULK, this::drains));
    }

    private ApiResponse apps(ApiRequest request) {
        var size = number(request, "batch_size", MOST_APPS);
        var after = after(request.query("bulk_token").orElseThrow(() -> missing("bulk_token")));
        var results = new LinkedHashMap<String, Object>();
        var rows =
                database.read(dsl ->
                        dsl.select(
                                        APPS.ID,
                                        APPS.GUID,
                                        APPS.INSTANCES,
                                        APPS.STATE,
                                        APPS.MEMORY,
                                        APPS.PACKAGE_STATE,
                                        APPS.VERSION,
                                        APPS.UPDATED_AT,
                                        APPS.CREATED_AT)
                                .from(APPS)
                                .where(APPS.ID.gt(after))
                                .orderBy(APPS.ID)
                                .limit(size)
                                .fetch());
        for (var row : rows) {
            var app = new LinkedHashMap<String, @Nullable Object>();
            app.put("id", row.get(APPS.GUID));
            app.put("instances", row.get(APPS.INSTANCES));
            app.put("state", row.get(APPS.STATE));
            app.put("memory", row.get(APPS.MEMORY));
            app.put("package_state", row.get(APPS.PACKAGE_STATE));
            app.put("version", row.get(APPS.VERSION));
            var updated = row.get(APPS.UPDATED_AT);
            app.put("updated_at", Json.time(updated == null ? row.get(APPS.CREATED_AT) : updated));
            results.put(row.value2(), app);
        }
        var token = new HashMap<String, @Nullable Object>();
        token.put("id", rows.isEmpty() ? null : rows.getLast().value1());
        var body = new LinkedHashMap<String, Object>();
        body.put("results", results);
        body.put("bulk_token", token);
        return ApiResponse.ok(body);
    }

    private static long after(String token) {
        try {
            var tree = Json.read(token);
            if (tree.isObject()) {
                return tree.path("id").asLong(0);
            }
        } catch (JacksonException e) {
            // said below, as what is no object is
        }
        throw CloudError.BAD_QUERY_PARAMETER.of("bulk_token is not a JSON object");
    }

    private static RuntimeException missing(String name) {
        return CloudError.BAD_QUERY_PARAMETER.of(name + " is missing");
    }

    private static int number(ApiRequest request, String name, int most) {
        var text = request.query(name).orElseThrow(() -> missing(name));
        if (!text.matches("\\d{1,9}")) {
            throw CloudError.BAD_QUERY_PARAMETER.of(name + " is a number");
        }
        return Math.min(Integer.parseInt(text), most);
    }

    private ApiResponse counts(ApiRequest request) {
        if (!request.query("model").equals(Optional.of("user"))) {
            throw CloudError.BAD_QUERY_PARAMETER.of("model is user");
        }
        return ApiResponse.ok(
                Map.of("counts", Map.of("user", database.read(dsl -> dsl.fetchCount(USERS)))));
    }

    private ApiResponse drains(ApiRequest request) {
        var size =
                request.query("batch_size").isPresent()
                        ? number(request, "batch_size", MOST_DRAINS)
                        : 50;
        var offset =
                request.query("next_id").isPresent()
                        ? number(request, "next_id", Integer.MAX_VALUE)
                        : 0;
        var apps = APPS.as("apps_with_drains");
        var results = new LinkedHashMap<String, List<String>>();
        database.read(
                        dsl -> {
                            var page =
                                    dsl.selectDistinct(SERVICE_BINDINGS.APP_GUID)
                                            .from(SERVICE_BINDINGS)
                                            .where(SERVICE_BINDINGS.SYSLOG_DRAIN_URL.ne(""))
                                            .orderBy(SERVICE_BINDINGS.APP_GUID)
                                            .limit(size)
                                            .offset(offset)
                                            .asTable("page");
                            return dsl.select(
                                            SERVICE_BINDINGS.APP_GUID,
                                            SERVICE_BINDINGS.SYSLOG_DRAIN_URL)
                                    .from(SERVICE_BINDINGS)
                                    .join(apps)
                                    .on(apps.GUID.eq(SERVICE_BINDINGS.APP_GUID))
                                    .where(
                                            SERVICE_BINDINGS.APP_GUID.in(
                                                    dsl.select(
                                                                    page.field(
                                                                            SERVICE_BINDINGS
                                                                                    .APP_GUID))
                                                            .from(page)))
                                    .and(SERVICE_BINDINGS.SYSLOG_DRAIN_URL.ne(""))
                                    .orderBy(SERVICE_BINDINGS.ID)
                                    .fetch();
                        })
                .forEach(row ->
                        results.computeIfAbsent(row.value1(), app -> new ArrayList<>())
                                .add(row.value2()));
        var body = new LinkedHashMap<String, @Nullable Object>();
        body.put("results", results);
        body.put("next_id", results.isEmpty() ? null : offset + size);
        return ApiResponse.ok(body);
    }
}

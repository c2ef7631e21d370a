package io.nimbus.uaa.users;

import static io.nimbus.uaa.schema.Tables.USERS;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.scim.Columns;
import io.nimbus.uaa.scim.Filter;
import io.nimbus.uaa.scim.FilterParser;
import io.nimbus.uaa.scim.Page;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.UaaError;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * {@code /ids/Users}: names to ids and back, for the controller. Only by equality, so that nobody
 * lists all users with it.
 */
public final class IdsEndpoints implements Endpoints {
    private static final Columns COLUMNS =
            new Columns()
                    .exact(USERS.ID, "id")
                    .text(USERS.USER_NAME, "userName")
                    .text(USERS.ORIGIN, "origin");

    private static final Set<String> NARROWING = Set.of("id", "username");
    private static final Set<String> ALLOWED = Set.of("id", "username", "origin");

    private final Database database;
    private final Guard guard;

    public IdsEndpoints(Database database, Guard guard) {
        this.database = database;
        this.guard = guard;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.get("/ids/Users", this::find);
    }

    private void find(Context ctx) {
        guard.require(ctx, "scim.userids");
        var text = ctx.queryParam("filter");
        if (text == null || text.isBlank()) {
            throw UaaError.SCIM.of("A filter by id or userName is required");
        }
        var filter = FilterParser.parse(text);
        if (compares(filter).noneMatch(c -> NARROWING.contains(name(c)))) {
            throw UaaError.SCIM.of("The filter must compare id or userName");
        }
        var where =
                "true".equalsIgnoreCase(ctx.queryParam("includeInactive"))
                        ? COLUMNS.condition(filter)
                        : COLUMNS.condition(filter).and(USERS.ACTIVE.isTrue());
        var sort = COLUMNS.sort("userName", ctx.queryParam("sortOrder"));
        var page = Page.of(ctx);
        var answer =
                database.transaction(dsl -> {
                    var rows =
                            UserStore.list(dsl, where, sort, page.offset(), page.count()).stream()
                                    .map(IdsEndpoints::json)
                                    .toList();
                    return page.answer(ctx, rows, UserStore.count(dsl, where), Page.CORE);
                });
        Json.answer(ctx, answer);
    }

    private static Stream<Filter.Compare> compares(Filter filter) {
        return switch (filter) {
            case Filter.And(var parts) -> parts.stream().flatMap(IdsEndpoints::compares);
            case Filter.Or(var parts) -> parts.stream().flatMap(IdsEndpoints::compares);
            case Filter.Present _ -> throw UaaError.SCIM.of("Only eq is supported here");
            case Filter.Compare compare -> {
                if (compare.operator() != Filter.Operator.EQ || !ALLOWED.contains(name(compare))) {
                    throw UaaError.SCIM.of("Only eq, on id, userName and origin, is supported");
                }
                yield Stream.of(compare);
            }
        };
    }

    private static String name(Filter.Compare compare) {
        return compare.attribute().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> json(User user) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", user.id());
        json.put("userName", user.userName());
        json.put("origin", user.origin());
        return json;
    }
}

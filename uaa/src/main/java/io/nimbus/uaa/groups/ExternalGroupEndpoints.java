package io.nimbus.uaa.groups;

import static io.nimbus.uaa.schema.Tables.EXTERNAL_GROUP;
import static io.nimbus.uaa.schema.Tables.GROUPS;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.scim.Page;
import io.nimbus.uaa.scim.Scim;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** {@code /Groups/External}: which groups of other identity providers stand for ours. */
public final class ExternalGroupEndpoints implements Endpoints {
    private final Database database;
    private final Guard guard;
    private final InstantSource clock;

    public ExternalGroupEndpoints(Database database, Guard guard, InstantSource clock) {
        this.database = database;
        this.guard = guard;
        this.clock = clock;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.post("/Groups/External", this::map);
        routes.get("/Groups/External", this::list);
        routes.delete(
                "/Groups/External/groupId/{group}/externalGroup/{external}/origin/{origin}",
                ctx -> unmap(ctx, ctx.pathParam("group"), null));
        routes.delete(
                "/Groups/External/displayName/{name}/externalGroup/{external}/origin/{origin}",
                ctx -> unmap(ctx, null, ctx.pathParam("name")));
    }

    private record Mapping(Group group, String origin, String external) {
        Map<String, Object> json() {
            var json = new LinkedHashMap<String, Object>();
            json.put("groupId", group.id());
            json.put("displayName", group.displayName());
            json.put("externalGroup", external);
            json.put("origin", origin);
            json.put("meta", Scim.meta(group.version(), group.created(), group.lastModified()));
            json.put("schemas", List.of(Page.CORE));
            return json;
        }
    }

    private void map(Context ctx) {
        var caller = guard.require(ctx, "scim.write");
        var body = Json.object(ctx, UaaError.INVALID_SCIM_RESOURCE);
        var external = Scim.text(body, "externalGroup");
        var origin = Scim.text(body, "origin");
        if (external == null || origin == null) {
            throw UaaError.INVALID_SCIM_RESOURCE.of("externalGroup and origin are required");
        }
        var mapping =
                database.transaction(dsl -> {
                    var group =
                            find(dsl, Scim.text(body, "groupId"), Scim.text(body, "displayName"));
                    var inserted =
                            dsl.insertInto(EXTERNAL_GROUP)
                                    .set(EXTERNAL_GROUP.ORIGIN, origin)
                                    .set(EXTERNAL_GROUP.EXTERNAL_NAME, external)
                                    .set(EXTERNAL_GROUP.GROUP_ID, group.id())
                                    .set(EXTERNAL_GROUP.CREATED, clock.instant())
                                    .onConflictDoNothing()
                                    .execute();
                    if (inserted == 0) {
                        throw UaaError.SCIM_RESOURCE_ALREADY_EXISTS.of(
                                "The mapping already exists");
                    }
                    return new Mapping(group, origin, external);
                });
        Audit.event(
                "external_group_mapped",
                caller.name(),
                caller.address(),
                "group",
                mapping.group().displayName(),
                "external",
                external,
                "origin",
                origin);
        ctx.status(201);
        Json.answer(ctx, mapping.json());
    }

    private void list(Context ctx) {
        guard.require(ctx, "scim.read");
        var origin = ctx.queryParam("origin");
        var external = ctx.queryParam("externalGroup");
        var where =
                DSL.noCondition()
                        .and(origin == null ? DSL.noCondition() : EXTERNAL_GROUP.ORIGIN.eq(origin))
                        .and(
                                external == null
                                        ? DSL.noCondition()
                                        : EXTERNAL_GROUP.EXTERNAL_NAME.eq(external));
        var page = Page.of(ctx);
        var answer =
                database.transaction(dsl -> {
                    var rows =
                            dsl.select(EXTERNAL_GROUP.ORIGIN, EXTERNAL_GROUP.EXTERNAL_NAME, GROUPS)
                                    .from(EXTERNAL_GROUP)
                                    .join(GROUPS)
                                    .on(GROUPS.ID.eq(EXTERNAL_GROUP.GROUP_ID))
                                    .where(where)
                                    .orderBy(
                                            EXTERNAL_GROUP.ORIGIN,
                                            EXTERNAL_GROUP.EXTERNAL_NAME,
                                            GROUPS.DISPLAY_NAME)
                                    .offset(page.offset())
                                    .limit(page.count())
                                    .fetch(row ->
                                            new Mapping(
                                                            GroupStore.group(row.value3()),
                                                            row.value1(),
                                                            row.value2())
                                                    .json());
                    return page.answer(ctx, rows, dsl.fetchCount(EXTERNAL_GROUP, where), Page.CORE);
                });
        Json.answer(ctx, answer);
    }

    private void unmap(Context ctx, @Nullable String id, @Nullable String name) {
        var caller = guard.require(ctx, "scim.write");
        var origin = ctx.pathParam("origin");
        var external = ctx.pathParam("external");
        var mapping =
                database.transaction(dsl -> {
                    var group = find(dsl, id, name);
                    var deleted =
                            dsl.deleteFrom(EXTERNAL_GROUP)
                                    .where(
                                            EXTERNAL_GROUP.ORIGIN.eq(origin),
                                            EXTERNAL_GROUP.EXTERNAL_NAME.eq(external),
                                            EXTERNAL_GROUP.GROUP_ID.eq(group.id()))
                                    .execute();
                    if (deleted == 0) {
                        throw UaaError.SCIM_RESOURCE_NOT_FOUND.of("There is no such mapping");
                    }
                    return new Mapping(group, origin, external);
                });
        Audit.event(
                "external_group_unmapped",
                caller.name(),
                caller.address(),
                "group",
                mapping.group().displayName(),
                "external",
                external,
                "origin",
                origin);
        Json.answer(ctx, mapping.json());
    }

    private static Group find(DSLContext dsl, @Nullable String id, @Nullable String name) {
        if (id != null) {
            return GroupStore.find(dsl, id).orElseThrow(() -> GroupEndpoints.unknown(id));
        }
        if (name != null) {
            return GroupStore.findByName(dsl, name).orElseThrow(() -> GroupEndpoints.unknown(name));
        }
        throw invalid();
    }

    private static UaaException invalid() {
        return UaaError.INVALID_SCIM_RESOURCE.of("groupId or displayName is required");
    }
}

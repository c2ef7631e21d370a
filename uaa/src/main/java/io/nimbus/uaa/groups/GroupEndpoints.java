package io.nimbus.uaa.groups;

import static io.nimbus.uaa.schema.Tables.GROUPS;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.scim.Columns;
import io.nimbus.uaa.scim.Page;
import io.nimbus.uaa.scim.Scim;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.web.Caller;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.PublicUrl;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /Groups} and their members. */
public final class GroupEndpoints implements Endpoints {
    private static final Columns COLUMNS =
            new Columns()
                    .exact(GROUPS.ID, "id")
                    .text(GROUPS.DISPLAY_NAME, "displayName")
                    .text(GROUPS.DESCRIPTION, "description")
                    .time(GROUPS.CREATED, "created", "meta.created")
                    .time(GROUPS.LAST_MODIFIED, "lastModified", "meta.lastModified")
                    .number(GROUPS.VERSION, "version", "meta.version");

    private static final int LONGEST_NAME = 255;

    private final Database database;
    private final Guard guard;
    private final PublicUrl urls;
    private final Ids ids;
    private final InstantSource clock;
    private final Users users;

    /** How users look, for members that are asked for whole. */
    public interface Users {
        /** Empty for ids that are not users'. */
        Map<String, Map<String, Object>> show(DSLContext dsl, List<String> ids);
    }

    public GroupEndpoints(
            Database database,
            Guard guard,
            PublicUrl urls,
            Ids ids,
            InstantSource clock,
            Users users) {
        this.database = database;
        this.guard = guard;
        this.urls = urls;
        this.ids = ids;
        this.clock = clock;
        this.users = users;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.post("/Groups", this::create);
        routes.get("/Groups", this::list);
        routes.get("/Groups/{id}", this::read);
        routes.put("/Groups/{id}", ctx -> update(ctx, false));
        routes.patch("/Groups/{id}", ctx -> update(ctx, true));
        routes.delete("/Groups/{id}", this::delete);
        routes.get("/Groups/{id}/members", this::members);
        routes.post("/Groups/{id}/members", this::addMember);
        routes.get("/Groups/{id}/members/{member}", this::member);
        routes.delete("/Groups/{id}/members/{member}", this::removeMember);
    }

    private record Shown(Group group, Map<String, Object> json) {}

    private void create(Context ctx) {
        var caller = guard.require(ctx, "scim.write");
        var body = Json.object(ctx, UaaError.INVALID_SCIM_RESOURCE);
        var name = name(body);
        var description = Scim.text(body, "description");
        var members = membersOf(body);
        var id = ids.guid();
        var shown =
                inTransaction(
                        name,
                        dsl -> {
                            if (!GroupStore.insert(dsl, id, name, description, clock.instant())) {
                                throw taken(name);
                            }
                            members.forEach(member -> add(dsl, id, member));
                            return show(dsl, id);
                        });
        audit("group_created", caller, shown.group(), null);
        ctx.status(201);
        ctx.header("Location", urls.base(ctx) + "/Groups/" + id);
        answer(ctx, shown);
    }

    private void list(Context ctx) {
        guard.require(ctx, "scim.read");
        var where = COLUMNS.where(ctx.queryParam("filter"));
        var sort = COLUMNS.sort(ctx.queryParam("sortBy"), ctx.queryParam("sortOrder"));
        var page = Page.of(ctx);
        var answer =
                database.transaction(dsl -> {
                    var groups = GroupStore.list(dsl, where, sort, page.offset(), page.count());
                    var members = GroupStore.members(dsl, groups.stream().map(Group::id).toList());
                    var rows =
                            groups.stream()
                                    .map(g -> json(g, members.getOrDefault(g.id(), List.of())))
                                    .toList();
                    return page.answer(ctx, rows, GroupStore.count(dsl, where), Page.CORE);
                });
        Json.answer(ctx, answer);
    }

    private void read(Context ctx) {
        guard.require(ctx, "scim.read");
        answer(ctx, database.transaction(dsl -> show(dsl, ctx.pathParam("id"))));
    }

    private void update(Context ctx, boolean merge) {
        var caller = guard.require(ctx, "scim.write", "groups.update");
        var id = ctx.pathParam("id");
        var body = Json.object(ctx, UaaError.INVALID_SCIM_RESOURCE);
        var shown =
                inTransaction(
                        body.path("displayName").asString(""),
                        dsl -> {
                            var group = GroupStore.lock(dsl, id).orElseThrow(() -> unknown(id));
                            Scim.requireMatch(ctx, group.version(), true);
                            if (merge) {
                                merge(dsl, group, body);
                            } else {
                                replace(dsl, group, body);
                            }
                            return show(dsl, id);
                        });
        audit("group_updated", caller, shown.group(), null);
        answer(ctx, shown);
    }

    private void replace(DSLContext dsl, Group group, ObjectNode body) {
        GroupStore.update(
                dsl, group.id(), name(body), Scim.text(body, "description"), clock.instant());
        var members = membersOf(body);
        GroupStore.removeAll(dsl, group.id());
        members.forEach(member -> add(dsl, group.id(), member));
    }

    /** SCIM 1.1, 3.3.2: what is given is set; a member may be marked as to be deleted. */
    private void merge(DSLContext dsl, Group group, ObjectNode body) {
        var cleared = new ArrayList<String>();
        body.path("meta").path("attributes").forEach(a -> cleared.add(a.asString("")));
        var description =
                body.has("description")
                        ? Scim.text(body, "description")
                        : cleared.contains("description") ? null : group.description();
        GroupStore.update(
                dsl,
                group.id(),
                body.has("displayName") ? name(body) : group.displayName(),
                description,
                clock.instant());
        if (cleared.contains("members")) {
            GroupStore.removeAll(dsl, group.id());
        }
        for (var entry : body.path("members")) {
            var member = memberOf(entry);
            if ("delete".equalsIgnoreCase(Scim.text(entry, "operation"))) {
                GroupStore.remove(dsl, group.id(), member.id());
            } else {
                add(dsl, group.id(), member);
            }
        }
    }

    private void delete(Context ctx) {
        var caller = guard.require(ctx, "scim.write");
        var id = ctx.pathParam("id");
        var shown =
                database.transaction(dsl -> {
                    var group = GroupStore.lock(dsl, id).orElseThrow(() -> unknown(id));
                    Scim.requireMatch(ctx, group.version(), false);
                    var last = show(dsl, id);
                    GroupStore.delete(dsl, id);
                    return last;
                });
        audit("group_deleted", caller, shown.group(), null);
        answer(ctx, shown);
    }

    private void members(Context ctx) {
        guard.require(ctx, "scim.read");
        var id = ctx.pathParam("id");
        var whole = "true".equalsIgnoreCase(ctx.queryParam("returnEntities"));
        var answer =
                database.transaction(dsl -> {
                    requireExisting(dsl, id);
                    var members = GroupStore.members(dsl, List.of(id)).getOrDefault(id, List.of());
                    return whole
                            ? withEntities(dsl, members)
                            : members.stream().map(GroupEndpoints::json).toList();
                });
        Json.answer(ctx, answer);
    }

    private List<Map<String, Object>> withEntities(DSLContext dsl, List<Member> members) {
        var shown = users.show(dsl, members.stream().map(Member::id).toList());
        var rows = new ArrayList<Map<String, Object>>();
        for (var member : members) {
            var row = json(member);
            switch (member.type()) {
                case USER -> row.put("entity", shown.getOrDefault(member.id(), Map.of()));
                case GROUP -> row.put("entity", show(dsl, member.id()).json());
            }
            rows.add(row);
        }
        return rows;
    }

    private void addMember(Context ctx) {
        var caller = guard.require(ctx, "scim.write", "groups.update");
        var id = ctx.pathParam("id");
        var member = memberOf(Json.object(ctx, UaaError.INVALID_SCIM_RESOURCE));
        var group =
                database.transaction(dsl -> {
                    var locked = GroupStore.lock(dsl, id).orElseThrow(() -> unknown(id));
                    if (!add(dsl, id, member)) {
                        throw UaaError.SCIM_RESOURCE_ALREADY_EXISTS.of(
                                member.id() + " is a member already");
                    }
                    GroupStore.touch(dsl, id, clock.instant());
                    return locked;
                });
        audit("group_member_added", caller, group, member.id());
        ctx.status(201);
        Json.answer(ctx, json(member));
    }

    private void member(Context ctx) {
        guard.require(ctx, "scim.read");
        var id = ctx.pathParam("id");
        var wanted = ctx.pathParam("member");
        var member =
                database.transaction(dsl -> {
                    requireExisting(dsl, id);
                    return find(dsl, id, wanted);
                });
        Json.answer(ctx, json(member));
    }

    private static void requireExisting(DSLContext dsl, String id) {
        if (GroupStore.find(dsl, id).isEmpty()) {
            throw unknown(id);
        }
    }

    private static Member find(DSLContext dsl, String group, String id) {
        return GroupStore.members(dsl, List.of(group)).getOrDefault(group, List.of()).stream()
                .filter(m -> m.id().equals(id))
                .findFirst()
                .orElseThrow(() ->
                        UaaError.SCIM_RESOURCE_NOT_FOUND.of(
                                "Member " + id + " does not exist in group " + group));
    }

    private void removeMember(Context ctx) {
        var caller = guard.require(ctx, "scim.write", "groups.update");
        var id = ctx.pathParam("id");
        record Removed(Group group, Member member) {}
        var removed =
                database.transaction(dsl -> {
                    var group = GroupStore.lock(dsl, id).orElseThrow(() -> unknown(id));
                    var member = find(dsl, id, ctx.pathParam("member"));
                    GroupStore.remove(dsl, id, member.id());
                    GroupStore.touch(dsl, id, clock.instant());
                    return new Removed(group, member);
                });
        audit("group_member_removed", caller, removed.group(), removed.member().id());
        Json.answer(ctx, json(removed.member()));
    }

    private boolean add(DSLContext dsl, String group, Member member) {
        if (member.id().equals(group)) {
            throw UaaError.INVALID_SCIM_RESOURCE.of("A group cannot be its own member");
        }
        if (!GroupStore.exists(dsl, member)) {
            throw UaaError.INVALID_SCIM_RESOURCE.of(
                    "Invalid group member: " + member.id() + " does not exist");
        }
        return GroupStore.add(dsl, group, member, clock.instant());
    }

    private static String name(ObjectNode body) {
        var name = Scim.text(body, "displayName");
        if (name == null || name.isBlank() || name.length() > LONGEST_NAME) {
            throw UaaError.INVALID_SCIM_RESOURCE.of("A displayName is required");
        }
        if (!name.matches("[^\\s\"\\\\,\\p{Cntrl}]+")) {
            throw UaaError.INVALID_SCIM_RESOURCE.of("The displayName cannot be a scope: " + name);
        }
        return name;
    }

    private static List<Member> membersOf(ObjectNode body) {
        return body.path("members").valueStream().map(GroupEndpoints::memberOf).toList();
    }

    private static Member memberOf(JsonNode json) {
        var id = Scim.text(json, "value");
        if (id == null) {
            throw UaaError.INVALID_SCIM_RESOURCE.of("A member needs a value, its id");
        }
        var type = Scim.text(json, "type");
        var origin = Scim.text(json, "origin");
        return new Member(
                id,
                "GROUP".equalsIgnoreCase(type) ? Member.Type.GROUP : Member.Type.USER,
                origin == null ? "uaa" : origin);
    }

    private static Shown show(DSLContext dsl, String id) {
        var group = GroupStore.find(dsl, id).orElseThrow(() -> unknown(id));
        var members = GroupStore.members(dsl, List.of(id)).getOrDefault(id, List.of());
        return new Shown(group, json(group, members));
    }

    private static Map<String, Object> json(Group group, List<Member> members) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", group.id());
        json.put("meta", Scim.meta(group.version(), group.created(), group.lastModified()));
        json.put("displayName", group.displayName());
        if (group.description() != null) {
            json.put("description", group.description());
        }
        json.put("zoneId", "uaa");
        json.put("members", members.stream().map(GroupEndpoints::json).toList());
        json.put("schemas", List.of(Page.CORE));
        return json;
    }

    private static Map<String, Object> json(Member member) {
        var json = new LinkedHashMap<String, Object>();
        json.put("origin", member.origin());
        json.put("type", member.type().name());
        json.put("value", member.id());
        return json;
    }

    private <T> T inTransaction(String name, Function<DSLContext, T> work) {
        try {
            return database.transaction(work);
        } catch (DataAccessException e) {
            if (Database.violatedConstraint(e).filter("groups_name"::equals).isPresent()) {
                throw taken(name);
            }
            throw e;
        }
    }

    private static void answer(Context ctx, Shown shown) {
        Scim.tag(ctx, shown.group().version());
        Json.answer(ctx, shown.json());
    }

    private static UaaException taken(String name) {
        return UaaError.SCIM_RESOURCE_ALREADY_EXISTS.of(
                "A group with displayName: " + name + " already exists.");
    }

    static UaaException unknown(String id) {
        return UaaError.SCIM_RESOURCE_NOT_FOUND.of("Group " + id + " does not exist");
    }

    private static void audit(String event, Caller caller, Group group, @Nullable String member) {
        Audit.event(
                event,
                caller.name(),
                caller.address(),
                "group",
                group.displayName(),
                "id",
                group.id(),
                "member",
                member);
    }
}

package io.nimbus.cloudcontroller.rest;

import static org.jooq.impl.DSL.field;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.database.Database;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.UpdatableRecord;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Serves declared resources. Its parts are also the tools of irregular endpoints: to find and lock
 * a row with the right errors, to list under further conditions, to show what became of a row.
 */
public final class Engine {
    /** Deletes that go on after the response. */
    public interface Background {
        /**
         * Stores the wish in the caller's transaction; the answer is the job that a client polls.
         */
        Map<String, Object> delete(
                DSLContext tx, Resource resource, String guid, boolean recursive, Caller caller);
    }

    private final Database database;
    private final Resources resources;
    private final Loader loader;
    private final InstantSource clock;
    private final Supplier<String> guids;
    private final Background background;
    private final int maxDepth;

    /**
     * @param guids makes new ones
     * @param maxDepth of inlined relations
     */
    public Engine(
            Database database,
            Resources resources,
            InstantSource clock,
            Supplier<String> guids,
            Background background,
            int maxDepth) {
        this.database = database;
        this.resources = resources;
        this.loader = new Loader(resources);
        this.clock = clock;
        this.guids = guids;
        this.background = background;
        this.maxDepth = maxDepth;
    }

    /** Up to five routes for each resource, then up to three for each of its to-many relations. */
    public List<Route> routes() {
        return resources.all().stream().flatMap(resource -> routes(resource).stream()).toList();
    }

    private List<Route> routes(Resource resource) {
        var routes = new ArrayList<Route>();
        var path = resource.path();
        var one = path + "/:guid";
        for (var operation : Operation.values()) {
            if (resource.serves(operation)) {
                routes.add(
                        switch (operation) {
                            case LIST -> {
                                var list =
                                        Route.get(
                                                path,
                                                request ->
                                                        list(resource, DSL.noCondition(), request));
                                yield resource.isOpen() ? list.with(Route.Login.OPTIONAL) : list;
                            }
                            case CREATE -> Route.post(path, request -> create(resource, request));
                            case READ -> Route.get(one, request -> read(resource, request));
                            case UPDATE ->
                                    Route.put(
                                            one,
                                            request ->
                                                    update(
                                                            resource,
                                                            request.part("guid"),
                                                            request));
                            case DELETE -> Route.delete(one, request -> delete(resource, request));
                        });
            }
        }
        for (var relation : resource.toMany()) {
            var related = one + "/" + relation.name();
            routes.add(Route.get(related, request -> related(resource, relation, request)));
            if (relation.editor() != null) {
                routes.add(
                        Route.put(
                                related + "/:other",
                                request -> link(resource, relation, true, request)));
                if (!relation.isAddOnly()) {
                    routes.add(
                            Route.delete(
                                    related + "/:other",
                                    request -> link(resource, relation, false, request)));
                }
            }
        }
        if (resource.isDeprecated()) {
            return routes.stream().map(Engine::warning).toList();
        }
        return routes;
    }

    private static Route warning(Route route) {
        return new Route(
                route.method(),
                route.path(),
                route.login(),
                request -> {
                    request.warn("Endpoint deprecated");
                    return route.handler().handle(request);
                });
    }

    // --- Reading
    // -------------------------------------------------------------------------------------

    ApiResponse read(Resource resource, ApiRequest request) {
        return ApiResponse.ok(show(resource, request.part("guid"), request));
    }

    /**
     * The document of a row that the caller may read.
     *
     * @throws io.nimbus.cloudcontroller.errors.CloudException the resource's NotFound, or
     *     NotAuthorized
     */
    public Map<String, @Nullable Object> show(Resource resource, String guid, ApiRequest request) {
        var caller = request.caller();
        var inlining = ListOptions.inlining(request, maxDepth);
        return database.read(dsl -> {
            var allowed = asked(resource, Right.READ, caller).as("allowed_to_read");
            var row =
                    dsl.select(loader.columns(resource, caller))
                            .select(allowed)
                            .from(resource.table())
                            .where(resource.guid().eq(guid))
                            .and(resource.only())
                            .fetchOne();
            if (row == null) {
                throw resource.absent(guid);
            }
            check(resource, guid, caller, Right.READ, Boolean.TRUE.equals(row.get(allowed)));
            return document(dsl, resource, row, caller, inlining);
        });
    }

    /** As a writer sees what he wrote, whether he may read it or not. */
    public Map<String, @Nullable Object> showWritten(
            Resource resource, String guid, ApiRequest request) {
        var caller = request.caller();
        var inlining = ListOptions.inlining(request, maxDepth);
        return database.read(dsl -> {
            var row =
                    dsl.select(loader.columns(resource, caller))
                            .from(resource.table())
                            .where(resource.guid().eq(guid))
                            .fetchOne();
            if (row == null) {
                // Deleted by somebody else between the commit and this look.
                throw resource.absent(guid);
            }
            return document(dsl, resource, row, caller, inlining);
        });
    }

    private Map<String, @Nullable Object> document(
            DSLContext dsl,
            Resource resource,
            Record row,
            Caller caller,
            ListOptions.Inlining inlining) {
        var orphans = new LinkedHashMap<String, Object>();
        var document =
                loader.documents(dsl, resource, List.of(row), caller, inlining, orphans).getFirst();
        if (inlining.orphans()) {
            document.put("orphans", orphans);
        }
        return document;
    }

    /**
     * The entities of those rows that the caller may read, without addresses and relations, by
     * guid.
     */
    public Map<String, Map<String, @Nullable Object>> entities(
            DSLContext dsl, Resource resource, Condition scope, Caller caller) {
        var rows =
                dsl.select(loader.columns(resource, caller))
                        .from(resource.table())
                        .where(scope)
                        .and(resource.only())
                        .and(Loader.visible(resource, caller))
                        .orderBy(resource.id())
                        .fetch();
        var entities = loader.entities(resource, rows, caller);
        var byGuid = new LinkedHashMap<String, Map<String, @Nullable Object>>();
        for (int i = 0; i < rows.size(); i++) {
            byGuid.put(Objects.requireNonNull(rows.get(i).get(resource.guid())), entities.get(i));
        }
        return byGuid;
    }

    /**
     * A list of what the caller may see of the resource.
     *
     * @param scope narrows it, on the resource's table
     */
    public ApiResponse list(Resource resource, Condition scope, ApiRequest request) {
        return ApiResponse.ok(page(resource, scope, false, request));
    }

    /** The same below another resource's address. */
    public ApiResponse nested(Resource resource, Condition scope, ApiRequest request) {
        return ApiResponse.ok(page(resource, scope, true, request));
    }

    private Map<String, @Nullable Object> page(
            Resource resource, Condition scope, boolean nested, ApiRequest request) {
        return page(
                resource, scope.and(Loader.visible(resource, request.caller())), request, nested);
    }

    /** A nested list of everything in the scope, whether the caller sees it elsewhere or not. */
    public Map<String, @Nullable Object> pageOfAll(
            Resource resource, Condition scope, ApiRequest request) {
        return page(resource, scope, request, true);
    }

    private Map<String, @Nullable Object> page(
            Resource resource, Condition scope, ApiRequest request, boolean nested) {
        var options = ListOptions.of(request, resource, nested, maxDepth);
        var where = scope.and(resource.only()).and(resource.listed(request)).and(options.filter());
        return database.read(
                dsl -> page(dsl, resource, where, options, request.path(), request.caller()));
    }

    private Map<String, @Nullable Object> page(
            DSLContext dsl,
            Resource resource,
            Condition where,
            ListOptions options,
            String path,
            Caller caller) {
        var total =
                Objects.requireNonNull(
                        dsl.selectCount()
                                .from(resource.table())
                                .where(where)
                                .fetchSingle()
                                .value1());
        // The page's ids first: rows that are only skipped are then not read whole.
        var ids =
                dsl.select(resource.id())
                        .from(resource.table())
                        .where(where)
                        .orderBy(options.order())
                        .limit(options.perPage())
                        .offset(options.offset());
        var rows =
                total <= options.offset()
                        ? List.<Record>of()
                        : dsl.select(loader.columns(resource, caller))
                                .from(resource.table())
                                .where(resource.id().in(ids))
                                .orderBy(options.order())
                                .fetch();
        var orphans = new LinkedHashMap<String, Object>();
        var documents = loader.documents(dsl, resource, rows, caller, options.inlining(), orphans);
        var pages = Math.max(1, (int) Math.ceilDiv((long) total, options.perPage()));
        var list = new LinkedHashMap<String, @Nullable Object>();
        list.put("total_results", total);
        list.put("total_pages", pages);
        list.put("prev_url", options.page() > 1 ? options.address(path, options.page() - 1) : null);
        list.put(
                "next_url",
                options.page() < pages ? options.address(path, options.page() + 1) : null);
        list.put("resources", documents);
        if (options.inlining().orphans()) {
            list.put("orphans", orphans);
        }
        return list;
    }

    private ApiResponse related(Resource resource, ToMany relation, ApiRequest request) {
        var guid = request.part("guid");
        authorize(resource, guid, request.caller(), Right.READ);
        var target = resources.named(relation.target());
        var link = relation.link();
        var scope =
                link.source().equals(target.table())
                        ? link.parent().eq(guid).and(link.only())
                        : target.guid().in(link.membersOf(guid));
        return ApiResponse.ok(
                relation.isVisibleWithParent()
                        ? pageOfAll(target, scope, request)
                        : page(target, scope, true, request));
    }

    // --- Rights
    // --------------------------------------------------------------------------------------

    /**
     * Whether the caller may do this with the row.
     *
     * @return true always
     * @throws io.nimbus.cloudcontroller.errors.CloudException the resource's NotFound,
     *     InsufficientScope or NotAuthorized
     */
    public boolean authorized(
            DSLContext dsl, Resource resource, String guid, Caller caller, Right right) {
        var found =
                dsl.select(asked(resource, right, caller))
                        .from(resource.table())
                        .where(resource.guid().eq(guid))
                        .and(resource.only())
                        .fetchOne();
        if (found == null) {
            throw resource.absent(guid);
        }
        check(resource, guid, caller, right, Boolean.TRUE.equals(found.value1()));
        return true;
    }

    /** The right as a column. An absent condition alone would be a column that is null. */
    public static Field<Boolean> asked(Resource resource, Right right, Caller caller) {
        return field(DSL.trueCondition().and(resource.allowed(right, caller)));
    }

    /**
     * As {@link #authorized(DSLContext, Resource, String, Caller, Right)}, outside of a
     * transaction.
     */
    public void authorize(Resource resource, String guid, Caller caller, Right right) {
        database.read(dsl -> authorized(dsl, resource, guid, caller, right));
    }

    private static void check(
            Resource resource, String guid, Caller caller, Right right, boolean allowed) {
        requireScope(caller, right);
        if (!allowed) {
            throw resource.refusal(guid);
        }
    }

    /**
     * @throws io.nimbus.cloudcontroller.errors.CloudException InsufficientScope
     */
    public static void requireScope(Caller caller, Right right) {
        if (right == Right.READ ? !caller.mayRead() : !caller.mayWrite()) {
            throw CloudError.INSUFFICIENT_SCOPE.of();
        }
    }

    /** The row, locked until the transaction ends, for a change by this caller. */
    public Change lock(DSLContext tx, Resource resource, String guid, Caller caller, Right right) {
        authorized(tx, resource, guid, caller, right);
        return locked(tx, resource, guid, caller, emptyValues(resource));
    }

    private static Values emptyValues(Resource resource) {
        return Values.decode(resource, JsonNodeFactory.instance.objectNode(), false);
    }

    private Change locked(
            DSLContext tx, Resource resource, String guid, Caller caller, Values given) {
        var row =
                tx.selectFrom(resource.table())
                        .where(resource.guid().eq(guid))
                        .and(resource.only())
                        .forUpdate()
                        .fetchOne();
        if (row == null) {
            throw resource.absent(guid);
        }
        return new Change(
                this,
                tx,
                resource,
                caller,
                given,
                (UpdatableRecord<?>) row,
                false,
                clock.instant());
    }

    // --- Writing
    // -------------------------------------------------------------------------------------

    private ApiResponse create(Resource resource, ApiRequest request) {
        var made = create(resource, Values.decode(resource, request.object(), true), request);
        return ApiResponse.of(201, showWritten(resource, made, request))
                .with("Location", resource.path() + "/" + made);
    }

    /** Makes a row and answers with its guid. */
    public String create(Resource resource, Values given, ApiRequest request) {
        requireScope(request.caller(), Right.CREATE);
        if (!resource.isGranted(Right.CREATE, request.caller())) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        var change =
                transaction(
                        resource,
                        given,
                        tx -> {
                            var row = (UpdatableRecord<?>) tx.newRecord(resource.table());
                            var making =
                                    new Change(
                                            this,
                                            tx,
                                            resource,
                                            request.caller(),
                                            given,
                                            row,
                                            true,
                                            clock.instant());
                            making.set(resource.guid(), guids.get());
                            save(resource, making);
                            authorizeSaved(making, resource, Right.CREATE);
                            resource.lifecycles().forEach(lifecycle -> lifecycle.afterSave(making));
                            return making;
                        });
        change.reactions().forEach(reaction -> reaction.run(request));
        return change.guid();
    }

    private ApiResponse update(Resource resource, String guid, ApiRequest request) {
        var given = Values.decode(resource, request.object(), false);
        var change =
                transaction(
                        resource,
                        given,
                        tx -> {
                            authorized(tx, resource, guid, request.caller(), Right.UPDATE);
                            var changing = locked(tx, resource, guid, request.caller(), given);
                            save(resource, changing);
                            authorizeSaved(changing, resource, Right.UPDATE);
                            resource.lifecycles()
                                    .forEach(lifecycle -> lifecycle.afterSave(changing));
                            return changing;
                        });
        change.reactions().forEach(reaction -> reaction.run(request));
        return ApiResponse.of(201, showWritten(resource, guid, request));
    }

    private void save(Resource resource, Change change) {
        for (var member : resource.members()) {
            switch (member) {
                case Attribute<?> attribute -> attribute.write(change);
                case ToOne relation -> relation.write(change, resources.named(relation.target()));
            }
        }
        resource.lifecycles().forEach(lifecycle -> lifecycle.beforeSave(change));
        store(resource, change);
        for (var relation : resource.toMany()) {
            replaceMembers(change, relation);
        }
    }

    /** Writes the row as it now is; the time of the change with it. */
    public static void store(Resource resource, Change change) {
        if (change.isCreating()) {
            change.set(resource.createdAt(), change.now());
            change.row().insert();
            return;
        }
        if (resource.updatedAt() != null) {
            change.set(resource.updatedAt(), change.now());
        }
        change.row().update();
    }

    private static void authorizeSaved(Change change, Resource resource, Right right) {
        if (change.caller().isAdmin()) {
            return;
        }
        var allowed =
                change.tx()
                        .fetchExists(
                                DSL.selectOne()
                                        .from(resource.table())
                                        .where(resource.guid().eq(change.guid()))
                                        .and(resource.allowed(right, change.caller())));
        if (!allowed) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
    }

    private void replaceMembers(Change change, ToMany relation) {
        var key = relation.guidsKey();
        var editor = relation.editor();
        var wanted = key == null ? null : change.given().guids(key);
        if (wanted == null || editor == null) {
            return;
        }
        var present =
                new LinkedHashSet<>(
                        change.tx().fetchValues(relation.link().membersOf(change.guid())));
        var target = resources.named(relation.target());
        for (var guid : new LinkedHashSet<>(wanted)) {
            if (!present.remove(guid)) {
                if (!relation.makesMembers() && !target.exists(change.tx(), guid)) {
                    throw CloudError.INVALID_RELATION.of(
                            "there is no " + target.noun() + " " + guid);
                }
                editor.add(
                        change.tx(),
                        new ToMany.Linking(change, relation, change.guid(), guid, false));
            }
        }
        for (var guid : present) {
            editor.remove(
                    change.tx(), new ToMany.Linking(change, relation, change.guid(), guid, false));
        }
    }

    private ApiResponse link(
            Resource resource, ToMany relation, boolean adding, ApiRequest request) {
        var guid = request.part("guid");
        link(resource, relation, guid, request.part("other"), adding, request);
        return adding
                ? ApiResponse.of(201, showWritten(resource, guid, request))
                : ApiResponse.noContent();
    }

    /** Adds or removes a member of a relation, with all its rules. */
    public void link(
            Resource resource,
            String relation,
            String guid,
            String member,
            boolean adding,
            ApiRequest request) {
        var named =
                resource.toMany().stream()
                        .filter(r -> r.name().equals(relation))
                        .findFirst()
                        .orElseThrow(() ->
                                new IllegalStateException(resource.name() + " has no " + relation));
        link(resource, named, guid, member, adding, request);
    }

    private void link(
            Resource resource,
            ToMany relation,
            String guid,
            String member,
            boolean adding,
            ApiRequest request) {
        var editor = Objects.requireNonNull(relation.editor());
        var target = resources.named(relation.target());
        var caller = request.caller();
        var leaving = !adding && relation.isLeavable() && member.equals(caller.guid());
        var change =
                transaction(
                        resource,
                        emptyValues(resource),
                        tx -> {
                            var changing =
                                    lock(
                                            tx,
                                            resource,
                                            guid,
                                            caller,
                                            leaving ? Right.READ : Right.UPDATE);
                            requireScope(caller, Right.UPDATE);
                            if (!(adding && relation.makesMembers())
                                    && !target.exists(tx, member)) {
                                throw CloudError.INVALID_RELATION.of(
                                        "there is no " + target.noun() + " " + member);
                            }
                            var linking =
                                    new ToMany.Linking(
                                            changing,
                                            relation,
                                            guid,
                                            member,
                                            request.flag("recursive"));
                            if (adding) {
                                editor.add(tx, linking);
                            } else {
                                editor.remove(tx, linking);
                            }
                            return changing;
                        });
        change.reactions().forEach(reaction -> reaction.run(request));
    }

    private ApiResponse delete(Resource resource, ApiRequest request) {
        var guid = request.part("guid");
        var recursive = request.flag("recursive");
        if (request.flag("async") && resource.isDeletedInBackground()) {
            return ApiResponse.of(
                    202,
                    database.transaction(tx -> {
                        authorized(tx, resource, guid, request.caller(), Right.DELETE);
                        if (!recursive) {
                            refuseDependents(tx, resource, guid);
                        }
                        return background.delete(tx, resource, guid, recursive, request.caller());
                    }));
        }
        delete(resource, guid, recursive, request.caller(), request);
        return ApiResponse.noContent();
    }

    /** Deletes a row and what its feature says goes with it. */
    public void delete(
            Resource resource,
            String guid,
            boolean recursive,
            Caller caller,
            Change.Headers headers) {
        var change =
                transaction(
                        resource,
                        emptyValues(resource),
                        tx -> deleteIn(tx, resource, guid, recursive, caller));
        change.reactions().forEach(reaction -> reaction.run(headers));
    }

    /** Deletes what goes with a row that is being deleted, by the right to delete that. */
    public void deleteWith(Change outer, Resource resource, String guid) {
        var inner = locked(outer.tx(), resource, guid, outer.caller(), emptyValues(resource));
        delete(inner, resource, true);
        inner.reactions().forEach(outer::afterCommit);
    }

    private Change deleteIn(
            DSLContext tx, Resource resource, String guid, boolean recursive, Caller caller) {
        var deleting = lock(tx, resource, guid, caller, Right.DELETE);
        delete(deleting, resource, recursive);
        return deleting;
    }

    private void delete(Change deleting, Resource resource, boolean recursive) {
        if (!recursive) {
            refuseDependents(deleting.tx(), resource, deleting.guid());
        }
        resource.lifecycles().forEach(lifecycle -> lifecycle.beforeDelete(deleting, recursive));
        deleting.tx()
                .deleteFrom(resource.table())
                .where(resource.guid().eq(deleting.guid()))
                .execute();
        resource.lifecycles().forEach(lifecycle -> lifecycle.afterDelete(deleting));
    }

    private void refuseDependents(DSLContext dsl, Resource resource, String guid) {
        var relations = resource.toMany().stream().filter(ToMany::isDependent).toList();
        if (relations.isEmpty()) {
            return;
        }
        var asked = new ArrayList<Field<Boolean>>();
        for (var relation : relations) {
            asked.add(field(DSL.exists(relation.link().membersOf(guid))).as(relation.name()));
        }
        var answers = dsl.select(asked).fetchSingle();
        var present =
                asked.stream()
                        .filter(question -> Boolean.TRUE.equals(answers.get(question)))
                        .map(Field::getName)
                        .collect(Collectors.joining(", "));
        if (!present.isEmpty()) {
            throw CloudError.ASSOCIATION_NOT_EMPTY.of(present, resource.table().getName());
        }
    }

    /**
     * Runs a change; a violated constraint becomes the error that the declaration names for it.
     * Irregular endpoints use it for theirs.
     */
    public <T> T transaction(Resource resource, Values given, Function<DSLContext, T> work) {
        try {
            return database.transaction(work);
        } catch (DataAccessException e) {
            var constraint = Database.violatedConstraint(e);
            var unique = constraint.map(resource::unique).orElse(null);
            if (unique != null) {
                throw unique.error()
                        .of(
                                unique.values().stream()
                                        .map(key -> given.text(key).map(String::strip).orElse(""))
                                        .toArray());
            }
            if ("23503".equals(e.sqlState())) {
                // What was there when it was looked for went meanwhile, or something came to refer
                // to this.
                throw CloudError.INVALID_RELATION.of(
                        "something it refers to is gone, or something still refers to it");
            }
            throw e;
        }
    }

    public <T> T transaction(Resource resource, Function<DSLContext, T> work) {
        return transaction(resource, emptyValues(resource), work);
    }

    public Resources resources() {
        return resources;
    }

    public Database database() {
        return database;
    }

    public InstantSource clock() {
        return clock;
    }
}

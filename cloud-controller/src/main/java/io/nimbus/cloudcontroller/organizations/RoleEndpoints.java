package io.nimbus.cloudcontroller.organizations;

import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATION_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.USERS;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.flags.Flag;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Table;

/** Roles by user name, and the lists of users with their roles. */
public final class RoleEndpoints implements Endpoints {
    private static final Map<String, String> ORGANIZATION_ROLE_NAMES =
            Map.of(
                    "user", "org_user",
                    "manager", "org_manager",
                    "billing_manager", "billing_manager",
                    "auditor", "org_auditor");
    private static final Map<String, String> SPACE_ROLE_NAMES =
            Map.of(
                    "developer",
                    "space_developer",
                    "manager",
                    "space_manager",
                    "auditor",
                    "space_auditor");

    private final Engine engine;
    private final Flags flags;
    private final UaaUsers uaa;

    public RoleEndpoints(Engine engine, Flags flags, UaaUsers uaa) {
        this.engine = engine;
        this.flags = flags;
        this.uaa = uaa;
    }

    @Override
    public List<Route> routes() {
        var routes = new ArrayList<Route>();
        var organizations = engine.resources().named("organizations");
        for (var relation : List.of("users", "managers", "billing_managers", "auditors")) {
            var path = "/v2/organizations/:guid/" + relation;
            routes.add(Route.put(path, request -> add(organizations, relation, request)));
            routes.add(Route.delete(path, request -> remove(organizations, relation, request)));
            routes.add(
                    Route.post(
                            path + "/remove", request -> remove(organizations, relation, request)));
        }
        var spaces = engine.resources().named("spaces");
        for (var relation : List.of("developers", "managers", "auditors")) {
            var path = "/v2/spaces/:guid/" + relation;
            routes.add(Route.put(path, request -> add(spaces, relation, request)));
            routes.add(Route.delete(path, request -> removeAndShow(spaces, relation, request)));
            routes.add(
                    Route.post(
                            path + "/remove", request -> removeAndShow(spaces, relation, request)));
        }
        routes.add(
                Route.get(
                        "/v2/organizations/:guid/user_roles",
                        request ->
                                roles(
                                        organizations,
                                        request,
                                        ORGANIZATION_ROLES,
                                        ORGANIZATION_ROLES.ORGANIZATION_GUID,
                                        ORGANIZATION_ROLES.USER_GUID,
                                        ORGANIZATION_ROLES.ROLE,
                                        "organization_roles",
                                        ORGANIZATION_ROLE_NAMES)));
        routes.add(
                Route.get(
                        "/v2/spaces/:guid/user_roles",
                        request ->
                                roles(
                                        spaces,
                                        request,
                                        SPACE_ROLES,
                                        SPACE_ROLES.SPACE_GUID,
                                        SPACE_ROLES.USER_GUID,
                                        SPACE_ROLES.ROLE,
                                        "space_roles",
                                        SPACE_ROLE_NAMES)));
        return routes;
    }

    private ApiResponse add(Resource resource, String relation, ApiRequest request) {
        var guid = request.part("guid");
        link(resource, relation, true, request);
        return ApiResponse.of(201, engine.showWritten(resource, guid, request));
    }

    private ApiResponse remove(Resource resource, String relation, ApiRequest request) {
        link(resource, relation, false, request);
        return ApiResponse.noContent();
    }

    private ApiResponse removeAndShow(Resource resource, String relation, ApiRequest request) {
        link(resource, relation, false, request);
        return ApiResponse.ok(engine.showWritten(resource, request.part("guid"), request));
    }

    private void link(Resource resource, String relation, boolean adding, ApiRequest request) {
        var guid = request.part("guid");
        var body = request.object();
        if (!body.path("username").isString()) {
            throw CloudError.MESSAGE_PARSE_ERROR.of("username is missing");
        }
        var origin =
                body.path("origin").isString()
                        ? Optional.of(body.path("origin").asString())
                        : Optional.<String>empty();
        engine.database()
                .read(dsl -> {
                    engine.authorized(dsl, resource, guid, request.caller(), Right.READ);
                    flags.requireUnlessAdmin(
                            dsl,
                            adding ? Flag.SET_ROLES_BY_USERNAME : Flag.UNSET_ROLES_BY_USERNAME,
                            request.caller());
                    return true;
                });
        var user = uaa.guid(body.path("username").asString(), origin.filter(o -> !o.isEmpty()));
        if (adding) {
            engine.database().inTransaction(tx -> RoleEditor.makeUser(tx, user));
        }
        engine.link(resource, relation, guid, user, adding, request);
    }

    private ApiResponse roles(
            Resource parent,
            ApiRequest request,
            Table<?> table,
            Field<String> parentGuid,
            Field<String> userGuid,
            Field<String> role,
            String key,
            Map<String, String> names) {
        var guid = request.part("guid");
        engine.authorize(parent, guid, request.caller(), Right.READ);
        Condition members = USERS.GUID.in(select(userGuid).from(table).where(parentGuid.eq(guid)));
        var page = engine.pageOfAll(engine.resources().named("users"), members, request);
        var held = new HashMap<String, List<String>>();
        engine.database()
                .read(dsl ->
                        dsl.select(userGuid, role)
                                .from(table)
                                .where(parentGuid.eq(guid))
                                .orderBy(role)
                                .fetch())
                .forEach(row ->
                        held.computeIfAbsent(row.value1(), user -> new ArrayList<>())
                                .add(names.getOrDefault(row.value2(), row.value2())));
        if (page.get("resources") instanceof List<?> users) {
            for (var user : users) {
                if (user instanceof Map<?, ?> document
                        && document.get("metadata") instanceof Map<?, ?> metadata
                        && document.get("entity") instanceof Map<?, ?> entity) {
                    put(
                            entity,
                            key,
                            held.getOrDefault(String.valueOf(metadata.get("guid")), List.of()));
                }
            }
        }
        return ApiResponse.ok(page);
    }

    @SuppressWarnings("unchecked") // an entity that the engine made: texts to anything
    private static void put(Map<?, ?> entity, String key, Object value) {
        ((Map<String, Object>) entity).put(key, value);
    }
}

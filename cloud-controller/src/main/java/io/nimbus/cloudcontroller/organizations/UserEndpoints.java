package io.nimbus.cloudcontroller.organizations;

import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATION_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.USERS;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Route;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/** Roles taken from the user's side, by the rules of what they are roles in; a user's summary. */
public final class UserEndpoints implements Endpoints {
    private record Held(String relation, String target, String there) {}

    private static final List<Held> ROLES =
            List.of(
                    new Held("organizations", "organizations", "users"),
                    new Held("managed_organizations", "organizations", "managers"),
                    new Held("billing_managed_organizations", "organizations", "billing_managers"),
                    new Held("audited_organizations", "organizations", "auditors"),
                    new Held("spaces", "spaces", "developers"),
                    new Held("managed_spaces", "spaces", "managers"),
                    new Held("audited_spaces", "spaces", "auditors"));

    private final Engine engine;

    public UserEndpoints(Engine engine) {
        this.engine = engine;
    }

    @Override
    public List<Route> routes() {
        var routes = new ArrayList<Route>();
        for (var held : ROLES) {
            routes.add(
                    Route.delete(
                            "/v2/users/:guid/" + held.relation() + "/:other",
                            request -> leave(held, request)));
        }
        routes.add(Route.get("/v2/users/:guid/summary", this::summary));
        return routes;
    }

    private ApiResponse leave(Held held, ApiRequest request) {
        var user = request.part("guid");
        engine.database()
                .read(dsl -> {
                    if (!dsl.fetchExists(USERS, USERS.GUID.eq(user))) {
                        throw CloudError.USER_NOT_FOUND.of(user);
                    }
                    return true;
                });
        engine.link(
                engine.resources().named(held.target()),
                held.there(),
                request.part("other"),
                user,
                false,
                request);
        return ApiResponse.noContent();
    }

    private ApiResponse summary(ApiRequest request) {
        var guid = request.part("guid");
        if (!request.caller().isAdmin()) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        return ApiResponse.ok(
                engine.database()
                        .read(dsl -> {
                            var user =
                                    dsl.selectFrom(USERS)
                                            .where(USERS.GUID.eq(guid))
                                            .fetchOptional()
                                            .orElseThrow(() -> CloudError.USER_NOT_FOUND.of(guid));
                            var entity = new LinkedHashMap<String, Object>();
                            entity.put("organizations", organizations(dsl, guid, Roles.USER));
                            entity.put(
                                    "managed_organizations",
                                    organizations(dsl, guid, Roles.MANAGER));
                            entity.put(
                                    "billing_managed_organizations",
                                    organizations(dsl, guid, Roles.BILLING_MANAGER));
                            entity.put(
                                    "audited_organizations",
                                    organizations(dsl, guid, Roles.AUDITOR));
                            entity.put("spaces", spaces(dsl, guid, Roles.DEVELOPER));
                            entity.put("managed_spaces", spaces(dsl, guid, Roles.MANAGER));
                            entity.put("audited_spaces", spaces(dsl, guid, Roles.AUDITOR));
                            return document(guid, user.getCreatedAt(), user.getUpdatedAt(), entity);
                        }));
    }

    private static List<Map<String, Object>> organizations(
            DSLContext dsl, String user, String role) {
        return dsl
                .select(
                        ORGANIZATIONS.GUID,
                        ORGANIZATIONS.CREATED_AT,
                        ORGANIZATIONS.UPDATED_AT,
                        ORGANIZATIONS.NAME,
                        ORGANIZATIONS.BILLING_ENABLED,
                        ORGANIZATIONS.STATUS,
                        ORGANIZATIONS.QUOTA_DEFINITION_GUID)
                .from(ORGANIZATION_ROLES)
                .join(ORGANIZATIONS)
                .on(ORGANIZATIONS.GUID.eq(ORGANIZATION_ROLES.ORGANIZATION_GUID))
                .where(ORGANIZATION_ROLES.USER_GUID.eq(user))
                .and(ORGANIZATION_ROLES.ROLE.eq(role))
                .orderBy(ORGANIZATIONS.ID)
                .fetch()
                .stream()
                .map(row -> {
                    var guid = row.value1();
                    var entity = new LinkedHashMap<String, Object>();
                    entity.put("name", row.value4());
                    entity.put("billing_enabled", row.value5());
                    entity.put("status", row.value6());
                    entity.put("spaces", spacesWhere(dsl, SPACES.ORGANIZATION_GUID.eq(guid)));
                    entity.put("quota_definition", quota(dsl, row.value7()));
                    entity.put("managers", managers(dsl, guid));
                    return document(guid, row.value2(), row.value3(), entity);
                })
                .toList();
    }

    private static Map<String, Object> quota(DSLContext dsl, String guid) {
        var row =
                dsl.selectFrom(QUOTA_DEFINITIONS)
                        .where(QUOTA_DEFINITIONS.GUID.eq(guid))
                        .fetchSingle();
        return document(
                guid,
                row.getCreatedAt(),
                row.getUpdatedAt(),
                Map.of(
                        "name",
                        row.getName(),
                        "memory_limit",
                        row.getMemoryLimit(),
                        "total_services",
                        row.getTotalServices(),
                        "non_basic_services_allowed",
                        row.getNonBasicServicesAllowed()));
    }

    private static List<Map<String, Object>> managers(DSLContext dsl, String organization) {
        return dsl.select(USERS.GUID, USERS.CREATED_AT, USERS.UPDATED_AT, USERS.ADMIN)
                .from(ORGANIZATION_ROLES)
                .join(USERS)
                .on(USERS.GUID.eq(ORGANIZATION_ROLES.USER_GUID))
                .where(ORGANIZATION_ROLES.ORGANIZATION_GUID.eq(organization))
                .and(ORGANIZATION_ROLES.ROLE.eq(Roles.MANAGER))
                .orderBy(USERS.ID)
                .fetch(row ->
                        document(
                                row.value1(),
                                row.value2(),
                                row.value3(),
                                Map.of("admin", row.value4())));
    }

    private static List<Map<String, Object>> spaces(DSLContext dsl, String user, String role) {
        return spacesWhere(
                dsl,
                SPACES.GUID.in(
                        select(SPACE_ROLES.SPACE_GUID)
                                .from(SPACE_ROLES)
                                .where(SPACE_ROLES.USER_GUID.eq(user))
                                .and(SPACE_ROLES.ROLE.eq(role))));
    }

    private static List<Map<String, Object>> spacesWhere(DSLContext dsl, Condition which) {
        return dsl.select(SPACES.GUID, SPACES.CREATED_AT, SPACES.UPDATED_AT, SPACES.NAME)
                .from(SPACES)
                .where(which)
                .orderBy(SPACES.ID)
                .fetch(row ->
                        document(
                                row.value1(),
                                row.value2(),
                                row.value3(),
                                Map.of("name", row.value4())));
    }

    private static Map<String, Object> document(
            String guid, Instant created, @Nullable Instant updated, Map<String, Object> entity) {
        var metadata = new LinkedHashMap<String, @Nullable Object>();
        metadata.put("guid", guid);
        metadata.put("created_at", Json.time(created));
        metadata.put("updated_at", Json.time(updated));
        var document = new LinkedHashMap<String, Object>();
        document.put("metadata", metadata);
        document.put("entity", entity);
        return document;
    }
}

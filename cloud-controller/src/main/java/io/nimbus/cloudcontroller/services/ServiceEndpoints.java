package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BROKERS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_KEYS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLAN_VISIBILITIES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static org.jooq.impl.DSL.condition;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.trueCondition;
import static org.jooq.impl.DSL.val;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import java.util.List;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;

/** What is irregular about services. */
public final class ServiceEndpoints implements Endpoints {
    private final Engine engine;
    private final Resource services;
    private final Resource instances;
    private final Resource userProvided;
    private final Resource bindings;

    public ServiceEndpoints(Engine engine) {
        this.engine = engine;
        this.services = engine.resources().named("services");
        this.instances = engine.resources().named("service_instances");
        this.userProvided = engine.resources().named("user_provided_service_instances");
        this.bindings = engine.resources().named("service_bindings");
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get("/v2/organizations/:guid/services", this::ofOrganization),
                Route.get("/v2/spaces/:guid/services", this::ofSpace),
                Route.delete("/v2/services/:guid", this::deleteService),
                Route.get("/v2/service_instances/:guid/permissions", this::permissions),
                Route.get("/v2/service_instances/:guid/shared_from", this::sharedFrom),
                Route.get("/v2/service_instances/:guid/shared_to", this::sharedTo),
                Route.put("/v2/service_instances/:guid", this::update),
                Route.delete("/v2/service_instances/:guid", this::delete),
                Route.get(
                                "/v2/managed_service_instances/:guid",
                                request ->
                                        ApiResponse.redirect(
                                                "/v2/service_instances/" + request.part("guid")))
                        .with(Route.Login.NONE),
                Route.delete("/v2/apps/:guid/service_bindings/:other", this::unbind));
    }

    // --- The marketplace
    // -----------------------------------------------------------------------------

    private ApiResponse ofOrganization(ApiRequest request) {
        var guid = request.part("guid");
        engine.authorize(
                engine.resources().named("organizations"), guid, request.caller(), Right.READ);
        return engine.nested(services, offered(val(guid)), request);
    }

    private ApiResponse ofSpace(ApiRequest request) {
        var guid = request.part("guid");
        engine.authorize(engine.resources().named("spaces"), guid, request.caller(), Right.READ);
        var organization =
                field(select(SPACES.ORGANIZATION_GUID).from(SPACES).where(SPACES.GUID.eq(guid)));
        var own =
                SERVICES.SERVICE_BROKER_GUID.in(
                        select(SERVICE_BROKERS.GUID)
                                .from(SERVICE_BROKERS)
                                .where(SERVICE_BROKERS.SPACE_GUID.eq(guid)));
        return engine.nested(services, offered(organization).or(own), request);
    }

    /** Has an active plan that is public or offered to the organization. */
    private static Condition offered(Field<String> organization) {
        return exists(
                selectOne()
                        .from(SERVICE_PLANS)
                        .where(SERVICE_PLANS.SERVICE_GUID.eq(SERVICES.GUID))
                        .and(SERVICE_PLANS.ACTIVE)
                        .and(
                                condition(SERVICE_PLANS.PUBLIC)
                                        .or(
                                                SERVICE_PLANS.GUID.in(
                                                        select(
                                                                        SERVICE_PLAN_VISIBILITIES
                                                                                .SERVICE_PLAN_GUID)
                                                                .from(SERVICE_PLAN_VISIBILITIES)
                                                                .where(
                                                                        SERVICE_PLAN_VISIBILITIES
                                                                                .ORGANIZATION_GUID
                                                                                .eq(
                                                                                        organization))))));
    }

    /** With {@code purge} all that was made of it goes, and no broker is asked. */
    private ApiResponse deleteService(ApiRequest request) {
        var guid = request.part("guid");
        var purge = strictFlag(request, "purge");
        if (purge) {
            engine.transaction(
                    services,
                    tx -> {
                        engine.lock(tx, services, guid, request.caller(), Right.DELETE);
                        var made =
                                select(SERVICE_INSTANCES.GUID)
                                        .from(SERVICE_INSTANCES)
                                        .join(SERVICE_PLANS)
                                        .on(
                                                SERVICE_PLANS.GUID.eq(
                                                        SERVICE_INSTANCES.SERVICE_PLAN_GUID))
                                        .where(SERVICE_PLANS.SERVICE_GUID.eq(guid));
                        tx.deleteFrom(SERVICE_BINDINGS)
                                .where(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID.in(made))
                                .execute();
                        tx.deleteFrom(SERVICE_KEYS)
                                .where(SERVICE_KEYS.SERVICE_INSTANCE_GUID.in(made))
                                .execute();
                        tx.deleteFrom(ROUTE_BINDINGS)
                                .where(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID.in(made))
                                .execute();
                        return tx.deleteFrom(SERVICE_INSTANCES)
                                .where(SERVICE_INSTANCES.GUID.in(made))
                                .execute();
                    });
        }
        engine.delete(
                services, guid, purge || request.flag("recursive"), request.caller(), request);
        return ApiResponse.noContent();
    }

    private static boolean strictFlag(ApiRequest request, String name) {
        var value = request.query(name).orElse("false");
        if (!value.equals("true") && !value.equals("false")) {
            throw CloudError.INVALID_REQUEST.of();
        }
        return value.equals("true");
    }

    // --- Instances
    // -----------------------------------------------------------------------------------

    /** Anybody may ask; who has no part in it hears so. */
    private ApiResponse permissions(ApiRequest request) {
        var guid = request.part("guid");
        var caller = request.caller();
        if (!caller.scopes().contains("cloud_controller_service_permissions.read")) {
            Engine.requireScope(caller, Right.READ);
        }
        var manages =
                caller.isAdmin()
                        ? trueCondition()
                        : Roles.inSpace(SERVICE_INSTANCES.SPACE_GUID, caller, Roles.DEVELOPER);
        var reads =
                caller.seesEverything()
                        ? trueCondition()
                        : Roles.seesSpace(SERVICE_INSTANCES.SPACE_GUID, caller);
        var may =
                engine.database()
                        .read(dsl ->
                                dsl.select(field(manages), field(reads))
                                        .from(SERVICE_INSTANCES)
                                        .where(SERVICE_INSTANCES.GUID.eq(guid))
                                        .fetchOptional())
                        .orElseThrow(() -> CloudError.SERVICE_INSTANCE_NOT_FOUND.of(guid));
        return ApiResponse.ok(
                Map.of(
                        "manage",
                        Boolean.TRUE.equals(may.value1()),
                        "read",
                        Boolean.TRUE.equals(may.value2())));
    }

    /** Nothing is shared on this platform: an instance comes from where it is. */
    private ApiResponse sharedFrom(ApiRequest request) {
        requireVisible(request);
        return ApiResponse.noContent();
    }

    private ApiResponse sharedTo(ApiRequest request) {
        requireVisible(request);
        return engine.nested(instances, DSL.falseCondition(), request);
    }

    private void requireVisible(ApiRequest request) {
        var guid = request.part("guid");
        var visible =
                engine.database()
                        .read(dsl ->
                                dsl.fetchExists(
                                        SERVICE_INSTANCES,
                                        SERVICE_INSTANCES
                                                .GUID
                                                .eq(guid)
                                                .and(
                                                        instances.allowed(
                                                                Right.READ, request.caller()))));
        if (!visible) {
            throw CloudError.SERVICE_INSTANCE_NOT_FOUND.of(guid);
        }
    }

    private ApiResponse update(ApiRequest request) {
        refuseManaged(request);
        throw CloudError.USER_PROVIDED_SERVICE_INSTANCE_HANDLER_NEEDED.of();
    }

    /** Clients delete what a user provided at either address. */
    private ApiResponse delete(ApiRequest request) {
        refuseManaged(request);
        engine.delete(
                userProvided,
                request.part("guid"),
                request.flag("recursive") || strictFlag(request, "purge"),
                request.caller(),
                request);
        return ApiResponse.noContent();
    }

    private void refuseManaged(ApiRequest request) {
        var guid = request.part("guid");
        var plan =
                engine.database()
                        .read(dsl ->
                                dsl.selectFrom(SERVICE_INSTANCES)
                                        .where(SERVICE_INSTANCES.GUID.eq(guid))
                                        .fetchOptional())
                        .orElseThrow(() -> CloudError.SERVICE_INSTANCE_NOT_FOUND.of(guid))
                        .getServicePlanGuid();
        if (plan != null) {
            throw CloudError.SERVICE_INSTANCE_INVALID.of(
                    "the instance is managed by a broker, and none is reachable from here");
        }
    }

    private ApiResponse unbind(ApiRequest request) {
        request.warn("Endpoint deprecated");
        var app = request.part("guid");
        var binding = request.part("other");
        engine.authorize(engine.resources().named("apps"), app, request.caller(), Right.UPDATE);
        var own =
                engine.database()
                        .read(dsl ->
                                dsl.fetchExists(
                                        SERVICE_BINDINGS,
                                        SERVICE_BINDINGS
                                                .GUID
                                                .eq(binding)
                                                .and(SERVICE_BINDINGS.APP_GUID.eq(app))));
        if (!own) {
            throw CloudError.SERVICE_BINDING_NOT_FOUND.of(binding);
        }
        engine.delete(bindings, binding, false, request.caller(), request);
        return ApiResponse.noContent();
    }
}

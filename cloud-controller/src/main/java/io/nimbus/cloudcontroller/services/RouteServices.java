package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.routing.RouteMappings;
import java.util.Map;
import java.util.function.Supplier;
import org.jooq.DSLContext;

/** Requests of a route go through the service instance that it is bound to. */
record RouteServices(RouteMappings mappings, Audit audit, Supplier<String> guids)
        implements ToMany.Editor {
    @Override
    public void add(DSLContext tx, ToMany.Linking linking) {
        var instance =
                tx.selectFrom(SERVICE_INSTANCES)
                        .where(SERVICE_INSTANCES.GUID.eq(linking.parent()))
                        .fetchSingle();
        var route =
                tx.selectFrom(ROUTES)
                        .where(ROUTES.GUID.eq(linking.member()))
                        .forUpdate()
                        .fetchSingle();
        if (!route.getSpaceGuid().equals(instance.getSpaceGuid())) {
            throw CloudError.SERVICE_INSTANCE_ROUTE_BINDING_SPACE_MISMATCH.of();
        }
        var url = instance.getRouteServiceUrl();
        if (url == null || url.isEmpty()) {
            throw CloudError.SERVICE_DOES_NOT_SUPPORT_ROUTES.of();
        }
        var bound =
                tx.select(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID)
                        .from(ROUTE_BINDINGS)
                        .where(ROUTE_BINDINGS.ROUTE_GUID.eq(linking.member()))
                        .fetchOptional(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID);
        if (bound.isPresent()) {
            throw bound.get().equals(linking.parent())
                    ? CloudError.SERVICE_INSTANCE_ALREADY_BOUND_TO_SAME_ROUTE.of()
                    : CloudError.ROUTE_ALREADY_BOUND_TO_SERVICE_INSTANCE.of();
        }
        tx.insertInto(ROUTE_BINDINGS)
                .set(ROUTE_BINDINGS.GUID, guids.get())
                .set(ROUTE_BINDINGS.CREATED_AT, linking.change().now())
                .set(ROUTE_BINDINGS.ROUTE_GUID, linking.member())
                .set(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID, linking.parent())
                .set(ROUTE_BINDINGS.ROUTE_SERVICE_URL, url)
                .execute();
        mappings.rerouted(linking.change(), linking.member());
        tell(tx, linking, "bind_route", instance.getName(), instance.getSpaceGuid());
    }

    @Override
    public void remove(DSLContext tx, ToMany.Linking linking) {
        var removed =
                tx.deleteFrom(ROUTE_BINDINGS)
                        .where(ROUTE_BINDINGS.ROUTE_GUID.eq(linking.member()))
                        .and(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID.eq(linking.parent()))
                        .execute();
        if (removed == 0) {
            throw CloudError.INVALID_RELATION.of("the route is not bound to the service instance");
        }
        mappings.rerouted(linking.change(), linking.member());
        var instance =
                tx.selectFrom(SERVICE_INSTANCES)
                        .where(SERVICE_INSTANCES.GUID.eq(linking.parent()))
                        .fetchSingle();
        tell(tx, linking, "unbind_route", instance.getName(), instance.getSpaceGuid());
    }

    private void tell(
            DSLContext tx, ToMany.Linking linking, String what, String name, String space) {
        audit.record(
                tx,
                "audit.service_instance." + what,
                linking.change().caller(),
                new Audit.Actee(linking.parent(), "service_instance", name),
                UserProvidedRules.place(tx, space),
                Map.of("route_guid", linking.member()));
    }
}

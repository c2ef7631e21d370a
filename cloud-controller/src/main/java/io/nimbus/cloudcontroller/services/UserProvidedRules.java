package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.events.ServiceUsage;
import io.nimbus.cloudcontroller.flags.Flag;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Checks;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import io.nimbus.cloudcontroller.routing.RouteMappings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.function.Supplier;
import org.jooq.DSLContext;

/** What holds for service instances that users provide. */
final class UserProvidedRules implements Lifecycle {
    private static final int LONGEST_NAME = 50;
    private static final int LONGEST_DRAIN = 10_000;
    private static final int LONGEST_TAGS = 2048;

    private final Audit audit;
    private final Flags flags;
    private final RouteMappings mappings;
    private final Supplier<String> guids;

    UserProvidedRules(Audit audit, Flags flags, RouteMappings mappings, Supplier<String> guids) {
        this.audit = audit;
        this.flags = flags;
        this.mappings = mappings;
        this.guids = guids;
    }

    static void checkName(String name) {
        if (name.isEmpty()) {
            throw CloudError.SERVICE_INSTANCE_NAME_EMPTY.of();
        }
        if (name.length() > LONGEST_NAME) {
            throw CloudError.SERVICE_INSTANCE_NAME_TOO_LONG.of();
        }
        Checks.name(CloudError.SERVICE_INSTANCE_INVALID).check(name);
    }

    static void checkDrain(String url) {
        if (url.length() > LONGEST_DRAIN) {
            throw CloudError.SERVICE_INSTANCE_INVALID.of(
                    "syslog_drain_url is longer than " + LONGEST_DRAIN + " characters");
        }
    }

    static void checkRouteService(String url) {
        if (url.isEmpty()) {
            return;
        }
        try {
            var uri = new URI(url);
            if ("https".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null) {
                return;
            }
        } catch (URISyntaxException e) {
            // said below, as what is no https address is
        }
        throw CloudError.SERVICE_INSTANCE_ROUTE_SERVICE_URL_INVALID.of(
                "route_service_url is an https address");
    }

    @Override
    public void beforeSave(Change change) {
        if (change.isCreating()) {
            if (!change.caller().isAdmin()) {
                flags.require(change.tx(), Flag.SERVICE_INSTANCE_CREATION);
            }
        } else if (change.changes(SERVICE_INSTANCES.SPACE_GUID)) {
            throw CloudError.SERVICE_INSTANCE_INVALID.of("an instance stays in its space");
        }
        var tags = change.get(SERVICE_INSTANCES.TAGS);
        if (tags != null && String.join("", tags).length() > LONGEST_TAGS) {
            throw CloudError.SERVICE_INSTANCE_TAGS_TOO_LONG.of(change.need(SERVICE_INSTANCES.NAME));
        }
    }

    @Override
    public void afterSave(Change change) {
        var guid = change.guid();
        if (change.isCreating()) {
            ServiceUsage.record(change.tx(), "CREATED", guid, guids.get(), change.now());
        } else {
            passOn(change);
            if (change.changes(SERVICE_INSTANCES.NAME)) {
                ServiceUsage.record(change.tx(), "UPDATED", guid, guids.get(), change.now());
            }
        }
        tell(
                change,
                change.isCreating() ? "create" : "update",
                Audit.request(change.given().body()));
    }

    /**
     * Bindings hold what the instance holds. Apps find it in their environment at the next start.
     */
    private void passOn(Change change) {
        var tx = change.tx();
        tx.update(SERVICE_BINDINGS)
                .set(
                        SERVICE_BINDINGS.CREDENTIALS_ENCRYPTED,
                        change.get(SERVICE_INSTANCES.CREDENTIALS_ENCRYPTED))
                .set(
                        SERVICE_BINDINGS.CREDENTIALS_KEY,
                        change.get(SERVICE_INSTANCES.CREDENTIALS_KEY))
                .set(
                        SERVICE_BINDINGS.SYSLOG_DRAIN_URL,
                        change.get(SERVICE_INSTANCES.SYSLOG_DRAIN_URL))
                .set(SERVICE_BINDINGS.UPDATED_AT, change.now())
                .where(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID.eq(change.guid()))
                .execute();
        if (change.changes(SERVICE_INSTANCES.ROUTE_SERVICE_URL)) {
            tx.update(ROUTE_BINDINGS)
                    .set(
                            ROUTE_BINDINGS.ROUTE_SERVICE_URL,
                            change.get(SERVICE_INSTANCES.ROUTE_SERVICE_URL))
                    .where(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID.eq(change.guid()))
                    .execute();
            tx.select(ROUTE_BINDINGS.ROUTE_GUID)
                    .from(ROUTE_BINDINGS)
                    .where(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID.eq(change.guid()))
                    .fetch(ROUTE_BINDINGS.ROUTE_GUID)
                    .forEach(route -> mappings.rerouted(change, route));
        }
    }

    @Override
    public void beforeDelete(Change change, boolean recursive) {
        var tx = change.tx();
        ServiceUsage.record(tx, "DELETED", change.guid(), guids.get(), change.now());
        tx.deleteFrom(SERVICE_BINDINGS)
                .where(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID.eq(change.guid()))
                .execute();
        var routes =
                tx.deleteFrom(ROUTE_BINDINGS)
                        .where(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID.eq(change.guid()))
                        .returning(ROUTE_BINDINGS.ROUTE_GUID)
                        .fetch(ROUTE_BINDINGS.ROUTE_GUID);
        routes.forEach(route -> mappings.rerouted(change, route));
        tell(change, "delete", Map.of("request", Map.of()));
    }

    private void tell(Change change, String what, Map<String, ?> metadata) {
        var space = change.need(SERVICE_INSTANCES.SPACE_GUID);
        audit.record(
                change.tx(),
                "audit.user_provided_service_instance." + what,
                change.caller(),
                new Audit.Actee(
                        change.guid(),
                        "user_provided_service_instance",
                        change.need(SERVICE_INSTANCES.NAME)),
                place(change.tx(), space),
                metadata);
    }

    static Audit.Place place(DSLContext tx, String space) {
        return new Audit.Place(
                space,
                tx.select(SPACES.ORGANIZATION_GUID)
                        .from(SPACES)
                        .where(SPACES.GUID.eq(space))
                        .fetchOptional(SPACES.ORGANIZATION_GUID)
                        .orElse(""));
    }
}

package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_MAPPINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import io.nimbus.cloudcontroller.ccdb.tables.records.AppsRecord;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToMany.Linking;
import io.nimbus.cloudcontroller.running.Deas;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.database.Database;
import java.util.Map;
import java.util.function.Supplier;
import org.jooq.Condition;
import org.jooq.DSLContext;

/**
 * Which route leads to which app. A change gives the app a new version, so that the health manager
 * tells instances with the new routes from those with the old, and tells the DEAs that run it.
 */
public final class RouteMappings {
    private final Database database;
    private final RunnableApps apps;
    private final Deas deas;
    private final Audit audit;
    private final Supplier<String> guids;

    public RouteMappings(
            Database database, RunnableApps apps, Deas deas, Audit audit, Supplier<String> guids) {
        this.database = database;
        this.apps = apps;
        this.deas = deas;
        this.audit = audit;
        this.guids = guids;
    }

    /** From the app's side: {@code /v2/apps/:guid/routes/:other}. */
    public ToMany.Editor ofApp() {
        return editor(Linking::parent, Linking::member);
    }

    /** From the route's side: {@code /v2/routes/:guid/apps/:other}. */
    public ToMany.Editor ofRoute() {
        return editor(Linking::member, Linking::parent);
    }

    private interface Side {
        String guid(Linking linking);
    }

    private ToMany.Editor editor(Side app, Side route) {
        return new ToMany.Editor() {
            @Override
            public void add(DSLContext tx, Linking linking) {
                map(linking.change(), app.guid(linking), route.guid(linking));
            }

            @Override
            public void remove(DSLContext tx, Linking linking) {
                unmap(linking.change(), app.guid(linking), route.guid(linking));
            }
        };
    }

    /** Idempotent. */
    private void map(Change change, String app, String route) {
        var tx = change.tx();
        check(tx, app, route);
        var added =
                tx.insertInto(ROUTE_MAPPINGS)
                        .set(ROUTE_MAPPINGS.GUID, guids.get())
                        .set(ROUTE_MAPPINGS.CREATED_AT, change.now())
                        .set(ROUTE_MAPPINGS.APP_GUID, app)
                        .set(ROUTE_MAPPINGS.ROUTE_GUID, route)
                        .onConflictDoNothing()
                        .execute();
        if (added > 0) {
            changed(change, app, route, "audit.app.map-route");
        }
    }

    /**
     * @throws io.nimbus.cloudcontroller.errors.CloudException InvalidRelation when they are not in
     *     one space
     */
    static void check(DSLContext tx, String app, String route) {
        var together =
                tx.fetchExists(
                        tx.selectOne()
                                .from(APPS)
                                .join(ROUTES)
                                .on(ROUTES.SPACE_GUID.eq(APPS.SPACE_GUID))
                                .where(APPS.GUID.eq(app))
                                .and(ROUTES.GUID.eq(route)));
        if (!together) {
            throw CloudError.INVALID_RELATION.of("the app and the route are not in the same space");
        }
    }

    private void unmap(Change change, String app, String route) {
        var removed =
                change.tx()
                        .deleteFrom(ROUTE_MAPPINGS)
                        .where(ROUTE_MAPPINGS.APP_GUID.eq(app))
                        .and(ROUTE_MAPPINGS.ROUTE_GUID.eq(route))
                        .execute();
        if (removed > 0) {
            changed(change, app, route, "audit.app.unmap-route");
        }
    }

    /** After a mapping has come or gone. */
    void changed(Change change, String app, String route, String event) {
        var row = change.tx().selectFrom(APPS).where(APPS.GUID.eq(app)).forUpdate().fetchOne();
        if (row == null) {
            return;
        }
        tell(change.tx(), event, row, route, change.caller());
        touch(change, row);
    }

    private void touch(Change change, AppsRecord row) {
        if (!row.getState().equals("STARTED")) {
            return;
        }
        row.setVersion(guids.get());
        row.update();
        var app = row.getGuid();
        change.afterCommit(headers -> announce(app));
    }

    /** Tells the DEAs what the app's routes are now. */
    private void announce(String guid) {
        database.read(dsl -> apps.find(dsl, guid))
                .filter(app -> app.started() && app.staged())
                .ifPresent(app -> {
                    deas.update(app);
                    deas.changed(guid);
                });
    }

    private void tell(DSLContext tx, String event, AppsRecord app, String route, Caller caller) {
        var organization =
                tx.select(SPACES.ORGANIZATION_GUID)
                        .from(SPACES)
                        .where(SPACES.GUID.eq(app.getSpaceGuid()))
                        .fetchOptional(SPACES.ORGANIZATION_GUID);
        audit.record(
                tx,
                event,
                caller,
                new Audit.Actee(app.getGuid(), "app", app.getName()),
                new Audit.Place(app.getSpaceGuid(), organization.orElse("")),
                Map.of("route_guid", route));
    }

    /** Before routes go, with their mappings: the apps they led to must hear of it. */
    void going(Change change, Condition routes) {
        var mapped =
                change.tx()
                        .select(ROUTE_MAPPINGS.APP_GUID, ROUTE_MAPPINGS.ROUTE_GUID)
                        .from(ROUTE_MAPPINGS)
                        .join(ROUTES)
                        .on(ROUTES.GUID.eq(ROUTE_MAPPINGS.ROUTE_GUID))
                        .where(routes)
                        .fetch();
        for (var pair : mapped) {
            changed(change, pair.value1(), pair.value2(), "audit.app.unmap-route");
        }
    }
}

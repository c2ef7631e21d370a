package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_MAPPINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.running.HealthManagerClient;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** What the summaries of apps and of spaces have in common. */
public final class AppSummaries {
    private AppSummaries() {}

    /**
     * One statement: app guid to its routes, {@code {guid, host, port, path, domain{guid, name}}}.
     */
    public static Map<String, List<Map<String, @Nullable Object>>> routes(
            DSLContext dsl, Collection<String> apps) {
        var routes = new LinkedHashMap<String, List<Map<String, @Nullable Object>>>();
        dsl.select(
                        ROUTE_MAPPINGS.APP_GUID,
                        ROUTES.GUID,
                        ROUTES.HOST,
                        ROUTES.PORT,
                        ROUTES.PATH,
                        DOMAINS.GUID,
                        DOMAINS.NAME)
                .from(ROUTE_MAPPINGS)
                .join(ROUTES)
                .on(ROUTES.GUID.eq(ROUTE_MAPPINGS.ROUTE_GUID))
                .join(DOMAINS)
                .on(DOMAINS.GUID.eq(ROUTES.DOMAIN_GUID))
                .where(ROUTE_MAPPINGS.APP_GUID.eq(DSL.any(apps.toArray(String[]::new))))
                .orderBy(ROUTE_MAPPINGS.ID)
                .forEach(row -> {
                    var domain = new LinkedHashMap<String, @Nullable Object>();
                    domain.put("guid", row.value6());
                    domain.put("name", row.value7());
                    var route = new LinkedHashMap<String, @Nullable Object>();
                    route.put("guid", row.value2());
                    route.put("host", row.value3());
                    route.put("port", row.value4() == 0 ? null : row.value4());
                    route.put("path", row.value5());
                    route.put("domain", domain);
                    routes.computeIfAbsent(row.value1(), app -> new ArrayList<>()).add(route);
                });
        return routes;
    }

    /** An app's attributes as summaries have them. */
    public static Map<String, @Nullable Object> attributes(Map<String, @Nullable Object> entity) {
        var attributes = new LinkedHashMap<String, @Nullable Object>(entity);
        attributes.remove("docker_credentials");
        return attributes;
    }

    /** What is asked of the health manager about these apps. */
    public static List<HealthManagerClient.Asked> asked(DSLContext dsl, Condition which) {
        return dsl.select(APPS.GUID, APPS.VERSION, APPS.INSTANCES, APPS.STATE, APPS.DROPLET_HASH)
                .from(APPS)
                .where(which)
                .fetch(row ->
                        new HealthManagerClient.Asked(
                                row.value1(),
                                row.value2(),
                                row.value3(),
                                row.value4().equals("STARTED") && row.value5() != null));
    }

    /** The app that an event is about. */
    static Audit.Actee actee(Change change) {
        return new Audit.Actee(change.guid(), "app", change.need(APPS.NAME));
    }

    /** Where the app is. */
    public static Audit.Place place(Change change) {
        var space = change.need(APPS.SPACE_GUID);
        var organization =
                change.tx()
                        .select(SPACES.ORGANIZATION_GUID)
                        .from(SPACES)
                        .where(SPACES.GUID.eq(space))
                        .fetchOptional(SPACES.ORGANIZATION_GUID);
        return new Audit.Place(space, organization.orElse(""));
    }
}

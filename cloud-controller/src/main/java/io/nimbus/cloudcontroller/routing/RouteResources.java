package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_MAPPINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.errors.CloudError.PATH_INVALID;
import static io.nimbus.cloudcontroller.errors.CloudError.ROUTE_INVALID;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.events.Audited;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToOne;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.jooq.Condition;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/** Routes and their mappings, as they are declared. */
public final class RouteResources {
    private static final int LONGEST_PATH = 128;

    private RouteResources() {}

    public static List<Resource> declare(Audit audit, RouteRules rules, RouteMappings mappings) {
        return List.of(routes(audit, rules, mappings), mappings(mappings));
    }

    private static Resource routes(Audit audit, RouteRules rules, RouteMappings mappings) {
        var service =
                field(
                                select(ROUTE_BINDINGS.SERVICE_INSTANCE_GUID)
                                        .from(ROUTE_BINDINGS)
                                        .where(ROUTE_BINDINGS.ROUTE_GUID.eq(ROUTES.GUID)))
                        .as("service_of_route");
        return Resource.of("routes", "route", ROUTES, CloudError.ROUTE_NOT_FOUND)
                .attributes(
                        Attribute.text("host")
                                .column(ROUTES.HOST)
                                .orElse("")
                                .check(RouteResources::checkHost),
                        Attribute.text("path")
                                .column(ROUTES.PATH)
                                .orElse("")
                                .check(RouteResources::checkPath))
                .toOne(
                        ToOne.of("domain", "domains", ROUTES.DOMAIN_GUID)
                                .path(
                                        field(
                                                select(DomainResources.PATH)
                                                        .from(DOMAINS)
                                                        .where(
                                                                DOMAINS.GUID.eq(
                                                                        ROUTES.DOMAIN_GUID)))))
                .toOne(ToOne.of("space", "spaces", ROUTES.SPACE_GUID))
                .toOne(ToOne.of("service_instance", "service_instances", service).readOnly())
                .attributes(
                        Attribute.integer("port")
                                .shows(row -> none(row.get(ROUTES.PORT)), ROUTES.PORT)
                                .orElse(0)
                                .writes((change, port) -> {
                                    if (port != 0) {
                                        throw ROUTE_INVALID.of(
                                                "routes with a port need a TCP router, which there is none");
                                    }
                                    change.set(ROUTES.PORT, 0);
                                }))
                .toMany(
                        ToMany.of(
                                        "apps",
                                        "apps",
                                        Link.of(
                                                ROUTE_MAPPINGS,
                                                ROUTE_MAPPINGS.ROUTE_GUID,
                                                ROUTE_MAPPINGS.APP_GUID))
                                .edited(mappings.ofRoute()),
                        ToMany.of(
                                        "route_mappings",
                                        "route_mappings",
                                        Link.of(
                                                ROUTE_MAPPINGS,
                                                ROUTE_MAPPINGS.ROUTE_GUID,
                                                ROUTE_MAPPINGS.GUID))
                                .linkOnly())
                .queryBy(
                        Query.name("host", ROUTES.HOST),
                        Query.text("domain_guid", ROUTES.DOMAIN_GUID),
                        Query.within(
                                "organization_guid",
                                SPACES.ORGANIZATION_GUID,
                                where ->
                                        ROUTES.SPACE_GUID.in(
                                                select(SPACES.GUID).from(SPACES).where(where))),
                        Query.name("path", ROUTES.PATH),
                        Query.integer("port", ROUTES.PORT))
                .visibleTo(caller ->
                        Roles.seesSpace(ROUTES.SPACE_GUID, caller)
                                .or(
                                        Roles.inOrganizationOf(
                                                ROUTES.SPACE_GUID, caller, Roles.AUDITOR)))
                .grant(Right.CREATE, RouteResources::developer)
                .grant(Right.UPDATE, RouteResources::developer)
                .grant(Right.DELETE, RouteResources::developer)
                .on(
                        rules,
                        new Audited(
                                audit, "route", ROUTES.HOST, change -> RouteRules.place(change)))
                .build();
    }

    private static @Nullable Integer none(@Nullable Integer port) {
        return port == null || port == 0 ? null : port;
    }

    private static Condition developer(Caller caller) {
        return Roles.develops(ROUTES.SPACE_GUID, caller);
    }

    private static void checkHost(String host) {
        if (host.isEmpty() || host.equals("*")) {
            return;
        }
        if (host.length() > 63) {
            throw ROUTE_INVALID.of("the host is longer than 63 characters");
        }
        if (!host.matches("[\\w-]+")) {
            throw ROUTE_INVALID.of("the host is made of letters, digits, dashes and underscores");
        }
    }

    private static void checkPath(String path) {
        if (path.isEmpty()) {
            return;
        }
        if (!path.startsWith("/")) {
            throw PATH_INVALID.of("it begins with a slash");
        }
        if (path.equals("/")) {
            throw PATH_INVALID.of("it is more than a slash");
        }
        if (path.contains("?")) {
            throw PATH_INVALID.of("it has no question mark");
        }
        if (path.length() > LONGEST_PATH) {
            throw PATH_INVALID.of("it has at most " + LONGEST_PATH + " characters");
        }
        try {
            var parsed = new URI(path);
            if (parsed.getRawFragment() != null
                    || parsed.isAbsolute()
                    || parsed.getRawAuthority() != null) {
                throw PATH_INVALID.of("it is more than a path");
            }
        } catch (URISyntaxException e) {
            throw PATH_INVALID.of("it is not a path of a web address");
        }
    }

    private static Resource mappings(RouteMappings mappings) {
        Field<String> space =
                field(
                        select(APPS.SPACE_GUID)
                                .from(APPS)
                                .where(APPS.GUID.eq(ROUTE_MAPPINGS.APP_GUID)));
        return Resource.of(
                        "route_mappings",
                        "route mapping",
                        ROUTE_MAPPINGS,
                        CloudError.ROUTE_MAPPING_NOT_FOUND)
                .serves(Operation.LIST, Operation.CREATE, Operation.READ, Operation.DELETE)
                .attributes(
                        Attribute.integer("app_port")
                                .shows(
                                        row -> row.get(ROUTE_MAPPINGS.APP_PORT),
                                        ROUTE_MAPPINGS.APP_PORT)
                                .writes((change, port) -> {
                                    throw CloudError.APP_PORT_MAPPING_REQUIRES_DIEGO.of();
                                }))
                .toOne(
                        ToOne.of("app", "apps", ROUTE_MAPPINGS.APP_GUID)
                                .unknown(CloudError.APP_NOT_FOUND))
                .toOne(
                        ToOne.of("route", "routes", ROUTE_MAPPINGS.ROUTE_GUID)
                                .unknown(CloudError.ROUTE_NOT_FOUND))
                .queryBy(
                        Query.text("app_guid", ROUTE_MAPPINGS.APP_GUID),
                        Query.text("route_guid", ROUTE_MAPPINGS.ROUTE_GUID))
                .unique("route_mappings_pair", CloudError.ROUTE_MAPPING_TAKEN, "route_guid")
                .visibleTo(caller -> Roles.seesSpace(space, caller))
                .grant(Right.CREATE, caller -> Roles.develops(space, caller))
                .grant(Right.DELETE, caller -> Roles.develops(space, caller))
                .on(
                        new Lifecycle() {
                            @Override
                            public void beforeSave(Change change) {
                                RouteMappings.check(
                                        change.tx(),
                                        change.need(ROUTE_MAPPINGS.APP_GUID),
                                        change.need(ROUTE_MAPPINGS.ROUTE_GUID));
                            }

                            @Override
                            public void afterSave(Change change) {
                                mappings.changed(
                                        change,
                                        change.need(ROUTE_MAPPINGS.APP_GUID),
                                        change.need(ROUTE_MAPPINGS.ROUTE_GUID),
                                        "audit.app.map-route");
                            }

                            @Override
                            public void afterDelete(Change change) {
                                mappings.changed(
                                        change,
                                        change.need(ROUTE_MAPPINGS.APP_GUID),
                                        change.need(ROUTE_MAPPINGS.ROUTE_GUID),
                                        "audit.app.unmap-route");
                            }
                        })
                .build();
    }
}

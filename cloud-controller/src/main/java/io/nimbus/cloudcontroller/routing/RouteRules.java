package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS_PRIVATE_DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_MAPPINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.errors.CloudError.ROUTE_INVALID;
import static org.jooq.impl.DSL.lower;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.ccdb.tables.records.DomainsRecord;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.flags.Flag;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jooq.DSLContext;

/** What may be a route beside the others, and what goes with it. */
public final class RouteRules implements Lifecycle {
    private static final int LONGEST = 253;

    private final Flags flags;
    private final RouteMappings mappings;
    private final String systemDomain;
    private final Set<String> systemHosts;

    /**
     * @param systemDomain where the platform's own hosts are
     * @param systemHosts that no app may take there
     */
    public RouteRules(
            Flags flags, RouteMappings mappings, String systemDomain, List<String> systemHosts) {
        this.flags = flags;
        this.mappings = mappings;
        this.systemDomain = systemDomain;
        this.systemHosts = Set.copyOf(systemHosts);
    }

    static Audit.Place place(Change change) {
        var space = change.need(ROUTES.SPACE_GUID);
        return new Audit.Place(space, organization(change.tx(), space));
    }

    private static String organization(DSLContext tx, String space) {
        return tx.select(SPACES.ORGANIZATION_GUID)
                .from(SPACES)
                .where(SPACES.GUID.eq(space))
                .fetchOptional(SPACES.ORGANIZATION_GUID)
                .orElse("");
    }

    @Override
    public void beforeSave(Change change) {
        var tx = change.tx();
        var domain =
                tx.selectFrom(DOMAINS)
                        .where(DOMAINS.GUID.eq(change.need(ROUTES.DOMAIN_GUID)))
                        .fetchOptional()
                        .orElseThrow(
                                () -> CloudError.INVALID_RELATION.of("there is no such domain"));
        if (change.isCreating()) {
            flags.requireUnlessAdmin(tx, Flag.ROUTE_CREATION, change.caller());
        } else if (change.changes(ROUTES.DOMAIN_GUID)) {
            throw ROUTE_INVALID.of("the domain of a route cannot change");
        }
        checkHost(change, domain);
        checkDomain(change, domain);
        checkTaken(change, domain);
        if (change.isCreating()) {
            checkQuota(change);
        } else if (change.changes(ROUTES.SPACE_GUID)) {
            checkSpace(change);
        }
    }

    private void checkHost(Change change, DomainsRecord domain) {
        var host = change.need(ROUTES.HOST).toLowerCase(Locale.ROOT);
        var shared = domain.getOwningOrganizationGuid() == null;
        if (shared && host.isEmpty()) {
            throw ROUTE_INVALID.of("a route of a shared domain has a host");
        }
        if (shared && host.equals("*") && !change.caller().isAdmin()) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        if (host.length() + 1 + domain.getName().length() > LONGEST) {
            throw ROUTE_INVALID.of("host and domain are longer than " + LONGEST + " characters");
        }
        if (domain.getName().equalsIgnoreCase(systemDomain) && systemHosts.contains(host)) {
            throw CloudError.ROUTE_HOST_TAKEN.of(host + " is the platform's own");
        }
    }

    private static void checkDomain(Change change, DomainsRecord domain) {
        var owner = domain.getOwningOrganizationGuid();
        if (owner == null) {
            return;
        }
        var organization = organization(change.tx(), change.need(ROUTES.SPACE_GUID));
        var usable =
                owner.equals(organization)
                        || change.tx()
                                .fetchExists(
                                        ORGANIZATIONS_PRIVATE_DOMAINS,
                                        ORGANIZATIONS_PRIVATE_DOMAINS
                                                .ORGANIZATION_GUID
                                                .eq(organization)
                                                .and(
                                                        ORGANIZATIONS_PRIVATE_DOMAINS.DOMAIN_GUID
                                                                .eq(domain.getGuid())));
        if (!usable) {
            throw ROUTE_INVALID.of("the domain is another organization's");
        }
    }

    private static void checkTaken(Change change, DomainsRecord domain) {
        var tx = change.tx();
        var host = change.need(ROUTES.HOST);
        var path = change.need(ROUTES.PATH);
        var sameHost =
                ROUTES.DOMAIN_GUID
                        .eq(domain.getGuid())
                        .and(lower(ROUTES.HOST).eq(host.toLowerCase(Locale.ROOT)))
                        .and(ROUTES.GUID.ne(change.guid()));
        if (tx.fetchExists(
                ROUTES, sameHost.and(lower(ROUTES.PATH).eq(path.toLowerCase(Locale.ROOT))))) {
            throw path.isEmpty()
                    ? CloudError.ROUTE_HOST_TAKEN.of(host)
                    : CloudError.ROUTE_PATH_TAKEN.of(path);
        }
        if (domain.getOwningOrganizationGuid() == null
                && tx.fetchExists(
                        ROUTES,
                        sameHost.and(ROUTES.SPACE_GUID.ne(change.need(ROUTES.SPACE_GUID))))) {
            throw ROUTE_INVALID.of("routes of this host and domain belong to another space");
        }
        if (!host.isEmpty()
                && tx.fetchExists(
                        DOMAINS,
                        lower(DOMAINS.NAME)
                                .eq((host + "." + domain.getName()).toLowerCase(Locale.ROOT)))) {
            throw ROUTE_INVALID.of("there is a domain of this name");
        }
    }

    private static void checkSpace(Change change) {
        var elsewhere =
                change.tx()
                        .fetchExists(
                                change.tx()
                                        .selectOne()
                                        .from(ROUTE_MAPPINGS)
                                        .join(APPS)
                                        .on(APPS.GUID.eq(ROUTE_MAPPINGS.APP_GUID))
                                        .where(ROUTE_MAPPINGS.ROUTE_GUID.eq(change.guid()))
                                        .and(APPS.SPACE_GUID.ne(change.need(ROUTES.SPACE_GUID))));
        if (elsewhere) {
            throw CloudError.INVALID_RELATION.of(
                    "an app that the route leads to is in another space");
        }
    }

    private static void checkQuota(Change change) {
        var tx = change.tx();
        var space = change.need(ROUTES.SPACE_GUID);
        var limits =
                tx.select(
                                ORGANIZATIONS.GUID,
                                QUOTA_DEFINITIONS.TOTAL_ROUTES,
                                SPACE_QUOTA_DEFINITIONS.TOTAL_ROUTES)
                        .from(SPACES)
                        .join(ORGANIZATIONS)
                        .on(ORGANIZATIONS.GUID.eq(SPACES.ORGANIZATION_GUID))
                        .join(QUOTA_DEFINITIONS)
                        .on(QUOTA_DEFINITIONS.GUID.eq(ORGANIZATIONS.QUOTA_DEFINITION_GUID))
                        .leftJoin(SPACE_QUOTA_DEFINITIONS)
                        .on(SPACE_QUOTA_DEFINITIONS.GUID.eq(SPACES.SPACE_QUOTA_DEFINITION_GUID))
                        .where(SPACES.GUID.eq(space))
                        .forUpdate()
                        .of(ORGANIZATIONS)
                        .fetchSingle();
        var ofSpace = limits.value3();
        if (ofSpace != null
                && ofSpace >= 0
                && tx.fetchCount(ROUTES, ROUTES.SPACE_GUID.eq(space)) >= ofSpace) {
            throw CloudError.SPACE_QUOTA_TOTAL_ROUTES_EXCEEDED.of();
        }
        var spaces =
                select(SPACES.GUID)
                        .from(SPACES)
                        .where(SPACES.ORGANIZATION_GUID.eq(limits.value1()));
        if (limits.value2() >= 0
                && tx.fetchCount(ROUTES, ROUTES.SPACE_GUID.in(spaces)) >= limits.value2()) {
            throw CloudError.ORG_QUOTA_TOTAL_ROUTES_EXCEEDED.of();
        }
    }

    @Override
    public void afterSave(Change change) {
        if (!change.isCreating() && (change.changes(ROUTES.HOST) || change.changes(ROUTES.PATH))) {
            mappings.going(change, ROUTES.GUID.eq(change.guid()));
        }
    }

    @Override
    public void beforeDelete(Change change, boolean recursive) {
        var bound = ROUTE_BINDINGS.ROUTE_GUID.eq(change.guid());
        if (recursive) {
            change.tx().deleteFrom(ROUTE_BINDINGS).where(bound).execute();
        } else if (change.tx().fetchExists(ROUTE_BINDINGS, bound)) {
            throw CloudError.ASSOCIATION_NOT_EMPTY.of("service_instance", "routes");
        }
        mappings.going(change, ROUTES.GUID.eq(change.guid()));
    }
}

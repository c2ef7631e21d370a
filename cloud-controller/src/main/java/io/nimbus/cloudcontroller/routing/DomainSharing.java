package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS_PRIVATE_DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ToMany;
import org.jooq.DSLContext;

/** Lends private domains to other organizations. */
final class DomainSharing implements ToMany.Editor {
    private final RouteMappings mappings;

    DomainSharing(RouteMappings mappings) {
        this.mappings = mappings;
    }

    /** Who manages the one organization must manage the owner, too. */
    @Override
    public void add(DSLContext tx, ToMany.Linking linking) {
        var domain = owned(tx, linking.member());
        var caller = linking.change().caller();
        if (!caller.isAdmin()
                && !tx.fetchExists(
                        DOMAINS,
                        DOMAINS.GUID
                                .eq(linking.member())
                                .and(
                                        Roles.inOrganization(
                                                DOMAINS.OWNING_ORGANIZATION_GUID,
                                                caller,
                                                Roles.MANAGER)))) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        if (linking.parent().equals(domain)) {
            throw CloudError.DOMAIN_INVALID.of("it belongs to this organization already");
        }
        tx.insertInto(ORGANIZATIONS_PRIVATE_DOMAINS)
                .set(ORGANIZATIONS_PRIVATE_DOMAINS.ORGANIZATION_GUID, linking.parent())
                .set(ORGANIZATIONS_PRIVATE_DOMAINS.DOMAIN_GUID, linking.member())
                .onConflictDoNothing()
                .execute();
    }

    /** The organization's routes of the domain go with it. */
    @Override
    public void remove(DSLContext tx, ToMany.Linking linking) {
        if (linking.parent().equals(owned(tx, linking.member()))) {
            throw CloudError.DOMAIN_INVALID.of("it belongs to this organization");
        }
        var routes =
                ROUTES.DOMAIN_GUID
                        .eq(linking.member())
                        .and(
                                ROUTES.SPACE_GUID.in(
                                        select(SPACES.GUID)
                                                .from(SPACES)
                                                .where(
                                                        SPACES.ORGANIZATION_GUID.eq(
                                                                linking.parent()))));
        mappings.going(linking.change(), routes);
        tx.deleteFrom(ROUTE_BINDINGS)
                .where(ROUTE_BINDINGS.ROUTE_GUID.in(select(ROUTES.GUID).from(ROUTES).where(routes)))
                .execute();
        tx.deleteFrom(ROUTES).where(routes).execute();
        tx.deleteFrom(ORGANIZATIONS_PRIVATE_DOMAINS)
                .where(ORGANIZATIONS_PRIVATE_DOMAINS.ORGANIZATION_GUID.eq(linking.parent()))
                .and(ORGANIZATIONS_PRIVATE_DOMAINS.DOMAIN_GUID.eq(linking.member()))
                .execute();
    }

    private static String owned(DSLContext tx, String domain) {
        return tx.select(DOMAINS.OWNING_ORGANIZATION_GUID)
                .from(DOMAINS)
                .where(DOMAINS.GUID.eq(domain))
                .and(DOMAINS.OWNING_ORGANIZATION_GUID.isNotNull())
                .fetchOptional(DOMAINS.OWNING_ORGANIZATION_GUID)
                .orElseThrow(() -> CloudError.DOMAIN_NOT_FOUND.of(domain));
    }
}

package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS_PRIVATE_DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.errors.CloudError.DOMAIN_INVALID;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.when;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToOne;
import java.util.List;
import java.util.Locale;
import org.jooq.Condition;
import org.jooq.Field;

/** Shared and private domains, and the list of both that older clients read. */
public final class DomainResources {
    /** A domain's collection, by whether somebody owns it. */
    static final Field<String> PATH =
            when(DOMAINS.OWNING_ORGANIZATION_GUID.isNull(), inline("/v2/shared_domains"))
                    .otherwise(inline("/v2/private_domains"));

    private DomainResources() {}

    public static List<Resource> declare(Flags flags, RouteMappings mappings) {
        return List.of(shared(mappings), owned(flags, mappings), both());
    }

    private static Attribute<String> name() {
        return Attribute.text("name")
                .shows(row -> row.get(DOMAINS.NAME), DOMAINS.NAME)
                .writes((change, name) -> change.set(DOMAINS.NAME, name.toLowerCase(Locale.ROOT)))
                .required()
                .createOnly()
                .stripped()
                .check(DomainRules::checkName);
    }

    private static Resource shared(RouteMappings mappings) {
        return Resource.of("shared_domains", "domain", DOMAINS, CloudError.DOMAIN_NOT_FOUND)
                .only(DOMAINS.OWNING_ORGANIZATION_GUID.isNull())
                .serves(Operation.LIST, Operation.CREATE, Operation.READ, Operation.DELETE)
                .attributes(
                        name(),
                        Attribute.flag("internal")
                                .column(DOMAINS.INTERNAL)
                                .createOnly()
                                .orElse(false)
                                .check(internal -> {
                                    if (internal) {
                                        throw DOMAIN_INVALID.of(
                                                "there are no internal domains on this platform");
                                    }
                                }),
                        Attribute.text("router_group_guid")
                                .column(DOMAINS.ROUTER_GROUP_GUID)
                                .createOnly()
                                .check(group -> {
                                    throw CloudError.ROUTING_API_DISABLED.of();
                                }),
                        Attribute.constant("router_group_type", null))
                .queryBy(Query.name("name", DOMAINS.NAME))
                .unique("domains_name", CloudError.DOMAIN_NAME_TAKEN, "name")
                .publicToAll()
                .on(new DomainRules(mappings))
                .build();
    }

    private static Resource owned(Flags flags, RouteMappings mappings) {
        return Resource.of("private_domains", "domain", DOMAINS, CloudError.DOMAIN_NOT_FOUND)
                .only(DOMAINS.OWNING_ORGANIZATION_GUID.isNotNull())
                .attributes(name())
                .toOne(
                        ToOne.of(
                                        "owning_organization",
                                        "organizations",
                                        DOMAINS.OWNING_ORGANIZATION_GUID)
                                .fixed(CloudError.ORGANIZATION_ALREADY_SET))
                .toMany(
                        ToMany.of(
                                        "shared_organizations",
                                        "organizations",
                                        Link.of(
                                                ORGANIZATIONS_PRIVATE_DOMAINS,
                                                ORGANIZATIONS_PRIVATE_DOMAINS.DOMAIN_GUID,
                                                ORGANIZATIONS_PRIVATE_DOMAINS.ORGANIZATION_GUID))
                                .linkOnly())
                .queryBy(Query.name("name", DOMAINS.NAME))
                .unique("domains_name", CloudError.DOMAIN_NAME_TAKEN, "name")
                .visibleTo(DomainResources::visible)
                .grant(Right.CREATE, DomainResources::manages)
                .grant(Right.UPDATE, DomainResources::manages)
                .grant(Right.DELETE, DomainResources::manages)
                .on(new DomainRules(mappings), new PrivateDomainRules(flags))
                .build();
    }

    private static Condition manages(Caller caller) {
        return Roles.inOrganization(DOMAINS.OWNING_ORGANIZATION_GUID, caller, Roles.MANAGER)
                .and(Roles.active(DOMAINS.OWNING_ORGANIZATION_GUID));
    }

    /**
     * Who manages or audits the organization, or has a role in one of its spaces; likewise where it
     * is shared.
     */
    private static Condition visible(Caller caller) {
        return in(DOMAINS.OWNING_ORGANIZATION_GUID, caller)
                .or(
                        DOMAINS.GUID.in(
                                select(ORGANIZATIONS_PRIVATE_DOMAINS.DOMAIN_GUID)
                                        .from(ORGANIZATIONS_PRIVATE_DOMAINS)
                                        .where(
                                                in(
                                                        ORGANIZATIONS_PRIVATE_DOMAINS
                                                                .ORGANIZATION_GUID,
                                                        caller))));
    }

    private static Condition in(Field<String> organization, Caller caller) {
        var spaces = SPACES.as("spaces_with_roles");
        return Roles.inOrganization(organization, caller, Roles.MANAGER, Roles.AUDITOR)
                .or(
                        organization.in(
                                select(spaces.ORGANIZATION_GUID)
                                        .from(spaces)
                                        .where(Roles.inSpace(spaces.GUID, caller))));
    }

    private static Resource both() {
        return Resource.of("domains", "domain", DOMAINS, CloudError.DOMAIN_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .deprecated()
                .pathOfRow(PATH)
                .attributes(
                        Attribute.text("name").column(DOMAINS.NAME),
                        Attribute.flag("wildcard").column(DOMAINS.WILDCARD))
                .toOne(
                        ToOne.of(
                                        "owning_organization",
                                        "organizations",
                                        DOMAINS.OWNING_ORGANIZATION_GUID)
                                .readOnly())
                .attributes(
                        Attribute.text("router_group_guid").column(DOMAINS.ROUTER_GROUP_GUID),
                        Attribute.constant("router_group_type", null))
                .queryBy(
                        Query.name("name", DOMAINS.NAME),
                        Query.text("owning_organization_guid", DOMAINS.OWNING_ORGANIZATION_GUID))
                .visibleTo(caller -> DOMAINS.OWNING_ORGANIZATION_GUID.isNull().or(visible(caller)))
                .build();
    }
}

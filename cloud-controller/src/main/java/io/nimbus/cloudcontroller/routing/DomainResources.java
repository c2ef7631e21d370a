package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS_PRIVATE_DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.errors.CloudError.DOMAIN_INVALID;
import static org.jooq.impl.DSL.field;
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
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToOne;
import java.util.List;
import java.util.Locale;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;

/** Shared and private domains, and the list of both that older clients read. */
public final class DomainResources {
    /** A domain's collection, by whether somebody owns it. */
    static final Field<String> PATH =
            when(DOMAINS.OWNING_ORGANIZATION_GUID.isNull(), inline("/v2/shared_domains"))
                    .otherwise(inline("/v2/private_domains"));

    private DomainResources() {}

    /** How an organization borrows another's private domain. */
    public static ToMany.Editor sharing(RouteMappings mappings) {
        return new DomainSharing(mappings);
    }

    public static List<Resource> declare(Flags flags, RouteMappings mappings) {
        return List.of(shared(mappings), owned(flags, mappings), both(flags, mappings));
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

    /** A domain without an owner is for everybody: an admin's to make and to delete. */
    private static Resource both(Flags flags, RouteMappings mappings) {
        var pairs =
                select(DOMAINS.GUID.as("domain_guid"), SPACES.GUID.as("space_guid"))
                        .from(
                                DOMAINS.join(SPACES)
                                        .on(
                                                DOMAINS.OWNING_ORGANIZATION_GUID
                                                        .isNull()
                                                        .or(
                                                                DOMAINS.OWNING_ORGANIZATION_GUID.eq(
                                                                        SPACES.ORGANIZATION_GUID))))
                        .asTable("spaces_of_domains");
        return Resource.of("domains", "domain", DOMAINS, CloudError.DOMAIN_NOT_FOUND)
                .deprecated()
                .pathOfRow(PATH)
                .attributes(
                        name(), Attribute.flag("wildcard").column(DOMAINS.WILDCARD).orElse(true))
                .toOne(
                        ToOne.of(
                                        "owning_organization",
                                        "organizations",
                                        DOMAINS.OWNING_ORGANIZATION_GUID)
                                .optional()
                                .fixed(CloudError.ORGANIZATION_ALREADY_SET))
                .attributes(
                        Attribute.text("router_group_guid")
                                .column(DOMAINS.ROUTER_GROUP_GUID)
                                .readOnly(),
                        Attribute.constant("router_group_type", null))
                .toMany(
                        ToMany.of(
                                        "spaces",
                                        "spaces",
                                        Link.of(
                                                pairs,
                                                field(
                                                        DSL.name(
                                                                "spaces_of_domains", "domain_guid"),
                                                        String.class),
                                                field(
                                                        DSL.name("spaces_of_domains", "space_guid"),
                                                        String.class)))
                                .linkOnly())
                .queryBy(
                        Query.name("name", DOMAINS.NAME),
                        Query.text("owning_organization_guid", DOMAINS.OWNING_ORGANIZATION_GUID))
                .unique("domains_name", CloudError.DOMAIN_NAME_TAKEN, "name")
                .visibleTo(caller -> DOMAINS.OWNING_ORGANIZATION_GUID.isNull().or(visible(caller)))
                .grant(Right.CREATE, DomainResources::manages)
                .grant(Right.UPDATE, DomainResources::manages)
                .grant(Right.DELETE, DomainResources::manages)
                .on(new DomainRules(mappings), new PrivateDomainRules(flags))
                .build();
    }
}

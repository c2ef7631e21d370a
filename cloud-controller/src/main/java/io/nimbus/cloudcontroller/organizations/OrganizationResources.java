package io.nimbus.cloudcontroller.organizations;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS_PRIVATE_DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATION_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SECURITY_GROUPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SECURITY_GROUPS_SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.USERS;
import static io.nimbus.cloudcontroller.errors.CloudError.ORGANIZATION_INVALID;
import static io.nimbus.cloudcontroller.errors.CloudError.SPACE_INVALID;
import static org.jooq.impl.DSL.condition;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.events.Audited;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Checks;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToOne;
import java.util.List;
import org.jooq.Condition;
import org.jooq.Field;

/** Organizations, spaces and users, as they are declared. */
public final class OrganizationResources {
    private final Audit audit;
    private final Flags flags;
    private final UaaUsers uaa;
    private final RoleEditor roles;
    private final String defaultQuota;

    /**
     * @param defaultQuota the name of the quota of organizations that name none
     */
    public OrganizationResources(Audit audit, Flags flags, UaaUsers uaa, String defaultQuota) {
        this.audit = audit;
        this.flags = flags;
        this.uaa = uaa;
        this.roles = new RoleEditor(audit);
        this.defaultQuota = defaultQuota;
    }

    public List<Resource> declare() {
        return List.of(organizations(), spaces(), users());
    }

    private static Link organizationRole(String role) {
        return Link.of(
                        ORGANIZATION_ROLES,
                        ORGANIZATION_ROLES.ORGANIZATION_GUID,
                        ORGANIZATION_ROLES.USER_GUID)
                .only(ORGANIZATION_ROLES.ROLE.eq(role));
    }

    private static Link spaceRole(String role) {
        return Link.of(SPACE_ROLES, SPACE_ROLES.SPACE_GUID, SPACE_ROLES.USER_GUID)
                .only(SPACE_ROLES.ROLE.eq(role));
    }

    private ToMany inOrganization(String name, String role, String given) {
        return ToMany.of(name, "users", organizationRole(role))
                .edited(roles.inOrganization(role))
                .given(given)
                .membersMade()
                .leavable()
                .visibleWithParent();
    }

    private ToMany inSpace(String name, String role, String given) {
        return ToMany.of(name, "users", spaceRole(role))
                .edited(roles.inSpace(role))
                .given(given)
                .leavable()
                .visibleWithParent();
    }

    private Resource organizations() {
        var usableParent = field(name("usable_domains", "organization_guid"), String.class);
        var usableMember = field(name("usable_domains", "domain_guid"), String.class);
        // Owned by the organization or shared with it.
        var usable =
                select(
                                DOMAINS.OWNING_ORGANIZATION_GUID.as("organization_guid"),
                                DOMAINS.GUID.as("domain_guid"))
                        .from(DOMAINS)
                        .where(DOMAINS.OWNING_ORGANIZATION_GUID.isNotNull())
                        .union(
                                select(
                                                ORGANIZATIONS_PRIVATE_DOMAINS.ORGANIZATION_GUID,
                                                ORGANIZATIONS_PRIVATE_DOMAINS.DOMAIN_GUID)
                                        .from(ORGANIZATIONS_PRIVATE_DOMAINS))
                        .asTable("usable_domains");
        return Resource.of(
                        "organizations",
                        "organization",
                        ORGANIZATIONS,
                        CloudError.ORGANIZATION_NOT_FOUND)
                .attributes(
                        Attribute.text("name")
                                .column(ORGANIZATIONS.NAME)
                                .required()
                                .stripped()
                                .check(Checks.name(ORGANIZATION_INVALID)),
                        Attribute.flag("billing_enabled")
                                .column(ORGANIZATIONS.BILLING_ENABLED)
                                .orElse(false))
                .toOne(
                        ToOne.of(
                                        "quota_definition",
                                        "quota_definitions",
                                        ORGANIZATIONS.QUOTA_DEFINITION_GUID)
                                .optional())
                .attributes(
                        Attribute.text("status")
                                .column(ORGANIZATIONS.STATUS)
                                .orElse("active")
                                .check(
                                        Checks.oneOf(
                                                List.of("active", "suspended"),
                                                ORGANIZATION_INVALID,
                                                "the status")),
                        Attribute.constant("default_isolation_segment_guid", null))
                .toMany(
                        ToMany.of(
                                        "spaces",
                                        "spaces",
                                        Link.of(SPACES, SPACES.ORGANIZATION_GUID, SPACES.GUID))
                                .dependent(),
                        ToMany.of("domains", "domains", usableBy(DOMAINS_OF_ORGANIZATION)),
                        ToMany.of(
                                "private_domains",
                                "private_domains",
                                Link.of(usable, usableParent, usableMember)),
                        inOrganization("users", Roles.USER, "user_guids"),
                        inOrganization("managers", Roles.MANAGER, "manager_guids"),
                        inOrganization(
                                "billing_managers", Roles.BILLING_MANAGER, "billing_manager_guids"),
                        inOrganization("auditors", Roles.AUDITOR, "auditor_guids"),
                        ToMany.of(
                                "space_quota_definitions",
                                "space_quota_definitions",
                                Link.of(
                                        SPACE_QUOTA_DEFINITIONS,
                                        SPACE_QUOTA_DEFINITIONS.ORGANIZATION_GUID,
                                        SPACE_QUOTA_DEFINITIONS.GUID)))
                .queryBy(
                        Query.name("name", ORGANIZATIONS.NAME),
                        Query.text("status", ORGANIZATIONS.STATUS),
                        Query.member(
                                "space_guid",
                                ORGANIZATIONS.GUID,
                                Link.of(SPACES, SPACES.ORGANIZATION_GUID, SPACES.GUID)),
                        Query.member("user_guid", ORGANIZATIONS.GUID, organizationRole(Roles.USER)),
                        Query.member(
                                "manager_guid",
                                ORGANIZATIONS.GUID,
                                organizationRole(Roles.MANAGER)),
                        Query.member(
                                "billing_manager_guid",
                                ORGANIZATIONS.GUID,
                                organizationRole(Roles.BILLING_MANAGER)),
                        Query.member(
                                "auditor_guid",
                                ORGANIZATIONS.GUID,
                                organizationRole(Roles.AUDITOR)))
                .sortBy("name", ORGANIZATIONS.NAME)
                .unique("organizations_name", CloudError.ORGANIZATION_NAME_TAKEN, "name")
                .visibleTo(caller -> Roles.inOrganization(ORGANIZATIONS.GUID, caller))
                .grant(Right.CREATE, caller -> noCondition())
                .grant(
                        Right.UPDATE,
                        caller ->
                                Roles.inOrganization(ORGANIZATIONS.GUID, caller, Roles.MANAGER)
                                        .and(ORGANIZATIONS.STATUS.eq("active")))
                .on(
                        new OrganizationRules(flags, defaultQuota),
                        new Audited(
                                audit,
                                "organization",
                                ORGANIZATIONS.NAME,
                                change -> new Audit.Place("", change.guid())))
                .build();
    }

    /** Every shared domain, and those that the organization owns or that are shared with it. */
    private static final Condition DOMAINS_OF_ORGANIZATION =
            DOMAINS.OWNING_ORGANIZATION_GUID
                    .isNull()
                    .or(DOMAINS.OWNING_ORGANIZATION_GUID.eq(ORGANIZATIONS.GUID))
                    .or(
                            DOMAINS.GUID.in(
                                    select(ORGANIZATIONS_PRIVATE_DOMAINS.DOMAIN_GUID)
                                            .from(ORGANIZATIONS_PRIVATE_DOMAINS)
                                            .where(
                                                    ORGANIZATIONS_PRIVATE_DOMAINS.ORGANIZATION_GUID
                                                            .eq(ORGANIZATIONS.GUID))));

    private static Link usableBy(Condition condition) {
        var pairs =
                select(ORGANIZATIONS.GUID.as("organization_guid"), DOMAINS.GUID.as("domain_guid"))
                        .from(ORGANIZATIONS.join(DOMAINS).on(condition))
                        .asTable("domains_of_organizations");
        return Link.of(
                pairs,
                field(name("domains_of_organizations", "organization_guid"), String.class),
                field(name("domains_of_organizations", "domain_guid"), String.class));
    }

    private Resource spaces() {
        var domains =
                select(SPACES.GUID.as("space_guid"), DOMAINS.GUID.as("domain_guid"))
                        .from(
                                SPACES.join(ORGANIZATIONS)
                                        .on(ORGANIZATIONS.GUID.eq(SPACES.ORGANIZATION_GUID))
                                        .join(DOMAINS)
                                        .on(DOMAINS_OF_ORGANIZATION))
                        .asTable("domains_of_spaces");
        return Resource.of("spaces", "space", SPACES, CloudError.SPACE_NOT_FOUND)
                .attributes(
                        Attribute.text("name")
                                .column(SPACES.NAME)
                                .required()
                                .stripped()
                                .check(Checks.name(SPACE_INVALID)))
                .toOne(
                        ToOne.of("organization", "organizations", SPACES.ORGANIZATION_GUID)
                                .fixed(CloudError.ORGANIZATION_ALREADY_SET))
                .toOne(
                        ToOne.of(
                                        "space_quota_definition",
                                        "space_quota_definitions",
                                        SPACES.SPACE_QUOTA_DEFINITION_GUID)
                                .optional())
                .attributes(
                        Attribute.constant("isolation_segment_guid", null),
                        Attribute.flag("allow_ssh").column(SPACES.ALLOW_SSH).orElse(true))
                .toMany(
                        inSpace("developers", Roles.DEVELOPER, "developer_guids"),
                        inSpace("managers", Roles.MANAGER, "manager_guids"),
                        inSpace("auditors", Roles.AUDITOR, "auditor_guids"),
                        ToMany.of("apps", "apps", Link.of(APPS, APPS.SPACE_GUID, APPS.GUID))
                                .dependent(),
                        ToMany.of(
                                        "routes",
                                        "routes",
                                        Link.of(ROUTES, ROUTES.SPACE_GUID, ROUTES.GUID))
                                .dependent(),
                        ToMany.of(
                                "domains",
                                "domains",
                                Link.of(
                                        domains,
                                        field(
                                                name("domains_of_spaces", "space_guid"),
                                                String.class),
                                        field(
                                                name("domains_of_spaces", "domain_guid"),
                                                String.class))),
                        ToMany.of(
                                        "service_instances",
                                        "service_instances",
                                        Link.of(
                                                SERVICE_INSTANCES,
                                                SERVICE_INSTANCES.SPACE_GUID,
                                                SERVICE_INSTANCES.GUID))
                                .dependent(),
                        ToMany.of(
                                        "events",
                                        "events",
                                        Link.of(EVENTS, EVENTS.SPACE_GUID, EVENTS.GUID))
                                .linkOnly(),
                        securityGroups(
                                "security_groups", "running", SECURITY_GROUPS.RUNNING_DEFAULT),
                        securityGroups(
                                "staging_security_groups",
                                "staging",
                                SECURITY_GROUPS.STAGING_DEFAULT))
                .queryBy(
                        Query.name("name", SPACES.NAME),
                        Query.text("organization_guid", SPACES.ORGANIZATION_GUID),
                        Query.member("developer_guid", SPACES.GUID, spaceRole(Roles.DEVELOPER)),
                        Query.member(
                                "app_guid", SPACES.GUID, Link.of(APPS, APPS.SPACE_GUID, APPS.GUID)))
                .sortBy("name", SPACES.NAME)
                .unique("spaces_name", CloudError.SPACE_NAME_TAKEN, "name")
                .visibleTo(caller -> Roles.seesSpace(SPACES.GUID, caller))
                .grant(
                        Right.CREATE,
                        caller ->
                                Roles.inOrganization(
                                                SPACES.ORGANIZATION_GUID, caller, Roles.MANAGER)
                                        .and(Roles.active(SPACES.ORGANIZATION_GUID)))
                .grant(
                        Right.UPDATE,
                        caller ->
                                Roles.inOrganization(
                                                SPACES.ORGANIZATION_GUID, caller, Roles.MANAGER)
                                        .or(Roles.inSpace(SPACES.GUID, caller, Roles.MANAGER))
                                        .and(Roles.active(SPACES.ORGANIZATION_GUID)))
                .grant(
                        Right.DELETE,
                        caller ->
                                Roles.inOrganization(
                                                SPACES.ORGANIZATION_GUID, caller, Roles.MANAGER)
                                        .and(Roles.active(SPACES.ORGANIZATION_GUID)))
                .on(
                        new SpaceRules(),
                        new Audited(
                                audit,
                                "space",
                                SPACES.NAME,
                                change ->
                                        new Audit.Place(
                                                change.guid(),
                                                change.need(SPACES.ORGANIZATION_GUID))))
                .build();
    }

    /** Those bound to the space, and those that hold for every space. */
    private static ToMany securityGroups(
            String relation, String lifecycle, Field<Boolean> byDefault) {
        var table = "groups_" + lifecycle;
        var pairs =
                select(
                                SECURITY_GROUPS_SPACES.SPACE_GUID.as("space_guid"),
                                SECURITY_GROUPS_SPACES.SECURITY_GROUP_GUID.as("group_guid"))
                        .from(SECURITY_GROUPS_SPACES)
                        .where(SECURITY_GROUPS_SPACES.LIFECYCLE.eq(lifecycle))
                        .union(
                                select(SPACES.GUID, SECURITY_GROUPS.GUID)
                                        .from(SPACES.crossJoin(SECURITY_GROUPS))
                                        .where(condition(byDefault)))
                        .asTable(table);
        return ToMany.of(
                relation,
                "security_groups",
                Link.of(
                        pairs,
                        field(name(table, "space_guid"), String.class),
                        field(name(table, "group_guid"), String.class)));
    }

    private Resource users() {
        return Resource.of("users", "user", USERS, CloudError.USER_NOT_FOUND)
                .attributes(
                        Attribute.text("guid")
                                .required()
                                .createOnly()
                                .hidden()
                                .stripped()
                                .check(Checks.name(CloudError.USER_INVALID))
                                .writes((change, guid) -> change.set(USERS.GUID, guid)),
                        Attribute.flag("admin").column(USERS.ADMIN).orElse(false),
                        Attribute.flag("active").column(USERS.ACTIVE).readOnly())
                .toOne(ToOne.of("default_space", "spaces", USERS.DEFAULT_SPACE_GUID).optional())
                .toMany(
                        ofUser("spaces", "spaces", inSpaces(Roles.DEVELOPER)),
                        ofUser("organizations", "organizations", inOrganizations(Roles.USER)),
                        ofUser(
                                "managed_organizations",
                                "organizations",
                                inOrganizations(Roles.MANAGER)),
                        ofUser(
                                "billing_managed_organizations",
                                "organizations",
                                inOrganizations(Roles.BILLING_MANAGER)),
                        ofUser(
                                "audited_organizations",
                                "organizations",
                                inOrganizations(Roles.AUDITOR)),
                        ofUser("managed_spaces", "spaces", inSpaces(Roles.MANAGER)),
                        ofUser("audited_spaces", "spaces", inSpaces(Roles.AUDITOR)))
                .queryBy(
                        Query.member("space_guid", USERS.GUID, inSpaces(Roles.DEVELOPER)),
                        Query.member("organization_guid", USERS.GUID, inOrganizations(Roles.USER)),
                        Query.member(
                                "managed_organization_guid",
                                USERS.GUID,
                                inOrganizations(Roles.MANAGER)),
                        Query.member(
                                "billing_managed_organization_guid",
                                USERS.GUID,
                                inOrganizations(Roles.BILLING_MANAGER)),
                        Query.member(
                                "audited_organization_guid",
                                USERS.GUID,
                                inOrganizations(Roles.AUDITOR)),
                        Query.member("managed_space_guid", USERS.GUID, inSpaces(Roles.MANAGER)),
                        Query.member("audited_space_guid", USERS.GUID, inSpaces(Roles.AUDITOR)))
                .unique("users_guid_key", CloudError.UAA_ID_TAKEN, "guid")
                .grant(
                        Right.READ,
                        caller -> caller.seesSecrets() ? noCondition() : USERS.GUID.eq(caller.id()))
                .enrich((caller, entities) -> {
                    var names = uaa.names(entities.keySet());
                    entities.forEach((guid, entity) -> {
                        var userName = names.get(guid);
                        if (userName != null) {
                            entity.put("username", userName);
                        }
                    });
                })
                .build();
    }

    private static ToMany ofUser(String relation, String target, Link link) {
        return ToMany.of(relation, target, link);
    }

    private static Link inSpaces(String role) {
        return Link.of(SPACE_ROLES, SPACE_ROLES.USER_GUID, SPACE_ROLES.SPACE_GUID)
                .only(SPACE_ROLES.ROLE.eq(role));
    }

    private static Link inOrganizations(String role) {
        return Link.of(
                        ORGANIZATION_ROLES,
                        ORGANIZATION_ROLES.USER_GUID,
                        ORGANIZATION_ROLES.ORGANIZATION_GUID)
                .only(ORGANIZATION_ROLES.ROLE.eq(role));
    }
}

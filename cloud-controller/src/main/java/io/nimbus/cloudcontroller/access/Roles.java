package io.nimbus.cloudcontroller.access;

import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATION_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_ROLES;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.falseCondition;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;

import io.nimbus.cloudcontroller.rest.Caller;
import org.jooq.Condition;
import org.jooq.Field;

/**
 * Roles as SQL conditions on a column that holds a space's or an organization's guid. The names of
 * the roles are those of the tables.
 */
public final class Roles {
    public static final String DEVELOPER = "developer";
    public static final String MANAGER = "manager";
    public static final String AUDITOR = "auditor";
    public static final String USER = "user";
    public static final String BILLING_MANAGER = "billing_manager";

    private Roles() {}

    /** Has one of these roles in the space itself. */
    public static Condition inSpace(Field<String> space, Caller caller, String... roles) {
        return !caller.isKnown()
                ? falseCondition()
                : space.in(
                        select(SPACE_ROLES.SPACE_GUID)
                                .from(SPACE_ROLES)
                                .where(SPACE_ROLES.USER_GUID.eq(caller.id()))
                                .and(
                                        roles.length == 0
                                                ? noCondition()
                                                : SPACE_ROLES.ROLE.in(roles)));
    }

    /** Has one of these roles in the organization; any when none is named. */
    public static Condition inOrganization(
            Field<String> organization, Caller caller, String... roles) {
        return !caller.isKnown()
                ? falseCondition()
                : organization.in(
                        select(ORGANIZATION_ROLES.ORGANIZATION_GUID)
                                .from(ORGANIZATION_ROLES)
                                .where(ORGANIZATION_ROLES.USER_GUID.eq(caller.id()))
                                .and(
                                        roles.length == 0
                                                ? noCondition()
                                                : ORGANIZATION_ROLES.ROLE.in(roles)));
    }

    /** Has one of these roles in the organization that the space belongs to. */
    public static Condition inOrganizationOf(Field<String> space, Caller caller, String... roles) {
        var spaces = SPACES.as("spaces_of_organization");
        return !caller.isKnown()
                ? falseCondition()
                : space.in(
                        select(spaces.GUID)
                                .from(spaces)
                                .join(ORGANIZATION_ROLES)
                                .on(
                                        ORGANIZATION_ROLES.ORGANIZATION_GUID.eq(
                                                spaces.ORGANIZATION_GUID))
                                .where(ORGANIZATION_ROLES.USER_GUID.eq(caller.id()))
                                .and(ORGANIZATION_ROLES.ROLE.in(roles)));
    }

    /** Sees what is in the space: any role there, or manager of its organization. */
    public static Condition seesSpace(Field<String> space, Caller caller) {
        return inSpace(space, caller).or(inOrganizationOf(space, caller, MANAGER));
    }

    /** Develops in the space, whose organization is not suspended. */
    public static Condition develops(Field<String> space, Caller caller) {
        return inSpace(space, caller, DEVELOPER).and(activeOrganizationOf(space));
    }

    public static Condition active(Field<String> organization) {
        var organizations = ORGANIZATIONS.as("active_organizations");
        return exists(
                selectOne()
                        .from(organizations)
                        .where(organizations.GUID.eq(organization))
                        .and(organizations.STATUS.eq("active")));
    }

    public static Condition activeOrganizationOf(Field<String> space) {
        var organizations = ORGANIZATIONS.as("active_organizations");
        var spaces = SPACES.as("spaces_of_active");
        return exists(
                selectOne()
                        .from(spaces)
                        .join(organizations)
                        .on(organizations.GUID.eq(spaces.ORGANIZATION_GUID))
                        .where(spaces.GUID.eq(space))
                        .and(organizations.STATUS.eq("active")));
    }
}

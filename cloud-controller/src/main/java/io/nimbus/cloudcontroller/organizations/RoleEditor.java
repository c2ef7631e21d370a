package io.nimbus.cloudcontroller.organizations;

import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATION_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.USERS;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToMany.Linking;
import java.util.Map;
import java.util.Optional;
import org.jooq.DSLContext;

/** Gives roles and takes them, in organizations and in spaces. */
final class RoleEditor {
    private final Audit audit;

    RoleEditor(Audit audit) {
        this.audit = audit;
    }

    ToMany.Editor inOrganization(String role) {
        return new ToMany.Editor() {
            @Override
            public void add(DSLContext tx, Linking linking) {
                makeUser(tx, linking.member());
                var added =
                        tx.insertInto(ORGANIZATION_ROLES)
                                .set(ORGANIZATION_ROLES.ORGANIZATION_GUID, linking.parent())
                                .set(ORGANIZATION_ROLES.USER_GUID, linking.member())
                                .set(ORGANIZATION_ROLES.ROLE, role)
                                .set(ORGANIZATION_ROLES.CREATED_AT, linking.change().now())
                                .onConflictDoNothing()
                                .execute();
                if (added > 0) {
                    tell(linking, "audit.user.organization_" + role + "_add", "", linking.parent());
                }
            }

            @Override
            public void remove(DSLContext tx, Linking linking) {
                if (role.equals(Roles.USER)) {
                    leave(tx, linking);
                }
                if (!linking.change().caller().isAdmin()) {
                    keepLast(tx, role, linking);
                }
                var removed =
                        tx.deleteFrom(ORGANIZATION_ROLES)
                                .where(ORGANIZATION_ROLES.ORGANIZATION_GUID.eq(linking.parent()))
                                .and(ORGANIZATION_ROLES.USER_GUID.eq(linking.member()))
                                .and(ORGANIZATION_ROLES.ROLE.eq(role))
                                .execute();
                if (removed > 0) {
                    tell(
                            linking,
                            "audit.user.organization_" + role + "_remove",
                            "",
                            linking.parent());
                }
            }
        };
    }

    /** A member who has roles in spaces stays, unless these are taken as well. */
    private static void leave(DSLContext tx, Linking linking) {
        var spaces =
                select(SPACES.GUID)
                        .from(SPACES)
                        .where(SPACES.ORGANIZATION_GUID.eq(linking.parent()));
        var inSpaces =
                SPACE_ROLES.USER_GUID.eq(linking.member()).and(SPACE_ROLES.SPACE_GUID.in(spaces));
        if (linking.recursive()) {
            tx.deleteFrom(SPACE_ROLES).where(inSpaces).execute();
            tx.deleteFrom(ORGANIZATION_ROLES)
                    .where(ORGANIZATION_ROLES.ORGANIZATION_GUID.eq(linking.parent()))
                    .and(ORGANIZATION_ROLES.USER_GUID.eq(linking.member()))
                    .and(ORGANIZATION_ROLES.ROLE.ne(Roles.USER))
                    .execute();
        } else if (tx.fetchExists(SPACE_ROLES, inSpaces)) {
            throw CloudError.ASSOCIATION_NOT_EMPTY.of("roles in spaces", "user");
        }
    }

    private static void keepLast(DSLContext tx, String role, Linking linking) {
        var error =
                switch (role) {
                    case Roles.MANAGER -> CloudError.LAST_MANAGER_IN_ORG;
                    case Roles.BILLING_MANAGER -> CloudError.LAST_BILLING_MANAGER_IN_ORG;
                    case Roles.USER -> CloudError.LAST_USER_IN_ORG;
                    default -> null;
                };
        var here =
                ORGANIZATION_ROLES
                        .ORGANIZATION_GUID
                        .eq(linking.parent())
                        .and(ORGANIZATION_ROLES.ROLE.eq(role));
        if (error != null
                && tx.fetchExists(
                        ORGANIZATION_ROLES,
                        here.and(ORGANIZATION_ROLES.USER_GUID.eq(linking.member())))
                && !tx.fetchExists(
                        ORGANIZATION_ROLES,
                        here.and(ORGANIZATION_ROLES.USER_GUID.ne(linking.member())))) {
            throw error.of();
        }
    }

    ToMany.Editor inSpace(String role) {
        return new ToMany.Editor() {
            @Override
            public void add(DSLContext tx, Linking linking) {
                var organization = organization(tx, linking.parent());
                var member =
                        tx.fetchExists(
                                ORGANIZATION_ROLES,
                                ORGANIZATION_ROLES
                                        .ORGANIZATION_GUID
                                        .eq(organization.orElse(""))
                                        .and(ORGANIZATION_ROLES.USER_GUID.eq(linking.member()))
                                        .and(ORGANIZATION_ROLES.ROLE.eq(Roles.USER)));
                if (!member) {
                    throw CloudError.INVALID_RELATION.of(
                            "the user is not a member of the space's organization");
                }
                var added =
                        tx.insertInto(SPACE_ROLES)
                                .set(SPACE_ROLES.SPACE_GUID, linking.parent())
                                .set(SPACE_ROLES.USER_GUID, linking.member())
                                .set(SPACE_ROLES.ROLE, role)
                                .set(SPACE_ROLES.CREATED_AT, linking.change().now())
                                .onConflictDoNothing()
                                .execute();
                if (added > 0) {
                    tell(
                            linking,
                            "audit.user.space_" + role + "_add",
                            linking.parent(),
                            organization.orElse(""));
                }
            }

            @Override
            public void remove(DSLContext tx, Linking linking) {
                var removed =
                        tx.deleteFrom(SPACE_ROLES)
                                .where(SPACE_ROLES.SPACE_GUID.eq(linking.parent()))
                                .and(SPACE_ROLES.USER_GUID.eq(linking.member()))
                                .and(SPACE_ROLES.ROLE.eq(role))
                                .execute();
                if (removed > 0) {
                    tell(
                            linking,
                            "audit.user.space_" + role + "_remove",
                            linking.parent(),
                            organization(tx, linking.parent()).orElse(""));
                }
            }
        };
    }

    private static Optional<String> organization(DSLContext tx, String space) {
        return tx.select(SPACES.ORGANIZATION_GUID)
                .from(SPACES)
                .join(ORGANIZATIONS)
                .on(ORGANIZATIONS.GUID.eq(SPACES.ORGANIZATION_GUID))
                .where(SPACES.GUID.eq(space))
                .fetchOptional(SPACES.ORGANIZATION_GUID);
    }

    /** Someone whom the UAA knows may be given a role before he was ever here. */
    static void makeUser(DSLContext tx, String guid) {
        tx.insertInto(USERS).set(USERS.GUID, guid).onConflict(USERS.GUID).doNothing().execute();
    }

    private void tell(Linking linking, String type, String space, String organization) {
        audit.record(
                linking.change().tx(),
                type,
                linking.change().caller(),
                new Audit.Actee(linking.member(), "user", ""),
                new Audit.Place(space, organization),
                Map.of("request", Map.of()));
    }
}

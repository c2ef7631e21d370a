package io.nimbus.cloudcontroller.organizations;

import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATION_ROLES;
import static io.nimbus.cloudcontroller.ccdb.Tables.QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.flags.Flag;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import java.util.List;

/** Who may make an organization and change what of it; what goes with it. */
final class OrganizationRules implements Lifecycle {
    private final Flags flags;
    private final String defaultQuota;

    OrganizationRules(Flags flags, String defaultQuota) {
        this.flags = flags;
        this.defaultQuota = defaultQuota;
    }

    @Override
    public void beforeSave(Change change) {
        var admin = change.caller().isAdmin();
        if (change.isCreating()) {
            if (!admin && !flags.isOn(change.tx(), Flag.USER_ORG_CREATION)) {
                throw CloudError.NOT_AUTHORIZED.of();
            }
            if (change.get(ORGANIZATIONS.QUOTA_DEFINITION_GUID) == null) {
                change.set(ORGANIZATIONS.QUOTA_DEFINITION_GUID, quota(change));
            }
        } else if (!admin
                && (change.changes(ORGANIZATIONS.QUOTA_DEFINITION_GUID)
                        || change.changes(ORGANIZATIONS.BILLING_ENABLED))) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
    }

    private String quota(Change change) {
        return change.tx()
                .select(QUOTA_DEFINITIONS.GUID)
                .from(QUOTA_DEFINITIONS)
                .where(QUOTA_DEFINITIONS.NAME.equalIgnoreCase(defaultQuota))
                .fetchOptional(QUOTA_DEFINITIONS.GUID)
                .orElseThrow(() -> CloudError.ORGANIZATION_INVALID.of("there is no default quota"));
    }

    @Override
    public void afterSave(Change change) {
        if (change.isCreating() && !change.caller().isAdmin()) {
            for (var role : List.of(Roles.USER, Roles.MANAGER)) {
                change.tx()
                        .insertInto(ORGANIZATION_ROLES)
                        .set(ORGANIZATION_ROLES.ORGANIZATION_GUID, change.guid())
                        .set(ORGANIZATION_ROLES.USER_GUID, change.caller().id())
                        .set(ORGANIZATION_ROLES.ROLE, role)
                        .onConflictDoNothing()
                        .execute();
            }
        }
    }

    @Override
    public void beforeDelete(Change change, boolean recursive) {
        var spaces = change.engine().resources().named("spaces");
        change.tx()
                .select(SPACES.GUID)
                .from(SPACES)
                .where(SPACES.ORGANIZATION_GUID.eq(change.guid()))
                .orderBy(SPACES.ID)
                .fetch(SPACES.GUID)
                .forEach(space -> change.engine().deleteWith(change, spaces, space));
    }
}

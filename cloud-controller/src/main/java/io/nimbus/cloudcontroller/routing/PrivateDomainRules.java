package io.nimbus.cloudcontroller.routing;

import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.QUOTA_DEFINITIONS;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.flags.Flag;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;

/** Who may own a further domain. */
final class PrivateDomainRules implements Lifecycle {
    private final Flags flags;

    PrivateDomainRules(Flags flags) {
        this.flags = flags;
    }

    @Override
    public void beforeSave(Change change) {
        if (!change.isCreating()) {
            return;
        }
        flags.requireUnlessAdmin(change.tx(), Flag.PRIVATE_DOMAIN_CREATION, change.caller());
        var owner = change.need(DOMAINS.OWNING_ORGANIZATION_GUID);
        var quota =
                change.tx()
                        .select(QUOTA_DEFINITIONS.TOTAL_PRIVATE_DOMAINS, ORGANIZATIONS.NAME)
                        .from(ORGANIZATIONS)
                        .join(QUOTA_DEFINITIONS)
                        .on(QUOTA_DEFINITIONS.GUID.eq(ORGANIZATIONS.QUOTA_DEFINITION_GUID))
                        .where(ORGANIZATIONS.GUID.eq(owner))
                        .forUpdate()
                        .of(ORGANIZATIONS)
                        .fetchSingle();
        var owned = change.tx().fetchCount(DOMAINS, DOMAINS.OWNING_ORGANIZATION_GUID.eq(owner));
        if (quota.value1() >= 0 && owned >= quota.value1()) {
            throw CloudError.TOTAL_PRIVATE_DOMAINS_EXCEEDED.of(quota.value2());
        }
    }
}

package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BROKERS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLAN_VISIBILITIES;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import org.jooq.DSLContext;

/** Whom a plan is offered to. */
final class VisibilityRules implements Lifecycle {
    static boolean belongsToSpace(DSLContext tx, String plan) {
        return tx.fetchExists(
                tx.selectOne()
                        .from(SERVICE_PLANS)
                        .join(SERVICES)
                        .on(SERVICES.GUID.eq(SERVICE_PLANS.SERVICE_GUID))
                        .join(SERVICE_BROKERS)
                        .on(SERVICE_BROKERS.GUID.eq(SERVICES.SERVICE_BROKER_GUID))
                        .where(SERVICE_PLANS.GUID.eq(plan))
                        .and(SERVICE_BROKERS.SPACE_GUID.isNotNull()));
    }

    @Override
    public void beforeSave(Change change) {
        var plan = change.need(SERVICE_PLAN_VISIBILITIES.SERVICE_PLAN_GUID);
        if (belongsToSpace(change.tx(), plan)) {
            throw CloudError.SERVICE_PLAN_VISIBILITY_INVALID.of(
                    "a plan of a broker that belongs to a space is offered in that space alone");
        }
    }
}

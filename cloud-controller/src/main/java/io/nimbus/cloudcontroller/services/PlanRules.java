package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;

/** A plan of a broker that belongs to a space is never for everybody. */
final class PlanRules implements Lifecycle {
    @Override
    public void beforeSave(Change change) {
        if (Boolean.TRUE.equals(change.get(SERVICE_PLANS.PUBLIC))
                && VisibilityRules.belongsToSpace(change.tx(), change.guid())) {
            throw CloudError.SERVICE_PLAN_INVALID.of(
                    "a plan of a broker that belongs to a space cannot be public");
        }
    }
}

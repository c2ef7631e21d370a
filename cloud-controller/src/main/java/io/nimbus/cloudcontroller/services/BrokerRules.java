package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BROKERS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;

/** A broker goes when nothing is left that it made. */
final class BrokerRules implements Lifecycle {
    @Override
    public void beforeDelete(Change change, boolean recursive) {
        var made =
                change.tx()
                        .selectOne()
                        .from(SERVICE_INSTANCES)
                        .join(SERVICE_PLANS)
                        .on(SERVICE_PLANS.GUID.eq(SERVICE_INSTANCES.SERVICE_PLAN_GUID))
                        .join(SERVICES)
                        .on(SERVICES.GUID.eq(SERVICE_PLANS.SERVICE_GUID))
                        .where(SERVICES.SERVICE_BROKER_GUID.eq(change.guid()));
        if (change.tx().fetchExists(made)) {
            throw CloudError.SERVICE_BROKER_NOT_REMOVABLE.of(change.need(SERVICE_BROKERS.NAME));
        }
    }
}

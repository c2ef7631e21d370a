package io.nimbus.cloudcontroller.events;

import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BROKERS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_USAGE_EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import java.time.Instant;
import org.jooq.DSLContext;

/** Writes what billing reads of service instances. */
public final class ServiceUsage {
    private ServiceUsage() {}

    /**
     * In the transaction that makes, changes or deletes the instance, while its row is there.
     *
     * @param state CREATED, UPDATED or DELETED
     */
    public static void record(
            DSLContext tx, String state, String instance, String guid, Instant now) {
        var e = SERVICE_USAGE_EVENTS;
        var row =
                tx.select(
                                SERVICE_INSTANCES.NAME,
                                SERVICE_INSTANCES.SPACE_GUID,
                                SPACES.NAME,
                                SPACES.ORGANIZATION_GUID,
                                SERVICE_PLANS.GUID,
                                SERVICE_PLANS.NAME,
                                SERVICES.GUID,
                                SERVICES.LABEL,
                                SERVICE_BROKERS.GUID,
                                SERVICE_BROKERS.NAME)
                        .from(SERVICE_INSTANCES)
                        .join(SPACES)
                        .on(SPACES.GUID.eq(SERVICE_INSTANCES.SPACE_GUID))
                        .leftJoin(SERVICE_PLANS)
                        .on(SERVICE_PLANS.GUID.eq(SERVICE_INSTANCES.SERVICE_PLAN_GUID))
                        .leftJoin(SERVICES)
                        .on(SERVICES.GUID.eq(SERVICE_PLANS.SERVICE_GUID))
                        .leftJoin(SERVICE_BROKERS)
                        .on(SERVICE_BROKERS.GUID.eq(SERVICES.SERVICE_BROKER_GUID))
                        .where(SERVICE_INSTANCES.GUID.eq(instance))
                        .fetchSingle();
        tx.insertInto(e)
                .set(e.GUID, guid)
                .set(e.CREATED_AT, now)
                .set(e.STATE, state)
                .set(e.SERVICE_INSTANCE_GUID, instance)
                .set(e.SERVICE_INSTANCE_NAME, row.value1())
                .set(
                        e.SERVICE_INSTANCE_TYPE,
                        row.value5() == null
                                ? "user_provided_service_instance"
                                : "managed_service_instance")
                .set(e.SPACE_GUID, row.value2())
                .set(e.SPACE_NAME, row.value3())
                .set(e.ORG_GUID, row.value4())
                .set(e.SERVICE_PLAN_GUID, row.value5())
                .set(e.SERVICE_PLAN_NAME, row.value6())
                .set(e.SERVICE_GUID, row.value7())
                .set(e.SERVICE_LABEL, row.value8())
                .set(e.SERVICE_BROKER_GUID, row.value9())
                .set(e.SERVICE_BROKER_NAME, row.value10())
                .execute();
    }
}

package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ORGANIZATIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.QUOTA_DEFINITIONS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACE_QUOTA_DEFINITIONS;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.sum;
import static org.jooq.impl.DSL.val;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.math.BigDecimal;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/**
 * What an app may grow to. Two statements; the organization's row is locked meanwhile, so that two
 * apps cannot both take the last of a quota.
 */
final class AppQuotas {
    private static final int UNLIMITED = -1;

    private AppQuotas() {}

    /**
     * @param app its guid; itself does not count as used
     * @param running the instances that it is to have, 0 while it is stopped
     * @throws io.nimbus.cloudcontroller.errors.CloudException the quota that is exceeded
     */
    static void check(DSLContext tx, String app, String space, int memoryMb, int running) {
        var organization =
                tx.select(ORGANIZATIONS.GUID)
                        .from(ORGANIZATIONS)
                        .join(SPACES)
                        .on(SPACES.ORGANIZATION_GUID.eq(ORGANIZATIONS.GUID))
                        .where(SPACES.GUID.eq(space))
                        .forUpdate()
                        .of(ORGANIZATIONS)
                        .fetchSingle()
                        .value1();
        var inSpace = APPS.SPACE_GUID.eq(space);
        var spaces = SPACES.as("all_spaces");
        var inOrganization =
                APPS.SPACE_GUID.in(
                        select(spaces.GUID)
                                .from(spaces)
                                .where(spaces.ORGANIZATION_GUID.eq(organization)));
        var spaceMemory = used(APPS.MEMORY.mul(APPS.INSTANCES), app, inSpace).as("space_memory");
        var organizationMemory =
                used(APPS.MEMORY.mul(APPS.INSTANCES), app, inOrganization)
                        .as("organization_memory");
        var spaceInstances = used(APPS.INSTANCES, app, inSpace).as("space_instances");
        var organizationInstances =
                used(APPS.INSTANCES, app, inOrganization).as("organization_instances");
        var row =
                tx.select(
                                QUOTA_DEFINITIONS.MEMORY_LIMIT,
                                QUOTA_DEFINITIONS.INSTANCE_MEMORY_LIMIT,
                                QUOTA_DEFINITIONS.APP_INSTANCE_LIMIT,
                                SPACE_QUOTA_DEFINITIONS.MEMORY_LIMIT,
                                SPACE_QUOTA_DEFINITIONS.INSTANCE_MEMORY_LIMIT,
                                SPACE_QUOTA_DEFINITIONS.APP_INSTANCE_LIMIT)
                        .select(
                                spaceMemory,
                                organizationMemory,
                                spaceInstances,
                                organizationInstances)
                        .from(SPACES)
                        .join(ORGANIZATIONS)
                        .on(ORGANIZATIONS.GUID.eq(SPACES.ORGANIZATION_GUID))
                        .join(QUOTA_DEFINITIONS)
                        .on(QUOTA_DEFINITIONS.GUID.eq(ORGANIZATIONS.QUOTA_DEFINITION_GUID))
                        .leftJoin(SPACE_QUOTA_DEFINITIONS)
                        .on(SPACE_QUOTA_DEFINITIONS.GUID.eq(SPACES.SPACE_QUOTA_DEFINITION_GUID))
                        .where(SPACES.GUID.eq(space))
                        .fetchSingle();
        var memory = (long) memoryMb * running;
        if (exceeds(row.get(spaceMemory), memory, row.get(SPACE_QUOTA_DEFINITIONS.MEMORY_LIMIT))) {
            throw CloudError.SPACE_QUOTA_MEMORY_LIMIT_EXCEEDED.of(
                    memory + " MB are more than is left");
        }
        if (exceeds(
                BigDecimal.ZERO,
                memoryMb,
                row.get(SPACE_QUOTA_DEFINITIONS.INSTANCE_MEMORY_LIMIT))) {
            throw CloudError.SPACE_QUOTA_INSTANCE_MEMORY_LIMIT_EXCEEDED.of();
        }
        if (exceeds(row.get(organizationMemory), memory, row.get(QUOTA_DEFINITIONS.MEMORY_LIMIT))) {
            throw CloudError.APP_MEMORY_QUOTA_EXCEEDED.of(memory + " MB are more than is left");
        }
        if (exceeds(BigDecimal.ZERO, memoryMb, row.get(QUOTA_DEFINITIONS.INSTANCE_MEMORY_LIMIT))) {
            throw CloudError.QUOTA_INSTANCE_MEMORY_LIMIT_EXCEEDED.of();
        }
        if (exceeds(
                row.get(spaceInstances),
                running,
                row.get(SPACE_QUOTA_DEFINITIONS.APP_INSTANCE_LIMIT))) {
            throw CloudError.SPACE_QUOTA_INSTANCE_LIMIT_EXCEEDED.of();
        }
        if (exceeds(
                row.get(organizationInstances),
                running,
                row.get(QUOTA_DEFINITIONS.APP_INSTANCE_LIMIT))) {
            throw CloudError.QUOTA_INSTANCE_LIMIT_EXCEEDED.of();
        }
    }

    private static Field<BigDecimal> used(Field<Integer> amount, String app, Condition where) {
        return field(
                select(coalesce(sum(amount), val(BigDecimal.ZERO)))
                        .from(APPS)
                        .where(where)
                        .and(APPS.STATE.eq("STARTED"))
                        .and(APPS.GUID.ne(app)));
    }

    private static boolean exceeds(BigDecimal used, long more, @Nullable Integer limit) {
        return limit != null
                && limit != UNLIMITED
                && used.add(BigDecimal.valueOf(more)).compareTo(BigDecimal.valueOf(limit)) > 0;
    }
}

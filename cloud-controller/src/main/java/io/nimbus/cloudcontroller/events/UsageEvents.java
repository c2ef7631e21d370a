package io.nimbus.cloudcontroller.events;

import static io.nimbus.cloudcontroller.ccdb.Tables.APP_USAGE_EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_USAGE_EVENTS;
import static org.jooq.impl.DSL.falseCondition;
import static org.jooq.impl.DSL.noCondition;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.database.Database;
import java.util.List;
import org.jooq.Field;
import org.jooq.Table;

/** What billing reads: {@code /v2/app_usage_events} and {@code /v2/service_usage_events}. */
public final class UsageEvents {
    private static final int MOST_PER_PAGE = 10_000;

    private UsageEvents() {}

    /** The resources. */
    public static List<Resource> declare(Database database) {
        return List.of(ofApps(database), ofServices(database));
    }

    private static Resource ofApps(Database database) {
        var e = APP_USAGE_EVENTS;
        return usage("app_usage_events", "app usage event", e, e.ID, e.GUID, database)
                .attributes(
                        Attribute.text("state").column(e.STATE),
                        Attribute.text("previous_state").column(e.PREVIOUS_STATE),
                        Attribute.integer("memory_in_mb_per_instance")
                                .column(e.MEMORY_IN_MB_PER_INSTANCE),
                        Attribute.integer("previous_memory_in_mb_per_instance")
                                .column(e.PREVIOUS_MEMORY_IN_MB_PER_INSTANCE),
                        Attribute.integer("instance_count").column(e.INSTANCE_COUNT),
                        Attribute.integer("previous_instance_count")
                                .column(e.PREVIOUS_INSTANCE_COUNT),
                        Attribute.text("app_guid").column(e.APP_GUID),
                        Attribute.text("app_name").column(e.APP_NAME),
                        Attribute.text("space_guid").column(e.SPACE_GUID),
                        Attribute.text("space_name").column(e.SPACE_NAME),
                        Attribute.text("org_guid").column(e.ORG_GUID),
                        Attribute.text("buildpack_guid").column(e.BUILDPACK_GUID),
                        Attribute.text("buildpack_name").column(e.BUILDPACK_NAME),
                        Attribute.text("package_state").column(e.PACKAGE_STATE),
                        Attribute.text("previous_package_state").column(e.PREVIOUS_PACKAGE_STATE),
                        Attribute.text("parent_app_guid").column(e.PARENT_APP_GUID),
                        Attribute.text("parent_app_name").column(e.PARENT_APP_NAME),
                        Attribute.text("process_type").column(e.PROCESS_TYPE),
                        Attribute.text("task_name").column(e.TASK_NAME),
                        Attribute.text("task_guid").column(e.TASK_GUID))
                .build();
    }

    private static Resource ofServices(Database database) {
        var e = SERVICE_USAGE_EVENTS;
        return usage("service_usage_events", "service usage event", e, e.ID, e.GUID, database)
                .attributes(
                        Attribute.text("state").column(e.STATE),
                        Attribute.text("org_guid").column(e.ORG_GUID),
                        Attribute.text("space_guid").column(e.SPACE_GUID),
                        Attribute.text("space_name").column(e.SPACE_NAME),
                        Attribute.text("service_instance_guid").column(e.SERVICE_INSTANCE_GUID),
                        Attribute.text("service_instance_name").column(e.SERVICE_INSTANCE_NAME),
                        Attribute.text("service_instance_type").column(e.SERVICE_INSTANCE_TYPE),
                        Attribute.text("service_plan_guid").column(e.SERVICE_PLAN_GUID),
                        Attribute.text("service_plan_name").column(e.SERVICE_PLAN_NAME),
                        Attribute.text("service_guid").column(e.SERVICE_GUID),
                        Attribute.text("service_label").column(e.SERVICE_LABEL),
                        Attribute.text("service_broker_name").column(e.SERVICE_BROKER_NAME),
                        Attribute.text("service_broker_guid").column(e.SERVICE_BROKER_GUID))
                .queryBy(
                        Query.text("service_instance_type", e.SERVICE_INSTANCE_TYPE),
                        Query.text("service_guid", e.SERVICE_GUID))
                .build();
    }

    private static Resource.Builder usage(
            String name,
            String noun,
            Table<?> table,
            Field<Long> id,
            Field<String> guid,
            Database database) {
        return Resource.of(name, noun, table, CloudError.EVENT_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .perPageAtMost(MOST_PER_PAGE)
                .listed(
                        request -> {
                            if (!request.caller().seesSecrets()) {
                                throw CloudError.NOT_AUTHORIZED.of();
                            }
                            return request.query("after_guid")
                                    .map(after ->
                                            id.gt(
                                                    database.read(dsl ->
                                                                    dsl.select(id)
                                                                            .from(table)
                                                                            .where(guid.eq(after))
                                                                            .fetchOptional(id))
                                                            .orElseThrow(() ->
                                                                    CloudError.BAD_QUERY_PARAMETER
                                                                            .of("after_guid"))))
                                    .orElse(noCondition());
                        },
                        "after_guid")
                .grant(
                        Right.READ,
                        caller -> caller.seesSecrets() ? noCondition() : falseCondition());
    }
}

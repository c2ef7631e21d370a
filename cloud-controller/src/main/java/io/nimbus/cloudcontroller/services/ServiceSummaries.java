package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BROKERS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.selectCount;

import io.nimbus.cloudcontroller.rest.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.JSONB;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Service instances as the summaries of apps and spaces show them. */
public final class ServiceSummaries {
    private static final Field<Integer> BOUND =
            field(
                            selectCount()
                                    .from(SERVICE_BINDINGS)
                                    .where(
                                            SERVICE_BINDINGS.SERVICE_INSTANCE_GUID.eq(
                                                    SERVICE_INSTANCES.GUID)))
                    .as("bound");

    private ServiceSummaries() {}

    /**
     * One statement.
     *
     * @param which on {@code service_instances}
     */
    public static List<Map<String, @Nullable Object>> of(DSLContext dsl, Condition which) {
        return dsl.select(
                        SERVICE_INSTANCES.asterisk(),
                        SERVICE_PLANS.GUID,
                        SERVICE_PLANS.NAME,
                        SERVICE_PLANS.MAINTENANCE_INFO,
                        SERVICES.GUID,
                        SERVICES.LABEL,
                        SERVICES.PROVIDER,
                        SERVICES.VERSION,
                        SERVICE_BROKERS.NAME,
                        BOUND)
                .from(SERVICE_INSTANCES)
                .leftJoin(SERVICE_PLANS)
                .on(SERVICE_PLANS.GUID.eq(SERVICE_INSTANCES.SERVICE_PLAN_GUID))
                .leftJoin(SERVICES)
                .on(SERVICES.GUID.eq(SERVICE_PLANS.SERVICE_GUID))
                .leftJoin(SERVICE_BROKERS)
                .on(SERVICE_BROKERS.GUID.eq(SERVICES.SERVICE_BROKER_GUID))
                .where(which)
                .orderBy(SERVICE_INSTANCES.ID)
                .fetch(ServiceSummaries::summary);
    }

    private static Map<String, @Nullable Object> summary(Record row) {
        var summary = new LinkedHashMap<String, @Nullable Object>();
        summary.put("guid", row.get(SERVICE_INSTANCES.GUID));
        summary.put("name", row.get(SERVICE_INSTANCES.NAME));
        summary.put("bound_app_count", row.get(BOUND));
        if (row.get(SERVICE_INSTANCES.SERVICE_PLAN_GUID) == null) {
            summary.put("type", "user_provided_service_instance");
            return summary;
        }
        summary.put("type", "managed_service_instance");
        summary.put("last_operation", ServiceResources.lastOperation(row));
        summary.put("dashboard_url", row.get(SERVICE_INSTANCES.DASHBOARD_URL));
        summary.put("service_broker_name", row.get(SERVICE_BROKERS.NAME));
        summary.put("maintenance_info", json(row.get(SERVICE_INSTANCES.MAINTENANCE_INFO)));
        summary.put("shared_from", null);
        summary.put("shared_to", List.of());
        var service = new LinkedHashMap<String, @Nullable Object>();
        service.put("guid", row.get(SERVICES.GUID));
        service.put("label", row.get(SERVICES.LABEL));
        service.put("provider", row.get(SERVICES.PROVIDER));
        service.put("version", row.get(SERVICES.VERSION));
        var plan = new LinkedHashMap<String, @Nullable Object>();
        plan.put("guid", row.get(SERVICE_PLANS.GUID));
        plan.put("name", row.get(SERVICE_PLANS.NAME));
        plan.put("maintenance_info", json(row.get(SERVICE_PLANS.MAINTENANCE_INFO)));
        plan.put("service", service);
        summary.put("service_plan", plan);
        return summary;
    }

    static Object json(@Nullable JSONB value) {
        return value == null ? Map.of() : Json.read(value.data());
    }
}

package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BROKERS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLAN_VISIBILITIES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.when;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.encryption.Encryptor;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import io.nimbus.cloudcontroller.rest.Row;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToOne;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * Services, plans, instances and bindings, as far as they can be read. Making them is the business
 * of brokers and gateways.
 */
public final class ServiceResources {
    private static final Map<String, String> HIDDEN =
            Map.of("redacted_message", "[PRIVATE DATA HIDDEN]");

    private final Encryptor encryptor;

    public ServiceResources(Encryptor encryptor) {
        this.encryptor = encryptor;
    }

    public List<Resource> declare() {
        return List.of(services(), plans(), instances(), userProvided(), bindings());
    }

    static @Nullable Map<String, @Nullable Object> lastOperation(Record row) {
        var type = row.get(SERVICE_INSTANCES.LAST_OPERATION_TYPE);
        if (type == null) {
            return null;
        }
        var operation = new LinkedHashMap<String, @Nullable Object>();
        operation.put("type", type);
        operation.put("state", row.get(SERVICE_INSTANCES.LAST_OPERATION_STATE));
        operation.put("description", row.get(SERVICE_INSTANCES.LAST_OPERATION_DESCRIPTION));
        operation.put(
                "updated_at", Json.time(row.get(SERVICE_INSTANCES.LAST_OPERATION_UPDATED_AT)));
        operation.put(
                "created_at", Json.time(row.get(SERVICE_INSTANCES.LAST_OPERATION_CREATED_AT)));
        return operation;
    }

    private static Resource services() {
        var broker =
                field(
                                select(SERVICE_BROKERS.NAME)
                                        .from(SERVICE_BROKERS)
                                        .where(
                                                SERVICE_BROKERS.GUID.eq(
                                                        SERVICES.SERVICE_BROKER_GUID)))
                        .as("broker_name");
        return Resource.of("services", "service", SERVICES, CloudError.SERVICE_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .attributes(
                        Attribute.text("label").column(SERVICES.LABEL),
                        Attribute.text("provider").column(SERVICES.PROVIDER),
                        Attribute.text("url").column(SERVICES.URL),
                        Attribute.text("description").column(SERVICES.DESCRIPTION),
                        Attribute.text("long_description").column(SERVICES.LONG_DESCRIPTION),
                        Attribute.text("version").column(SERVICES.VERSION),
                        Attribute.text("info_url").column(SERVICES.INFO_URL),
                        Attribute.flag("active").column(SERVICES.ACTIVE),
                        Attribute.flag("bindable").column(SERVICES.BINDABLE),
                        Attribute.text("unique_id").column(SERVICES.UNIQUE_ID),
                        Attribute.text("extra").column(SERVICES.EXTRA),
                        Attribute.texts("tags").shows(row -> row.get(SERVICES.TAGS), SERVICES.TAGS),
                        Attribute.texts("requires")
                                .shows(row -> row.get(SERVICES.REQUIRES), SERVICES.REQUIRES),
                        Attribute.text("documentation_url").column(SERVICES.DOCUMENTATION_URL),
                        Attribute.text("service_broker_guid").column(SERVICES.SERVICE_BROKER_GUID),
                        Attribute.text("service_broker_name").shows(row -> row.get(broker), broker),
                        Attribute.flag("plan_updateable").column(SERVICES.PLAN_UPDATEABLE),
                        Attribute.flag("bindings_retrievable")
                                .column(SERVICES.BINDINGS_RETRIEVABLE),
                        Attribute.flag("instances_retrievable")
                                .column(SERVICES.INSTANCES_RETRIEVABLE),
                        Attribute.flag("allow_context_updates")
                                .column(SERVICES.ALLOW_CONTEXT_UPDATES))
                .toMany(
                        ToMany.of(
                                "service_plans",
                                "service_plans",
                                Link.of(
                                        SERVICE_PLANS,
                                        SERVICE_PLANS.SERVICE_GUID,
                                        SERVICE_PLANS.GUID)))
                .queryBy(
                        Query.flag("active", SERVICES.ACTIVE),
                        Query.name("label", SERVICES.LABEL),
                        Query.name("provider", SERVICES.PROVIDER),
                        Query.text("service_broker_guid", SERVICES.SERVICE_BROKER_GUID),
                        Query.text("unique_id", SERVICES.UNIQUE_ID))
                .visibleTo(caller ->
                        exists(
                                selectOne()
                                        .from(SERVICE_PLANS)
                                        .where(SERVICE_PLANS.SERVICE_GUID.eq(SERVICES.GUID))
                                        .and(visiblePlan(caller))))
                .build();
    }

    /**
     * Active plans that are public, or offered to an organization that the caller is a member of.
     */
    private static Condition visiblePlan(Caller caller) {
        var visibilities = SERVICE_PLAN_VISIBILITIES;
        return SERVICE_PLANS
                .ACTIVE
                .isTrue()
                .and(
                        SERVICE_PLANS
                                .PUBLIC
                                .isTrue()
                                .or(
                                        SERVICE_PLANS.GUID.in(
                                                select(visibilities.SERVICE_PLAN_GUID)
                                                        .from(visibilities)
                                                        .where(
                                                                Roles.inOrganization(
                                                                        visibilities
                                                                                .ORGANIZATION_GUID,
                                                                        caller)))));
    }

    private static Resource plans() {
        return Resource.of(
                        "service_plans",
                        "service plan",
                        SERVICE_PLANS,
                        CloudError.SERVICE_PLAN_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .attributes(
                        Attribute.text("name").column(SERVICE_PLANS.NAME),
                        Attribute.flag("free").column(SERVICE_PLANS.FREE),
                        Attribute.text("description").column(SERVICE_PLANS.DESCRIPTION))
                .toOne(ToOne.of("service", "services", SERVICE_PLANS.SERVICE_GUID).readOnly())
                .attributes(
                        Attribute.text("extra").column(SERVICE_PLANS.EXTRA),
                        Attribute.text("unique_id").column(SERVICE_PLANS.UNIQUE_ID),
                        Attribute.flag("public").column(SERVICE_PLANS.PUBLIC),
                        Attribute.flag("bindable").column(SERVICE_PLANS.BINDABLE),
                        Attribute.flag("active").column(SERVICE_PLANS.ACTIVE),
                        Attribute.flag("plan_updateable").column(SERVICE_PLANS.PLAN_UPDATEABLE),
                        Attribute.integer("maximum_polling_duration")
                                .column(SERVICE_PLANS.MAXIMUM_POLLING_DURATION),
                        Attribute.object("maintenance_info")
                                .shows(
                                        row ->
                                                ServiceSummaries.json(
                                                        row.get(SERVICE_PLANS.MAINTENANCE_INFO)),
                                        SERVICE_PLANS.MAINTENANCE_INFO),
                        Attribute.object("schemas").shows(ServiceResources::schemas, SCHEMAS))
                .toMany(
                        ToMany.of(
                                "service_instances",
                                "service_instances",
                                Link.of(
                                        SERVICE_INSTANCES,
                                        SERVICE_INSTANCES.SERVICE_PLAN_GUID,
                                        SERVICE_INSTANCES.GUID)))
                .queryBy(
                        Query.flag("active", SERVICE_PLANS.ACTIVE),
                        Query.text("service_guid", SERVICE_PLANS.SERVICE_GUID),
                        Query.text("unique_id", SERVICE_PLANS.UNIQUE_ID),
                        Query.within(
                                "service_instance_guid",
                                SERVICE_INSTANCES.GUID,
                                where ->
                                        SERVICE_PLANS.GUID.in(
                                                select(SERVICE_INSTANCES.SERVICE_PLAN_GUID)
                                                        .from(SERVICE_INSTANCES)
                                                        .where(where))),
                        Query.within(
                                "service_broker_guid",
                                SERVICES.SERVICE_BROKER_GUID,
                                where ->
                                        SERVICE_PLANS.SERVICE_GUID.in(
                                                select(SERVICES.GUID).from(SERVICES).where(where))))
                .visibleTo(ServiceResources::visiblePlan)
                .build();
    }

    private static final Field<?>[] SCHEMAS = {
        SERVICE_PLANS.CREATE_INSTANCE_SCHEMA,
        SERVICE_PLANS.UPDATE_INSTANCE_SCHEMA,
        SERVICE_PLANS.CREATE_BINDING_SCHEMA
    };

    private static Object schemas(Row row) {
        return Map.of(
                "service_instance",
                Map.of(
                        "create",
                        Map.of(
                                "parameters",
                                ServiceSummaries.json(
                                        row.get(SERVICE_PLANS.CREATE_INSTANCE_SCHEMA))),
                        "update",
                        Map.of(
                                "parameters",
                                ServiceSummaries.json(
                                        row.get(SERVICE_PLANS.UPDATE_INSTANCE_SCHEMA)))),
                "service_binding",
                Map.of(
                        "create",
                        Map.of(
                                "parameters",
                                ServiceSummaries.json(
                                        row.get(SERVICE_PLANS.CREATE_BINDING_SCHEMA)))));
    }

    // --- Instances
    // -----------------------------------------------------------------------------------

    private static Field<Boolean> revealed(Caller caller) {
        return field(
                        caller.seesSecrets()
                                ? noCondition()
                                : Roles.inSpace(
                                        SERVICE_INSTANCES.SPACE_GUID, caller, Roles.DEVELOPER))
                .as("credentials_revealed");
    }

    private Attribute<Map<String, @Nullable Object>> credentials() {
        return Attribute.object("credentials")
                .shows(
                        row ->
                                Boolean.TRUE.equals(row.get(revealed(row.caller())))
                                        ? object(
                                                encryptor.decrypt(
                                                        row.get(
                                                                SERVICE_INSTANCES
                                                                        .CREDENTIALS_ENCRYPTED),
                                                        row.get(SERVICE_INSTANCES.CREDENTIALS_KEY)))
                                        : HIDDEN,
                        caller ->
                                List.of(
                                        SERVICE_INSTANCES.CREDENTIALS_ENCRYPTED,
                                        SERVICE_INSTANCES.CREDENTIALS_KEY,
                                        revealed(caller)));
    }

    private static Object object(@Nullable String json) {
        return json == null ? Map.of() : Json.object(Json.read(json));
    }

    private static final Field<String> INSTANCE_PATH =
            when(
                            SERVICE_INSTANCES.SERVICE_PLAN_GUID.isNull(),
                            inline("/v2/user_provided_service_instances"))
                    .otherwise(inline("/v2/service_instances"));

    /** Managed ones; what a user provided is part of the list only for who asks for that. */
    public static Condition listed(ApiRequest request) {
        return request.flag(USER_PROVIDED_TOO)
                ? noCondition()
                : SERVICE_INSTANCES.SERVICE_PLAN_GUID.isNotNull();
    }

    /** The parameter that asks for the user-provided ones, too. */
    public static final String USER_PROVIDED_TOO = "return_user_provided_service_instances";

    /** Of either kind, since bindings and spaces refer to both. */
    private Resource instances() {
        var service =
                field(
                                select(SERVICE_PLANS.SERVICE_GUID)
                                        .from(SERVICE_PLANS)
                                        .where(
                                                SERVICE_PLANS.GUID.eq(
                                                        SERVICE_INSTANCES.SERVICE_PLAN_GUID)))
                        .as("service_of_plan");
        return Resource.of(
                        "service_instances",
                        "service instance",
                        SERVICE_INSTANCES,
                        CloudError.SERVICE_INSTANCE_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .listed(ServiceResources::listed, USER_PROVIDED_TOO)
                .pathOfRow(INSTANCE_PATH)
                .attributes(Attribute.text("name").column(SERVICE_INSTANCES.NAME), credentials())
                .toOne(
                        ToOne.of(
                                        "service_plan",
                                        "service_plans",
                                        SERVICE_INSTANCES.SERVICE_PLAN_GUID)
                                .readOnly())
                .toOne(ToOne.of("space", "spaces", SERVICE_INSTANCES.SPACE_GUID).readOnly())
                .attributes(
                        Attribute.object("gateway_data")
                                .shows(
                                        row -> {
                                            var data = row.get(SERVICE_INSTANCES.GATEWAY_DATA);
                                            return data == null ? null : Json.read(data.data());
                                        },
                                        SERVICE_INSTANCES.GATEWAY_DATA),
                        Attribute.text("dashboard_url")
                                .shows(
                                        row ->
                                                Boolean.TRUE.equals(row.get(revealed(row.caller())))
                                                        ? row.get(SERVICE_INSTANCES.DASHBOARD_URL)
                                                        : "",
                                        caller ->
                                                List.of(
                                                        SERVICE_INSTANCES.DASHBOARD_URL,
                                                        revealed(caller))),
                        Attribute.text("type")
                                .shows(
                                        row ->
                                                row.get(SERVICE_INSTANCES.SERVICE_PLAN_GUID) == null
                                                        ? "user_provided_service_instance"
                                                        : "managed_service_instance",
                                        SERVICE_INSTANCES.SERVICE_PLAN_GUID),
                        Attribute.object("last_operation")
                                .shows(
                                        row -> lastOperation(row.columns()),
                                        SERVICE_INSTANCES.LAST_OPERATION_TYPE,
                                        SERVICE_INSTANCES.LAST_OPERATION_STATE,
                                        SERVICE_INSTANCES.LAST_OPERATION_DESCRIPTION,
                                        SERVICE_INSTANCES.LAST_OPERATION_UPDATED_AT,
                                        SERVICE_INSTANCES.LAST_OPERATION_CREATED_AT),
                        Attribute.texts("tags")
                                .shows(
                                        row -> row.get(SERVICE_INSTANCES.TAGS),
                                        SERVICE_INSTANCES.TAGS),
                        Attribute.object("maintenance_info")
                                .shows(
                                        row ->
                                                ServiceSummaries.json(
                                                        row.get(
                                                                SERVICE_INSTANCES
                                                                        .MAINTENANCE_INFO)),
                                        SERVICE_INSTANCES.MAINTENANCE_INFO),
                        Attribute.text("service_guid").shows(row -> row.get(service), service),
                        Attribute.text("syslog_drain_url")
                                .column(SERVICE_INSTANCES.SYSLOG_DRAIN_URL),
                        Attribute.text("route_service_url")
                                .column(SERVICE_INSTANCES.ROUTE_SERVICE_URL))
                .toMany(bindingsOfInstance())
                .queryBy(
                        Query.text("name", SERVICE_INSTANCES.NAME),
                        Query.text("space_guid", SERVICE_INSTANCES.SPACE_GUID),
                        Query.text("service_plan_guid", SERVICE_INSTANCES.SERVICE_PLAN_GUID),
                        Query.text("gateway_name", SERVICE_INSTANCES.GATEWAY_NAME),
                        Query.within(
                                "organization_guid",
                                SPACES.ORGANIZATION_GUID,
                                where ->
                                        SERVICE_INSTANCES.SPACE_GUID.in(
                                                select(SPACES.GUID).from(SPACES).where(where))),
                        Query.within(
                                "service_binding_guid",
                                SERVICE_BINDINGS.GUID,
                                where ->
                                        SERVICE_INSTANCES.GUID.in(
                                                select(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID)
                                                        .from(SERVICE_BINDINGS)
                                                        .where(where))))
                .visibleTo(caller -> Roles.seesSpace(SERVICE_INSTANCES.SPACE_GUID, caller))
                .build();
    }

    private static ToMany bindingsOfInstance() {
        return ToMany.of(
                "service_bindings",
                "service_bindings",
                Link.of(
                        SERVICE_BINDINGS,
                        SERVICE_BINDINGS.SERVICE_INSTANCE_GUID,
                        SERVICE_BINDINGS.GUID));
    }

    private Resource userProvided() {
        return Resource.of(
                        "user_provided_service_instances",
                        "user-provided service instance",
                        SERVICE_INSTANCES,
                        CloudError.USER_PROVIDED_SERVICE_INSTANCE_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .only(SERVICE_INSTANCES.SERVICE_PLAN_GUID.isNull())
                .attributes(Attribute.text("name").column(SERVICE_INSTANCES.NAME), credentials())
                .toOne(ToOne.of("space", "spaces", SERVICE_INSTANCES.SPACE_GUID).readOnly())
                .attributes(
                        Attribute.constant("type", "user_provided_service_instance"),
                        Attribute.text("syslog_drain_url")
                                .shows(
                                        row -> orEmpty(row.get(SERVICE_INSTANCES.SYSLOG_DRAIN_URL)),
                                        SERVICE_INSTANCES.SYSLOG_DRAIN_URL),
                        Attribute.text("route_service_url")
                                .shows(
                                        row ->
                                                orEmpty(
                                                        row.get(
                                                                SERVICE_INSTANCES
                                                                        .ROUTE_SERVICE_URL)),
                                        SERVICE_INSTANCES.ROUTE_SERVICE_URL),
                        Attribute.texts("tags")
                                .shows(
                                        row -> row.get(SERVICE_INSTANCES.TAGS),
                                        SERVICE_INSTANCES.TAGS))
                .toMany(bindingsOfInstance())
                .queryBy(
                        Query.text("name", SERVICE_INSTANCES.NAME),
                        Query.text("space_guid", SERVICE_INSTANCES.SPACE_GUID),
                        Query.within(
                                "organization_guid",
                                SPACES.ORGANIZATION_GUID,
                                where ->
                                        SERVICE_INSTANCES.SPACE_GUID.in(
                                                select(SPACES.GUID).from(SPACES).where(where))))
                .visibleTo(caller -> Roles.seesSpace(SERVICE_INSTANCES.SPACE_GUID, caller))
                .build();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private Resource bindings() {
        var space =
                field(
                        select(APPS.SPACE_GUID)
                                .from(APPS)
                                .where(APPS.GUID.eq(SERVICE_BINDINGS.APP_GUID)));
        return Resource.of(
                        "service_bindings",
                        "service binding",
                        SERVICE_BINDINGS,
                        CloudError.SERVICE_BINDING_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .toOne(ToOne.of("app", "apps", SERVICE_BINDINGS.APP_GUID).readOnly())
                .toOne(
                        ToOne.of(
                                        "service_instance",
                                        "service_instances",
                                        SERVICE_BINDINGS.SERVICE_INSTANCE_GUID)
                                .readOnly()
                                .path(
                                        field(
                                                select(INSTANCE_PATH)
                                                        .from(SERVICE_INSTANCES)
                                                        .where(
                                                                SERVICE_INSTANCES.GUID.eq(
                                                                        SERVICE_BINDINGS
                                                                                .SERVICE_INSTANCE_GUID)))))
                .attributes(
                        Attribute.object("credentials")
                                .shows(
                                        row ->
                                                Boolean.TRUE.equals(
                                                                row.get(
                                                                        bindingRevealed(
                                                                                row.caller(),
                                                                                space)))
                                                        ? object(
                                                                encryptor.decrypt(
                                                                        row.get(
                                                                                SERVICE_BINDINGS
                                                                                        .CREDENTIALS_ENCRYPTED),
                                                                        row.get(
                                                                                SERVICE_BINDINGS
                                                                                        .CREDENTIALS_KEY)))
                                                        : HIDDEN,
                                        caller ->
                                                List.of(
                                                        SERVICE_BINDINGS.CREDENTIALS_ENCRYPTED,
                                                        SERVICE_BINDINGS.CREDENTIALS_KEY,
                                                        bindingRevealed(caller, space))),
                        Attribute.constant("binding_options", Map.of()),
                        Attribute.constant("gateway_data", null),
                        Attribute.text("gateway_name").column(SERVICE_BINDINGS.GATEWAY_NAME),
                        Attribute.text("syslog_drain_url")
                                .column(SERVICE_BINDINGS.SYSLOG_DRAIN_URL),
                        Attribute.constant("volume_mounts", List.of()),
                        Attribute.text("name").column(SERVICE_BINDINGS.NAME))
                .queryBy(
                        Query.text("app_guid", SERVICE_BINDINGS.APP_GUID),
                        Query.text("service_instance_guid", SERVICE_BINDINGS.SERVICE_INSTANCE_GUID),
                        Query.text("name", SERVICE_BINDINGS.NAME))
                .visibleTo(caller -> Roles.seesSpace(space, caller))
                .build();
    }

    private static Field<Boolean> bindingRevealed(Caller caller, Field<String> space) {
        return field(
                        caller.seesSecrets()
                                ? noCondition()
                                : Roles.inSpace(space, caller, Roles.DEVELOPER))
                .as("credentials_revealed");
    }
}

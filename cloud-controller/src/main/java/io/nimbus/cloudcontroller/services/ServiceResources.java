package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_AUTH_TOKENS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BROKERS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_KEYS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLAN_VISIBILITIES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.falseCondition;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.trueCondition;
import static org.jooq.impl.DSL.when;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.encryption.Encryptor;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.events.Audited;
import io.nimbus.cloudcontroller.flags.Flag;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Checks;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Row;
import io.nimbus.cloudcontroller.rest.ToMany;
import io.nimbus.cloudcontroller.rest.ToOne;
import io.nimbus.cloudcontroller.routing.RouteMappings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * Services and plans, service instances, bindings, keys and brokers. What users provide is made
 * here; the rest is the business of brokers and gateways.
 */
public final class ServiceResources {
    private static final Map<String, String> HIDDEN =
            Map.of("redacted_message", "[PRIVATE DATA HIDDEN]");

    private final Encryptor encryptor;
    private final Audit audit;
    private final Flags flags;
    private final RouteMappings mappings;
    private final Supplier<String> guids;

    public ServiceResources(
            Encryptor encryptor,
            Audit audit,
            Flags flags,
            RouteMappings mappings,
            Supplier<String> guids) {
        this.encryptor = encryptor;
        this.audit = audit;
        this.flags = flags;
        this.mappings = mappings;
        this.guids = guids;
    }

    public List<Resource> declare() {
        return List.of(
                services(),
                plans(),
                visibilities(),
                brokers(),
                instances(),
                userProvided(),
                bindings(),
                keys(),
                authTokens());
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

    /** Whether strangers may look around. */
    private Condition market(ApiRequest request) {
        if (!request.caller().isKnown()
                && flags.isOn(Flag.HIDE_MARKETPLACE_FROM_UNAUTHENTICATED_USERS)) {
            throw CloudError.NOT_AUTHENTICATED.of();
        }
        return noCondition();
    }

    private Resource services() {
        var broker =
                field(
                                select(SERVICE_BROKERS.NAME)
                                        .from(SERVICE_BROKERS)
                                        .where(
                                                SERVICE_BROKERS.GUID.eq(
                                                        SERVICES.SERVICE_BROKER_GUID)))
                        .as("broker_name");
        return Resource.of("services", "service", SERVICES, CloudError.SERVICE_NOT_FOUND)
                .openToStrangers()
                .listed(this::market)
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
                                                SERVICE_PLANS.GUID))
                                .dependent())
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
                .on(told("service", SERVICES.LABEL))
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

    private Resource plans() {
        var inherited =
                field(
                                select(SERVICES.BINDABLE)
                                        .from(SERVICES)
                                        .where(SERVICES.GUID.eq(SERVICE_PLANS.SERVICE_GUID)))
                        .as("bindable_service");
        return Resource.of(
                        "service_plans",
                        "service plan",
                        SERVICE_PLANS,
                        CloudError.SERVICE_PLAN_NOT_FOUND)
                .openToStrangers()
                .listed(this::market)
                .serves(Operation.LIST, Operation.READ, Operation.UPDATE, Operation.DELETE)
                .attributes(
                        Attribute.text("name").column(SERVICE_PLANS.NAME).readOnly(),
                        Attribute.flag("free").column(SERVICE_PLANS.FREE).readOnly(),
                        Attribute.text("description").column(SERVICE_PLANS.DESCRIPTION).readOnly())
                .toOne(ToOne.of("service", "services", SERVICE_PLANS.SERVICE_GUID).readOnly())
                .attributes(
                        Attribute.text("extra").column(SERVICE_PLANS.EXTRA).readOnly(),
                        Attribute.text("unique_id").column(SERVICE_PLANS.UNIQUE_ID).readOnly(),
                        Attribute.flag("public").column(SERVICE_PLANS.PUBLIC),
                        Attribute.flag("bindable")
                                .readOnly()
                                .shows(
                                        row -> {
                                            var own = row.get(SERVICE_PLANS.BINDABLE);
                                            return own == null ? row.get(inherited) : own;
                                        },
                                        SERVICE_PLANS.BINDABLE,
                                        inherited),
                        Attribute.flag("active").column(SERVICE_PLANS.ACTIVE).readOnly(),
                        Attribute.flag("plan_updateable")
                                .column(SERVICE_PLANS.PLAN_UPDATEABLE)
                                .readOnly(),
                        Attribute.integer("maximum_polling_duration")
                                .column(SERVICE_PLANS.MAXIMUM_POLLING_DURATION)
                                .readOnly(),
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
                                                SERVICE_INSTANCES.GUID))
                                .dependent())
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
                .visibleTo(caller ->
                        visiblePlan(caller)
                                .or(
                                        SERVICE_PLANS.GUID.in(
                                                select(SERVICE_INSTANCES.SERVICE_PLAN_GUID)
                                                        .from(SERVICE_INSTANCES)
                                                        .where(
                                                                Roles.inSpace(
                                                                        SERVICE_INSTANCES
                                                                                .SPACE_GUID,
                                                                        caller,
                                                                        Roles.DEVELOPER)))))
                .on(new PlanRules(), told("service_plan", SERVICE_PLANS.NAME))
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
                                ? trueCondition()
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

    static final Field<String> INSTANCE_PATH =
            when(
                            SERVICE_INSTANCES.SERVICE_PLAN_GUID.isNull(),
                            inline("/v2/user_provided_service_instances"))
                    .otherwise(inline("/v2/service_instances"));

    /** Managed ones; what a user provided is part of the list only for who asks for that. */
    public static Condition listed(ApiRequest request) {
        return request.flag(USER_PROVIDED_TOO)
                ? trueCondition()
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
                .toMany(bindingsOfInstance(), keysOfInstance(), routesOfInstance())
                .queryBy(
                        Query.text("name", SERVICE_INSTANCES.NAME),
                        Query.text("space_guid", SERVICE_INSTANCES.SPACE_GUID),
                        Query.within(
                                "service_key_guid",
                                SERVICE_KEYS.GUID,
                                where ->
                                        SERVICE_INSTANCES.GUID.in(
                                                select(SERVICE_KEYS.SERVICE_INSTANCE_GUID)
                                                        .from(SERVICE_KEYS)
                                                        .where(where))),
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
                .grant(Right.UPDATE, ServiceResources::developer)
                .build();
    }

    private static Condition developer(Caller caller) {
        return Roles.develops(SERVICE_INSTANCES.SPACE_GUID, caller);
    }

    private static ToMany bindingsOfInstance() {
        return ToMany.of(
                        "service_bindings",
                        "service_bindings",
                        Link.of(
                                SERVICE_BINDINGS,
                                SERVICE_BINDINGS.SERVICE_INSTANCE_GUID,
                                SERVICE_BINDINGS.GUID))
                .dependent();
    }

    private static ToMany keysOfInstance() {
        return ToMany.of(
                        "service_keys",
                        "service_keys",
                        Link.of(
                                SERVICE_KEYS,
                                SERVICE_KEYS.SERVICE_INSTANCE_GUID,
                                SERVICE_KEYS.GUID))
                .linkOnly();
    }

    private ToMany routesOfInstance() {
        return ToMany.of(
                        "routes",
                        "routes",
                        Link.of(
                                ROUTE_BINDINGS,
                                ROUTE_BINDINGS.SERVICE_INSTANCE_GUID,
                                ROUTE_BINDINGS.ROUTE_GUID))
                .edited(new RouteServices(mappings, audit, guids))
                .dependent();
    }

    /** Events of what is not in any space. */
    private Audited told(String type, Field<String> name) {
        return new Audited(audit, type, name, change -> Audit.Place.NOWHERE);
    }

    private Resource userProvided() {
        return Resource.of(
                        "user_provided_service_instances",
                        "user-provided service instance",
                        SERVICE_INSTANCES,
                        CloudError.USER_PROVIDED_SERVICE_INSTANCE_NOT_FOUND)
                .only(SERVICE_INSTANCES.SERVICE_PLAN_GUID.isNull())
                .attributes(
                        Attribute.text("name")
                                .column(SERVICE_INSTANCES.NAME)
                                .required()
                                .stripped()
                                .check(UserProvidedRules::checkName),
                        credentials()
                                .orElse(Map.of())
                                .writes((change, credentials) -> {
                                    var sealed = encryptor.encrypt(Json.write(credentials));
                                    change.set(
                                            SERVICE_INSTANCES.CREDENTIALS_ENCRYPTED,
                                            sealed.bytes());
                                    change.set(SERVICE_INSTANCES.CREDENTIALS_KEY, sealed.key());
                                }))
                .toOne(
                        ToOne.of("space", "spaces", SERVICE_INSTANCES.SPACE_GUID)
                                .unknown(CloudError.SERVICE_INSTANCE_INVALID))
                .attributes(
                        Attribute.constant("type", "user_provided_service_instance"),
                        Attribute.text("syslog_drain_url")
                                .shows(
                                        row -> orEmpty(row.get(SERVICE_INSTANCES.SYSLOG_DRAIN_URL)),
                                        SERVICE_INSTANCES.SYSLOG_DRAIN_URL)
                                .orElse("")
                                .check(UserProvidedRules::checkDrain)
                                .writes((change, url) ->
                                        change.set(SERVICE_INSTANCES.SYSLOG_DRAIN_URL, url)),
                        Attribute.text("route_service_url")
                                .shows(
                                        row ->
                                                orEmpty(
                                                        row.get(
                                                                SERVICE_INSTANCES
                                                                        .ROUTE_SERVICE_URL)),
                                        SERVICE_INSTANCES.ROUTE_SERVICE_URL)
                                .orElse("")
                                .check(UserProvidedRules::checkRouteService)
                                .writes((change, url) ->
                                        change.set(SERVICE_INSTANCES.ROUTE_SERVICE_URL, url)),
                        Attribute.texts("tags")
                                .shows(
                                        row -> row.get(SERVICE_INSTANCES.TAGS),
                                        SERVICE_INSTANCES.TAGS)
                                .writes((change, tags) ->
                                        change.set(
                                                SERVICE_INSTANCES.TAGS,
                                                tags.toArray(String[]::new))))
                .toMany(bindingsOfInstance(), routesOfInstance())
                .queryBy(
                        Query.text("name", SERVICE_INSTANCES.NAME),
                        Query.text("space_guid", SERVICE_INSTANCES.SPACE_GUID),
                        Query.within(
                                "organization_guid",
                                SPACES.ORGANIZATION_GUID,
                                where ->
                                        SERVICE_INSTANCES.SPACE_GUID.in(
                                                select(SPACES.GUID).from(SPACES).where(where))))
                .unique("service_instances_name", CloudError.SERVICE_INSTANCE_NAME_TAKEN, "name")
                .visibleTo(caller -> Roles.seesSpace(SERVICE_INSTANCES.SPACE_GUID, caller))
                .grant(Right.CREATE, ServiceResources::developer)
                .grant(Right.UPDATE, ServiceResources::developer)
                .grant(Right.DELETE, ServiceResources::developer)
                .on(new UserProvidedRules(audit, flags, mappings, guids))
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
                .serves(Operation.LIST, Operation.CREATE, Operation.READ, Operation.DELETE)
                .toOne(
                        ToOne.of("app", "apps", SERVICE_BINDINGS.APP_GUID)
                                .unknown(CloudError.APP_NOT_FOUND))
                .toOne(
                        ToOne.of(
                                        "service_instance",
                                        "service_instances",
                                        SERVICE_BINDINGS.SERVICE_INSTANCE_GUID)
                                .unknown(CloudError.SERVICE_INSTANCE_NOT_FOUND)
                                .path(
                                        field(
                                                select(INSTANCE_PATH)
                                                        .from(SERVICE_INSTANCES)
                                                        .where(
                                                                SERVICE_INSTANCES.GUID.eq(
                                                                        SERVICE_BINDINGS
                                                                                .SERVICE_INSTANCE_GUID)))))
                .attributes(
                        Attribute.object("parameters").hidden(),
                        Attribute.object("credentials")
                                .readOnly()
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
                        Attribute.text("gateway_name")
                                .column(SERVICE_BINDINGS.GATEWAY_NAME)
                                .readOnly(),
                        Attribute.text("syslog_drain_url")
                                .column(SERVICE_BINDINGS.SYSLOG_DRAIN_URL)
                                .readOnly(),
                        Attribute.constant("volume_mounts", List.of()),
                        Attribute.text("name")
                                .column(SERVICE_BINDINGS.NAME)
                                .check(BindingRules::checkName),
                        Attribute.object("last_operation")
                                .readOnly()
                                .shows(BindingRules::lastOperation, BindingRules.LAST_OPERATION))
                .queryBy(
                        Query.text("app_guid", SERVICE_BINDINGS.APP_GUID),
                        Query.text("service_instance_guid", SERVICE_BINDINGS.SERVICE_INSTANCE_GUID),
                        Query.text("name", SERVICE_BINDINGS.NAME))
                .visibleTo(caller -> Roles.seesSpace(space, caller))
                .grant(Right.CREATE, caller -> Roles.develops(space, caller))
                .grant(Right.DELETE, caller -> Roles.develops(space, caller))
                .on(new BindingRules(audit))
                .build();
    }

    // --- Keys, visibilities, brokers, tokens
    // ---------------------------------------------------------

    /** Those of user-provided instances are refused; brokers make the others. */
    private Resource keys() {
        var space =
                field(
                        select(SERVICE_INSTANCES.SPACE_GUID)
                                .from(SERVICE_INSTANCES)
                                .where(
                                        SERVICE_INSTANCES.GUID.eq(
                                                SERVICE_KEYS.SERVICE_INSTANCE_GUID)));
        return Resource.of(
                        "service_keys",
                        "service key",
                        SERVICE_KEYS,
                        CloudError.SERVICE_KEY_NOT_FOUND)
                .serves(Operation.LIST, Operation.CREATE, Operation.READ)
                .attributes(
                        Attribute.text("name")
                                .column(SERVICE_KEYS.NAME)
                                .required()
                                .stripped()
                                .check(Checks.name(CloudError.SERVICE_KEY_INVALID)))
                .toOne(
                        ToOne.of(
                                        "service_instance",
                                        "service_instances",
                                        SERVICE_KEYS.SERVICE_INSTANCE_GUID)
                                .unknown(CloudError.SERVICE_INSTANCE_NOT_FOUND))
                .attributes(
                        Attribute.object("parameters").hidden(),
                        Attribute.object("credentials")
                                .readOnly()
                                .shows(
                                        row ->
                                                object(
                                                        encryptor.decrypt(
                                                                row.get(
                                                                        SERVICE_KEYS
                                                                                .CREDENTIALS_ENCRYPTED),
                                                                row.get(
                                                                        SERVICE_KEYS
                                                                                .CREDENTIALS_KEY))),
                                        SERVICE_KEYS.CREDENTIALS_ENCRYPTED,
                                        SERVICE_KEYS.CREDENTIALS_KEY))
                .queryBy(
                        Query.text("name", SERVICE_KEYS.NAME),
                        Query.text("service_instance_guid", SERVICE_KEYS.SERVICE_INSTANCE_GUID))
                .unique("service_keys_name", CloudError.SERVICE_KEY_NAME_TAKEN, "name")
                .grant(
                        Right.READ,
                        caller ->
                                caller.seesSecrets()
                                        ? noCondition()
                                        : Roles.inSpace(space, caller, Roles.DEVELOPER))
                .grant(Right.CREATE, caller -> Roles.develops(space, caller))
                .hiddenWhenInvisible()
                .on(
                        new Lifecycle() {
                            @Override
                            public void beforeSave(Change change) {
                                throw CloudError.SERVICE_KEY_NOT_SUPPORTED.of(
                                        "a user-provided instance has the credentials that it was given");
                            }
                        })
                .build();
    }

    private Resource visibilities() {
        var v = SERVICE_PLAN_VISIBILITIES;
        return Resource.of(
                        "service_plan_visibilities",
                        "service plan visibility",
                        v,
                        CloudError.SERVICE_PLAN_VISIBILITY_NOT_FOUND)
                .toOne(
                        ToOne.of("service_plan", "service_plans", v.SERVICE_PLAN_GUID)
                                .unknown(CloudError.SERVICE_PLAN_VISIBILITY_INVALID))
                .toOne(
                        ToOne.of("organization", "organizations", v.ORGANIZATION_GUID)
                                .unknown(CloudError.SERVICE_PLAN_VISIBILITY_INVALID))
                .queryBy(
                        Query.text("organization_guid", v.ORGANIZATION_GUID),
                        Query.text("service_plan_guid", v.SERVICE_PLAN_GUID))
                .unique(
                        "service_plan_visibilities_pair",
                        CloudError.SERVICE_PLAN_VISIBILITY_ALREADY_EXISTS,
                        "service_plan_guid")
                .visibleTo(caller -> falseCondition())
                .on(
                        new VisibilityRules(),
                        new Audited(
                                audit,
                                "service_plan_visibility",
                                change -> "",
                                change -> new Audit.Place("", change.need(v.ORGANIZATION_GUID))))
                .build();
    }

    /** Making and changing one asks the broker for its catalog. */
    private Resource brokers() {
        var b = SERVICE_BROKERS;
        return Resource.of(
                        "service_brokers", "service broker", b, CloudError.SERVICE_BROKER_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ, Operation.DELETE)
                .attributes(
                        Attribute.text("name").column(b.NAME),
                        Attribute.text("broker_url").column(b.BROKER_URL),
                        Attribute.text("auth_username").column(b.AUTH_USERNAME))
                .toOne(ToOne.of("space", "spaces", b.SPACE_GUID).optional())
                .queryBy(Query.text("name", b.NAME), Query.text("space_guid", b.SPACE_GUID))
                .visibleTo(caller -> Roles.inSpace(b.SPACE_GUID, caller, Roles.DEVELOPER))
                .grant(Right.DELETE, caller -> Roles.develops(b.SPACE_GUID, caller))
                .on(new BrokerRules(), told("service_broker", b.NAME))
                .build();
    }

    private Resource authTokens() {
        var t = SERVICE_AUTH_TOKENS;
        return Resource.of(
                        "service_auth_tokens",
                        "service auth token",
                        t,
                        CloudError.SERVICE_AUTH_TOKEN_NOT_FOUND)
                .attributes(
                        Attribute.text("label")
                                .column(t.LABEL)
                                .required()
                                .stripped()
                                .check(Checks.name(CloudError.SERVICE_AUTH_TOKEN_INVALID)),
                        Attribute.text("provider")
                                .column(t.PROVIDER)
                                .required()
                                .stripped()
                                .check(Checks.name(CloudError.SERVICE_AUTH_TOKEN_INVALID)),
                        Attribute.text("token")
                                .required()
                                .hidden()
                                .check(Checks.name(CloudError.SERVICE_AUTH_TOKEN_INVALID))
                                .writes((change, token) -> {
                                    var sealed = encryptor.encrypt(token);
                                    change.set(t.TOKEN_ENCRYPTED, sealed.bytes());
                                    change.set(t.TOKEN_KEY, sealed.key());
                                }))
                .queryBy(Query.name("label", t.LABEL), Query.name("provider", t.PROVIDER))
                .unique(
                        "service_auth_tokens_label",
                        CloudError.SERVICE_AUTH_TOKEN_LABEL_TAKEN,
                        "label")
                .build();
    }

    private static Field<Boolean> bindingRevealed(Caller caller, Field<String> space) {
        return field(
                        caller.seesSecrets()
                                ? trueCondition()
                                : Roles.inSpace(space, caller, Roles.DEVELOPER))
                .as("credentials_revealed");
    }
}

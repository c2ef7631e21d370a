package io.nimbus.cloudcontroller.services;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import io.nimbus.cloudcontroller.rest.Row;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/** What holds for bindings of apps to what users provide: they get what the instance has. */
final class BindingRules implements Lifecycle {
    private static final Pattern NAME = Pattern.compile("[\\w-]{1,255}");

    static final Field<?>[] LAST_OPERATION = {
        SERVICE_BINDINGS.LAST_OPERATION_TYPE,
        SERVICE_BINDINGS.LAST_OPERATION_STATE,
        SERVICE_BINDINGS.LAST_OPERATION_DESCRIPTION,
        SERVICE_BINDINGS.LAST_OPERATION_CREATED_AT,
        SERVICE_BINDINGS.LAST_OPERATION_UPDATED_AT,
        SERVICE_BINDINGS.CREATED_AT,
        SERVICE_BINDINGS.UPDATED_AT
    };

    private final Audit audit;

    BindingRules(Audit audit) {
        this.audit = audit;
    }

    static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw CloudError.SERVICE_BINDING_INVALID.of(
                    "the name is made of at most 255 letters, digits, dashes and underscores");
        }
    }

    /** Without one of its own: it was made at once. */
    static Object lastOperation(Row row) {
        var type = row.get(SERVICE_BINDINGS.LAST_OPERATION_TYPE);
        var operation = new LinkedHashMap<String, @Nullable Object>();
        operation.put("type", type == null ? "create" : type);
        operation.put(
                "state",
                type == null ? "succeeded" : row.get(SERVICE_BINDINGS.LAST_OPERATION_STATE));
        var description = row.get(SERVICE_BINDINGS.LAST_OPERATION_DESCRIPTION);
        operation.put("description", description == null ? "" : description);
        var updated =
                row.get(
                        type == null
                                ? SERVICE_BINDINGS.UPDATED_AT
                                : SERVICE_BINDINGS.LAST_OPERATION_UPDATED_AT);
        var created =
                row.get(
                        type == null
                                ? SERVICE_BINDINGS.CREATED_AT
                                : SERVICE_BINDINGS.LAST_OPERATION_CREATED_AT);
        operation.put("updated_at", Json.time(updated == null ? created : updated));
        operation.put("created_at", Json.time(created));
        return operation;
    }

    @Override
    public void beforeSave(Change change) {
        var tx = change.tx();
        var app = change.need(SERVICE_BINDINGS.APP_GUID);
        var instance =
                tx.selectFrom(SERVICE_INSTANCES)
                        .where(
                                SERVICE_INSTANCES.GUID.eq(
                                        change.need(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID)))
                        .forShare()
                        .fetchSingle();
        var space =
                tx.select(APPS.SPACE_GUID)
                        .from(APPS)
                        .where(APPS.GUID.eq(app))
                        .forShare()
                        .fetchSingle()
                        .value1();
        if (!space.equals(instance.getSpaceGuid())) {
            throw CloudError.SERVICE_BINDING_APP_SERVICE_TAKEN.of(
                    "The app and the service instance are not in the same space.");
        }
        if (tx.fetchExists(
                SERVICE_BINDINGS,
                SERVICE_BINDINGS
                        .APP_GUID
                        .eq(app)
                        .and(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID.eq(instance.getGuid())))) {
            throw CloudError.SERVICE_BINDING_APP_SERVICE_TAKEN.of(
                    "The app is bound to the service instance already.");
        }
        var name = change.get(SERVICE_BINDINGS.NAME);
        if (name != null
                && tx.fetchExists(
                        SERVICE_BINDINGS,
                        SERVICE_BINDINGS.APP_GUID.eq(app).and(SERVICE_BINDINGS.NAME.eq(name)))) {
            throw CloudError.SERVICE_BINDING_APP_SERVICE_TAKEN.of(
                    "The app has a binding of this name already.");
        }
        if (instance.getServicePlanGuid() != null) {
            throw CloudError.SERVICE_BINDING_INVALID.of(
                    "the instance is managed by a broker, and none is reachable from here");
        }
        change.set(SERVICE_BINDINGS.CREDENTIALS_ENCRYPTED, instance.getCredentialsEncrypted());
        change.set(SERVICE_BINDINGS.CREDENTIALS_KEY, instance.getCredentialsKey());
        change.set(SERVICE_BINDINGS.SYSLOG_DRAIN_URL, instance.getSyslogDrainUrl());
        change.set(SERVICE_BINDINGS.GATEWAY_NAME, "");
    }

    @Override
    public void afterSave(Change change) {
        tell(change, "create", Audit.request(change.given().body()));
    }

    @Override
    public void beforeDelete(Change change, boolean recursive) {
        tell(change, "delete", Map.of("request", Map.of()));
    }

    private void tell(Change change, String what, Map<String, ?> metadata) {
        var instance =
                change.tx()
                        .select(SERVICE_INSTANCES.NAME, SERVICE_INSTANCES.SPACE_GUID)
                        .from(SERVICE_INSTANCES)
                        .where(
                                SERVICE_INSTANCES.GUID.eq(
                                        change.need(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID)))
                        .fetchSingle();
        audit.record(
                change.tx(),
                "audit.service_binding." + what,
                change.caller(),
                new Audit.Actee(change.guid(), "service_binding", instance.value1()),
                UserProvidedRules.place(change.tx(), instance.value2()),
                metadata);
    }
}

package io.nimbus.cloudcontroller.events;

import static io.nimbus.cloudcontroller.ccdb.Tables.EVENTS;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import java.util.Map;

/** {@code /v2/events}. */
public final class EventResource {
    private EventResource() {}

    public static Resource declare() {
        return Resource.of("events", "event", EVENTS, CloudError.EVENT_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .attributes(
                        Attribute.text("type").column(EVENTS.TYPE),
                        Attribute.text("actor").column(EVENTS.ACTOR),
                        Attribute.text("actor_type").column(EVENTS.ACTOR_TYPE),
                        Attribute.text("actor_name").column(EVENTS.ACTOR_NAME),
                        Attribute.text("actor_username").column(EVENTS.ACTOR_USERNAME),
                        Attribute.text("actee").column(EVENTS.ACTEE),
                        Attribute.text("actee_type").column(EVENTS.ACTEE_TYPE),
                        Attribute.text("actee_name").column(EVENTS.ACTEE_NAME),
                        Attribute.time("timestamp", EVENTS.TIMESTAMP),
                        Attribute.object("metadata")
                                .shows(
                                        row -> {
                                            var metadata = row.get(EVENTS.METADATA);
                                            return metadata == null
                                                    ? Map.of()
                                                    : Json.read(metadata.data());
                                        },
                                        EVENTS.METADATA),
                        Attribute.text("space_guid").column(EVENTS.SPACE_GUID),
                        Attribute.text("organization_guid").column(EVENTS.ORGANIZATION_GUID))
                .queryBy(
                        Query.time("timestamp", EVENTS.TIMESTAMP),
                        Query.text("type", EVENTS.TYPE),
                        Query.text("actee", EVENTS.ACTEE),
                        Query.text("space_guid", EVENTS.SPACE_GUID),
                        Query.text("organization_guid", EVENTS.ORGANIZATION_GUID))
                .sortBy("timestamp", EVENTS.TIMESTAMP)
                .ordered(EVENTS.TIMESTAMP)
                .visibleTo(caller ->
                        Roles.inSpace(EVENTS.SPACE_GUID, caller, Roles.DEVELOPER, Roles.AUDITOR)
                                .or(
                                        Roles.inOrganization(
                                                EVENTS.ORGANIZATION_GUID, caller, Roles.AUDITOR)))
                .build();
    }
}

package io.nimbus.cloudcontroller.events;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.APP_EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Operation;
import io.nimbus.cloudcontroller.rest.ToOne;

/** Crashes in the form of 2013: {@code /v2/app_events}. The same are among the events. */
public final class CrashResource {
    private CrashResource() {}

    /** The resource. */
    public static Resource declare() {
        var e = APP_EVENTS;
        var space = field(select(APPS.SPACE_GUID).from(APPS).where(APPS.GUID.eq(e.APP_GUID)));
        return Resource.of("app_events", "app event", e, CloudError.EVENT_NOT_FOUND)
                .serves(Operation.LIST, Operation.READ)
                .deprecated()
                .toOne(ToOne.of("app", "apps", e.APP_GUID).readOnly())
                .attributes(
                        Attribute.text("instance_guid").column(e.INSTANCE_GUID),
                        Attribute.integer("instance_index").column(e.INSTANCE_INDEX),
                        Attribute.integer("exit_status").column(e.EXIT_STATUS),
                        Attribute.text("exit_description").column(e.EXIT_DESCRIPTION),
                        Attribute.time("timestamp", e.TIMESTAMP))
                .queryBy(Query.time("timestamp", e.TIMESTAMP), Query.text("app_guid", e.APP_GUID))
                .visibleTo(caller -> Roles.seesSpace(space, caller))
                .build();
    }

    /** Those of the apps of a space. */
    public static Link ofSpace() {
        return Link.of(
                APP_EVENTS.join(APPS).on(APPS.GUID.eq(APP_EVENTS.APP_GUID)),
                APPS.SPACE_GUID,
                APP_EVENTS.GUID);
    }

    /** Those of the apps of an organization. */
    public static Link ofOrganization() {
        return Link.of(
                APP_EVENTS
                        .join(APPS)
                        .on(APPS.GUID.eq(APP_EVENTS.APP_GUID))
                        .join(SPACES)
                        .on(SPACES.GUID.eq(APPS.SPACE_GUID)),
                SPACES.ORGANIZATION_GUID,
                APP_EVENTS.GUID);
    }
}

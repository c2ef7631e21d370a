package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.APP_USAGE_EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import io.nimbus.cloudcontroller.rest.Change;
import java.util.function.Supplier;

/** Writes what billing reads: each start, stop and change of footprint. */
final class AppUsage {
    private final Supplier<String> guids;

    AppUsage(Supplier<String> guids) {
        this.guids = guids;
    }

    /** After a change of state, memory, instances or {@code production}. */
    void changed(Change change) {
        var state = change.need(APPS.STATE);
        var before = change.before(APPS.STATE);
        var wasStarted = "STARTED".equals(before);
        var isStarted = state.equals("STARTED");
        var footprint =
                change.changes(APPS.MEMORY)
                        || change.changes(APPS.INSTANCES)
                        || change.changes(APPS.PRODUCTION);
        if (wasStarted != isStarted || (isStarted && footprint)) {
            write(change, state);
        }
    }

    void deleted(Change change) {
        if (change.need(APPS.STATE).equals("STARTED")) {
            write(change, "STOPPED");
        }
    }

    private void write(Change change, String state) {
        var space =
                change.tx()
                        .select(SPACES.NAME, SPACES.ORGANIZATION_GUID)
                        .from(SPACES)
                        .where(SPACES.GUID.eq(change.need(APPS.SPACE_GUID)))
                        .fetchSingle();
        change.tx()
                .insertInto(APP_USAGE_EVENTS)
                .set(APP_USAGE_EVENTS.GUID, guids.get())
                .set(APP_USAGE_EVENTS.CREATED_AT, change.now())
                .set(APP_USAGE_EVENTS.STATE, state)
                .set(APP_USAGE_EVENTS.PREVIOUS_STATE, change.before(APPS.STATE))
                .set(APP_USAGE_EVENTS.INSTANCE_COUNT, change.need(APPS.INSTANCES))
                .set(APP_USAGE_EVENTS.PREVIOUS_INSTANCE_COUNT, change.before(APPS.INSTANCES))
                .set(APP_USAGE_EVENTS.MEMORY_IN_MB_PER_INSTANCE, change.need(APPS.MEMORY))
                .set(
                        APP_USAGE_EVENTS.PREVIOUS_MEMORY_IN_MB_PER_INSTANCE,
                        change.before(APPS.MEMORY))
                .set(APP_USAGE_EVENTS.APP_GUID, change.guid())
                .set(APP_USAGE_EVENTS.APP_NAME, change.need(APPS.NAME))
                .set(APP_USAGE_EVENTS.SPACE_GUID, change.need(APPS.SPACE_GUID))
                .set(APP_USAGE_EVENTS.SPACE_NAME, space.value1())
                .set(APP_USAGE_EVENTS.ORG_GUID, space.value2())
                .set(APP_USAGE_EVENTS.BUILDPACK_GUID, change.get(APPS.DETECTED_BUILDPACK_GUID))
                .set(APP_USAGE_EVENTS.BUILDPACK_NAME, change.get(APPS.DETECTED_BUILDPACK_NAME))
                .set(APP_USAGE_EVENTS.PACKAGE_STATE, change.need(APPS.PACKAGE_STATE))
                .set(APP_USAGE_EVENTS.PREVIOUS_PACKAGE_STATE, change.before(APPS.PACKAGE_STATE))
                .set(APP_USAGE_EVENTS.PROCESS_TYPE, "web")
                .execute();
    }
}

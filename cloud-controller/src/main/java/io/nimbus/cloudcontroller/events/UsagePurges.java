package io.nimbus.cloudcontroller.events;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.APP_USAGE_EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_USAGE_EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Route;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jooq.DSLContext;

/** Starts the books of usage anew: what runs, or is there, at this moment is their first page. */
public final class UsagePurges implements Endpoints {
    private final Engine engine;
    private final Supplier<String> guids;

    public UsagePurges(Engine engine, Supplier<String> guids) {
        this.engine = engine;
        this.guids = guids;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.post(
                        "/v2/app_usage_events/destructively_purge_all_and_reseed_started_apps",
                        request -> purge(request, this::apps)),
                Route.post(
                        "/v2/service_usage_events/destructively_purge_all_and_reseed_existing_instances",
                        request -> purge(request, this::services)));
    }

    private ApiResponse purge(ApiRequest request, Consumer<DSLContext> work) {
        if (!request.caller().isAdmin()) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        engine.database().inTransaction(work);
        return ApiResponse.noContent();
    }

    private void apps(DSLContext tx) {
        var e = APP_USAGE_EVENTS;
        tx.deleteFrom(e).execute();
        tx.select(APPS.asterisk(), SPACES.NAME, SPACES.ORGANIZATION_GUID)
                .from(APPS)
                .join(SPACES)
                .on(SPACES.GUID.eq(APPS.SPACE_GUID))
                .where(APPS.STATE.eq("STARTED"))
                .orderBy(APPS.ID)
                .forEach(row -> {
                    var app = row.into(APPS);
                    tx.insertInto(e)
                            .set(e.GUID, guids.get())
                            .set(e.CREATED_AT, engine.clock().instant())
                            .set(e.STATE, "STARTED")
                            .set(e.INSTANCE_COUNT, app.getInstances())
                            .set(e.MEMORY_IN_MB_PER_INSTANCE, app.getMemory())
                            .set(e.APP_GUID, app.getGuid())
                            .set(e.APP_NAME, app.getName())
                            .set(e.SPACE_GUID, app.getSpaceGuid())
                            .set(e.SPACE_NAME, row.get(SPACES.NAME))
                            .set(e.ORG_GUID, row.get(SPACES.ORGANIZATION_GUID))
                            .set(e.BUILDPACK_GUID, app.getDetectedBuildpackGuid())
                            .set(e.BUILDPACK_NAME, app.getDetectedBuildpackName())
                            .set(e.PACKAGE_STATE, app.getPackageState())
                            .set(e.PROCESS_TYPE, "web")
                            .execute();
                });
    }

    private void services(DSLContext tx) {
        tx.deleteFrom(SERVICE_USAGE_EVENTS).execute();
        tx.select(SERVICE_INSTANCES.GUID)
                .from(SERVICE_INSTANCES)
                .orderBy(SERVICE_INSTANCES.ID)
                .fetch(SERVICE_INSTANCES.GUID)
                .forEach(instance ->
                        ServiceUsage.record(
                                tx, "CREATED", instance, guids.get(), engine.clock().instant()));
    }
}

package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.BUILDPACKS;
import static io.nimbus.cloudcontroller.ccdb.Tables.ROUTE_MAPPINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.STACKS;
import static io.nimbus.cloudcontroller.errors.CloudError.APP_INVALID;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.flags.Flag;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.policy.AppPolicy;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Lifecycle;
import io.nimbus.cloudcontroller.staging.Staging;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.jooq.Record;

/** What an app's row must satisfy, what follows from a change of it, and what goes with it. */
public final class AppRules implements Lifecycle {
    private final AppSecrets secrets;
    private final AppConfig config;
    private final Flags flags;
    private final AppReactions reactions;
    private final AppUsage usage;
    private final Jobs jobs;
    private final Supplier<String> guids;
    private final boolean customBuildpacks;

    public AppRules(
            AppSecrets secrets,
            AppConfig config,
            Flags flags,
            AppReactions reactions,
            Jobs jobs,
            Supplier<String> guids,
            boolean customBuildpacks) {
        this.secrets = secrets;
        this.config = config;
        this.flags = flags;
        this.reactions = reactions;
        this.usage = new AppUsage(guids);
        this.jobs = jobs;
        this.guids = guids;
        this.customBuildpacks = customBuildpacks;
    }

    @Override
    public void beforeSave(Change change) {
        if (change.get(APPS.STACK_GUID) == null) {
            change.set(APPS.STACK_GUID, defaultStack(change.tx()));
        }
        checkSpace(change);
        if (change.given().has("buildpack")) {
            checkBuildpacks(change.tx(), secrets.buildpacks(change.row()));
        }
        if ("http".equals(change.get(APPS.HEALTH_CHECK_TYPE))
                && change.get(APPS.HEALTH_CHECK_HTTP_ENDPOINT) == null) {
            change.set(APPS.HEALTH_CHECK_HTTP_ENDPOINT, "/");
        }
        var endpoint = change.get(APPS.HEALTH_CHECK_HTTP_ENDPOINT);
        if (endpoint != null && !endpoint.startsWith("/")) {
            throw APP_INVALID.of("the health check endpoint is not a path");
        }
        if (change.isCreating()) {
            change.set(APPS.PACKAGE_STATE, "PENDING");
        } else if (change.changes(APPS.STACK_GUID)) {
            restage(change);
        }
        var started = change.need(APPS.STATE).equals("STARTED");
        if (started && change.changes(APPS.STATE) && change.get(APPS.PACKAGE_HASH) == null) {
            throw CloudError.APP_PACKAGE_INVALID.of("bits have not been uploaded");
        }
        checkScale(change, started);
        var after = view(change.row());
        if (change.isCreating() || AppPolicy.changesVersion(before(change), after)) {
            change.set(APPS.VERSION, guids.get());
        }
        if (after.needsStaging()
                && (change.changes(APPS.STATE) || change.changes(APPS.INSTANCES))) {
            restage(change);
        }
    }

    /** It waits to be staged, from now on. */
    static void restage(Change change) {
        change.set(APPS.PACKAGE_STATE, "PENDING");
        change.set(APPS.STAGING_FAILED_REASON, null);
        change.set(APPS.STAGING_FAILED_DESCRIPTION, null);
        change.set(APPS.STAGING_TASK_ID, null);
        change.set(APPS.PACKAGE_PENDING_SINCE, change.now());
    }

    private String defaultStack(DSLContext tx) {
        return tx.select(STACKS.GUID)
                .from(STACKS)
                .where(STACKS.NAME.eq(config.defaultStack()))
                .fetchOptional(STACKS.GUID)
                .orElseThrow(() -> CloudError.STACK_INVALID.of("the default stack does not exist"));
    }

    private static void checkSpace(Change change) {
        if (change.isCreating() || !change.changes(APPS.SPACE_GUID)) {
            return;
        }
        var tied =
                change.tx().fetchExists(ROUTE_MAPPINGS, ROUTE_MAPPINGS.APP_GUID.eq(change.guid()))
                        || change.tx()
                                .fetchExists(
                                        SERVICE_BINDINGS,
                                        SERVICE_BINDINGS.APP_GUID.eq(change.guid()));
        if (tied) {
            throw CloudError.INVALID_RELATION.of(
                    "the app's routes and services are in its present space");
        }
    }

    /** Each is an installed one's name or an address. */
    public void checkBuildpacks(DSLContext tx, List<String> buildpacks) {
        for (var buildpack : buildpacks) {
            if (Staging.isBuildpackAddress(buildpack)) {
                if (!customBuildpacks) {
                    throw APP_INVALID.of(
                            "buildpacks other than the installed ones are switched off");
                }
            } else if (!tx.fetchExists(BUILDPACKS, BUILDPACKS.NAME.eq(buildpack))) {
                throw APP_INVALID.of(
                        "the buildpack " + buildpack + " is neither installed nor an address");
            }
        }
    }

    private void checkScale(Change change, boolean started) {
        var scales =
                change.changes(APPS.INSTANCES)
                        || change.changes(APPS.MEMORY)
                        || change.changes(APPS.DISK_QUOTA);
        if (scales && !change.isCreating()) {
            flags.requireUnlessAdmin(change.tx(), Flag.APP_SCALING, change.caller());
        }
        var stops = !started && change.changes(APPS.STATE) && !change.isCreating();
        if (!stops
                && (scales
                        || (started && change.changes(APPS.STATE))
                        || change.changes(APPS.SPACE_GUID))) {
            AppQuotas.check(
                    change.tx(),
                    change.guid(),
                    change.need(APPS.SPACE_GUID),
                    change.need(APPS.MEMORY),
                    started ? change.need(APPS.INSTANCES) : 0);
        }
    }

    static AppPolicy.App view(Record row) {
        return new AppPolicy.App(
                "STARTED".equals(row.get(APPS.STATE)),
                Objects.requireNonNull(row.get(APPS.INSTANCES)),
                "STAGED".equals(row.get(APPS.PACKAGE_STATE)),
                row.get(APPS.PACKAGE_HASH) != null,
                Objects.requireNonNull(row.get(APPS.MEMORY)),
                Objects.requireNonNull(row.get(APPS.HEALTH_CHECK_TYPE)),
                row.get(APPS.HEALTH_CHECK_HTTP_ENDPOINT),
                Boolean.TRUE.equals(row.get(APPS.ENABLE_SSH)));
    }

    /** A new app was nothing before: stopped, without instances. */
    private static AppPolicy.App before(Change change) {
        return change.isCreating()
                ? new AppPolicy.App(false, 0, false, false, 0, "port", null, false)
                : view(change.before());
    }

    @Override
    public void afterSave(Change change) {
        usage.changed(change);
        reactions.follow(change, before(change), view(change.row()));
    }

    @Override
    public void beforeDelete(Change change, boolean recursive) {
        usage.deleted(change);
        change.tx()
                .deleteFrom(SERVICE_BINDINGS)
                .where(SERVICE_BINDINGS.APP_GUID.eq(change.guid()))
                .execute();
        jobs.run(change.tx(), AppBlobs.DELETE, new AppBlobs.Delete(change.guid()));
    }

    @Override
    public void afterDelete(Change change) {
        reactions.gone(change);
    }
}

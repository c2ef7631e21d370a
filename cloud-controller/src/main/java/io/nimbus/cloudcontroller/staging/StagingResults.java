package io.nimbus.cloudcontroller.staging;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.APP_USAGE_EVENTS;
import static io.nimbus.cloudcontroller.ccdb.Tables.BUILDPACKS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DROPLETS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import io.nimbus.cloudcontroller.blobstore.Blobstores;
import io.nimbus.cloudcontroller.ccdb.tables.records.AppsRecord;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.running.AppLog;
import io.nimbus.cloudcontroller.running.Deas;
import io.nimbus.cloudcontroller.running.RunnableApp;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.database.Database;
import io.nimbus.subjects.StagingReply;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What came of a staging. A result may come twice, by the bus and by HTTP, to any controller, and
 * late: the task's id in the app's row decides whether it still counts, and the row's lock which of
 * two is first.
 */
public final class StagingResults {
    private static final Logger log = LoggerFactory.getLogger(StagingResults.class);
    private static final String EXPIRE = "droplets.expire";

    /** Beside the current one, to go back to. */
    private static final int OLD_DROPLETS = 1;

    /** What clients know as reasons; anything else is shown as StagingError. */
    private static final Set<CloudError> REASONS =
            Set.of(
                    CloudError.STAGER_ERROR,
                    CloudError.STAGING_ERROR,
                    CloudError.STAGING_TIME_EXPIRED,
                    CloudError.NO_APP_DETECTED_ERROR,
                    CloudError.BUILDPACK_COMPILE_FAILED,
                    CloudError.BUILDPACK_RELEASE_FAILED,
                    CloudError.INSUFFICIENT_RESOURCES,
                    CloudError.NO_COMPATIBLE_CELL);

    /** What a result was good for. */
    public enum Outcome {
        APPLIED,
        /** The same has been applied already. */
        REPEATED,
        /** Another staging has begun since, or the time was over. */
        STALE,
        NO_APP
    }

    record Expire(String app) {}

    private record Applied(
            Outcome outcome, Optional<RunnableApp> staged, @Nullable CloudException failure) {
        static Applied nothing(Outcome outcome) {
            return new Applied(outcome, Optional.empty(), null);
        }
    }

    private final Database database;
    private final RunnableApps apps;
    private final Deas deas;
    private final AppLog appLog;
    private final Jobs jobs;
    private final Blobstores blobs;
    private final InstantSource clock;
    private final Supplier<String> guids;

    public StagingResults(
            Database database,
            RunnableApps apps,
            Deas deas,
            AppLog appLog,
            Jobs jobs,
            Blobstores blobs,
            InstantSource clock,
            Supplier<String> guids) {
        this.database = database;
        this.apps = apps;
        this.deas = deas;
        this.appLog = appLog;
        this.jobs = jobs;
        this.blobs = blobs;
        this.clock = clock;
        this.guids = guids;
        jobs.register(EXPIRE, Expire.class, this::expire);
    }

    /** The error that a stager's reply tells of. */
    static CloudException failure(StagingReply reply) {
        var info = reply.errorInfo();
        if (info == null) {
            return CloudError.STAGER_ERROR.of(String.valueOf(reply.error()));
        }
        var error =
                Optional.ofNullable(info.type())
                        .flatMap(CloudError::named)
                        .filter(REASONS::contains)
                        .orElse(CloudError.STAGING_ERROR);
        var message = info.message() == null ? String.valueOf(reply.error()) : info.message();
        return error.arguments() == 1
                ? error.of(message)
                : error.saying(message.isBlank() ? error.of().description() : message);
    }

    /** Takes the last word on a task. */
    public Outcome apply(String guid, StagingReply reply) {
        var applied = database.transaction(tx -> apply(tx, guid, reply));
        var failure = applied.failure();
        if (failure != null) {
            appLog.warn(guid, "Staging failed: " + failure.description());
            deas.stop(guid);
            deas.changed(guid);
        }
        applied.staged().ifPresent(app -> start(app, reply.dropletSha1() == null ? 0 : 1));
        return applied.outcome();
    }

    private Applied apply(DSLContext tx, String guid, StagingReply reply) {
        var row = tx.selectFrom(APPS).where(APPS.GUID.eq(guid)).forUpdate().fetchOne();
        if (row == null) {
            return Applied.nothing(Outcome.NO_APP);
        }
        if (!reply.task().equals(row.getStagingTaskId())) {
            return Applied.nothing(Outcome.STALE);
        }
        switch (row.getPackageState()) {
            case "STAGED" -> {
                return Applied.nothing(Outcome.REPEATED);
            }
            case "FAILED" -> {
                return Applied.nothing(reply.isFailure() ? Outcome.REPEATED : Outcome.STALE);
            }
            default -> {}
        }
        if (reply.isFailure()) {
            return fail(row, failure(reply));
        }
        var sha1 =
                reply.dropletSha1() == null
                        ? uploaded(tx, guid, reply.task())
                        : reply.dropletSha1();
        if (sha1 == null) {
            return fail(row, CloudError.STAGING_ERROR.of("the stager brought no droplet"));
        }
        var buildpack = buildpack(tx, reply.buildpackKey());
        row.setPackageState("STAGED");
        row.setPackagePendingSince(null);
        row.setStagingFailedReason(null);
        row.setStagingFailedDescription(null);
        row.setDropletHash(sha1);
        row.setDetectedBuildpack(reply.detectedBuildpack());
        row.setDetectedBuildpackGuid(buildpack.map(Buildpack::guid).orElse(null));
        row.setDetectedBuildpackName(buildpack.map(Buildpack::name).orElse(null));
        row.setDetectedStartCommand(reply.detectedStartCommand());
        row.setUpdatedAt(clock.instant());
        row.update();
        jobs.run(tx, EXPIRE, new Expire(guid));
        if (row.getState().equals("STARTED")) {
            noteBuildpack(tx, row);
        }
        var started = row.getState().equals("STARTED");
        return new Applied(Outcome.APPLIED, started ? apps.find(tx, guid) : Optional.empty(), null);
    }

    private record Buildpack(String guid, String name) {}

    private static Optional<Buildpack> buildpack(DSLContext tx, @Nullable String key) {
        return key == null
                ? Optional.empty()
                : tx.select(BUILDPACKS.GUID, BUILDPACKS.NAME)
                        .from(BUILDPACKS)
                        .where(BUILDPACKS.KEY.eq(key))
                        .fetchOptional(row -> new Buildpack(row.value1(), row.value2()));
    }

    private static @Nullable String uploaded(DSLContext tx, String guid, String task) {
        return tx.select(DROPLETS.DROPLET_HASH)
                .from(DROPLETS)
                .where(DROPLETS.APP_GUID.eq(guid))
                .and(DROPLETS.STAGING_TASK_ID.eq(task))
                .orderBy(DROPLETS.ID.desc())
                .limit(1)
                .fetchOne(DROPLETS.DROPLET_HASH);
    }

    private Applied fail(AppsRecord row, CloudException error) {
        markFailed(row, error);
        row.setState("STOPPED");
        row.setUpdatedAt(clock.instant());
        row.update();
        return new Applied(Outcome.APPLIED, Optional.empty(), error);
    }

    static void markFailed(AppsRecord row, CloudException error) {
        row.setPackageState("FAILED");
        row.setPackagePendingSince(null);
        row.setStagingFailedReason(error.error().wireName());
        row.setStagingFailedDescription(error.description());
    }

    /** Ends a task that nobody will report on any more, if it is still the app's. */
    void giveUp(String guid, String task, CloudException error) {
        var failed =
                database.transaction(tx -> {
                    var row =
                            tx.selectFrom(APPS)
                                    .where(APPS.GUID.eq(guid))
                                    .and(APPS.STAGING_TASK_ID.eq(task))
                                    .and(APPS.PACKAGE_STATE.eq("PENDING"))
                                    .forUpdate()
                                    .fetchOne();
                    if (row == null) {
                        return false;
                    }
                    fail(row, error);
                    return true;
                });
        if (failed) {
            log.warn("app {}: staging task {} is given up: {}", guid, task, error.description());
            appLog.warn(guid, error.description());
            deas.stop(guid);
            deas.changed(guid);
        }
    }

    private void start(RunnableApp app, int from) {
        appLog.say(app.guid(), "Staged the app");
        deas.changed(app.guid());
        var indices = Deas.all(app.instances());
        deas.startWhatFits(app, indices.subList(Math.min(from, indices.size()), indices.size()));
    }

    /** Deletes droplets that nothing runs any more: all but the current and the last before it. */
    private void expire(Expire order) throws Exception {
        var gone =
                database.transaction(tx -> {
                    var current =
                            tx.select(APPS.DROPLET_HASH)
                                    .from(APPS)
                                    .where(APPS.GUID.eq(order.app()))
                                    .fetchOptional(APPS.DROPLET_HASH);
                    if (current.isEmpty()) {
                        return List.<String>of();
                    }
                    var rows =
                            tx.selectFrom(DROPLETS)
                                    .where(DROPLETS.APP_GUID.eq(order.app()))
                                    .and(DROPLETS.DROPLET_HASH.ne(current.get()))
                                    .orderBy(DROPLETS.ID.desc())
                                    .offset(OLD_DROPLETS)
                                    .fetch();
                    rows.forEach(row ->
                            tx.deleteFrom(DROPLETS).where(DROPLETS.ID.eq(row.getId())).execute());
                    var kept =
                            Set.copyOf(
                                    tx.select(DROPLETS.DROPLET_HASH)
                                            .from(DROPLETS)
                                            .where(DROPLETS.APP_GUID.eq(order.app()))
                                            .fetch(DROPLETS.DROPLET_HASH));
                    return rows.stream()
                            .map(row -> row.getDropletHash())
                            .filter(hash -> !kept.contains(hash))
                            .map(Objects::requireNonNull)
                            .toList();
                });
        for (var hash : gone) {
            blobs.droplets().delete(Blobstores.droplet(order.app(), hash));
        }
    }

    /** Billing wants to know what a running app was built with. */
    private void noteBuildpack(DSLContext tx, AppsRecord app) {
        var e = APP_USAGE_EVENTS;
        var space = tx.selectFrom(SPACES).where(SPACES.GUID.eq(app.getSpaceGuid())).fetchSingle();
        tx.insertInto(e)
                .set(e.GUID, guids.get())
                .set(e.CREATED_AT, clock.instant())
                .set(e.STATE, "BUILDPACK_SET")
                .set(e.PREVIOUS_STATE, app.getState())
                .set(e.INSTANCE_COUNT, app.getInstances())
                .set(e.PREVIOUS_INSTANCE_COUNT, app.getInstances())
                .set(e.MEMORY_IN_MB_PER_INSTANCE, app.getMemory())
                .set(e.PREVIOUS_MEMORY_IN_MB_PER_INSTANCE, app.getMemory())
                .set(e.APP_GUID, app.getGuid())
                .set(e.APP_NAME, app.getName())
                .set(e.SPACE_GUID, app.getSpaceGuid())
                .set(e.SPACE_NAME, space.getName())
                .set(e.ORG_GUID, space.getOrganizationGuid())
                .set(e.BUILDPACK_GUID, app.getDetectedBuildpackGuid())
                .set(e.BUILDPACK_NAME, app.getDetectedBuildpackName())
                .set(e.PACKAGE_STATE, app.getPackageState())
                .set(e.PREVIOUS_PACKAGE_STATE, "PENDING")
                .set(e.PROCESS_TYPE, "web")
                .execute();
    }
}

package io.nimbus.cloudcontroller.blobstore;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.BUILDPACKS;
import static io.nimbus.cloudcontroller.ccdb.Tables.RESOURCE_POOL;
import static java.util.stream.Collectors.toSet;
import static org.jooq.impl.DSL.any;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.database.Database;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jooq.DSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes blobs that no row refers to: those of apps and buildpacks that are gone, droplets that
 * others replaced, uploads whose job never ended. Only blobs older than a day: one that is being
 * stored has no row yet. One controller does it at a time.
 */
public final class BlobCleaner implements Endpoints {
    private static final Logger log = LoggerFactory.getLogger(BlobCleaner.class);
    private static final String EMPTY_CACHES = "buildpack_cache.empty";
    private static final Duration PAUSE = Duration.ofHours(6);
    private static final Duration YOUNG = Duration.ofDays(1);
    private static final int BATCH = 500;

    /** A job without anything to say. */
    record Nothing() {}

    private interface Kept {
        /** Of these keys, those that a row refers to. */
        Set<String> among(DSLContext dsl, List<String> keys);
    }

    private final Database database;
    private final Blobstores blobs;
    private final Jobs jobs;
    private final InstantSource clock;

    public BlobCleaner(Database database, Blobstores blobs, Jobs jobs, InstantSource clock) {
        this.database = database;
        this.blobs = blobs;
        this.jobs = jobs;
        this.clock = clock;
        jobs.register(EMPTY_CACHES, Nothing.class, nothing -> emptyCaches());
        jobs.every("blobs.clean", PAUSE, this::clean);
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.delete(
                        "/v2/blobstores/buildpack_cache",
                        request -> {
                            if (!request.caller().isAdmin()) {
                                throw CloudError.NOT_AUTHORIZED.of();
                            }
                            return ApiResponse.of(
                                    202,
                                    database.transaction(
                                            tx -> jobs.enqueue(tx, EMPTY_CACHES, new Nothing())));
                        }));
    }

    private void emptyCaches() throws IOException {
        blobs.caches().each((key, stored) -> blobs.caches().delete(key));
    }

    /** Every store, one after the other; a fault in one does not keep the others from it. */
    public void clean() {
        clean("packages", blobs.packages(), BlobCleaner::apps);
        clean("buildpack caches", blobs.caches(), BlobCleaner::apps);
        clean("droplets", blobs.droplets(), BlobCleaner::droplets);
        clean("buildpacks", blobs.buildpacks(), BlobCleaner::buildpacks);
        clean("resources", blobs.resources(), BlobCleaner::resources);
        clean("uploads", blobs.uploads(), BlobCleaner::uploads);
    }

    private void clean(String name, Blobstore store, Kept kept) {
        var oldest = clock.instant().minus(YOUNG);
        var batch = new ArrayList<String>();
        var removed = new int[1];
        try {
            store.each((key, stored) -> {
                if (stored.isBefore(oldest)) {
                    batch.add(key);
                    if (batch.size() == BATCH) {
                        removed[0] += remove(store, kept, batch);
                        batch.clear();
                    }
                }
            });
            removed[0] += remove(store, kept, batch);
        } catch (IOException e) {
            log.warn("the {} cannot be cleaned up now: {}", name, String.valueOf(e));
        }
        if (removed[0] > 0) {
            log.info("removed {} {} that nothing refers to", removed[0], name);
        }
    }

    private int remove(Blobstore store, Kept kept, List<String> batch) throws IOException {
        if (batch.isEmpty()) {
            return 0;
        }
        var used = database.read(dsl -> kept.among(dsl, List.copyOf(batch)));
        int removed = 0;
        for (var key : batch) {
            if (!used.contains(key)) {
                store.delete(key);
                removed++;
            }
        }
        return removed;
    }

    private static String app(String key) {
        return key.split("/", 2)[0];
    }

    private static Set<String> apps(DSLContext dsl, List<String> keys) {
        var guids = keys.stream().map(BlobCleaner::app).distinct().toArray(String[]::new);
        var there =
                Set.copyOf(
                        dsl.select(APPS.GUID)
                                .from(APPS)
                                .where(APPS.GUID.eq(any(guids)))
                                .fetch(APPS.GUID));
        return keys.stream().filter(key -> there.contains(app(key))).collect(toSet());
    }

    /** The current one of each app. One that is being replaced may still be started meanwhile. */
    private static Set<String> droplets(DSLContext dsl, List<String> keys) {
        var guids = keys.stream().map(BlobCleaner::app).distinct().toArray(String[]::new);
        return dsl
                .select(APPS.GUID, APPS.DROPLET_HASH)
                .from(APPS)
                .where(APPS.GUID.eq(any(guids)))
                .and(APPS.DROPLET_HASH.isNotNull())
                .fetch(row -> Blobstores.droplet(row.value1(), String.valueOf(row.value2())))
                .stream()
                .collect(toSet());
    }

    private static Set<String> buildpacks(DSLContext dsl, List<String> keys) {
        return Set.copyOf(
                dsl.select(BUILDPACKS.KEY)
                        .from(BUILDPACKS)
                        .where(BUILDPACKS.KEY.eq(any(keys.toArray(String[]::new))))
                        .fetch(BUILDPACKS.KEY));
    }

    private static Set<String> resources(DSLContext dsl, List<String> keys) {
        return Set.copyOf(
                dsl.select(RESOURCE_POOL.SHA1)
                        .from(RESOURCE_POOL)
                        .where(RESOURCE_POOL.SHA1.eq(any(keys.toArray(String[]::new))))
                        .fetch(RESOURCE_POOL.SHA1));
    }

    /** No job takes a day: what is left is of one that was given up. */
    private static Set<String> uploads(DSLContext dsl, List<String> keys) {
        return Set.of();
    }
}

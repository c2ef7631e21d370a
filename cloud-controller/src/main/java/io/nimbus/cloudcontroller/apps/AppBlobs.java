package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.RESOURCE_POOL;

import io.nimbus.cloudcontroller.blobstore.Blobstore;
import io.nimbus.cloudcontroller.blobstore.Blobstores;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.running.AppLog;
import io.nimbus.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** An app's bits: made of what was uploaded and what is known, copied, deleted. Runs as jobs. */
public final class AppBlobs {
    static final String ASSEMBLE = "bits";
    static final String COPY = "bits.copy";
    static final String DELETE = "bits.delete";

    /**
     * @param upload the key of the uploaded zip; null when every file was known
     */
    record Assemble(String app, @Nullable String upload, List<KnownFile> known) {}

    record Copy(String from, String to) {}

    record Delete(String app) {}

    private final Database database;
    private final Blobstores blobs;
    private final AppConfig config;
    private final Path work;
    private final AppLog appLog;
    private final InstantSource clock;

    /**
     * @param work a folder for files that a job makes before it stores them
     */
    public AppBlobs(
            Database database,
            Blobstores blobs,
            AppConfig config,
            Path work,
            AppLog appLog,
            Jobs jobs,
            InstantSource clock) {
        this.database = database;
        this.blobs = blobs;
        this.config = config;
        this.work = work;
        this.appLog = appLog;
        this.clock = clock;
        jobs.register(ASSEMBLE, Assemble.class, this::assemble);
        jobs.register(COPY, Copy.class, this::copy);
        jobs.register(DELETE, Delete.class, this::delete);
    }

    void assemble(Assemble order) throws IOException {
        try {
            assembleChecked(order);
        } catch (CloudException e) {
            markFailed(order.app(), e);
            forget(order);
            throw e;
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("No space left")) {
                var full = CloudError.BLOBSTORE_ERROR.saying("The disk is full.");
                markFailed(order.app(), full);
                forget(order);
                throw full;
            }
            throw e;
        }
        forget(order);
    }

    /** Not while the job may be tried again. */
    private void forget(Assemble order) throws IOException {
        if (order.upload() != null) {
            blobs.uploads().delete(order.upload());
        }
    }

    private void assembleChecked(Assemble order) throws IOException {
        Files.createDirectories(work);
        var made = Files.createTempFile(work, "package", ".zip");
        try {
            if (order.upload() == null) {
                new PackageZip(config, blobs.resources()).write(null, order.known(), made);
            } else {
                var upload = blobs.uploads().find(order.upload());
                if (upload.isEmpty()) {
                    // Killed after the work was done and before that was written down.
                    if (blobs.packages().has(order.app())) {
                        return;
                    }
                    throw CloudError.APP_BITS_UPLOAD_INVALID.of("the upload is gone; upload again");
                }
                try (var zip = upload.get().local()) {
                    var files =
                            new PackageZip(config, blobs.resources())
                                    .write(zip.path(), order.known(), made);
                    share(zip.path(), files);
                }
            }
            try (var in = Files.newInputStream(made);
                    var received = blobs.packages().receive(in, Long.MAX_VALUE)) {
                store(order.app(), received);
            }
        } finally {
            Files.deleteIfExists(made);
        }
    }

    private void store(String app, Blobstore.Received received) throws IOException {
        received.store(app);
        var now = clock.instant();
        var stored =
                database.read(dsl ->
                        dsl.update(APPS)
                                .set(APPS.PACKAGE_HASH, received.sha1())
                                .set(APPS.PACKAGE_UPDATED_AT, now)
                                .set(APPS.PACKAGE_STATE, "PENDING")
                                .setNull(APPS.PACKAGE_PENDING_SINCE)
                                .setNull(APPS.STAGING_TASK_ID)
                                .setNull(APPS.STAGING_FAILED_REASON)
                                .setNull(APPS.STAGING_FAILED_DESCRIPTION)
                                .set(APPS.UPDATED_AT, now)
                                .where(APPS.GUID.eq(app))
                                .execute());
        if (stored == 0) {
            blobs.packages().delete(app);
        }
    }

    private void markFailed(String app, CloudException e) {
        appLog.warn(app, e.description());
        database.read(dsl ->
                dsl.update(APPS)
                        .set(APPS.PACKAGE_STATE, "FAILED")
                        .set(APPS.STAGING_FAILED_REASON, CloudError.STAGING_ERROR.wireName())
                        .set(APPS.STAGING_FAILED_DESCRIPTION, e.description())
                        .where(APPS.GUID.eq(app))
                        .execute());
    }

    /** Files that other apps may have, too, are kept once, under their SHA-1. */
    private void share(Path zip, List<PackageZip.Packed> files) throws IOException {
        var candidates = new HashSet<String>();
        files.stream()
                .filter(file -> config.isShared(file.size()))
                .forEach(file -> candidates.add(file.sha1()));
        if (candidates.isEmpty()) {
            return;
        }
        var missing = new HashSet<>(candidates);
        missing.removeAll(known(candidates));
        PackageZip.extract(
                zip,
                files.stream().filter(file -> missing.remove(file.sha1())).toList(),
                (file, content) -> {
                    try (var received = blobs.resources().receive(content, config.maxResource())) {
                        if (!received.sha1().equals(file.sha1())) {
                            throw new IOException(
                                    "a file of the package changed while it was read");
                        }
                        received.store(file.sha1());
                    }
                    database.read(dsl ->
                            dsl.insertInto(RESOURCE_POOL)
                                    .set(RESOURCE_POOL.SHA1, file.sha1())
                                    .set(RESOURCE_POOL.SIZE, file.size())
                                    .set(RESOURCE_POOL.USED_AT, clock.instant())
                                    .onConflict(RESOURCE_POOL.SHA1)
                                    .doUpdate()
                                    .set(RESOURCE_POOL.USED_AT, clock.instant())
                                    .execute());
                });
    }

    /** Which of these the pool has. */
    Set<String> known(Set<String> hashes) {
        return database.read(dsl ->
                dsl.select(RESOURCE_POOL.SHA1)
                        .from(RESOURCE_POOL)
                        .where(RESOURCE_POOL.SHA1.eq(DSL.any(hashes.toArray(String[]::new))))
                        .fetchSet(row -> Objects.requireNonNull(row.value1())));
    }

    private void copy(Copy order) throws IOException {
        var source =
                blobs.packages()
                        .find(order.from())
                        .orElseThrow(() ->
                                CloudError.APP_BITS_COPY_INVALID.of("the source app has no bits"));
        try (var in = source.open();
                var received = blobs.packages().receive(in, Long.MAX_VALUE)) {
            store(order.to(), received);
        }
    }

    private void delete(Delete order) throws IOException {
        blobs.packages().delete(order.app());
        blobs.droplets().deleteBelow(order.app());
        blobs.caches().deleteBelow(order.app());
    }
}

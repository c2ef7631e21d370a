package io.nimbus.cloudcontroller.stacks;

import static io.nimbus.cloudcontroller.ccdb.Tables.BUILDPACKS;

import io.nimbus.cloudcontroller.blobstore.Blobstore;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.cloudcontroller.rest.Route.Login;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** The zips of installed buildpacks. */
public final class BuildpackBits implements Endpoints {
    static final String DELETE = "buildpack.delete";

    /** Stagings under way may still fetch the zip that another one replaces. */
    private static final Duration STAGING = Duration.ofMinutes(20);

    record Delete(String key) {}

    private final Engine engine;
    private final Resource buildpacks;
    private final Blobstore blobs;
    private final Jobs jobs;
    private final long maxBytes;

    public BuildpackBits(Engine engine, Blobstore blobs, Jobs jobs, long maxBytes) {
        this.engine = engine;
        this.buildpacks = engine.resources().named("buildpacks");
        this.blobs = blobs;
        this.jobs = jobs;
        this.maxBytes = maxBytes;
        jobs.register(DELETE, Delete.class, order -> blobs.delete(order.key()));
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.put("/v2/buildpacks/:guid/bits", this::upload).with(Login.TOKEN_WITH_GRACE),
                new Route("GET", "/v2/buildpacks/:guid/download", Login.STAGING, this::download));
    }

    private ApiResponse upload(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        engine.authorize(buildpacks, guid, request.caller(), Right.UPDATE);
        var file =
                request.form()
                        .file("buildpack")
                        .orElseThrow(() ->
                                CloudError.BUILDPACK_BITS_UPLOAD_INVALID.of(
                                        "the part named buildpack is missing"));
        var name = file.name().replaceFirst(".*[/\\\\]", "");
        if (!name.toLowerCase(Locale.ROOT).endsWith(".zip")) {
            throw CloudError.BUILDPACK_BITS_UPLOAD_INVALID.of(
                    "the file's name does not end with .zip");
        }
        boolean changed;
        try (var in = file.open();
                var received = blobs.receive(in, maxBytes)) {
            checkZip(received);
            changed = store(guid, name, received, request);
        } catch (Blobstore.TooLargeException e) {
            throw CloudError.BUILDPACK_BITS_UPLOAD_INVALID.of("the file is too large");
        }
        return changed
                ? ApiResponse.of(201, engine.showWritten(buildpacks, guid, request))
                : ApiResponse.noContent();
    }

    static void checkZip(Blobstore.Received received) {
        try (var zip = ZipFile.builder().setPath(received.file()).get()) {
            if (!zip.getEntries().hasMoreElements()) {
                throw CloudError.BUILDPACK_BITS_UPLOAD_INVALID.of("the file is an empty zip file");
            }
        } catch (IOException e) {
            throw CloudError.BUILDPACK_BITS_UPLOAD_INVALID.of("the file is not a zip file");
        }
    }

    /** Whether this is another zip than the one before. */
    private boolean store(String guid, String name, Blobstore.Received received, ApiRequest request)
            throws IOException {
        var key = guid + "_" + received.sha1();
        var old =
                engine.database()
                        .read(dsl ->
                                dsl.selectFrom(BUILDPACKS)
                                        .where(BUILDPACKS.GUID.eq(guid))
                                        .fetchOptional());
        if (old.filter(row -> key.equals(row.getKey()) && name.equals(row.getFilename()))
                .isPresent()) {
            return false;
        }
        if (old.filter(row -> row.getLocked()).isPresent()) {
            throw CloudError.BUILDPACK_LOCKED.of();
        }
        received.store(key);
        engine.transaction(
                buildpacks,
                tx -> {
                    var change = engine.lock(tx, buildpacks, guid, request.caller(), Right.UPDATE);
                    var replaced = change.get(BUILDPACKS.KEY);
                    change.set(BUILDPACKS.KEY, key);
                    change.set(BUILDPACKS.FILENAME, name);
                    change.set(BUILDPACKS.SHA256, received.sha256());
                    Engine.store(buildpacks, change);
                    if (replaced != null && !replaced.equals(key)) {
                        jobs.runAt(tx, DELETE, new Delete(replaced), change.now().plus(STAGING));
                    }
                    return true;
                });
        return true;
    }

    private ApiResponse download(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        var key =
                engine.database()
                        .read(dsl ->
                                dsl.select(BUILDPACKS.KEY)
                                        .from(BUILDPACKS)
                                        .where(BUILDPACKS.GUID.eq(guid))
                                        .and(BUILDPACKS.KEY.isNotNull())
                                        .fetchOptional(BUILDPACKS.KEY))
                        .orElseThrow(CloudError.NOT_FOUND::of);
        var blob = blobs.find(key).orElseThrow(CloudError.NOT_FOUND::of);
        return ApiResponse.file("application/zip", blob.length(), blob::open);
    }
}

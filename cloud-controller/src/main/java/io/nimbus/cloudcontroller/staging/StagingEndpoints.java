package io.nimbus.cloudcontroller.staging;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.BUILDPACKS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DROPLETS;
import static io.nimbus.cloudcontroller.ccdb.Tables.STACKS;

import io.nimbus.cloudcontroller.blobstore.Blobstore;
import io.nimbus.cloudcontroller.blobstore.Blobstores;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.cloudcontroller.rest.Route.Login;
import io.nimbus.cloudcontroller.running.Addresses;
import io.nimbus.database.Database;
import io.nimbus.subjects.StagingReply;
import java.io.IOException;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.exc.ValueInstantiationException;

/** What stagers and DEAs fetch and bring. */
public final class StagingEndpoints implements Endpoints {
    private static final String OCTETS = "application/octet-stream";

    private final Database database;
    private final Blobstores blobs;
    private final StagingResults results;
    private final Addresses addresses;
    private final InstantSource clock;
    private final Supplier<String> guids;
    private final long maxDroplet;

    /**
     * @param maxDroplet bytes
     */
    public StagingEndpoints(
            Database database,
            Blobstores blobs,
            StagingResults results,
            Addresses addresses,
            InstantSource clock,
            Supplier<String> guids,
            long maxDroplet) {
        this.database = database;
        this.blobs = blobs;
        this.results = results;
        this.addresses = addresses;
        this.clock = clock;
        this.guids = guids;
        this.maxDroplet = maxDroplet;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                new Route("GET", "/staging/apps/:guid", Login.STAGING, this::appPackage),
                new Route(
                        "POST", "/staging/droplets/:guid/upload", Login.STAGING, this::takeDroplet),
                new Route("GET", "/staging/droplets/:guid/download", Login.STAGING, this::droplet),
                new Route(
                        "POST",
                        "/staging/buildpack_cache/:guid/upload",
                        Login.STAGING,
                        this::takeCache),
                new Route(
                        "GET",
                        "/staging/buildpack_cache/:guid/download",
                        Login.STAGING,
                        this::cache),
                new Route(
                        "POST",
                        "/internal/dea/staging/:guid/completed",
                        Login.INTERNAL,
                        this::completed),
                new Route("GET", "/internal/buildpacks", Login.INTERNAL, this::buildpacks));
    }

    private record App(String stack, Optional<String> droplet) {}

    private App app(String guid) {
        return database.read(dsl ->
                        dsl.select(STACKS.NAME, APPS.DROPLET_HASH)
                                .from(APPS)
                                .join(STACKS)
                                .on(STACKS.GUID.eq(APPS.STACK_GUID))
                                .where(APPS.GUID.eq(guid))
                                .fetchOptional())
                .map(row -> new App(row.value1(), Optional.ofNullable(row.value2())))
                .orElseThrow(() -> CloudError.APP_NOT_FOUND.of(guid));
    }

    private ApiResponse appPackage(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        var _ = app(guid);
        var blob =
                blobs.packages()
                        .find(guid)
                        .orElseThrow(() -> CloudError.APP_PACKAGE_NOT_FOUND.of(guid));
        return ApiResponse.file("application/zip", blob.length(), blob::open);
    }

    private ApiResponse droplet(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        var app = app(guid);
        var missing = CloudError.STAGING_ERROR.of("there is no droplet of app " + guid);
        var hash = request.query("checksum").or(app::droplet).orElseThrow(() -> missing);
        if (!hash.matches("[0-9a-f]{40}")) {
            throw missing;
        }
        var blob = blobs.droplets().find(Blobstores.droplet(guid, hash)).orElseThrow(() -> missing);
        return ApiResponse.file(OCTETS, blob.length(), blob::open);
    }

    private ApiResponse takeDroplet(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        var _ = app(guid);
        var task = request.query("task_id").orElse("");
        try (var droplet = receive(request, "upload[droplet]", blobs.droplets())) {
            droplet.store(Blobstores.droplet(guid, droplet.sha1()));
            database.read(dsl ->
                    dsl.insertInto(DROPLETS)
                            .set(DROPLETS.GUID, guids.get())
                            .set(DROPLETS.CREATED_AT, clock.instant())
                            .set(DROPLETS.APP_GUID, guid)
                            .set(DROPLETS.DROPLET_HASH, droplet.sha1())
                            .set(DROPLETS.SHA256, droplet.sha256())
                            .set(DROPLETS.STAGING_TASK_ID, task)
                            .execute());
        }
        return taken(request);
    }

    private ApiResponse takeCache(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        var app = app(guid);
        try (var cache = receive(request, "upload[droplet]", blobs.caches())) {
            cache.store(Blobstores.cache(guid, app.stack()));
        }
        return taken(request);
    }

    private Blobstore.Received receive(ApiRequest request, String part, Blobstore store)
            throws IOException {
        var file =
                request.form()
                        .file(part)
                        .orElseThrow(() ->
                                CloudError.STAGING_ERROR.of("the upload lacks the part " + part));
        Blobstore.Received received;
        try (var in = file.open()) {
            received = store.receive(in, maxDroplet);
        } catch (Blobstore.TooLargeException e) {
            throw CloudError.STAGING_ERROR.of("the upload is larger than " + maxDroplet + " bytes");
        }
        var md5 = request.header("Content-MD5");
        if (md5.isPresent() && !matches(md5.get(), received.md5())) {
            received.close();
            throw CloudError.STAGING_ERROR.of("the upload was damaged on the way");
        }
        return received;
    }

    private static boolean matches(String header, byte[] md5) {
        try {
            return MessageDigest.isEqual(Base64.getDecoder().decode(header.strip()), md5);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The upload is stored by now, so whoever wanted a job to poll is given one that has ended. */
    private ApiResponse taken(ApiRequest request) {
        if (!request.flag("async")) {
            return ApiResponse.empty(200);
        }
        return ApiResponse.ok(
                Map.of(
                        "metadata",
                        Map.of(
                                "guid",
                                "0",
                                "created_at",
                                Objects.requireNonNull(Json.time(clock.instant())),
                                "url",
                                addresses.job("0")),
                        "entity",
                        Map.of("guid", "0", "status", "finished")));
    }

    private ApiResponse cache(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        var app = app(guid);
        var blob =
                blobs.caches()
                        .find(Blobstores.cache(guid, app.stack()))
                        .orElseThrow(() ->
                                CloudError.RESOURCE_NOT_FOUND.of(
                                        "There is no cache of app " + guid + "."));
        return ApiResponse.file(OCTETS, blob.length(), blob::open);
    }

    private ApiResponse completed(ApiRequest request) {
        var guid = request.part("guid");
        StagingReply reply;
        try {
            reply = Json.MAPPER.treeToValue(request.object(), StagingReply.class);
        } catch (ValueInstantiationException e) {
            throw CloudError.MESSAGE_PARSE_ERROR.of("task_id is missing");
        } catch (JacksonException e) {
            throw CloudError.MESSAGE_PARSE_ERROR.of("the result is not what a stager sends");
        }
        return switch (results.apply(guid, reply)) {
            case APPLIED, REPEATED -> ApiResponse.ok(new LinkedHashMap<>());
            case STALE -> throw CloudError.INVALID_REQUEST.of();
            case NO_APP -> throw CloudError.PROCESS_NOT_FOUND.of(guid);
        };
    }

    private ApiResponse buildpacks(ApiRequest request) {
        return ApiResponse.ok(
                database.read(dsl ->
                        dsl.select(BUILDPACKS.KEY, BUILDPACKS.GUID)
                                .from(BUILDPACKS)
                                .where(BUILDPACKS.KEY.isNotNull())
                                .and(BUILDPACKS.ENABLED)
                                .orderBy(BUILDPACKS.POSITION, BUILDPACKS.ID)
                                .fetch(row ->
                                        Map.of(
                                                "key",
                                                row.value1(),
                                                "url",
                                                addresses.buildpack(row.value2())))));
    }
}

package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DOMAINS;
import static io.nimbus.cloudcontroller.ccdb.Tables.DROPLETS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BINDINGS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.blobstore.Blobstore;
import io.nimbus.cloudcontroller.blobstore.Blobstores;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.flags.Flag;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resource.Right;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.cloudcontroller.rest.Route.Login;
import io.nimbus.cloudcontroller.running.Deas;
import io.nimbus.cloudcontroller.running.HealthManagerClient;
import io.nimbus.cloudcontroller.running.Messages;
import io.nimbus.cloudcontroller.running.RunnableApp;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.cloudcontroller.services.ServiceSummaries;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** What can be done with an app beside making, changing, reading and deleting it. */
public final class AppEndpoints implements Endpoints {
    private static final String APP = "/v2/apps/:guid";

    private final Engine engine;
    private final Resource apps;
    private final RunnableApps runnable;
    private final AppReactions reactions;
    private final AppBlobs bits;
    private final AppConfig config;
    private final Blobstores blobs;
    private final Deas deas;
    private final Instances instances;
    private final HealthManagerClient healthManager;
    private final AppFiles files;
    private final Flags flags;
    private final Jobs jobs;
    private final Audit audit;
    private final Supplier<String> guids;

    public AppEndpoints(
            Engine engine,
            RunnableApps runnable,
            AppReactions reactions,
            AppBlobs bits,
            AppConfig config,
            Blobstores blobs,
            Deas deas,
            Instances instances,
            HealthManagerClient healthManager,
            AppFiles files,
            Flags flags,
            Jobs jobs,
            Audit audit,
            Supplier<String> guids) {
        this.engine = engine;
        this.apps = engine.resources().named("apps");
        this.runnable = runnable;
        this.reactions = reactions;
        this.bits = bits;
        this.config = config;
        this.blobs = blobs;
        this.deas = deas;
        this.instances = instances;
        this.healthManager = healthManager;
        this.files = files;
        this.flags = flags;
        this.jobs = jobs;
        this.audit = audit;
        this.guids = guids;
    }

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get(APP + "/summary", this::summary),
                Route.get(APP + "/env", this::environment),
                Route.get(APP + "/stats", this::stats),
                Route.get(APP + "/instances", this::instances),
                Route.delete(APP + "/instances/:index", this::stopInstance),
                Route.get(APP + "/instances/:index/files", this::file),
                Route.get(APP + "/instances/:index/files/*path", this::file),
                Route.get(
                        APP + "/crashes",
                        request -> ApiResponse.ok(instances.crashes(visible(request)))),
                Route.get(APP + "/permissions", this::permissions),
                Route.post(APP + "/restage", this::restage),
                Route.put(APP + "/bits", this::upload).with(Login.TOKEN_WITH_GRACE),
                Route.post(APP + "/copy_bits", this::copyBits).with(Login.TOKEN_WITH_GRACE),
                Route.get(APP + "/download", this::download),
                Route.get(APP + "/droplet/download", this::downloadDroplet),
                Route.put(APP + "/droplet/upload", this::uploadDroplet)
                        .with(Login.TOKEN_WITH_GRACE),
                Route.put("/v2/resource_match", this::match),
                Route.get("/internal/log_access/:guid", this::logAccess),
                Route.get("/internal/v4/log_access/:guid", this::logAccess));
    }

    private RunnableApp visible(ApiRequest request) {
        return allowed(request, Right.READ);
    }

    private RunnableApp allowed(ApiRequest request, Right right) {
        var guid = request.part("guid");
        return engine.database()
                .read(dsl -> {
                    engine.authorized(dsl, apps, guid, request.caller(), right);
                    return runnable.find(dsl, guid)
                            .orElseThrow(() -> CloudError.APP_NOT_FOUND.of(guid));
                });
    }

    // --- What it is and does
    // -------------------------------------------------------------------------

    private ApiResponse summary(ApiRequest request) {
        var guid = request.part("guid");
        var caller = request.caller();
        var summary = new LinkedHashMap<String, @Nullable Object>();
        var asked =
                engine.database()
                        .read(dsl -> {
                            engine.authorized(dsl, apps, guid, caller, Right.READ);
                            var entity =
                                    engine.entities(dsl, apps, APPS.GUID.eq(guid), caller)
                                            .get(guid);
                            if (entity == null) {
                                throw CloudError.APP_NOT_FOUND.of(guid);
                            }
                            summary.put("guid", guid);
                            summary.put("name", entity.get("name"));
                            summary.put(
                                    "routes",
                                    AppSummaries.routes(dsl, List.of(guid))
                                            .getOrDefault(guid, List.of()));
                            summary.put("running_instances", 0);
                            summary.put(
                                    "services",
                                    ServiceSummaries.of(
                                            dsl,
                                            SERVICE_INSTANCES.GUID.in(
                                                    select(SERVICE_BINDINGS.SERVICE_INSTANCE_GUID)
                                                            .from(SERVICE_BINDINGS)
                                                            .where(
                                                                    SERVICE_BINDINGS.APP_GUID.eq(
                                                                            guid)))));
                            summary.put(
                                    "available_domains",
                                    domains(dsl, String.valueOf(entity.get("space_guid"))));
                            AppSummaries.attributes(entity).forEach(summary::putIfAbsent);
                            return AppSummaries.asked(dsl, APPS.GUID.eq(guid));
                        });
        summary.put("running_instances", healthManager.running(asked).getOrDefault(guid, 0));
        return ApiResponse.ok(summary);
    }

    private static List<Map<String, @Nullable Object>> domains(DSLContext dsl, String space) {
        return dsl.select(
                        DOMAINS.GUID,
                        DOMAINS.NAME,
                        DOMAINS.OWNING_ORGANIZATION_GUID,
                        DOMAINS.INTERNAL)
                .from(DOMAINS)
                .where(
                        DOMAINS.OWNING_ORGANIZATION_GUID
                                .isNull()
                                .or(
                                        DOMAINS.OWNING_ORGANIZATION_GUID.in(
                                                select(SPACES.ORGANIZATION_GUID)
                                                        .from(SPACES)
                                                        .where(SPACES.GUID.eq(space)))))
                .orderBy(DOMAINS.ID)
                .fetch(row -> {
                    var domain = new LinkedHashMap<String, @Nullable Object>();
                    domain.put("guid", row.value1());
                    domain.put("name", row.value2());
                    if (row.value3() == null) {
                        domain.put("router_group_guid", null);
                        domain.put("router_group_type", null);
                        domain.put("internal", row.value4());
                    } else {
                        domain.put("owning_organization_guid", row.value3());
                    }
                    return domain;
                });
    }

    private ApiResponse environment(ApiRequest request) {
        var app = visible(request);
        var caller = request.caller();
        engine.database()
                .read(dsl -> {
                    flags.require(dsl, Flag.ENV_VAR_VISIBILITY);
                    if (!caller.seesSecrets()) {
                        flags.require(dsl, Flag.SPACE_DEVELOPER_ENV_VAR_VISIBILITY);
                        requireDeveloper(dsl, app.guid(), caller);
                    }
                    return true;
                });
        var environment = new LinkedHashMap<String, Object>();
        environment.put("staging_env_json", app.stagingEnvironment());
        environment.put("running_env_json", app.runningEnvironment());
        environment.put("environment_json", app.environment());
        environment.put("system_env_json", Map.of("VCAP_SERVICES", Messages.vcapServices(app)));
        environment.put(
                "application_env_json", Map.of("VCAP_APPLICATION", Messages.vcapApplication(app)));
        return ApiResponse.ok(environment);
    }

    private static void requireDeveloper(DSLContext dsl, String app, Caller caller) {
        var develops =
                dsl.fetchExists(
                        APPS,
                        APPS.GUID
                                .eq(app)
                                .and(Roles.inSpace(APPS.SPACE_GUID, caller, Roles.DEVELOPER)));
        if (!develops) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
    }

    private ApiResponse stats(ApiRequest request) {
        var app = visible(request);
        if (!app.started()) {
            throw CloudError.APP_STOPPED_STATS_ERROR.of(app.name());
        }
        return ApiResponse.ok(instances.stats(app));
    }

    private ApiResponse instances(ApiRequest request) {
        var guid = request.part("guid");
        var app = visible(request);
        if (app.failed()) {
            throw stagingFailure(guid);
        }
        if (!app.staged()) {
            throw CloudError.NOT_STAGED.of();
        }
        if (!app.started()) {
            throw CloudError.INSTANCES_ERROR.of("app " + app.name() + " is stopped");
        }
        return ApiResponse.ok(instances.states(app));
    }

    private CloudException stagingFailure(String guid) {
        return engine.database()
                .read(dsl ->
                        dsl.select(APPS.STAGING_FAILED_REASON, APPS.STAGING_FAILED_DESCRIPTION)
                                .from(APPS)
                                .where(APPS.GUID.eq(guid))
                                .fetchOptional())
                .map(row -> {
                    var reason = row.value1();
                    var error =
                            reason == null
                                    ? CloudError.STAGING_ERROR
                                    : CloudError.named(reason).orElse(CloudError.STAGING_ERROR);
                    var text = row.value2() == null ? "staging failed" : row.value2();
                    return error.saying(text);
                })
                .orElseGet(() -> CloudError.APP_NOT_FOUND.of(guid));
    }

    private ApiResponse stopInstance(ApiRequest request) {
        var app = allowed(request, Right.UPDATE);
        int index;
        try {
            index = Integer.parseInt(request.part("index"));
        } catch (NumberFormatException e) {
            throw CloudError.INSTANCES_ERROR.of("an instance is named by its index");
        }
        deas.stop(app.guid(), app.version(), List.of(index));
        return ApiResponse.noContent();
    }

    private ApiResponse file(ApiRequest request) throws IOException {
        var app = visible(request);
        var found = instances.withFile(app, request.part("index"), AppFiles.path(request));
        return files.serve(request, found);
    }

    private ApiResponse permissions(ApiRequest request) {
        var guid = request.part("guid");
        var caller = request.caller();
        var may =
                engine.database()
                        .read(dsl -> {
                            var sensitive =
                                    field(Roles.inSpace(APPS.SPACE_GUID, caller, Roles.DEVELOPER))
                                            .as("sensitive");
                            var basic = Engine.asked(apps, Right.READ, caller).as("basic");
                            return dsl.select(sensitive, basic)
                                    .from(APPS)
                                    .where(APPS.GUID.eq(guid))
                                    .fetchOptional();
                        })
                        .orElseThrow(() -> CloudError.APP_NOT_FOUND.of(guid));
        if (!caller.scopes().contains("cloud_controller.user")) {
            Engine.requireScope(caller, Right.READ);
        }
        if (!Boolean.TRUE.equals(may.value2())) {
            throw CloudError.NOT_AUTHORIZED.of();
        }
        return ApiResponse.ok(
                Map.of(
                        "read_sensitive_data",
                        caller.seesSecrets() || Boolean.TRUE.equals(may.value1()),
                        "read_basic_data",
                        true));
    }

    /**
     * Whether the caller may read the app's logs: asked by who keeps them, with the caller's token.
     */
    private ApiResponse logAccess(ApiRequest request) {
        var guid = request.part("guid");
        var caller = request.caller();
        var allowed =
                caller.seesSecrets() ? noCondition() : Roles.seesSpace(APPS.SPACE_GUID, caller);
        if (!engine.database()
                .read(dsl -> dsl.fetchExists(APPS, APPS.GUID.eq(guid).and(allowed)))) {
            throw CloudError.NOT_FOUND.of();
        }
        return ApiResponse.empty(200);
    }

    private ApiResponse restage(ApiRequest request) {
        var guid = request.part("guid");
        engine.transaction(
                apps,
                tx -> {
                    var change = engine.lock(tx, apps, guid, request.caller(), Right.UPDATE);
                    if (change.need(APPS.PACKAGE_STATE).equals("PENDING")) {
                        throw CloudError.NOT_STAGED.of();
                    }
                    if (change.get(APPS.PACKAGE_HASH) == null) {
                        throw CloudError.APP_PACKAGE_INVALID.of("bits have not been uploaded");
                    }
                    if (change.need(APPS.INSTANCES) < 1) {
                        throw CloudError.STAGING_ERROR.of("the app has no instances");
                    }
                    change.set(APPS.STATE, "STARTED");
                    change.set(APPS.VERSION, guids.get());
                    AppRules.restage(change);
                    Engine.store(apps, change);
                    audit.record(
                            tx,
                            "audit.app.restage",
                            request.caller(),
                            AppSummaries.actee(change),
                            AppSummaries.place(change),
                            Map.of());
                    return true;
                });
        reactions.restage(guid, request);
        return ApiResponse.of(201, engine.showWritten(apps, guid, request))
                .with("Location", apps.path() + "/" + guid);
    }

    // --- Bits
    // ----------------------------------------------------------------------------------------

    private ApiResponse upload(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        engine.database()
                .read(dsl -> {
                    engine.authorized(dsl, apps, guid, request.caller(), Right.UPDATE);
                    flags.requireUnlessAdmin(dsl, Flag.APP_BITS_UPLOAD, request.caller());
                    return true;
                });
        var form = request.form();
        var listed = form.text("resources");
        if (listed.isEmpty()) {
            throw CloudError.APP_BITS_UPLOAD_INVALID.of("the part named resources is missing");
        }
        List<KnownFile> known;
        try {
            known = KnownFile.read(Json.read(listed.get()));
        } catch (JacksonException e) {
            throw CloudError.APP_BITS_UPLOAD_INVALID.of("resources is not JSON");
        }
        var file = form.file("application");
        if (file.isEmpty() && known.isEmpty()) {
            throw CloudError.APP_BITS_UPLOAD_INVALID.of(
                    "there is neither a file nor a known resource in it");
        }
        var upload = file.isEmpty() ? null : store(file.get());
        var order = new AppBlobs.Assemble(guid, upload, known);
        if (!request.flag("async")) {
            bits.assemble(order);
            return ApiResponse.of(201, Map.of());
        }
        var job =
                engine.database()
                        .transaction(tx -> {
                            recordUpload(tx, guid, request.caller());
                            return jobs.enqueue(tx, AppBlobs.ASSEMBLE, order);
                        });
        jobs.settle(job);
        return ApiResponse.of(201, job);
    }

    private String store(ApiRequest.File file) throws IOException {
        var key = guids.get();
        try (var in = file.open();
                var received = blobs.uploads().receive(in, config.maxPackage())) {
            received.store(key);
        } catch (Blobstore.TooLargeException e) {
            throw CloudError.APP_PACKAGE_INVALID.of(
                    "it is larger than " + config.maxPackage() / (1024 * 1024) + " MB");
        }
        return key;
    }

    private void recordUpload(DSLContext tx, String guid, Caller caller) {
        tx.select(APPS.NAME, APPS.SPACE_GUID, SPACES.ORGANIZATION_GUID)
                .from(APPS)
                .join(SPACES)
                .on(SPACES.GUID.eq(APPS.SPACE_GUID))
                .where(APPS.GUID.eq(guid))
                .fetchOptional()
                .ifPresent(row ->
                        audit.record(
                                tx,
                                "audit.app.upload-bits",
                                caller,
                                new Audit.Actee(guid, "app", row.value1()),
                                new Audit.Place(row.value2(), row.value3()),
                                Map.of()));
    }

    private ApiResponse copyBits(ApiRequest request) {
        var guid = request.part("guid");
        var source = request.object().path("source_app_guid");
        if (!source.isString()) {
            throw CloudError.APP_BITS_COPY_INVALID.of("source_app_guid is missing");
        }
        var from = source.asString();
        var job =
                engine.transaction(
                        apps,
                        tx -> {
                            flags.requireUnlessAdmin(tx, Flag.APP_BITS_UPLOAD, request.caller());
                            var target =
                                    engine.lock(tx, apps, guid, request.caller(), Right.UPDATE);
                            var origin =
                                    engine.lock(tx, apps, from, request.caller(), Right.UPDATE);
                            recordCopy(target, Map.of("source_guid", from), request.caller());
                            recordCopy(origin, Map.of("destination_guid", guid), request.caller());
                            return jobs.enqueue(tx, AppBlobs.COPY, new AppBlobs.Copy(from, guid));
                        });
        jobs.settle(job);
        return ApiResponse.of(201, job);
    }

    private void recordCopy(Change change, Map<String, String> metadata, Caller caller) {
        audit.record(
                change.tx(),
                "audit.app.copy-bits",
                caller,
                AppSummaries.actee(change),
                AppSummaries.place(change),
                metadata);
    }

    private ApiResponse download(ApiRequest request) throws IOException {
        var app = visible(request);
        var blob =
                blobs.packages()
                        .find(app.guid())
                        .orElseThrow(() -> CloudError.APP_PACKAGE_NOT_FOUND.of(app.guid()));
        return ApiResponse.file("application/zip", blob.length(), blob::open);
    }

    private ApiResponse downloadDroplet(ApiRequest request) throws IOException {
        var app = visible(request);
        var missing = CloudError.RESOURCE_NOT_FOUND.of("The app has no droplet.");
        var hash = app.dropletHash();
        if (hash == null) {
            throw missing;
        }
        var blob =
                blobs.droplets()
                        .find(Blobstores.droplet(app.guid(), hash))
                        .orElseThrow(() -> missing);
        return ApiResponse.file("application/gzip", blob.length(), blob::open);
    }

    /** The upload becomes the current droplet: nothing is staged. */
    private ApiResponse uploadDroplet(ApiRequest request) throws IOException {
        var guid = request.part("guid");
        engine.database()
                .read(dsl -> engine.authorized(dsl, apps, guid, request.caller(), Right.UPDATE));
        var file =
                request.form()
                        .file("droplet")
                        .orElseThrow(() ->
                                CloudError.DROPLET_UPLOAD_INVALID.of(
                                        "the part named droplet is missing"));
        try (var in = file.open();
                var received = blobs.droplets().receive(in, config.maxPackage())) {
            received.store(Blobstores.droplet(guid, received.sha1()));
            engine.transaction(
                    apps,
                    tx -> {
                        var change = engine.lock(tx, apps, guid, request.caller(), Right.UPDATE);
                        tx.insertInto(DROPLETS)
                                .set(DROPLETS.GUID, guids.get())
                                .set(DROPLETS.CREATED_AT, change.now())
                                .set(DROPLETS.APP_GUID, guid)
                                .set(DROPLETS.DROPLET_HASH, received.sha1())
                                .set(DROPLETS.SHA256, received.sha256())
                                .execute();
                        AppRules.restage(change);
                        change.set(APPS.PACKAGE_STATE, "STAGED");
                        change.set(APPS.PACKAGE_PENDING_SINCE, null);
                        change.set(APPS.DROPLET_HASH, received.sha1());
                        if (change.get(APPS.PACKAGE_HASH) == null) {
                            change.set(APPS.PACKAGE_HASH, received.sha1());
                            change.set(APPS.PACKAGE_UPDATED_AT, change.now());
                        }
                        Engine.store(apps, change);
                        return true;
                    });
        } catch (Blobstore.TooLargeException e) {
            throw CloudError.DROPLET_UPLOAD_INVALID.of("it is too large");
        }
        return ApiResponse.of(201, jobs.show("0"));
    }

    private ApiResponse match(ApiRequest request) {
        var list = request.json();
        if (!list.isArray()) {
            throw CloudError.UNPROCESSABLE_ENTITY.of("The body is not a list.");
        }
        var hashes = new HashSet<String>();
        for (var item : list) {
            if (!item.isObject()) {
                throw CloudError.UNPROCESSABLE_ENTITY.of(
                        "The list holds something that is not an object.");
            }
            if (item.path("sha1").isString() && config.isShared(item.path("size").asLong(-1))) {
                hashes.add(item.path("sha1").asString());
            }
        }
        var on =
                engine.database()
                        .read(dsl -> {
                            flags.requireUnlessAdmin(dsl, Flag.APP_BITS_UPLOAD, request.caller());
                            return flags.isOn(dsl, Flag.RESOURCE_MATCHING);
                        });
        var known = on && !hashes.isEmpty() ? bits.known(hashes) : new HashSet<String>();
        var matched = new ArrayList<Object>();
        for (var item : list) {
            if (known.contains(item.path("sha1").asString(""))
                    && config.isShared(item.path("size").asLong(-1))) {
                matched.add(Objects.requireNonNull(Json.plain(item)));
            }
        }
        return ApiResponse.ok(matched);
    }
}

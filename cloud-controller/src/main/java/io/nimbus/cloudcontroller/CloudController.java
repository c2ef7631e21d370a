package io.nimbus.cloudcontroller;

import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.cloudcontroller.access.TokenGate;
import io.nimbus.cloudcontroller.apps.AppBlobs;
import io.nimbus.cloudcontroller.apps.AppEndpoints;
import io.nimbus.cloudcontroller.apps.AppFiles;
import io.nimbus.cloudcontroller.apps.AppReactions;
import io.nimbus.cloudcontroller.apps.AppResource;
import io.nimbus.cloudcontroller.apps.AppRules;
import io.nimbus.cloudcontroller.apps.AppSecrets;
import io.nimbus.cloudcontroller.apps.AppSummaries;
import io.nimbus.cloudcontroller.apps.Instances;
import io.nimbus.cloudcontroller.blobstore.BlobCleaner;
import io.nimbus.cloudcontroller.blobstore.Blobstores;
import io.nimbus.cloudcontroller.blobstore.FolderBlobstore;
import io.nimbus.cloudcontroller.bootstrap.Bootstrap;
import io.nimbus.cloudcontroller.ccdb.Tables;
import io.nimbus.cloudcontroller.encryption.Encryptor;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.events.Audited;
import io.nimbus.cloudcontroller.events.CrashResource;
import io.nimbus.cloudcontroller.events.EventPurge;
import io.nimbus.cloudcontroller.events.EventResource;
import io.nimbus.cloudcontroller.events.UsageEvents;
import io.nimbus.cloudcontroller.events.UsagePurges;
import io.nimbus.cloudcontroller.flags.EnvironmentGroups;
import io.nimbus.cloudcontroller.flags.Flags;
import io.nimbus.cloudcontroller.health.BulkEndpoints;
import io.nimbus.cloudcontroller.health.HealthListener;
import io.nimbus.cloudcontroller.info.InfoEndpoints;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.organizations.OrganizationEndpoints;
import io.nimbus.cloudcontroller.organizations.OrganizationResources;
import io.nimbus.cloudcontroller.organizations.RoleEndpoints;
import io.nimbus.cloudcontroller.organizations.UaaUsers;
import io.nimbus.cloudcontroller.organizations.UserEndpoints;
import io.nimbus.cloudcontroller.policy.DeaPool;
import io.nimbus.cloudcontroller.policy.StagerPool;
import io.nimbus.cloudcontroller.quotas.QuotaResources;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.HttpApi;
import io.nimbus.cloudcontroller.rest.Origins;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Resources;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.cloudcontroller.routing.DomainResources;
import io.nimbus.cloudcontroller.routing.RouteEndpoints;
import io.nimbus.cloudcontroller.routing.RouteMappings;
import io.nimbus.cloudcontroller.routing.RouteResources;
import io.nimbus.cloudcontroller.routing.RouteRules;
import io.nimbus.cloudcontroller.running.Addresses;
import io.nimbus.cloudcontroller.running.AppLog;
import io.nimbus.cloudcontroller.running.Deas;
import io.nimbus.cloudcontroller.running.HealthManagerClient;
import io.nimbus.cloudcontroller.running.Messages;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.cloudcontroller.securitygroups.SecurityGroupDefaults;
import io.nimbus.cloudcontroller.securitygroups.SecurityGroupResource;
import io.nimbus.cloudcontroller.services.ServiceEndpoints;
import io.nimbus.cloudcontroller.services.ServiceResources;
import io.nimbus.cloudcontroller.stacks.BuildpackBits;
import io.nimbus.cloudcontroller.stacks.StackResources;
import io.nimbus.cloudcontroller.staging.Staging;
import io.nimbus.cloudcontroller.staging.StagingEndpoints;
import io.nimbus.cloudcontroller.staging.StagingResults;
import io.nimbus.cloudcontroller.v3.V3Endpoints;
import io.nimbus.component.Component;
import io.nimbus.component.Health;
import io.nimbus.component.RouteRegistrar;
import io.nimbus.component.StatusServer;
import io.nimbus.database.Database;
import io.nimbus.subjects.BulkCredentials;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.tokens.ClientCredentials;
import io.nimbus.tokens.TokenVerifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jooq.ExecuteListenerProvider;

/** The whole controller, in start order; tests pass a bus and a clock of their own. */
public final class CloudController implements Component {
    private static final Duration CONNECT = Duration.ofSeconds(3);

    private final CloudControllerConfig config;
    private final Component parts;
    private final HttpApi api;
    private final List<Route> routes;

    /**
     * @param listeners see every SQL statement
     */
    public CloudController(
            CloudControllerConfig config,
            MessageBus bus,
            Timers timers,
            RandomGenerator random,
            Supplier<String> guids,
            ExecuteListenerProvider... listeners) {
        this.config = config;
        var health = new Health();
        var status = new StatusServer("CloudController", config.status(), health, bus, timers);
        var database = new Database(config.database(), "db/ccdb", listeners);
        health.check("database", database::fault);
        health.check("blobstore", this::blobstoreFault);
        var http = HttpClient.newBuilder().connectTimeout(CONNECT).build();
        var encryptor = new Encryptor(config.encryption().current(), config.encryption().keys());
        var blobs = blobs(config.blobs());
        var emitter = new LogEmitter(bus, timers);
        var appLog = new AppLog(emitter);
        var audit = new Audit(timers, guids);
        var flags = new Flags(database, timers);
        var jobs = new Jobs(database, timers, guids, config.jobThreads());
        var uaaUsers =
                new UaaUsers(
                        config.uaa().url(),
                        new ClientCredentials(
                                config.uaa().url(),
                                config.userLookup().client(),
                                config.userLookup().secret(),
                                http,
                                timers),
                        http,
                        timers);

        // Running and staging apps.
        var addresses =
                new Addresses(
                        config.controller(), config.logins().staging(), config.logins().internal());
        var messages = new Messages(addresses, config.partition());
        var runnable = new RunnableApps(encryptor);
        var deaPool = new DeaPool(timers, random);
        var stagerPool = new StagerPool(timers, random);
        var deas = new Deas(bus, deaPool, messages, blobs.droplets(), appLog, config.partition());
        var results =
                new StagingResults(database, runnable, deas, appLog, jobs, blobs, timers, guids);
        var staging =
                new Staging(
                        bus,
                        database,
                        stagerPool,
                        deaPool,
                        runnable,
                        messages,
                        addresses,
                        blobs,
                        results,
                        appLog,
                        jobs,
                        timers,
                        () -> guids.get().replace("-", ""),
                        config.staging());
        var healthManager = new HealthManagerClient(bus);
        var credentials =
                new BulkCredentials(
                        config.logins().bulk().user(), config.logins().bulk().password());
        var healthListener =
                new HealthListener(
                        bus,
                        database,
                        runnable,
                        deas,
                        audit,
                        credentials,
                        config.partition(),
                        timers,
                        guids);

        // What is declared.
        var secrets = new AppSecrets(encryptor);
        var reactions = new AppReactions(database, runnable, deas, staging, appLog);
        var appRules =
                new AppRules(
                        secrets,
                        config.apps(),
                        flags,
                        reactions,
                        jobs,
                        guids,
                        config.staging().customBuildpacks());
        var mappings = new RouteMappings(database, runnable, deas, audit, guids);
        var declared = new ArrayList<Resource>();
        declared.add(
                AppResource.declare(
                        secrets,
                        config.apps(),
                        mappings.ofApp(),
                        appRules,
                        new Audited(audit, "app", Tables.APPS.NAME, AppSummaries::place)));
        declared.addAll(
                new OrganizationResources(
                                audit,
                                flags,
                                uaaUsers,
                                config.bootstrap().quota().name(),
                                DomainResources.sharing(mappings))
                        .declare());
        declared.addAll(QuotaResources.declare());
        declared.addAll(DomainResources.declare(flags, mappings));
        declared.addAll(
                RouteResources.declare(
                        audit,
                        new RouteRules(flags, mappings, config.domain(), config.systemHosts()),
                        mappings));
        declared.addAll(StackResources.declare(jobs));
        declared.addAll(new ServiceResources(encryptor, audit, flags, mappings, guids).declare());
        declared.add(SecurityGroupResource.declare());
        declared.add(EventResource.declare());
        declared.addAll(UsageEvents.declare(database));
        declared.add(CrashResource.declare());
        var engine =
                new Engine(
                        database,
                        new Resources(declared),
                        timers,
                        guids,
                        jobs,
                        config.maxInlineDepth());
        jobs.deletesBy(engine);
        EventPurge.schedule(jobs, database, timers, config.keepEvents());

        // What is irregular.
        var bits =
                new AppBlobs(
                        database,
                        blobs,
                        config.apps(),
                        config.blobs().resolve("work"),
                        appLog,
                        jobs,
                        timers);
        var instances = new Instances(deas, healthManager, timers);
        var files = new AppFiles(config.files().mode(), config.files().router(), () -> http);
        var irregular =
                List.<Endpoints>of(
                        new InfoEndpoints(config.info()),
                        new AppEndpoints(
                                engine,
                                runnable,
                                reactions,
                                bits,
                                config.apps(),
                                blobs,
                                deas,
                                instances,
                                healthManager,
                                files,
                                flags,
                                jobs,
                                audit,
                                guids),
                        new RoleEndpoints(engine, flags, uaaUsers),
                        new OrganizationEndpoints(engine, healthManager),
                        new UserEndpoints(engine),
                        new ServiceEndpoints(engine),
                        new UsagePurges(engine, guids),
                        new BlobCleaner(database, blobs, jobs, timers),
                        new RouteEndpoints(engine),
                        new BuildpackBits(engine, blobs.buildpacks(), jobs, config.maxBuildpack()),
                        new SecurityGroupDefaults(engine),
                        flags,
                        new EnvironmentGroups(database, encryptor, timers),
                        jobs,
                        new StagingEndpoints(
                                database,
                                blobs,
                                results,
                                addresses,
                                timers,
                                guids,
                                config.maxDroplet()),
                        new BulkEndpoints(database),
                        healthListener,
                        new V3Endpoints(engine, secrets, appRules, runnable, instances));
        var all = new ArrayList<Route>();
        irregular.forEach(endpoints -> all.addAll(endpoints.routes()));
        all.addAll(engine.routes());
        routes = List.copyOf(all);

        var gate =
                new TokenGate(
                        new TokenVerifier(config.uaa(), timers),
                        database,
                        timers,
                        config.uploadGrace(),
                        Map.of(
                                Route.Login.STAGING, config.logins().staging(),
                                Route.Login.INTERNAL, config.logins().internal(),
                                Route.Login.BULK, config.logins().bulk()));
        var meters = status.metrics();
        api =
                new HttpApi(
                        new HttpApi.Settings(
                                config.http().host(),
                                config.http().port(),
                                config.blobs().resolve("work"),
                                config.maxDroplet()),
                        routes,
                        gate,
                        new Origins(config.http().external(), config.http().names()),
                        guids,
                        (route, code, time) ->
                                meters.timer(
                                                "nimbus.api",
                                                "method",
                                                route.method(),
                                                "path",
                                                route.path(),
                                                "status",
                                                Integer.toString(code))
                                        .record(time));
        var bootstrap = new Bootstrap(database, blobs.buildpacks(), config.bootstrap(), guids);
        health.check("bootstrap", bootstrap::fault);
        status.varz(() -> {
            var varz = new LinkedHashMap<String, Object>();
            varz.put("deas", deaPool.size());
            varz.put("stagers", stagerPool.size());
            varz.put("health_requests_dropped", healthListener.dropped());
            return varz;
        });
        parts =
                Component.inOrder(
                        Component.of(this::makeFolders, () -> {}),
                        status,
                        database,
                        Component.closing(emitter),
                        bootstrap,
                        deas,
                        staging,
                        jobs,
                        api,
                        healthListener,
                        new RouteRegistrar(bus, timers, this::registration));
    }

    private static Blobstores blobs(Path folder) {
        return new Blobstores(
                new FolderBlobstore(folder, "packages"),
                new FolderBlobstore(folder, "droplets"),
                new FolderBlobstore(folder, "buildpacks"),
                new FolderBlobstore(folder, "buildpack_cache"),
                new FolderBlobstore(folder, "resources"),
                new FolderBlobstore(folder, "uploads"));
    }

    private void makeFolders() {
        try {
            Files.createDirectories(config.blobs().resolve("work"));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the blobstore's folder cannot be made: " + config.blobs(), e);
        }
    }

    private Optional<String> blobstoreFault() {
        return Files.isWritable(config.blobs())
                ? Optional.empty()
                : Optional.of("the folder is not writable");
    }

    private List<RouterRegister> registration() {
        return List.of(
                RouterRegister.component(
                        "CloudController",
                        config.http().registered(),
                        api.port(),
                        List.of("api." + config.domain())));
    }

    /** Every method and path that is served, in no order. */
    List<Route> routes() {
        return routes;
    }

    /** Where the API listens, once started. */
    public int port() {
        return api.port();
    }

    @Override
    public void start() {
        parts.start();
    }

    @Override
    public void close() {
        parts.close();
    }
}

package io.nimbus.cloudcontroller.staging;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;

import io.nimbus.bus.BusUnavailableException;
import io.nimbus.bus.MessageBus;
import io.nimbus.cloudcontroller.blobstore.Blobstores;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.cloudcontroller.policy.DeaPool;
import io.nimbus.cloudcontroller.policy.StagerPool;
import io.nimbus.cloudcontroller.running.Addresses;
import io.nimbus.cloudcontroller.running.AppLog;
import io.nimbus.cloudcontroller.running.Messages;
import io.nimbus.cloudcontroller.running.RunnableApp;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.component.Component;
import io.nimbus.database.Database;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.StagingAdvertise;
import io.nimbus.subjects.StagingReply;
import io.nimbus.subjects.StagingStart;
import io.nimbus.subjects.StagingStop;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has apps staged: picks a stager, sends the request, waits a moment for its first reply, and
 * leaves the second to whoever it reaches. What got lost on the way is found by a look at the
 * database every minute.
 */
public final class Staging implements Component {
    private static final Logger log = LoggerFactory.getLogger(Staging.class);

    /** A request waits for the stager's acceptance no longer. */
    private static final Duration FIRST_REPLY = Duration.ofSeconds(5);

    private static final Duration LOOK = Duration.ofMinutes(1);

    /**
     * An app that is to be staged and that no controller has taken up for so long was left by one
     * that died.
     */
    private static final Duration LEFT_ALONE = Duration.ofSeconds(30);

    private final MessageBus bus;
    private final Database database;
    private final StagerPool stagers;
    private final DeaPool deas;
    private final RunnableApps apps;
    private final StagingRequests requests;
    private final StagingResults results;
    private final AppLog appLog;
    private final InstantSource clock;
    private final Supplier<String> tasks;
    private final StagingConfig config;

    /**
     * @param tasks makes task ids, 32 hex digits
     */
    public Staging(
            MessageBus bus,
            Database database,
            StagerPool stagers,
            DeaPool deas,
            RunnableApps apps,
            Messages messages,
            Addresses addresses,
            Blobstores blobs,
            StagingResults results,
            AppLog appLog,
            Jobs jobs,
            InstantSource clock,
            Supplier<String> tasks,
            StagingConfig config) {
        this.bus = bus;
        this.database = database;
        this.stagers = stagers;
        this.deas = deas;
        this.apps = apps;
        this.requests = new StagingRequests(messages, addresses, blobs.caches(), config);
        this.results = results;
        this.appLog = appLog;
        this.clock = clock;
        this.tasks = tasks;
        this.config = config;
        jobs.every("staging.look", LOOK, this::look);
    }

    /** Whether an app may be given this as a buildpack's address. */
    public static boolean isBuildpackAddress(String buildpack) {
        return StagingRequests.isAddress(buildpack);
    }

    @Override
    public void start() {
        bus.subscribe(StagingAdvertise.SUBJECT, stagers::advertised);
        bus.onConnect(() -> bus.publish(StagingAdvertise.LOCATE, Poke.POKE));
    }

    @Override
    public void close() {}

    /** Ends whatever is being staged of the app. */
    public void stop(String guid) {
        bus.publish(StagingStop.SUBJECT, new StagingStop(guid));
    }

    /** What the database said when the task began. */
    private record Prepared(RunnableApp app, StagingStart request) {}

    /**
     * Begins to stage an app.
     *
     * @return the address of the staging log, when the stager named one in time
     * @throws CloudException when it is clear by then that it fails; the app is then marked as
     *     failed if a stager said so
     * @throws BusUnavailableException when nobody can be asked
     */
    public Optional<String> stage(String guid) {
        if (!bus.isConnected()) {
            throw new BusUnavailableException("the bus is away");
        }
        var task = tasks.get();
        var prepared = database.transaction(tx -> prepare(tx, guid, task));
        var need =
                new StagerPool.Need(
                        requests.memoryMb(prepared.app()),
                        requests.diskMb(prepared.app()),
                        prepared.app().stack());
        var asked = new HashSet<String>();
        while (true) {
            switch (stagers.choose(need, asked)) {
                case StagerPool.Choice.NoStack() ->
                        throw CloudError.STACK_NOT_FOUND.of(need.stack());
                case StagerPool.Choice.NoRoom() ->
                        throw CloudError.STAGING_ERROR.of(
                                "no stager has " + need.memoryMb() + " MB free");
                case StagerPool.Choice.Stager(var stager) -> {
                    asked.add(stager);
                    deas.staging(stager, need.memoryMb());
                    var accepted = ask(stager, prepared);
                    if (accepted.isPresent()) {
                        return accepted.get().logUrl();
                    }
                    log.warn("stager {} is gone, asking another one", stager);
                }
            }
        }
    }

    private Prepared prepare(DSLContext tx, String guid, String task) {
        var row = tx.selectFrom(APPS).where(APPS.GUID.eq(guid)).forUpdate().fetchOne();
        if (row == null) {
            throw CloudError.APP_NOT_FOUND.of(guid);
        }
        var app = apps.find(tx, guid).orElseThrow();
        var request = requests.request(app, task, StagingRequests.installed(tx, app.stack()));
        row.setStagingTaskId(task);
        row.setPackageState("PENDING");
        row.setPackagePendingSince(clock.instant());
        row.setStagingFailedReason(null);
        row.setStagingFailedDescription(null);
        row.update();
        return new Prepared(app, request);
    }

    /** A stager took the task, or has not answered yet. */
    private record Accepted(Optional<String> logUrl) {}

    /** Empty when there is no such stager any more. */
    private Optional<Accepted> ask(String stager, Prepared prepared) {
        var exchange = new Exchange(prepared.request());
        appLog.say(
                prepared.app().guid(),
                "Staging the app, memory " + requests.memoryMb(prepared.app()) + " MB");
        stop(prepared.app().guid());
        bus.request(StagingStart.to(stager), prepared.request(), 2, config.timeout(), exchange);
        try {
            var first = exchange.first.get(FIRST_REPLY.toMillis(), TimeUnit.MILLISECONDS);
            if (first.isEmpty()) {
                return Optional.empty();
            }
            if (first.get().isFailure()) {
                throw StagingResults.failure(first.get());
            }
            return Optional.of(new Accepted(Optional.ofNullable(first.get().streamingLogUrl())));
        } catch (TimeoutException e) {
            log.info("stager {} has not answered yet; going on without it", stager);
            return Optional.of(new Accepted(Optional.empty()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(new Accepted(Optional.empty()));
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Both replies of one task. Called by the bus's thread, which is not kept waiting: results are
     * applied on threads of their own.
     */
    private final class Exchange implements MessageBus.ReplyHandler<StagingReply> {
        /** Empty: nobody listens there. */
        final CompletableFuture<Optional<StagingReply>> first = new CompletableFuture<>();

        private final StagingStart request;
        private final AtomicInteger replies = new AtomicInteger();

        Exchange(StagingStart request) {
            this.request = request;
        }

        @Override
        public void reply(StagingReply reply) {
            if (!reply.task().equals(request.task())) {
                log.warn("a reply for task {} came to task {}", reply.task(), request.task());
                return;
            }
            if (replies.getAndIncrement() == 0 && !reply.isFailure()) {
                first.complete(Optional.of(reply));
                return;
            }
            Thread.ofVirtual()
                    .name("staging-result")
                    .start(() -> {
                        apply(reply);
                        // A refusal: applied before the request that waits for it goes on.
                        first.complete(Optional.of(reply));
                    });
        }

        private void apply(StagingReply reply) {
            try {
                var outcome = results.apply(request.app(), reply);
                log.info("app {}: result of task {}: {}", request.app(), request.task(), outcome);
            } catch (RuntimeException e) {
                // It also comes by HTTP, again and again until it is taken.
                log.warn(
                        "app {}: the result of task {} could not be stored",
                        request.app(),
                        request.task(),
                        e);
            }
        }

        @Override
        public void end(MessageBus.End reason) {
            switch (reason) {
                case ENOUGH, CLOSED -> {}
                case NOBODY, DISCONNECTED -> first.complete(Optional.empty());
                case TIMEOUT ->
                        Thread.ofVirtual()
                                .start(() ->
                                        results.giveUp(
                                                request.app(),
                                                request.task(),
                                                CloudError.STAGER_ERROR.of(
                                                        "no result within "
                                                                + config.timeout().toSeconds()
                                                                + " seconds")));
            }
        }
    }

    /**
     * Finds apps that wait too long, and apps whose staging a controller decided on but did not
     * live to begin.
     */
    private void look() {
        var now = clock.instant();
        var waiting =
                database.read(dsl ->
                        dsl.select(APPS.GUID, APPS.STAGING_TASK_ID, APPS.PACKAGE_PENDING_SINCE)
                                .from(APPS)
                                .where(APPS.PACKAGE_STATE.eq("PENDING"))
                                .and(APPS.STATE.eq("STARTED"))
                                .and(APPS.INSTANCES.gt(0))
                                .and(APPS.PACKAGE_HASH.isNotNull())
                                .and(APPS.PACKAGE_PENDING_SINCE.lt(now.minus(LEFT_ALONE)))
                                .fetch());
        for (var app : waiting) {
            var task = app.value2();
            if (task == null) {
                takeUp(app.value1());
            } else if (app.value3().isBefore(now.minus(config.pendingTimeout()))) {
                results.giveUp(
                        app.value1(),
                        task,
                        CloudError.STAGING_TIME_EXPIRED.of(
                                "no result within "
                                        + config.pendingTimeout().toSeconds()
                                        + " seconds"));
            }
        }
    }

    private void takeUp(String guid) {
        try {
            log.info("app {}: staging is taken up again", guid);
            var _ = stage(guid);
        } catch (CloudException | BusUnavailableException e) {
            log.warn("app {}: staging is not taken up: {}", guid, e.getMessage());
        }
    }
}

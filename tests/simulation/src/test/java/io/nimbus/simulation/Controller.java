package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.cloudcontroller.policy.AppPolicy;
import io.nimbus.cloudcontroller.policy.AppPolicy.Reaction;
import io.nimbus.cloudcontroller.policy.DeaPool;
import io.nimbus.cloudcontroller.policy.HealthPolicy;
import io.nimbus.cloudcontroller.policy.StagerPool;
import io.nimbus.healthmanager.policy.DesiredState;
import io.nimbus.healthmanager.policy.DesiredStateSource;
import io.nimbus.healthmanager.policy.DesiredStateUnavailableException;
import io.nimbus.simulation.Database.App;
import io.nimbus.simulation.Database.Staging;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DropletUpdated;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import io.nimbus.subjects.Limits;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.StagingAdvertise;
import io.nimbus.subjects.StagingReply;
import io.nimbus.subjects.StagingStart;
import io.nimbus.subjects.StagingStop;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * A controller without its API: its real decisions about apps, DEAs, stagers and the health
 * manager's requests, between a bus and the {@link Database} that all of them share.
 */
final class Controller implements DesiredStateSource {
    private static final Duration STAGING_LIMIT = Duration.ofMinutes(15);
    private static final Duration PENDING_LIMIT = Duration.ofMinutes(20);
    private static final Duration LEFT_ALONE = Duration.ofSeconds(30);
    private static final String PARTITION = "default";

    private final String name;
    private final Bus bus;
    private final VirtualTime time;
    private final RandomGenerator random;
    private final Database database;
    private final Consumer<InstanceStopRequest> onStop;
    private InMemoryBus.Endpoint connection;
    private MortalTimers timers;
    private DeaPool deas;
    private StagerPool stagers;
    private boolean diesAfterCommit;
    private int tasks;

    /**
     * @param onStop hears of each request to stop that is obeyed, before it is carried out
     */
    Controller(
            String name,
            Bus bus,
            VirtualTime time,
            RandomGenerator random,
            Database database,
            Consumer<InstanceStopRequest> onStop) {
        this.name = name;
        this.bus = bus;
        this.time = time;
        this.random = random;
        this.database = database;
        this.onStop = onStop;
        this.connection = bus.connect(name);
        this.timers = new MortalTimers(time);
        this.deas = new DeaPool(time, random);
        this.stagers = new StagerPool(time, random);
        start();
    }

    private void start() {
        connection.subscribe(DeaAdvertise.SUBJECT, deas::advertised);
        connection.subscribe(DeaShutdown.SUBJECT, left -> deas.left(left.id()));
        connection.subscribe(StagingAdvertise.SUBJECT, stagers::advertised);
        connection.subscribe(InstanceStartRequest.SUBJECT, "cc", this::startRequested);
        connection.subscribe(InstanceStopRequest.SUBJECT, "cc", this::stopRequested);
        connection.onConnect(() -> {
            connection.publish(DeaAdvertise.LOCATE, Poke.POKE);
            connection.publish(StagingAdvertise.LOCATE, Poke.POKE);
        });
        timers.every(Duration.ofMinutes(1), this::lookForStaging);
    }

    /** kill -9, and a new one after so long. */
    void restart(Duration away) {
        kill();
        time.after(away, this::comeUp);
    }

    private void kill() {
        timers.die();
        connection.close();
    }

    private void comeUp() {
        if (isUp()) {
            return;
        }
        connection = bus.connect(name);
        timers = new MortalTimers(time);
        deas = new DeaPool(time, random);
        stagers = new StagerPool(time, random);
        start();
    }

    boolean isUp() {
        return !timers.isDead();
    }

    void cutOff() {
        connection.disconnect();
    }

    void rejoin() {
        if (isUp()) {
            connection.reconnect();
        }
    }

    /** It will be killed right after the next change was stored. */
    void dieAfterCommit() {
        diesAfterCommit = true;
    }

    // The health manager's

    @Override
    public DesiredState fetch() throws DesiredStateUnavailableException {
        if (!isUp()) {
            throw new DesiredStateUnavailableException("the controller does not answer");
        }
        return database.state();
    }

    private static HealthPolicy.Desired desired(App app) {
        return new HealthPolicy.Desired(
                app.version(),
                app.instances(),
                app.started(),
                app.staging() == Staging.STAGED,
                app.staging() == Staging.FAILED,
                app.staging() == Staging.STAGED);
    }

    private void startRequested(InstanceStartRequest request) {
        var app = database.app(request.app());
        if (HealthPolicy.allowsStart(app.map(Controller::desired), request)) {
            app.ifPresent(a -> startWhatFits(a, List.of(request.index())));
        }
    }

    private void stopRequested(InstanceStopRequest request) {
        var app = database.app(request.app());
        if (HealthPolicy.allowsStop(app.map(Controller::desired), request)) {
            onStop.accept(request);
            stop(DeaStop.instances(request.app(), List.of(request.instance())));
        }
    }

    // The users'

    void push(String guid, int instances) {
        var stopped =
                new App(
                        guid,
                        database.newVersion(),
                        instances,
                        false,
                        Staging.PENDING,
                        "",
                        time.instant());
        change(stopped, stopped.withStarted(true));
    }

    /** Stores a change and does what it asks for. */
    void change(App before, App wish) {
        var after =
                AppPolicy.changesVersion(policy(before), policy(wish))
                        ? wish.withVersion(database.newVersion())
                        : wish;
        database.put(after);
        if (diesAfterCommit) {
            diesAfterCommit = false;
            restart(Duration.ofSeconds(20));
            return;
        }
        if (!react(after, AppPolicy.reaction(policy(before), policy(after)))) {
            database.put(
                    after.withStarted(before.started())
                            .withInstances(Math.min(before.instances(), after.instances())));
        }
        changed(after.guid());
    }

    private static AppPolicy.App policy(App app) {
        return new AppPolicy.App(
                app.started(),
                app.instances(),
                app.staging() == Staging.STAGED,
                true,
                Database.MEMORY_MB,
                "port",
                null,
                false);
    }

    /** Whether what was wished is possible. */
    private boolean react(App app, Reaction reaction) {
        return switch (reaction) {
            case Reaction.Nothing() -> true;
            case Reaction.Stage() -> stage(app);
            case Reaction.Start(var indices) -> startAll(app, indices);
            case Reaction.Stop(var indices) ->
                    stop(DeaStop.indices(app.guid(), app.version(), indices));
            case Reaction.StopAll() -> {
                connection.publish(StagingStop.SUBJECT, new StagingStop(app.guid()));
                yield stop(DeaStop.app(app.guid()));
            }
        };
    }

    void delete(String guid) {
        database.delete(guid);
        connection.publish(StagingStop.SUBJECT, new StagingStop(guid));
        stop(DeaStop.app(guid));
        changed(guid);
    }

    void restage(App app) {
        stop(DeaStop.app(app.guid()));
        var wanted =
                app.withStarted(true)
                        .withVersion(database.newVersion())
                        .pending("", time.instant());
        database.put(wanted);
        if (!stage(wanted)) {
            database.put(wanted.withStarted(false));
        }
        changed(app.guid());
    }

    private void changed(String guid) {
        connection.publish(DropletUpdated.SUBJECT, new DropletUpdated(guid, PARTITION));
    }

    // Stagers

    /** Whether somebody was found to do it. */
    private boolean stage(App app) {
        var task = name + "-" + tasks++;
        var pending = app.pending(task, time.instant());
        database.put(pending);
        return ask(pending, new HashSet<>());
    }

    private boolean ask(App app, Set<String> asked) {
        var need = new StagerPool.Need(1024, 1024, Dea.STACK);
        return switch (stagers.choose(need, asked)) {
            case StagerPool.Choice.NoRoom(), StagerPool.Choice.NoStack() -> false;
            case StagerPool.Choice.Stager(var stager) -> {
                asked.add(stager);
                connection.publish(StagingStop.SUBJECT, new StagingStop(app.guid()));
                connection.request(
                        StagingStart.to(stager),
                        request(app, need),
                        2,
                        STAGING_LIMIT,
                        new Exchange(app, asked, timers));
                yield true;
            }
        };
    }

    private final class Exchange implements MessageBus.ReplyHandler<StagingReply> {
        private final App app;
        private final Set<String> asked;
        private final MortalTimers asker;
        private int replies;

        Exchange(App app, Set<String> asked, MortalTimers asker) {
            this.app = app;
            this.asked = asked;
            this.asker = asker;
        }

        @Override
        public void reply(StagingReply reply) {
            if (replies++ > 0 || reply.isFailure()) {
                apply(app.guid(), reply);
            }
        }

        @Override
        public void end(MessageBus.End reason) {
            if (asker.isDead()) {
                return;
            }
            switch (reason) {
                case ENOUGH, CLOSED -> {}
                case NOBODY, DISCONNECTED -> {
                    if (!ask(app, asked)) {
                        giveUp(app);
                    }
                }
                case TIMEOUT -> giveUp(app);
            }
        }
    }

    private static StagingStart request(App app, StagerPool.Need need) {
        return new StagingStart(
                app.guid(),
                app.task(),
                new StagingStart.Properties(
                        List.of(),
                        new StagingStart.Resources(need.memoryMb(), need.diskMb(), 64),
                        List.of(),
                        Map.of(),
                        null,
                        null,
                        null,
                        List.of()),
                "http://localhost/package",
                "http://localhost/droplet",
                null,
                "http://localhost/cache",
                null,
                List.of(),
                List.of(),
                Dea.STACK,
                null,
                null,
                "http://localhost/completed");
    }

    /**
     * A result, by whichever of its two ways.
     *
     * @return whether it was taken; if not it comes again
     */
    boolean apply(String guid, StagingReply reply) {
        if (!isUp()) {
            return false;
        }
        database.app(guid)
                .filter(app -> app.task().equals(reply.task()))
                .filter(app -> app.staging() == Staging.PENDING)
                .ifPresent(app -> {
                    if (reply.isFailure()) {
                        fail(app);
                    } else {
                        database.put(app.staged());
                        changed(guid);
                        if (app.started()) {
                            startWhatFits(app, all(app.instances()));
                        }
                    }
                });
        return true;
    }

    private void giveUp(App begun) {
        database.app(begun.guid())
                .filter(app -> app.task().equals(begun.task()))
                .filter(app -> app.staging() == Staging.PENDING)
                .ifPresent(this::fail);
    }

    private void fail(App app) {
        database.put(app.failed());
        stop(DeaStop.app(app.guid()));
        changed(app.guid());
    }

    /** For what a controller left undone when it died. */
    private void lookForStaging() {
        for (var app : database.apps()) {
            var since = app.pendingSince();
            if (app.staging() != Staging.PENDING
                    || !app.started()
                    || !since.isBefore(time.instant().minus(LEFT_ALONE))) {
                continue;
            }
            if (app.task().isEmpty()) {
                stage(app);
            } else if (since.isBefore(time.instant().minus(PENDING_LIMIT))) {
                giveUp(app);
            }
        }
    }

    // DEAs

    private static List<Integer> all(int instances) {
        return IntStream.range(0, instances).boxed().toList();
    }

    private static DeaPool.Need need(App app) {
        return new DeaPool.Need(app.guid(), Database.MEMORY_MB, Database.DISK_MB, Dea.STACK);
    }

    private boolean startAll(App app, List<Integer> indices) {
        var places = deas.placeAll(need(app), indices.size());
        if (!connection.isConnected() || places.isEmpty()) {
            return false;
        }
        for (int i = 0; i < indices.size(); i++) {
            connection.publish(DeaStart.to(places.get().get(i)), message(app, indices.get(i)));
        }
        return true;
    }

    private void startWhatFits(App app, List<Integer> indices) {
        for (int index : indices) {
            deas.place(need(app))
                    .ifPresent(dea -> connection.publish(DeaStart.to(dea), message(app, index)));
        }
    }

    private boolean stop(DeaStop message) {
        connection.publish(DeaStop.SUBJECT, message);
        return true;
    }

    private static DeaStart message(App app, int index) {
        return new DeaStart(
                app.guid(),
                app.guid(),
                List.of(app.guid() + ".example.com"),
                false,
                null,
                null,
                null,
                app.version(),
                index,
                List.of(),
                new Limits(Database.MEMORY_MB, Database.DISK_MB, 64),
                List.of(),
                PARTITION,
                false,
                null,
                null,
                null,
                Map.of(),
                List.of(),
                Dea.STACK,
                null,
                null,
                Map.of());
    }
}

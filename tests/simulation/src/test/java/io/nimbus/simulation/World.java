package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.healthmanager.HealthManagerConfig;
import io.nimbus.healthmanager.HealthManagerMain;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import io.nimbus.subjects.StagingReply;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * A platform of one seed: users who change their minds, machines that fail, a health manager that
 * makes up for it. It notes what must never happen in {@link #faults}.
 */
final class World {
    /** Starts per second and at once, few, so that a storm would show. */
    private static final int PER_SECOND = 5;

    private static final int BURST = 20;

    /**
     * So long an instance may be gone before the health manager can know it: three heartbeats, the
     * bus's delays both ways, and a tick.
     */
    private static final Duration IGNORANCE = Duration.ofSeconds(50);

    private static final HealthManagerConfig CONFIG = config();

    final VirtualTime time = new VirtualTime();
    final Random random;
    final Journal journal = new Journal(time);
    final Database database = new Database();
    final Truth truth = new Truth(time);
    final List<String> faults = new ArrayList<>();
    final List<Dea> deas = new ArrayList<>();
    final List<Controller> controllers = new ArrayList<>();
    final List<Manager> managers = new ArrayList<>();
    final List<Stager> stagers = new ArrayList<>();
    final Router router;
    private final Network network;
    private final Bus bus;
    private final Map<String, List<Instant>> startsBySender = new HashMap<>();
    private final Map<String, List<Instant>> startsByIndex = new HashMap<>();
    private int names;

    World(long seed) {
        random = new Random(seed);
        network = new Network(new Random(seed + 1));
        bus = new Bus(time, random, this::deliver);
        observe();
        for (int i = 0; i < 2; i++) {
            controllers.add(
                    new Controller("cc-" + i, bus, time, random, database, this::stopObeyed));
        }
        for (int i = 0; i < 2; i++) {
            stagers.add(new Stager("stager-" + i, bus, time, random, this::complete));
        }
        router = new Router(bus, time);
        // Now and then enough machines for the mass-failure breaker to mean something.
        var machines = random.nextInt(10) == 0 ? 12 : 3 + random.nextInt(3);
        for (int i = 0; i < machines; i++) {
            addDea();
        }
        var standby = random.nextInt(2);
        for (int i = 0; i <= standby; i++) {
            addManager();
        }
        // Everybody has heard of everybody.
        run(10);
    }

    private static HealthManagerConfig config() {
        try {
            return HealthManagerConfig.read(
                    Config.parse(
                            "{nats: {password: none}, controller: {url: 'http://localhost'},"
                                    + " sending: {per_second: "
                                    + PER_SECOND
                                    + ", burst: "
                                    + BURST
                                    + "}}",
                            "simulation",
                            "health-manager",
                            Map.of()));
        } catch (ConfigException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Duration> deliver(String sender, String receiver, String subject) {
        if (receiver.equals("observer")) {
            if (subject.equals(InstanceStartRequest.SUBJECT.name())) {
                noteStart(sender);
            }
            return List.of(Duration.ZERO);
        }
        return network.deliveries(sender, receiver, subject);
    }

    private void observe() {
        var observer = bus.connect("observer");
        observer.subscribe(
                InstanceStartRequest.SUBJECT,
                m -> {
                    journal.write(
                            "asked to start " + m.app() + " " + m.version() + "/" + m.index());
                    noteStart(m);
                });
        observer.subscribe(
                InstanceStopRequest.SUBJECT,
                m ->
                        journal.write(
                                "asked to stop "
                                        + m.app()
                                        + " "
                                        + m.version()
                                        + "/"
                                        + m.index()
                                        + " "
                                        + m.instance()
                                        + (m.duplicate() ? " (duplicate)" : "")));
    }

    /** No storm: never more than the bucket holds and has gained. */
    private void noteStart(String sender) {
        var times = startsBySender.computeIfAbsent(sender, s -> new ArrayList<>());
        times.add(time.instant());
        for (int back = 1; back <= Math.min(times.size(), 4 * BURST); back++) {
            var first = times.get(times.size() - back);
            var seconds = Duration.between(first, time.instant()).toMillis() / 1000.0;
            if (back > BURST + PER_SECOND * seconds + 1) {
                fault("a storm: " + sender + " asked for " + back + " starts in " + seconds + " s");
                return;
            }
        }
    }

    /** Nor for one index. */
    private void noteStart(InstanceStartRequest request) {
        var times =
                startsByIndex.computeIfAbsent(
                        request.app() + request.version() + request.index(),
                        i -> new ArrayList<>());
        times.add(time.instant());
        var since = time.instant().minusSeconds(60);
        times.removeIf(at -> at.isBefore(since));
        // Missing, then crashed three times at once, each blocking for 30 s; and a new leader.
        if (times.size() > 6) {
            fault("asked " + times.size() + " times in a minute for " + request);
        }
    }

    /**
     * What is wanted and serves is not taken away unless another serves, as far as one can know.
     */
    private void stopObeyed(InstanceStopRequest request) {
        var wanted = database.app(request.app()).filter(a -> a.wants(request.index())).isPresent();
        var isUp =
                deas.stream()
                        .flatMap(dea -> dea.instances().stream())
                        .anyMatch(i -> i.guid().equals(request.instance()));
        if (wanted
                && isUp
                && !truth.isServedByAnother(
                        request.app(), request.index(), request.instance(), IGNORANCE)) {
            fault("the only instance was stopped: " + request);
        }
    }

    private void fault(String what) {
        journal.write("FAULT " + what);
        faults.add(what);
    }

    /** As a health manager that errs would. */
    void askToStop(Dea.Running instance) {
        bus.connect("mistaken")
                .publish(
                        InstanceStopRequest.SUBJECT,
                        new InstanceStopRequest(
                                "mistake",
                                instance.app(),
                                instance.version(),
                                instance.guid(),
                                instance.index(),
                                true));
    }

    /** One health manager, from its start to its end. */
    final class Manager {
        final String name;
        private final InMemoryBus.Endpoint connection;
        private final MortalTimers timers = new MortalTimers(time);
        private final Component process;
        private int ids;

        Manager(String name) {
            this.name = name;
            connection = bus.connect(name);
            process =
                    HealthManagerMain.assemble(
                            CONFIG,
                            connection,
                            timers,
                            () -> controllers.get(random.nextInt(controllers.size())).fetch(),
                            () -> name + "-" + ids++);
            process.start();
        }

        /** As kill -9 would. */
        void kill() {
            journal.write(name + " is killed");
            timers.die();
            connection.close();
        }

        void stop() {
            journal.write(name + " stops");
            process.close();
            timers.die();
            connection.close();
        }

        void cutOff() {
            connection.disconnect();
        }

        void rejoin() {
            connection.reconnect();
        }
    }

    void addManager() {
        var manager = new Manager("hm-" + names++);
        journal.write(manager.name + " starts");
        managers.add(manager);
    }

    Dea addDea() {
        var number = names++;
        var dea = new Dea("dea-" + number, number, bus, time, random, truth);
        journal.write(dea.id() + " starts");
        deas.add(dea);
        return dea;
    }

    List<Dea> living() {
        return deas.stream().filter(Dea::isAlive).toList();
    }

    /** Whom a user's request reaches; empty when it fails. */
    Optional<Controller> controller() {
        var up = controllers.stream().filter(Controller::isUp).toList();
        return up.isEmpty() ? Optional.empty() : Optional.of(up.get(random.nextInt(up.size())));
    }

    private boolean complete(String app, StagingReply result) {
        return controller().map(c -> c.apply(app, result)).orElse(false);
    }

    Network network() {
        return network;
    }

    void run(Duration duration) {
        time.advance(duration);
    }

    void run(long seconds) {
        run(Duration.ofSeconds(seconds));
    }

    /** What runs, against what is wanted; empty when they agree. */
    List<String> differences() {
        var differences = new ArrayList<String>();
        var actual = new TreeMap<String, List<String>>();
        for (var dea : living()) {
            for (var instance : dea.instances()) {
                actual.computeIfAbsent(
                                instance.app() + " " + instance.version() + "/" + instance.index(),
                                i -> new ArrayList<>())
                        .add((instance.serves() ? "up" : "coming up") + " on " + dea.id());
            }
        }
        var wanted = new LinkedHashMap<String, Boolean>();
        for (var app : database.apps()) {
            for (int index = 0; app.isStartable() && index < app.instances(); index++) {
                wanted.put(app.guid() + " " + app.version() + "/" + index, true);
            }
        }
        wanted.forEach((slot, yes) -> {
            var here = actual.getOrDefault(slot, List.of());
            if (here.size() != 1 || !here.getFirst().startsWith("up")) {
                differences.add(slot + " should run once and is " + here);
            }
        });
        actual.forEach((slot, here) -> {
            if (!wanted.containsKey(slot)) {
                differences.add(slot + " is not wanted and is " + here);
            }
        });
        if (bus.failures() > 0) {
            differences.add(bus.failures() + " messages could not be read or dealt with");
        }
        if (router.endpoints() != wanted.size()) {
            differences.add(
                    "the router knows "
                            + router.endpoints()
                            + " endpoints for "
                            + wanted.size()
                            + " instances");
        }
        return differences;
    }
}

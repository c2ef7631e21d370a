package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.InstanceState;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Starts what it is told to, reports it every 10 s, and stops what it is told to. */
final class FakeDea implements Dea {
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final Duration ADVERTISE = Duration.ofSeconds(5);
    private static final Duration BAIL_OUT = Duration.ofSeconds(115);
    private static final Duration CRASH_KEPT = Duration.ofHours(1);

    private final String name;
    private final InMemoryBus bus;
    private final VirtualTime time;
    private final RandomGenerator random;
    private final Truth truth;
    private final Map<String, Instance> instances = new LinkedHashMap<>();
    private InMemoryBus.Endpoint connection;
    private MortalTimers timers;
    private int agents;
    private boolean alive = true;
    private boolean evacuating;

    FakeDea(String name, InMemoryBus bus, VirtualTime time, RandomGenerator random, Truth truth) {
        this.name = name;
        this.bus = bus;
        this.time = time;
        this.random = random;
        this.truth = truth;
        this.connection = bus.connect(name);
        this.timers = new MortalTimers(time);
        startAgent();
    }

    private static final class Instance implements Running {
        final DeaStart start;
        final String guid;
        InstanceState state = InstanceState.STARTING;
        double since;

        Instance(DeaStart start, String guid) {
            this.start = start;
            this.guid = guid;
        }

        @Override
        public String app() {
            return start.app();
        }

        @Override
        public String version() {
            return start.version();
        }

        @Override
        public int index() {
            return start.index();
        }

        @Override
        public String guid() {
            return guid;
        }

        @Override
        public InstanceState state() {
            return state;
        }
    }

    private void startAgent() {
        agents++;
        connection = bus.connect(id());
        timers = new MortalTimers(time);
        connection.subscribe(DeaStart.to(id()), this::start);
        connection.subscribe(DeaStop.SUBJECT, this::stop);
        connection.subscribe(DeaHeartbeat.WANTED, poke -> beat());
        timers.after(Duration.ofMillis(random.nextLong(HEARTBEAT.toMillis())), this::keepBeating);
        timers.every(ADVERTISE, this::advertise);
        advertise();
    }

    private void keepBeating() {
        beat();
        timers.every(HEARTBEAT, this::beat);
    }

    private void advertise() {
        if (alive && !evacuating) {
            connection.publish(
                    DeaAdvertise.SUBJECT,
                    new DeaAdvertise(id(), List.of("stack"), 4096, null, Map.of("some", 1), null));
        }
    }

    private void beat() {
        connection.publish(
                DeaHeartbeat.SUBJECT,
                new DeaHeartbeat(
                        id(),
                        instances.values().stream()
                                .filter(i -> i.state != InstanceState.STOPPING)
                                .map(i ->
                                        new DeaHeartbeat.Instance(
                                                "default",
                                                i.app(),
                                                i.version(),
                                                i.guid,
                                                i.index(),
                                                i.state,
                                                i.since))
                                .toList()));
    }

    private void start(DeaStart start) {
        if (evacuating) {
            return;
        }
        var guid = name + "-" + Long.toHexString(random.nextLong());
        var instance = new Instance(start, guid);
        instances.put(guid, instance);
        enter(instance, InstanceState.STARTING);
        // The instance goes on whatever becomes of the agent.
        time.after(
                Duration.ofMillis(500 + random.nextLong(15_000)),
                () -> {
                    if (alive && instance.state == InstanceState.STARTING) {
                        if (truth.crashesAtStart(start.app(), random)) {
                            crash(instance);
                        } else {
                            enter(instance, InstanceState.RUNNING);
                            beat();
                        }
                    }
                });
    }

    private void enter(Instance instance, InstanceState state) {
        instance.state = state;
        instance.since = time.instant().toEpochMilli() / 1000.0;
        truth.changed(instance);
    }

    private void stop(DeaStop stop) {
        for (var instance : List.copyOf(instances.values())) {
            if (instance.state != InstanceState.CRASHED
                    && instance.state != InstanceState.STOPPING
                    && stop.matches(
                            instance.app(),
                            instance.version(),
                            instance.guid,
                            instance.index(),
                            instance.state)) {
                enter(instance, InstanceState.STOPPING);
                time.after(
                        Duration.ofMillis(random.nextLong(5_000)),
                        () -> instances.remove(instance.guid));
            }
        }
    }

    @Override
    public void crash(Running running) {
        var instance = instances.get(running.guid());
        if (instance == null) {
            return;
        }
        enter(instance, InstanceState.CRASHED);
        connection.publish(
                DropletExited.SUBJECT,
                new DropletExited(
                        "default",
                        instance.app(),
                        instance.version(),
                        instance.guid,
                        instance.index(),
                        DropletExited.CRASHED,
                        1,
                        "app instance exited",
                        time.instant().getEpochSecond()));
        time.after(CRASH_KEPT, () -> instances.remove(instance.guid));
    }

    @Override
    public void evacuate() {
        evacuating = true;
        connection.publish(
                DeaShutdown.SUBJECT, new DeaShutdown(id(), null, null, Map.of()));
        for (var instance : instances.values()) {
            if (instance.state == InstanceState.STARTING
                    || instance.state == InstanceState.RUNNING) {
                enter(instance, InstanceState.EVACUATING);
                connection.publish(
                        DropletExited.SUBJECT,
                        new DropletExited(
                                "default",
                                instance.app(),
                                instance.version(),
                                instance.guid,
                                instance.index(),
                                DropletExited.DEA_EVACUATION,
                                -1,
                                "evacuation",
                                null));
            }
        }
        beat();
        time.after(BAIL_OUT, this::die);
    }

    @Override
    public void die() {
        alive = false;
        for (var instance : instances.values()) {
            enter(instance, InstanceState.STOPPED);
        }
        instances.clear();
        timers.die();
        connection.close();
    }

    @Override
    public void cutOff() {
        connection.disconnect();
    }

    @Override
    public void rejoin() {
        if (alive) {
            connection.reconnect();
        }
    }

    @Override
    public void restartAgent() {
        timers.die();
        connection.close();
        time.after(
                Duration.ofMillis(500 + random.nextLong(20_000)),
                () -> {
                    if (alive) {
                        startAgent();
                        beat();
                    }
                });
    }

    @Override
    public String id() {
        return agents + "-" + name;
    }

    @Override
    public boolean isAlive() {
        return alive;
    }

    @Override
    public boolean isEvacuating() {
        return evacuating;
    }

    @Override
    public List<Running> instances() {
        return List.copyOf(instances.values());
    }
}

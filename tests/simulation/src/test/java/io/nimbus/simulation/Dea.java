package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.component.RouteRegistrar;
import io.nimbus.dea.policy.Address;
import io.nimbus.dea.policy.Agent;
import io.nimbus.dea.policy.AgentSettings;
import io.nimbus.dea.policy.Capacity;
import io.nimbus.dea.policy.Effect;
import io.nimbus.dea.policy.Ending;
import io.nimbus.dea.policy.HealthCheck;
import io.nimbus.dea.policy.Lifecycle;
import io.nimbus.dea.policy.SavedInstance;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DeaUpdate;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * A machine: containers, a disk with the snapshot on it, and for most of the time a DEA's agent.
 * The decisions are the real {@link Agent}'s; the containers only pretend to run, but like real
 * ones they outlive the agent and know nothing of it.
 */
final class Dea {
    static final String STACK = "cflinuxfs4";

    private static final Duration BAIL_OUT = Duration.ofSeconds(115);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(62);

    private final AgentSettings settings;
    private final Bus bus;
    private final VirtualTime time;
    private final RandomGenerator random;
    private final Truth truth;

    // The machine's

    private final Map<String, Container> containers = new LinkedHashMap<>();
    private List<SavedInstance> snapshot = List.of();
    private boolean alive = true;
    private int ports = 61_000;

    // The agent's, new with each

    private final ArrayDeque<DropletExited> unsent = new ArrayDeque<>();
    private final Set<String> stopping = new HashSet<>();
    private Set<String> strays = Set.of();
    private Agent agent;
    private InMemoryBus.Endpoint connection;
    private MortalTimers timers;

    Dea(String id, int number, Bus bus, VirtualTime time, RandomGenerator random, Truth truth) {
        this.settings =
                new AgentSettings(
                        id,
                        number,
                        "10.0.0." + number,
                        "zone" + number % 2,
                        List.of(STACK),
                        new Capacity(2048, 16_384),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(2),
                        Duration.ofHours(1),
                        BAIL_OUT);
        this.bus = bus;
        this.time = time;
        this.random = random;
        this.truth = truth;
        this.agent = new Agent(settings, this::hex);
        this.connection = bus.connect(id);
        this.timers = new MortalTimers(time);
        startAgent();
    }

    /**
     * What really runs, whatever anybody has heard of it.
     *
     * @param serves whether its app answers
     */
    record Running(String app, String version, int index, String guid, boolean serves) {}

    private static final class Container {
        final DeaStart start;
        final String guid;
        final Address address;
        boolean runs = true;
        boolean serves;

        Container(DeaStart start, String guid, Address address) {
            this.start = start;
            this.guid = guid;
            this.address = address;
        }

        Running instance() {
            return new Running(start.app(), start.version(), start.index(), guid, serves);
        }
    }

    String id() {
        return settings.id();
    }

    boolean isAlive() {
        return alive;
    }

    boolean isEvacuating() {
        return agent.isEvacuating();
    }

    List<Running> instances() {
        return containers.values().stream().filter(c -> c.runs).map(Container::instance).toList();
    }

    // The shell around the agent

    private void startAgent() {
        unsent.clear();
        stopping.clear();
        strays = Set.of();
        agent = new Agent(settings, this::hex);
        connection = bus.connect(id());
        timers = new MortalTimers(time);
        takeUp();
        listen(DeaStart.to(id()), message -> agent.start(message, now()));
        listen(DeaStop.SUBJECT, message -> agent.stop(message, now()));
        listen(DeaUpdate.SUBJECT, message -> agent.update(message, now()));
        listen(DeaHeartbeat.WANTED, poke -> heartbeat());
        listen(DeaAdvertise.LOCATE, poke -> advertise());
        connection.onConnect(this::greet);
        new RouteRegistrar(connection, timers, agent::endpoints).start();
        soon(10_000, this::keepUp);
    }

    private void keepUp() {
        timers.every(Duration.ofSeconds(5), () -> carryOut(advertise()));
        timers.every(Duration.ofSeconds(10), () -> carryOut(heartbeat()));
        timers.every(Duration.ofSeconds(10), () -> carryOut(agent.reap(false, now())));
        timers.every(Duration.ofSeconds(5), () -> carryOut(agent.evacuation(now())));
        timers.every(Duration.ofSeconds(60), this::sweep);
    }

    private void takeUp() {
        snapshot.forEach(agent::resume);
        var states = agent.resuming();
        for (var instance : List.copyOf(agent.instances())) {
            var was = states.get(instance.handle());
            if (was != null) {
                soon(2_000, () -> carryOut(resumed(instance.handle(), was)));
            }
        }
    }

    private List<Effect> resumed(String handle, Lifecycle was) {
        var container = containers.get(handle);
        if (container != null && container.runs) {
            return agent.reattached(handle, container.address, now());
        }
        if (was == Lifecycle.STOPPING || was == Lifecycle.STOPPED) {
            return agent.stopAgain(handle, now());
        }
        if (container != null) {
            return agent.exited(handle, Ending.exited(1), now());
        }
        return was == Lifecycle.RUNNING || was == Lifecycle.EVACUATING
                ? agent.exited(handle, Ending.lost(), now())
                : agent.relaunch(handle, now());
    }

    private <T> void listen(Subject<T> subject, Function<T, List<Effect>> decision) {
        connection.subscribe(subject, message -> carryOut(decision.apply(message)));
    }

    private List<Effect> heartbeat() {
        return List.of(new Effect.Say<>(DeaHeartbeat.SUBJECT, agent.heartbeat()));
    }

    private List<Effect> advertise() {
        return agent.advertise()
                .<List<Effect>>map(a -> List.of(new Effect.Say<>(DeaAdvertise.SUBJECT, a)))
                .orElse(List.of());
    }

    private void greet() {
        carryOut(advertise());
        carryOut(heartbeat());
        while (!unsent.isEmpty()) {
            connection.publish(DropletExited.SUBJECT, unsent.removeFirst());
        }
    }

    private void carryOut(List<Effect> effects) {
        effects.forEach(this::carryOut);
    }

    private void carryOut(Effect effect) {
        switch (effect) {
            case Effect.Say<?> say -> say(say);
            case Effect.Save() -> snapshot = agent.snapshot();
            case Effect.Launch launch -> launch(launch);
            case Effect.Check check -> check(check.handle(), check.check());
            case Effect.Stop(var handle, var delay) -> timers.after(delay, () -> stop(handle));
            case Effect.KeepCrash(var handle, _) -> soon(1_000, () -> destroy(handle));
            case Effect.DropCrash _, Effect.Tell _ -> {}
            case Effect.Leave() -> terminate();
        }
    }

    private <T> void say(Effect.Say<T> say) {
        if (!connection.publish(say.subject(), say.message())
                && say.message() instanceof DropletExited exited) {
            unsent.addLast(exited);
        }
    }

    private Instant now() {
        return time.instant();
    }

    private String hex() {
        return "%016x%016x".formatted(random.nextLong(), random.nextLong());
    }

    /** Work of the agent's, which ends with it. */
    private void soon(long withinMs, Runnable work) {
        timers.after(Duration.ofMillis(random.nextLong(withinMs)), work);
    }

    // Hands

    private void launch(Effect.Launch order) {
        destroy(order.handle());
        soon(
                3_000,
                () -> {
                    if (stopping.contains(order.handle())) {
                        return;
                    }
                    var container = create(order);
                    soon(200, () -> carryOut(agent.launched(order.handle(), container.address)));
                });
    }

    private Container create(Effect.Launch order) {
        var address = new Address(settings.ip(), ports++, 8080);
        var container = new Container(order.start(), order.guid(), address);
        containers.put(order.handle(), container);
        var comesUp = Duration.ofMillis(500 + random.nextLong(11_500));
        if (!truth.crashesAtStart(container.start.app(), random)) {
            time.after(
                    comesUp,
                    () -> {
                        if (container.runs) {
                            container.serves = true;
                            truth.serves(container.instance());
                        }
                    });
        } else if (random.nextInt(4) > 0) {
            time.after(comesUp, () -> end(order.handle(), container));
        } // else it hangs until its time is over
        return container;
    }

    private void check(String handle, HealthCheck check) {
        var timeout =
                switch (check) {
                    case HealthCheck.Port(var t) -> t;
                    case HealthCheck.Http(_, var t) -> t;
                    case HealthCheck.Started() -> Duration.ZERO;
                };
        look(handle, now().plus(timeout));
    }

    private void look(String handle, Instant deadline) {
        var container = containers.get(handle);
        if (container == null || !container.runs || stopping.contains(handle)) {
            return;
        }
        if (container.serves) {
            carryOut(agent.healthy(handle, now()));
        } else if (now().isBefore(deadline)) {
            timers.after(Duration.ofSeconds(1), () -> look(handle, deadline));
        } else {
            carryOut(agent.unhealthy(handle, now()));
        }
    }

    private void stop(String handle) {
        stopping.add(handle);
        soon(
                5_000,
                () -> {
                    destroy(handle);
                    carryOut(agent.stopped(handle, now()));
                });
    }

    private void destroy(String handle) {
        var container = containers.remove(handle);
        if (container != null) {
            halt(container);
        }
    }

    private void halt(Container container) {
        container.runs = false;
        container.serves = false;
        truth.gone(container.instance());
    }

    /** Its process ends by itself; the agent, if there is one, is told. */
    private void end(String handle, Container container) {
        if (container.runs) {
            halt(container);
            soon(500, () -> carryOut(agent.exited(handle, Ending.exited(1), now())));
        }
    }

    private void sweep() {
        var unknown = new HashSet<>(containers.keySet());
        agent.instances().forEach(i -> unknown.remove(i.handle()));
        List.copyOf(containers.keySet()).stream()
                .filter(handle -> unknown.contains(handle) && strays.contains(handle))
                .forEach(this::destroy);
        strays = unknown;
    }

    // Fate

    /** With everything on it. */
    void die() {
        alive = false;
        leave();
        containers.values().forEach(this::halt);
        containers.clear();
    }

    private void leave() {
        timers.die();
        connection.close();
    }

    /** As SIGTERM: stops everything, then is gone. */
    void terminate() {
        carryOut(agent.shutdown(now()));
        var limit = now().plus(STOP_LIMIT);
        timers.every(
                Duration.ofSeconds(1),
                () -> {
                    if (agent.isEmpty() || now().isAfter(limit)) {
                        die();
                    }
                });
    }

    void evacuate() {
        carryOut(agent.evacuate(now()));
    }

    /** Its agent cannot be reached for a while; the instances run on. */
    void cutOff() {
        connection.disconnect();
    }

    void rejoin() {
        if (alive) {
            connection.reconnect();
        }
    }

    /** The agent is killed and started again; the instances run on. */
    void restartAgent() {
        leave();
        time.after(
                Duration.ofMillis(500 + random.nextLong(20_000)),
                () -> {
                    // Meanwhile the machine may have died, or another restart was quicker.
                    if (alive && timers.isDead()) {
                        startAgent();
                    }
                });
    }

    /** One of its instances ends by itself. */
    void crash(Running instance) {
        new ArrayList<>(containers.entrySet())
                .forEach(e -> {
                    if (e.getValue().guid.equals(instance.guid())) {
                        end(e.getKey(), e.getValue());
                    }
                });
    }
}

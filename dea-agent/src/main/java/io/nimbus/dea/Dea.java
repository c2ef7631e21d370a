package io.nimbus.dea;

import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.dea.policy.Address;
import io.nimbus.dea.policy.Agent;
import io.nimbus.dea.policy.Effect;
import io.nimbus.dea.policy.Ending;
import io.nimbus.dea.policy.Instance;
import io.nimbus.dea.policy.Lifecycle;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaDiscover;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaHello;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DeaStatus;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DeaUpdate;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.InstanceStats;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shell around the {@link Agent}: brings it messages, events and time, and carries out its
 * effects. One lock guards the agent; effects are carried out under it, so that messages leave in
 * the order of the decisions; what takes time the {@link Hands} do elsewhere.
 */
final class Dea implements Component, Hands.Events {
    private static final Logger log = LoggerFactory.getLogger(Dea.class);

    private static final Duration ADVERTISE = Duration.ofSeconds(5);
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final Duration REAP = Duration.ofSeconds(10);
    private static final Duration SAMPLE = Duration.ofSeconds(10);
    private static final Duration SWEEP = Duration.ofSeconds(60);
    private static final Duration EVACUATION = Duration.ofSeconds(5);
    private static final int MAX_UNSENT = 200;

    private final Agent agent;
    private final MessageBus bus;
    private final Timers timers;
    private final SnapshotStore snapshots;
    private final LogEmitter logs;
    private final Upkeep upkeep;
    private final Runnable leave;
    private final String version;
    private final List<MessageBus.Subscription> subscriptions = new ArrayList<>();
    private final List<Timers.Task> tasks = new ArrayList<>();
    private final Hands hands;

    /** Ends that happened while the bus was away: facts, which are true later too. */
    private final ArrayDeque<DropletExited> unsent = new ArrayDeque<>();

    /** What is looked after beside the instances. */
    interface Upkeep {
        /** Whether crash folders must make room. */
        boolean isCrowded();

        /** What one instance uses now; empty when it does not run. */
        Optional<InstanceStats.Usage> sample(String handle);

        /** Only these run still. */
        void retain(Collection<String> handles);

        /** Instances' guids and their droplets: nothing else need be kept. */
        void sweep(Set<String> crashed, Set<String> droplets);
    }

    /**
     * @param leave ends the process, as SIGTERM does
     */
    Dea(
            Agent agent,
            MessageBus bus,
            Timers timers,
            SnapshotStore snapshots,
            LogEmitter logs,
            Function<Hands.Events, Hands> makeHands,
            Upkeep upkeep,
            Runnable leave,
            String version) {
        this.agent = agent;
        this.bus = bus;
        this.timers = timers;
        this.snapshots = snapshots;
        this.logs = logs;
        this.upkeep = upkeep;
        this.leave = leave;
        this.version = version;
        this.hands = makeHands.apply(this);
    }

    @Override
    public void start() {
        takeUp();
        var settings = agent.settings();
        listen(DeaStart.to(settings.id()), message -> agent.start(message, now()));
        listen(DeaStop.SUBJECT, message -> agent.stop(message, now()));
        listen(DeaUpdate.SUBJECT, message -> agent.update(message, now()));
        listen(DeaHeartbeat.WANTED, poke -> List.of(heartbeat()));
        listen(DeaAdvertise.LOCATE, poke -> advertise());
        subscriptions.add(
                bus.answer(
                        FindDroplet.SUBJECT,
                        (message, replier) -> {
                            List<FindDroplet.Found> found;
                            synchronized (agent) {
                                found = agent.find(message, now());
                            }
                            found.forEach(replier::reply);
                        }));
        subscriptions.add(
                bus.answer(
                        DeaStatus.SUBJECT,
                        (poke, replier) -> {
                            synchronized (agent) {
                                replier.reply(agent.status(version));
                            }
                        }));
        subscriptions.add(bus.answer(DeaDiscover.SUBJECT, this::discover));
        bus.onConnect(() -> act(this::greeting));
        every(ADVERTISE, this::advertise);
        every(HEARTBEAT, () -> List.of(heartbeat()));
        every(REAP, () -> agent.reap(upkeep.isCrowded(), now()));
        every(EVACUATION, () -> agent.evacuation(now()));
        tasks.add(timers.every(SAMPLE, this::sample));
        tasks.add(timers.every(SWEEP, this::sweep));
        sweep();
    }

    private <T> void listen(Subject<T> subject, Function<T, List<Effect>> decision) {
        subscriptions.add(bus.subscribe(subject, message -> act(() -> decision.apply(message))));
    }

    private void every(Duration period, Decision decision) {
        tasks.add(timers.every(period, () -> act(decision)));
    }

    private interface Decision {
        List<Effect> effects();
    }

    private void act(Decision decision) {
        synchronized (agent) {
            decision.effects().forEach(this::carryOut);
        }
    }

    private Instant now() {
        return timers.instant();
    }

    private Effect heartbeat() {
        return new Effect.Say<>(DeaHeartbeat.SUBJECT, agent.heartbeat());
    }

    private List<Effect> advertise() {
        return agent.advertise()
                .<List<Effect>>map(a -> List.of(new Effect.Say<>(DeaAdvertise.SUBJECT, a)))
                .orElse(List.of());
    }

    private List<Effect> greeting() {
        var effects = new ArrayList<Effect>();
        effects.add(new Effect.Say<>(DeaHello.SUBJECT, agent.hello(version)));
        effects.addAll(advertise());
        effects.add(heartbeat());
        while (!unsent.isEmpty()) {
            effects.add(new Effect.Say<>(DropletExited.SUBJECT, unsent.removeFirst()));
        }
        return effects;
    }

    private void discover(DeaDiscover message, MessageBus.Replier<DeaHello> replier) {
        synchronized (agent) {
            agent.discover(message)
                    .ifPresent(delay -> {
                        var _ = timers.after(delay, () -> replier.reply(agent.hello(version)));
                    });
        }
    }

    private void carryOut(Effect effect) {
        switch (effect) {
            case Effect.Say<?> say -> publish(say);
            case Effect.Save() -> snapshots.save(agent.snapshot());
            case Effect.Launch launch -> hands.launch(launch);
            case Effect.Check check -> hands.check(check);
            case Effect.Stop(var handle, var delay) -> {
                if (delay.isZero()) {
                    hands.stop(handle);
                } else {
                    var _ = timers.after(delay, () -> hands.stop(handle));
                }
            }
            case Effect.KeepCrash(var handle, var guid) -> hands.keepCrash(handle, guid);
            case Effect.DropCrash(var guid) -> hands.dropCrash(guid);
            case Effect.Tell(var app, var index, var source, var error, var text) -> {
                var type =
                        switch (source) {
                            case CELL -> Logs.CELL;
                            case HEALTH -> Logs.HEALTH;
                        };
                if (error) {
                    logs.err(app, type, Integer.toString(index), text);
                } else {
                    logs.out(app, type, Integer.toString(index), text);
                }
                log.info("app {}: {}", app, text);
            }
            case Effect.Leave() -> leave.run();
        }
    }

    private <T> void publish(Effect.Say<T> say) {
        if (!bus.publish(say.subject(), say.message())
                && say.message() instanceof DropletExited exited) {
            if (unsent.size() == MAX_UNSENT) {
                unsent.removeFirst();
            }
            unsent.addLast(exited);
        }
    }

    // What an earlier agent left

    /** Before anything is heard: nobody may ask about instances that are still being looked for. */
    private void takeUp() {
        List<Instance> found;
        Map<String, Lifecycle> states;
        synchronized (agent) {
            snapshots.load().forEach(agent::resume);
            found = List.copyOf(agent.instances());
            states = agent.resuming();
        }
        if (states.isEmpty()) {
            return;
        }
        log.info("{} instances of an earlier agent are looked for", states.size());
        for (var instance : found) {
            var was = states.get(instance.handle());
            if (was != null) {
                hands.resume(instance.handle(), instance.app(), instance.index(), was);
            }
        }
        synchronized (agent) {
            snapshots.save(agent.snapshot());
        }
    }

    // Upkeep

    private void sweep() {
        Set<String> handles;
        Set<String> crashed;
        Set<String> droplets;
        synchronized (agent) {
            var instances = agent.instances();
            handles = instances.stream().map(Instance::handle).collect(Collectors.toSet());
            crashed =
                    instances.stream()
                            .filter(i -> i.state() == Lifecycle.CRASHED)
                            .map(Instance::guid)
                            .collect(Collectors.toSet());
            droplets = new HashSet<>();
            for (var instance : instances) {
                var sha1 = instance.start().sha1();
                if (sha1 != null && instance.state() != Lifecycle.CRASHED) {
                    droplets.add(sha1.toLowerCase(Locale.ROOT));
                }
            }
        }
        hands.sweep(handles);
        upkeep.sweep(crashed, droplets);
    }

    // Events

    @Override
    public void launched(String handle, Address address) {
        act(() -> agent.launched(handle, address));
    }

    @Override
    public void startFailed(String handle, String why) {
        act(() -> agent.startFailed(handle, why, now()));
    }

    @Override
    public void healthy(String handle) {
        act(() -> agent.healthy(handle, now()));
        sample(handle);
    }

    @Override
    public void unhealthy(String handle) {
        act(() -> agent.unhealthy(handle, now()));
    }

    @Override
    public void exited(String handle, Ending how) {
        act(() -> agent.exited(handle, how, now()));
    }

    @Override
    public void stopped(String handle) {
        synchronized (agent) {
            act(() -> agent.stopped(handle, now()));
            agent.notifyAll();
        }
    }

    @Override
    public void reattached(String handle, Address address) {
        act(() -> agent.reattached(handle, address, now()));
    }

    @Override
    public void neverStarted(String handle) {
        act(() -> agent.relaunch(handle, now()));
    }

    @Override
    public void alreadyStopped(String handle) {
        act(() -> agent.stopAgain(handle, now()));
    }

    private void sample() {
        List<String> running;
        synchronized (agent) {
            running =
                    agent.instances().stream()
                            .filter(i ->
                                    i.state() == Lifecycle.RUNNING
                                            || i.state() == Lifecycle.EVACUATING)
                            .map(Instance::handle)
                            .toList();
        }
        upkeep.retain(running);
        running.forEach(this::sample);
    }

    private void sample(String handle) {
        var usage = upkeep.sample(handle);
        synchronized (agent) {
            usage.ifPresent(u -> agent.sampled(handle, u));
        }
    }

    // For others in this process

    List<RouterRegister> endpoints() {
        synchronized (agent) {
            return agent.endpoints();
        }
    }

    /** This DEA's part of {@code /varz}. */
    Map<String, Object> varz() {
        synchronized (agent) {
            var settings = agent.settings();
            var capacity = settings.capacity();
            var instances = agent.instances();
            var fields = new TreeMap<String, Object>();
            var states = new TreeMap<String, Integer>();
            for (var state : Lifecycle.values()) {
                states.put(state.name().toLowerCase(Locale.ROOT), 0);
            }
            instances.forEach(
                    i -> states.merge(i.state().name().toLowerCase(Locale.ROOT), 1, Integer::sum));
            fields.put("dea", settings.id());
            fields.put("zone", settings.zone());
            fields.put("stacks", settings.stacks());
            fields.put("can_stage", 0);
            fields.put("reservable_stagers", 0);
            fields.put("remaining_memory_mb", capacity.freeMemoryMb(instances));
            fields.put("remaining_disk_mb", capacity.freeDiskMb(instances));
            fields.put(
                    "available_memory_ratio",
                    ratio(capacity.freeMemoryMb(instances), capacity.memoryMb()));
            fields.put(
                    "available_disk_ratio",
                    ratio(capacity.freeDiskMb(instances), capacity.diskMb()));
            fields.put("instances", instances.size());
            fields.put("instance_states", states);
            fields.put("evacuating", agent.isEvacuating());
            return fields;
        }
    }

    private static double ratio(int part, int whole) {
        return whole <= 0 ? 0 : Math.round(1000.0 * part / whole) / 1000.0;
    }

    // The end

    /** SIGUSR1. */
    void retire() {
        act(agent::retire);
    }

    /** SIGUSR2. */
    void evacuate() {
        act(() -> agent.evacuate(now()));
    }

    /** SIGTERM: stops every instance, and returns when all are gone or will not go. */
    @Override
    public void close() {
        act(() -> agent.shutdown(now()));
        var limit = agent.settings().drain().plus(Duration.ofSeconds(60));
        var end = System.nanoTime() + limit.toNanos();
        try {
            synchronized (agent) {
                while (!agent.isEmpty()) {
                    var left = (end - System.nanoTime()) / 1_000_000;
                    if (left <= 0) {
                        log.error("some instances do not end; the next agent takes them up");
                        break;
                    }
                    agent.wait(left);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tasks.forEach(Timers.Task::cancel);
        subscriptions.forEach(MessageBus.Subscription::close);
    }
}

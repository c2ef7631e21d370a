package io.nimbus.dea.policy;

import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaDiscover;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaHello;
import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DeaStatus;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DeaUpdate;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.InstanceStats;
import io.nimbus.subjects.RouterRegister;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one DEA decides: which instances it has, in which state each is, and what follows from a
 * message, an event or the time. Every method that changes something returns what is to be done
 * about it. Not synchronized: its owner calls it under one lock.
 *
 * <p>Events may come late or twice (a process ends while it is being stopped, a health check passes
 * just when a stop arrives): one that does not fit the instance's state any more changes nothing.
 */
public final class Agent {
    /** A stop that has not ended after this is tried again. */
    static final Duration STUCK = Duration.ofSeconds(60);

    private static final int MAX_DISCOVER_DELAY_MS = 250;

    private final AgentSettings settings;
    private final Supplier<String> ids;
    private final Map<String, Instance> instances = new LinkedHashMap<>();
    private final Map<String, Lifecycle> resuming = new HashMap<>();
    private Mode mode = Mode.ACTIVE;
    private @Nullable DeaAdvertise advertised;
    private Instant bailOutAt = Instant.MAX;

    private enum Mode {
        ACTIVE,
        /** Runs on, and obeys, but asks for no more work. */
        RETIRED,
        EVACUATING,
        STOPPING
    }

    /**
     * @param ids makes 32 hex digits that nobody had before
     */
    public Agent(AgentSettings settings, Supplier<String> ids) {
        this.settings = settings;
        this.ids = ids;
    }

    // Messages

    /** {@code dea.<id>.start}. */
    public List<Effect> start(DeaStart message, Instant now) {
        var effects = new ArrayList<Effect>();
        if (mode == Mode.EVACUATING || mode == Mode.STOPPING) {
            return effects;
        }
        var same = already(message);
        if (same.isPresent()) {
            // Repeated on its way, or asked for by one who lost sight of it: show it.
            if (same.get().state() == Lifecycle.RUNNING) {
                effects.add(heard(heartbeat()));
            }
            return effects;
        }
        var shortage = settings.capacity().shortOf(instances.values(), message.limits());
        var instance = new Instance(message, ids.get(), ids.get() + ids.get(), now);
        instances.put(instance.handle(), instance);
        effects.add(
                cell(
                        instance,
                        "Starting app instance (index "
                                + instance.index()
                                + ") with guid "
                                + instance.guid()));
        var stack = message.stack();
        if (shortage.isPresent()) {
            crash(instance, Ending.noRoom(shortage.get()), now, effects);
        } else if (stack != null && !settings.stacks().contains(stack)) {
            crash(
                    instance,
                    Ending.failedToStart("the stack " + stack + " is not on this DEA"),
                    now,
                    effects);
        } else {
            launch(instance, now, effects);
        }
        return changed(effects);
    }

    private Optional<Instance> already(DeaStart message) {
        return instances.values().stream()
                .filter(i -> i.app().equals(message.app()))
                .filter(i -> i.version().equals(message.version()))
                .filter(i -> i.index() == message.index())
                .filter(i ->
                        i.state() == Lifecycle.STARTING
                                || i.state() == Lifecycle.RUNNING
                                || i.state() == Lifecycle.RESUMING)
                .findFirst();
    }

    private void launch(Instance instance, Instant now, List<Effect> effects) {
        instance.enter(Lifecycle.STARTING, now);
        // Saved before anything is made: what is found later without an entry is nobody's.
        effects.add(new Effect.Save());
        effects.add(new Effect.Launch(instance.handle(), instance.guid(), instance.start(), now));
    }

    /** {@code dea.stop}. */
    public List<Effect> stop(DeaStop message, Instant now) {
        var effects = new ArrayList<Effect>();
        for (var instance : List.copyOf(instances.values())) {
            if (instance.state().canBeStopped()
                    && message.matches(
                            instance.app(),
                            instance.version(),
                            instance.guid(),
                            instance.index(),
                            instance.state().wire())) {
                stop(instance, now, effects);
            }
        }
        return effects.isEmpty() ? effects : changed(effects);
    }

    private void stop(Instance instance, Instant now, List<Effect> effects) {
        effects.add(
                cell(
                        instance,
                        "Stopping app instance (index "
                                + instance.index()
                                + ") with guid "
                                + instance.guid()));
        var routed = instance.isRoutable() && !instance.uris().isEmpty();
        unregister(instance, instance.uris(), effects);
        instance.enter(Lifecycle.STOPPING, now);
        effects.add(new Effect.Save());
        effects.add(new Effect.Stop(instance.handle(), routed ? settings.drain() : Duration.ZERO));
    }

    /** {@code dea.update}: routes changed, and with them perhaps the app's version. */
    public List<Effect> update(DeaUpdate message, Instant now) {
        var effects = new ArrayList<Effect>();
        var touched = false;
        for (var instance : instances.values()) {
            // A starting one too: it will register what it knows by then.
            if (!instance.app().equals(message.app()) || !instance.state().canBeStopped()) {
                continue;
            }
            var gone = new ArrayList<>(instance.uris());
            gone.removeAll(message.uris());
            var version = message.version();
            var newVersion = version != null && !version.equals(instance.version());
            touched |= newVersion || !instance.uris().equals(message.uris());
            unregister(instance, gone, effects);
            instance.route(message.uris(), message.routeServices());
            register(instance, effects);
            if (version != null && newVersion) {
                instance.becomeVersion(version, ids.get());
            }
        }
        if (touched) {
            effects.add(new Effect.Save());
            effects.add(heard(heartbeat()));
        }
        return effects;
    }

    /** {@code dea.find.droplet}: one reply per instance that is meant. */
    public List<FindDroplet.Found> find(FindDroplet message, Instant now) {
        return instances.values().stream()
                .filter(i ->
                        message.matches(
                                i.app(), i.version(), i.guid(), i.index(), i.state().wire()))
                .map(i -> i.found(settings.id(), message.wantsStats(), now))
                .toList();
    }

    /**
     * {@code dea.discover}: after which delay to answer, empty for never. The less loaded answer
     * first, since the first answer is taken.
     */
    public Optional<Duration> discover(DeaDiscover message) {
        if (mode != Mode.ACTIVE
                || settings.capacity().shortOf(instances.values(), message.limits()).isPresent()) {
            return Optional.empty();
        }
        var siblings =
                instances.values().stream().filter(i -> i.app().equals(message.app())).count();
        var load =
                100.0
                        * settings.capacity().reservedMemoryMb(instances.values())
                        / Math.max(1, settings.capacity().memoryMb());
        return Optional.of(
                Duration.ofMillis((long) Math.min(MAX_DISCOVER_DELAY_MS, 10 * siblings + load)));
    }

    // Events

    /** The process was started; {@code address} is where it will be reached. */
    public List<Effect> launched(String handle, Address address) {
        var effects = new ArrayList<Effect>();
        var instance = instances.get(handle);
        if (instance != null && isComingUp(instance)) {
            instance.launchedAt(address);
            effects.add(new Effect.Save());
            effects.add(check(instance, address));
        }
        return effects;
    }

    private Effect check(Instance instance, Address address) {
        return new Effect.Check(
                instance.handle(),
                HealthCheck.of(instance.start(), settings.healthCheckTimeout()),
                address);
    }

    /** STARTING, or evacuated while it was. */
    private static boolean isComingUp(Instance instance) {
        return instance.state() == Lifecycle.STARTING
                || (instance.state() == Lifecycle.EVACUATING && !instance.isRoutable());
    }

    /** No process could be started. */
    public List<Effect> startFailed(String handle, String why, Instant now) {
        return crashed(handle, Ending.failedToStart(why), now);
    }

    public List<Effect> healthy(String handle, Instant now) {
        var effects = new ArrayList<Effect>();
        var instance = instances.get(handle);
        if (instance == null || !isComingUp(instance)) {
            return effects;
        }
        instance.passed();
        if (instance.state() == Lifecycle.STARTING) {
            instance.enter(Lifecycle.RUNNING, now);
        }
        register(instance, effects);
        effects.add(heard(heartbeat()));
        effects.add(new Effect.Save());
        effects.add(cell(instance, "App instance (index " + instance.index() + ") is running"));
        return effects;
    }

    /** The health check's time is over. */
    public List<Effect> unhealthy(String handle, Instant now) {
        var instance = instances.get(handle);
        if (instance == null || !isComingUp(instance)) {
            return List.of();
        }
        var effects = new ArrayList<Effect>();
        effects.add(
                new Effect.Tell(
                        instance.app(),
                        instance.index(),
                        Effect.Source.HEALTH,
                        true,
                        "Instance (index "
                                + instance.index()
                                + ") failed to start accepting connections"));
        var timeout =
                switch (HealthCheck.of(instance.start(), settings.healthCheckTimeout())) {
                    case HealthCheck.Port(var t) -> t;
                    case HealthCheck.Http(_, var t) -> t;
                    case HealthCheck.Started() -> Duration.ZERO;
                };
        crash(instance, Ending.unhealthy(timeout.toSeconds()), now, effects);
        return changed(effects);
    }

    /** The main process has ended, whatever the reason. */
    public List<Effect> exited(String handle, Ending how, Instant now) {
        return crashed(handle, how, now);
    }

    private List<Effect> crashed(String handle, Ending how, Instant now) {
        var instance = instances.get(handle);
        if (instance == null || !instance.state().next().contains(Lifecycle.CRASHED)) {
            // It was to end: the stop goes on by itself.
            return List.of();
        }
        var effects = new ArrayList<Effect>();
        crash(instance, how, now, effects);
        return changed(effects);
    }

    private void crash(Instance instance, Ending how, Instant now, List<Effect> effects) {
        unregister(instance, instance.uris(), effects);
        instance.ended(how);
        var hadContainer = instance.state() != Lifecycle.BORN;
        if (!hadContainer) {
            instance.refuse();
        }
        instance.enter(Lifecycle.CRASHED, now);
        resuming.remove(instance.handle());
        effects.add(
                new Effect.Say<>(
                        DropletExited.SUBJECT, instance.exited(DropletExited.CRASHED, now)));
        // The health manager learns of crashes from heartbeats; no need to let it wait for one.
        effects.add(heard(heartbeat()));
        effects.add(
                new Effect.Tell(
                        instance.app(),
                        instance.index(),
                        Effect.Source.CELL,
                        true,
                        "App instance (index "
                                + instance.index()
                                + ") with guid "
                                + instance.guid()
                                + " crashed: "
                                + how.description()
                                + (how.status() == Ending.UNKNOWN
                                        ? ""
                                        : ", exit status " + how.status())));
        effects.add(new Effect.Save());
        if (hadContainer) {
            effects.add(new Effect.KeepCrash(instance.handle(), instance.guid()));
        }
    }

    /** Processes and container are gone. */
    public List<Effect> stopped(String handle, Instant now) {
        var effects = new ArrayList<Effect>();
        var instance = instances.get(handle);
        if (instance == null || instance.state() != Lifecycle.STOPPING) {
            return effects;
        }
        instance.enter(Lifecycle.STOPPED, now);
        instances.remove(handle);
        effects.add(
                cell(
                        instance,
                        "Stopped app instance (index "
                                + instance.index()
                                + ") with guid "
                                + instance.guid()));
        effects.add(new Effect.Save());
        return changed(effects);
    }

    /** What an instance uses. */
    public void sampled(String handle, InstanceStats.Usage usage) {
        var instance = instances.get(handle);
        if (instance != null) {
            instance.used(usage);
        }
    }

    // Time

    /**
     * Every 10 s: crashes that were kept long enough, stops that hang.
     *
     * @param pressure whether the file system of the crash folders is nearly full
     */
    public List<Effect> reap(boolean pressure, Instant now) {
        var effects = new ArrayList<Effect>();
        for (var instance :
                CrashPolicy.reapable(instances.values(), settings.crashLifetime(), pressure, now)) {
            instances.remove(instance.handle());
            effects.add(new Effect.DropCrash(instance.guid()));
        }
        if (!effects.isEmpty()) {
            effects.add(new Effect.Save());
        }
        for (var instance : instances.values()) {
            if (instance.state() == Lifecycle.STOPPING
                    && now.isAfter(instance.since().plus(STUCK))) {
                effects.add(new Effect.Stop(instance.handle(), Duration.ZERO));
            }
        }
        return effects.isEmpty() ? effects : changed(effects);
    }

    /** The complete set of what is here. */
    public DeaHeartbeat heartbeat() {
        return new DeaHeartbeat(
                settings.id(),
                instances.values().stream()
                        .filter(i -> i.state().isReported())
                        .map(Instance::heartbeat)
                        .toList());
    }

    /** Empty when this DEA asks for no work. */
    public Optional<DeaAdvertise> advertise() {
        if (mode != Mode.ACTIVE) {
            return Optional.empty();
        }
        advertised =
                new DeaAdvertise(
                        settings.id(),
                        settings.stacks(),
                        Math.max(0, settings.capacity().freeMemoryMb(instances.values())),
                        Math.max(0, settings.capacity().freeDiskMb(instances.values())),
                        countByApp(),
                        new DeaAdvertise.Placement(settings.zone()));
        return Optional.of(advertised);
    }

    /** Every registered instance counts, crashed ones included. */
    private Map<String, Integer> countByApp() {
        var counts = new TreeMap<String, Integer>();
        instances.values().forEach(i -> counts.merge(i.app(), 1, Integer::sum));
        return counts;
    }

    public DeaHello hello(String agentVersion) {
        return new DeaHello(settings.id(), settings.ip(), agentVersion);
    }

    public DeaStatus status(String agentVersion) {
        var used =
                instances.values().stream()
                        .flatMap(i -> i.usage().stream())
                        .mapToLong(InstanceStats.Usage::memoryBytes)
                        .sum();
        return new DeaStatus(
                settings.id(),
                settings.ip(),
                agentVersion,
                settings.capacity().memoryMb(),
                settings.capacity().reservedMemoryMb(instances.values()),
                (int) (used >> 20),
                null);
    }

    /** What routers have to know now. */
    public List<RouterRegister> endpoints() {
        return instances.values().stream()
                .filter(Instance::isRoutable)
                .flatMap(i -> i.endpoints(settings, i.uris()).stream())
                .toList();
    }

    // Its own end

    /** USR1: run on, but ask for no more work. */
    public List<Effect> retire() {
        if (mode == Mode.ACTIVE) {
            mode = Mode.RETIRED;
        }
        return List.of(new Effect.Say<>(DeaShutdown.SUBJECT, farewell()));
    }

    /**
     * USR2: let the health manager replace everything elsewhere while it still serves. Repeated
     * signals only repeat the farewell.
     */
    public List<Effect> evacuate(Instant now) {
        var effects = new ArrayList<Effect>();
        if (mode == Mode.STOPPING) {
            return effects;
        }
        effects.add(new Effect.Say<>(DeaShutdown.SUBJECT, farewell()));
        if (mode == Mode.EVACUATING) {
            return effects;
        }
        mode = Mode.EVACUATING;
        bailOutAt = now.plus(settings.bailOut());
        for (var instance : instances.values()) {
            if (instance.state().next().contains(Lifecycle.EVACUATING)) {
                instance.enter(Lifecycle.EVACUATING, now);
                effects.add(
                        new Effect.Say<>(
                                DropletExited.SUBJECT,
                                instance.exited(DropletExited.DEA_EVACUATION, now)));
            }
        }
        effects.add(heard(heartbeat()));
        effects.add(new Effect.Save());
        return effects;
    }

    /**
     * Every 5 s; ends in {@link Effect.Leave} once nothing serves any more, or it took too long.
     */
    public List<Effect> evacuation(Instant now) {
        if (mode != Mode.EVACUATING) {
            return List.of();
        }
        var busy = instances.values().stream().anyMatch(i -> i.state().canBeStopped());
        return busy && now.isBefore(bailOutAt)
                ? List.of(heard(heartbeat()))
                : List.of(new Effect.Leave());
    }

    /** TERM: stop everything. Done when {@link #isEmpty}. */
    public List<Effect> shutdown(Instant now) {
        var effects = new ArrayList<Effect>();
        if (mode == Mode.STOPPING) {
            return effects;
        }
        mode = Mode.STOPPING;
        effects.add(new Effect.Say<>(DeaShutdown.SUBJECT, farewell()));
        for (var instance : List.copyOf(instances.values())) {
            if (instance.state().canBeStopped()) {
                stop(instance, now, effects);
            }
        }
        return effects;
    }

    private DeaShutdown farewell() {
        return new DeaShutdown(settings.id(), settings.ip(), null, countByApp());
    }

    /** Whether no instance has processes left. */
    public boolean isEmpty() {
        return instances.values().stream().allMatch(i -> i.state() == Lifecycle.CRASHED);
    }

    public boolean isEvacuating() {
        return mode == Mode.EVACUATING;
    }

    // Its own beginning

    /** An instance of an earlier agent; one of the four that follow says what became of it. */
    public void resume(SavedInstance saved) {
        var instance = new Instance(saved);
        instances.put(instance.handle(), instance);
        if (instance.state() == Lifecycle.RESUMING) {
            resuming.put(instance.handle(), saved.state());
        }
    }

    /** Those that nothing was said about yet. */
    public Map<String, Lifecycle> resuming() {
        return Map.copyOf(resuming);
    }

    /** Its process lives: it goes on as it was. */
    public List<Effect> reattached(String handle, Address address, Instant now) {
        var effects = new ArrayList<Effect>();
        var instance = instances.get(handle);
        var was = resuming.remove(handle);
        if (instance == null || was == null) {
            return effects;
        }
        instance.launchedAt(address);
        switch (was) {
            case RUNNING, EVACUATING -> {
                // The evacuation, if there was one, ended with the agent that began it.
                instance.passed();
                instance.resume(Lifecycle.RUNNING);
                register(instance, effects);
            }
            case BORN, STARTING, RESUMING -> {
                instance.resume(Lifecycle.STARTING);
                effects.add(check(instance, address));
            }
            case STOPPING, STOPPED -> {
                instance.enter(Lifecycle.STOPPING, now);
                effects.add(new Effect.Stop(handle, Duration.ZERO));
            }
            case CRASHED -> throw new IllegalStateException("a crash is not resumed");
        }
        effects.add(new Effect.Save());
        return effects;
    }

    /** It was to be started, and nothing runs yet: from the beginning. */
    public List<Effect> relaunch(String handle, Instant now) {
        var effects = new ArrayList<Effect>();
        var instance = instances.get(handle);
        if (instance != null && resuming.remove(handle) != null) {
            launch(instance, now, effects);
        }
        return effects;
    }

    /** It was to be stopped, and nothing runs any more: see that nothing is left. */
    public List<Effect> stopAgain(String handle, Instant now) {
        var effects = new ArrayList<Effect>();
        var instance = instances.get(handle);
        if (instance != null && resuming.remove(handle) != null) {
            instance.enter(Lifecycle.STOPPING, now);
            effects.add(new Effect.Stop(handle, Duration.ZERO));
        }
        return effects;
    }

    public List<SavedInstance> snapshot() {
        return instances.values().stream()
                .map(i -> {
                    var saved = i.saved();
                    var was = resuming.get(i.handle());
                    return was == null ? saved : saved.in(was);
                })
                .toList();
    }

    public Collection<Instance> instances() {
        return Collections.unmodifiableCollection(instances.values());
    }

    public Optional<Instance> instance(String handle) {
        return Optional.ofNullable(instances.get(handle));
    }

    public AgentSettings settings() {
        return settings;
    }

    // What the decisions share

    private void register(Instance instance, List<Effect> effects) {
        if (instance.isRoutable()) {
            for (var endpoint : instance.endpoints(settings, instance.uris())) {
                effects.add(new Effect.Say<>(RouterRegister.REGISTER, endpoint));
            }
        }
    }

    private void unregister(Instance instance, List<String> uris, List<Effect> effects) {
        if (instance.isRoutable()) {
            for (var endpoint : instance.endpoints(settings, uris)) {
                effects.add(new Effect.Say<>(RouterRegister.UNREGISTER, endpoint));
            }
        }
    }

    private static Effect heard(DeaHeartbeat heartbeat) {
        return new Effect.Say<>(DeaHeartbeat.SUBJECT, heartbeat);
    }

    private static Effect cell(Instance instance, String text) {
        return new Effect.Tell(instance.app(), instance.index(), Effect.Source.CELL, false, text);
    }

    /** Tells controllers at once when less or more is free. */
    private List<Effect> changed(List<Effect> effects) {
        var before = advertised;
        advertise()
                .filter(now -> !Objects.equals(before, now))
                .ifPresent(now -> effects.add(new Effect.Say<>(DeaAdvertise.SUBJECT, now)));
        return effects;
    }
}

package io.nimbus.cloudcontroller.running;

import io.nimbus.bus.MessageBus;
import io.nimbus.subjects.AppState;
import io.nimbus.subjects.InstanceState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the health manager knows of running instances. Nothing is assumed when it does not answer.
 */
public final class HealthManagerClient {
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final int SLICE = 50;

    /** Crashes from which on an index counts as flapping. */
    private static final int FLAPPING = 3;

    /** The health manager did not answer, or does not know. */
    public static final int UNKNOWN = -1;

    /**
     * An app of which to ask.
     *
     * @param runs started and with a droplet; else nothing is asked and nothing runs
     */
    public record Asked(String guid, String version, int instances, boolean runs) {}

    private final MessageBus bus;

    public HealthManagerClient(MessageBus bus) {
        this.bus = bus;
    }

    /** App guid to the number of indices that run; {@link #UNKNOWN} where that is not known. */
    public Map<String, Integer> running(Collection<Asked> apps) {
        var counts = new HashMap<String, Integer>();
        var asked = new ArrayList<Asked>();
        for (var app : apps) {
            counts.put(app.guid(), app.runs() ? UNKNOWN : 0);
            if (app.runs()) {
                asked.add(app);
            }
        }
        var states = states(asked);
        for (var app : asked) {
            var state = states.get(app.guid());
            if (state != null && state.isKnown()) {
                counts.put(app.guid(), running(app, state));
            }
        }
        return counts;
    }

    private static int running(Asked app, AppState state) {
        var indices = new HashSet<Integer>();
        var heartbeats = state.heartbeats();
        if (heartbeats != null) {
            heartbeats.stream()
                    .filter(beat ->
                            (beat.state() == InstanceState.RUNNING
                                            || beat.state() == InstanceState.STARTING)
                                    && beat.index() < app.instances()
                                    && beat.version().equals(app.version()))
                    .forEach(beat -> indices.add(beat.index()));
        }
        return indices.size();
    }

    private Map<String, AppState> states(List<Asked> apps) {
        var states = new ConcurrentHashMap<String, AppState>();
        var asking = new ArrayList<Thread>();
        for (int from = 0; from < apps.size(); from += SLICE) {
            var slice = apps.subList(from, Math.min(apps.size(), from + SLICE));
            var queries =
                    new AppState.Queries(
                            slice.stream()
                                    .map(app -> new AppState.Query(app.guid(), app.version()))
                                    .toList());
            asking.add(
                    Thread.ofVirtual()
                            .start(() ->
                                    bus.gather(AppState.BULK, queries, 1, ANSWER)
                                            .forEach(states::putAll)));
        }
        try {
            for (var thread : asking) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return states;
    }

    /** Index to since when it keeps crashing. */
    public Map<Integer, Instant> flapping(String app, String version) {
        var since = new HashMap<Integer, Instant>();
        for (var state : one(app, version)) {
            var crashes = state.crashCounts();
            if (crashes != null) {
                crashes.stream()
                        .filter(crash -> crash.count() >= FLAPPING)
                        .forEach(crash ->
                                since.put(crash.index(), Instant.ofEpochSecond(crash.createdAt())));
            }
        }
        return since;
    }

    /** Instances that crashed and that a DEA still keeps. */
    public List<AppState.Heartbeat> crashed(String app, String version) {
        var crashed = new ArrayList<AppState.Heartbeat>();
        for (var state : one(app, version)) {
            var heartbeats = state.heartbeats();
            if (heartbeats != null) {
                heartbeats.stream()
                        .filter(beat -> beat.state() == InstanceState.CRASHED)
                        .forEach(crashed::add);
            }
        }
        return crashed;
    }

    private List<AppState> one(String app, String version) {
        return bus.gather(AppState.SUBJECT, new AppState.Query(app, version), 1, ANSWER);
    }
}

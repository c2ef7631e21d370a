package io.nimbus.healthmanager.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One app, desired and actual, at one moment: which indices need a start and which instances should
 * not be there. The same questions are asked when a request is queued and again just before it is
 * sent.
 */
final class AppAnalysis {
    /** Before everything else: the instance's days are numbered. */
    private static final double EVACUATION_PRIORITY = 2;

    private final @Nullable DesiredApp desired;
    private final Collection<Instance> instances;
    private final CrashHistory crashes;
    private final Predicate<Instance> doomed;
    private final HealthSettings settings;
    private final Instant now;

    /** Instances of the live version. */
    private final Map<Integer, List<Instance>> live = new HashMap<>();

    /**
     * @param desired null when the controller does not know the app
     * @param instances of the app, in any version
     * @param doomed whether a stop is under way for an instance, so that nothing may rest on it
     */
    AppAnalysis(
            @Nullable DesiredApp desired,
            Collection<Instance> instances,
            CrashHistory crashes,
            Predicate<Instance> doomed,
            HealthSettings settings,
            Instant now) {
        this.desired = desired;
        this.instances = instances;
        this.crashes = crashes;
        this.doomed = doomed;
        this.settings = settings;
        this.now = now;
        if (desired != null) {
            for (var instance : instances) {
                if (instance.key().version().equals(desired.version())) {
                    live.computeIfAbsent(instance.index(), i -> new ArrayList<>()).add(instance);
                }
            }
        }
    }

    /**
     * @param priority greater goes first
     */
    record Proposal<R extends HealthRequest>(R request, Instant due, double priority) {}

    private List<Instance> at(int index) {
        return live.getOrDefault(index, List.of());
    }

    /** Why this index needs a start, if it does. */
    Optional<StartReason> start(int index) {
        if (desired == null || !desired.isStartable() || !desired.wants(index)) {
            return Optional.empty();
        }
        var here = at(index);
        if (here.stream().anyMatch(Instance::isUp)) {
            return Optional.empty();
        }
        if (unansweredCrash(index).isPresent()) {
            return Optional.of(StartReason.CRASHED);
        }
        return Optional.of(
                here.stream().anyMatch(Instance::isEvacuating)
                        ? StartReason.EVACUATING
                        : StartReason.MISSING);
    }

    /**
     * The latest crash at an index, unless a start has answered it: crashed instances stay in the
     * heartbeats for an hour.
     */
    Optional<Instance> unansweredCrash(int index) {
        return at(index).stream()
                .filter(Instance::isCrashed)
                .max(Comparator.comparingDouble(Instance::since).thenComparing(Instance::guid))
                .filter(crashed -> !crashes.isAnswered(crashed, now));
    }

    /** Why this instance should not be there, if so. */
    Optional<StopReason> stop(Instance instance) {
        if (!instance.isUp() && !instance.isEvacuating()) {
            return Optional.empty();
        }
        if (desired == null || !desired.wants(instance.index())) {
            return Optional.of(StopReason.EXTRA);
        }
        // Nothing that serves is taken away for what does not serve yet.
        var replaced =
                at(instance.index()).stream()
                        .anyMatch(other ->
                                other.isRunning()
                                        && !other.guid().equals(instance.guid())
                                        && !doomed.test(other));
        if (!replaced) {
            return Optional.empty();
        }
        if (!instance.key().version().equals(desired.version())) {
            return Optional.of(StopReason.OLD_VERSION);
        }
        return Optional.of(
                instance.isEvacuating() ? StopReason.EVACUATION_COMPLETE : StopReason.DUPLICATE);
    }

    List<Proposal<HealthRequest.Start>> starts() {
        var starts = new ArrayList<Proposal<HealthRequest.Start>>();
        if (desired == null || !desired.isStartable()) {
            return starts;
        }
        var priority = missingShare(desired);
        for (int index = 0; index < desired.instances(); index++) {
            var at = index;
            start(index)
                    .ifPresent(reason ->
                            starts.add(
                                    new Proposal<>(
                                            new HealthRequest.Start(desired.key(), at, reason),
                                            due(reason, at),
                                            reason == StartReason.EVACUATING
                                                    ? EVACUATION_PRIORITY
                                                    : priority)));
        }
        return starts;
    }

    private Instant due(StartReason reason, int index) {
        return switch (reason) {
            case MISSING -> now.plus(settings.grace());
            case EVACUATING -> now;
            case CRASHED -> {
                var crashed = unansweredCrash(index).orElseThrow();
                var delay = settings.backOff(crashes.count(crashed.key(), index, now));
                // Counted from the crash, so that a health manager that takes over does not begin
                // the wait anew. The DEA's clock may differ from ours: never longer than from now.
                var due = instant(crashed.since()).plus(delay);
                var latest = now.plus(delay);
                yield due.isBefore(now) ? now : due.isAfter(latest) ? latest : due;
            }
        };
    }

    /** Seconds since the epoch as a DEA sends them; nonsense reads as long ago. */
    private static Instant instant(double seconds) {
        var plausible = seconds > 0 && seconds < 1e11 ? seconds : 0;
        return Instant.EPOCH.plusMillis((long) (plausible * 1000));
    }

    /** 1 when nothing of the app runs, near 0 when almost all does. */
    private double missingShare(DesiredApp app) {
        if (app.instances() == 0) {
            return 0;
        }
        var up =
                live.entrySet().stream()
                        .filter(e -> app.wants(e.getKey()))
                        .filter(e -> e.getValue().stream().anyMatch(Instance::isUp))
                        .count();
        return (app.instances() - up) / (double) app.instances();
    }

    List<Proposal<HealthRequest.Stop>> stops() {
        var stops = new ArrayList<Proposal<HealthRequest.Stop>>();
        var duplicates = new HashMap<Integer, List<Instance>>();
        for (var instance : instances) {
            var reason = stop(instance);
            if (reason.isEmpty()) {
                continue;
            }
            if (reason.get() == StopReason.DUPLICATE) {
                duplicates.computeIfAbsent(instance.index(), i -> new ArrayList<>()).add(instance);
            } else {
                stops.add(proposal(instance, reason.get(), Duration.ZERO));
            }
        }
        duplicates.values().forEach(same -> stops.addAll(spaced(same)));
        return stops;
    }

    /** The one that serves longest is the last whose turn comes, and by then it is alone. */
    private List<Proposal<HealthRequest.Stop>> spaced(List<Instance> duplicates) {
        duplicates.sort(
                Comparator.comparing(Instance::isRunning)
                        .thenComparing(Comparator.comparingDouble(Instance::since).reversed())
                        .thenComparing(Instance::guid));
        var stops = new ArrayList<Proposal<HealthRequest.Stop>>();
        for (var instance : duplicates) {
            stops.add(
                    proposal(
                            instance,
                            StopReason.DUPLICATE,
                            settings.duplicateAfter()
                                    .plus(settings.duplicateSpacing().multipliedBy(stops.size()))));
        }
        return stops;
    }

    private Proposal<HealthRequest.Stop> proposal(
            Instance instance, StopReason reason, Duration delay) {
        return new Proposal<>(
                new HealthRequest.Stop(instance.key(), instance.index(), instance.guid(), reason),
                now.plus(delay),
                0);
    }
}

package io.nimbus.healthmanager.policy;

import java.time.Duration;

/**
 * The times and limits of the analysis. The defaults are hm9000's where it has one.
 *
 * @param presence silence after which a DEA and all its instances count as gone; 3 heartbeats
 * @param warmUp how long heartbeats must have come before anything is concluded from them
 * @param desiredLife age at which desired state is no longer acted upon
 * @param analysis period of the look at everything; one app is looked at whenever something is
 *     heard of it
 * @param grace between noticing that an instance is missing and asking for it
 * @param keepAlive after a request for an index (or against an instance), time before the next
 * @param crashesAtOnce crashes that are answered at once, before back-off begins
 * @param backOffStart the first delay, doubled with each further crash
 * @param backOffLimit the longest delay; an app is never given up
 * @param duplicateAfter delay before the first of several instances at one index is stopped
 * @param duplicateSpacing further delay for each further one
 * @param requestsPerSecond starts sent per second, and likewise stops
 * @param burst how many may go at once
 */
public record HealthSettings(
        Duration presence,
        Duration warmUp,
        Duration desiredLife,
        Duration analysis,
        Duration grace,
        Duration keepAlive,
        int crashesAtOnce,
        Duration backOffStart,
        Duration backOffLimit,
        Duration duplicateAfter,
        Duration duplicateSpacing,
        double requestsPerSecond,
        int burst,
        Breaker breaker) {

    /**
     * When very many DEAs vanish at once, it is rather we who cannot hear them.
     *
     * @param share of the DEAs, 0 to 1, that must fall silent within {@code window}
     * @param deas fewest DEAs for which a share means anything
     * @param hold longest time for which missing instances are then not asked for
     */
    public record Breaker(double share, int deas, Duration window, Duration hold) {}

    public static HealthSettings defaults() {
        return new HealthSettings(
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                Duration.ofSeconds(120),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                3,
                Duration.ofSeconds(30),
                Duration.ofSeconds(960),
                Duration.ofSeconds(120),
                Duration.ofSeconds(30),
                500,
                1_000,
                new Breaker(0.4, 10, Duration.ofSeconds(30), Duration.ofSeconds(120)));
    }

    /** A crash is forgotten after this long without another: twice the longest delay. */
    public Duration crashMemory() {
        return backOffLimit.multipliedBy(2);
    }

    /**
     * How long after a crash its index is started again.
     *
     * @param crashes those answered before this one
     */
    public Duration backOff(int crashes) {
        if (crashes < crashesAtOnce) {
            return Duration.ZERO;
        }
        // Far beyond any limit, and far from overflowing.
        var doublings = Math.min(crashes - crashesAtOnce, 30);
        var delay = backOffStart.multipliedBy(1L << doublings);
        return delay.compareTo(backOffLimit) > 0 ? backOffLimit : delay;
    }
}

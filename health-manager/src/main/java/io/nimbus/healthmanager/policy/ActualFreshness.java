package io.nimbus.healthmanager.policy;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether the heartbeats heard so far can be trusted to be all there are: they came without a gap
 * of a presence for at least the warm-up, in which every living DEA has spoken.
 */
final class ActualFreshness {
    private final Duration presence;
    private final Duration warmUp;
    private @Nullable Instant since;
    private Instant last = Instant.MIN;
    private Instant lastBeat = Instant.MIN;

    ActualFreshness(Duration presence, Duration warmUp) {
        this.presence = presence;
        this.warmUp = warmUp;
    }

    void heartbeat(Instant now) {
        lastBeat = now;
        bump(now);
    }

    /**
     * A DEA that runs nothing is there. Older ones send no heartbeat then, so that a platform with
     * nothing on it would never become fresh.
     */
    void idle(Instant now) {
        if (lastBeat.equals(Instant.MIN) || !lastBeat.plus(presence).isAfter(now)) {
            bump(now);
        }
    }

    private void bump(Instant now) {
        if (since == null || !last.plus(presence).isAfter(now)) {
            since = now;
        }
        last = now;
    }

    /** Something was or may have been missed: begin anew. */
    void revoke() {
        since = null;
    }

    boolean isFresh(Instant now) {
        var began = since;
        return began != null
                && last.plus(presence).isAfter(now)
                && !began.plus(warmUp).isAfter(now);
    }
}

package io.nimbus.healthmanager.policy;

import java.time.Duration;
import java.time.Instant;

/** Lets so many through per second, and after a rest so many at once. */
final class TokenBucket {
    private final double perSecond;
    private final int burst;
    private double tokens;
    private Instant filled = Instant.MIN;

    TokenBucket(double perSecond, int burst) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
    }

    boolean take(Instant now) {
        if (filled.equals(Instant.MIN) || filled.isAfter(now)) {
            filled = now; // the first time, or the clock was set back
        }
        var seconds = Duration.between(filled, now).toNanos() / 1e9;
        tokens = Math.min(burst, tokens + seconds * perSecond);
        filled = now;
        if (tokens < 1) {
            return false;
        }
        tokens -= 1;
        return true;
    }
}

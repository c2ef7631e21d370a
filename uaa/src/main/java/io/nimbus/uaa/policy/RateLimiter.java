package io.nimbus.uaa.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A bucket of tokens per key: {@code burst} at once, then {@code perSecond}. One lock guards the
 * buckets. Their number is bounded: the one longest unused is given up, which can only be generous.
 */
public final class RateLimiter {
    private static final int MOST_KEYS = 20_000;

    private final double perSecond;
    private final double burst;
    private final Map<String, Bucket> buckets =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                    return size() > MOST_KEYS;
                }
            };

    private record Bucket(double tokens, Instant at) {}

    /**
     * @param perSecond 0 for no limit
     */
    public RateLimiter(double perSecond, int burst) {
        this.perSecond = perSecond;
        this.burst = burst;
    }

    /** Takes a token; how long to wait for one where there is none, else zero. */
    public synchronized Duration take(String key, Instant now) {
        if (perSecond == 0) {
            return Duration.ZERO;
        }
        var bucket = buckets.getOrDefault(key, new Bucket(burst, now));
        var passed = Math.max(0, Duration.between(bucket.at, now).toMillis()) / 1000.0;
        var tokens = Math.min(burst, bucket.tokens + passed * perSecond);
        if (tokens < 1) {
            buckets.put(key, new Bucket(tokens, now));
            return Duration.ofMillis((long) Math.ceil((1 - tokens) / perSecond * 1000));
        }
        buckets.put(key, new Bucket(tokens - 1, now));
        return Duration.ZERO;
    }
}

package io.nimbus.router.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How often something took how long: four buckets to the octave, from a microsecond to half an
 * hour. One thread records; others may read at any time. Counts wrap, which differences do not
 * mind.
 */
public final class Histogram {
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int OCTAVES = 31;
    static final int BUCKETS = OCTAVES * 4;

    private final int[] counts = new int[BUCKETS];
    private long sumMicros;

    public void record(long nanos) {
        long micros = nanos <= 0 ? 0 : nanos / 1000;
        int bucket = bucket(micros);
        INTS.setOpaque(counts, bucket, counts[bucket] + 1);
        sumMicros += micros;
    }

    static int bucket(long micros) {
        if (micros < 4) {
            return (int) micros;
        }
        int exponent = 63 - Long.numberOfLeadingZeros(micros);
        int quarter = (int) (micros >>> (exponent - 2)) & 3;
        return Math.min(BUCKETS - 1, (exponent - 1) * 4 + quarter);
    }

    /** The least number of microseconds that falls into the bucket. */
    static long least(int bucket) {
        if (bucket < 4) {
            return bucket;
        }
        int exponent = bucket / 4 + 1;
        return (4L + bucket % 4) << (exponent - 2);
    }

    /** Adds the counts to {@code sums}. */
    void addTo(int[] sums) {
        for (int i = 0; i < BUCKETS; i++) {
            sums[i] += (int) INTS.getOpaque(counts, i);
        }
    }

    long sumMicros() {
        return sumMicros;
    }

    /**
     * The time, in milliseconds, that the given share did not exceed: the middle of its bucket.
     *
     * @return 0 if nothing was counted
     */
    static double quantileMs(int[] counts, double share) {
        long total = 0;
        for (int count : counts) {
            total += count;
        }
        if (total == 0) {
            return 0;
        }
        long rank = Math.max(1, (long) Math.ceil(total * share));
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return (least(i) + least(i + 1)) / 2000.0;
            }
        }
        return least(BUCKETS - 1) / 1000.0;
    }
}

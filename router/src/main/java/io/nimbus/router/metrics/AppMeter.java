package io.nimbus.router.metrics;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What one app's requests did, by loop. An app without an id is all of them together. */
public final class AppMeter {
    /** One loop's share; its thread writes, others read. */
    static final class Slot {
        long done;
        long errors;
        int inFlight;
        int most;
        final Histogram latency = new Histogram();
    }

    /** Samples of the last minute, one per {@link Meters#SAMPLE}. */
    private static final int MINUTE = 12;

    private final String app;
    private final boolean named;
    private final Slot[] slots;
    private final Map<String, InstanceMeter> instances = new ConcurrentHashMap<>();

    // The publisher's own: what it has reported already.
    private long reportedDone;
    private long reportedErrors;
    private final int[] reportedLatency = new int[Histogram.BUCKETS];
    private boolean reported;

    // The sampler's own.
    private final long[] lastMinute = new long[MINUTE];
    private long sampledDone;
    private int sample;
    private int idleSamples;

    /**
     * @param named whether it has a series of its own on the metrics page
     */
    AppMeter(String app, boolean named, int loops) {
        this.app = app;
        this.named = named;
        this.slots = new Slot[loops];
        for (int i = 0; i < loops; i++) {
            slots[i] = new Slot();
        }
    }

    public String app() {
        return app;
    }

    boolean isNamed() {
        return named;
    }

    InstanceMeter instance(String id, Supplier<InstanceMeter> made) {
        return instances.computeIfAbsent(id, i -> made.get());
    }

    void begin(int loop) {
        var slot = slots[loop];
        int now = ++slot.inFlight;
        if (now > slot.most) {
            slot.most = now;
        }
    }

    void abandon(int loop) {
        slots[loop].inFlight--;
    }

    void end(int loop, int status, long nanos) {
        var slot = slots[loop];
        slot.inFlight--;
        slot.done++;
        if (status >= 500) {
            slot.errors++;
        }
        slot.latency.record(nanos);
    }

    public long done() {
        long sum = 0;
        for (var slot : slots) {
            sum += slot.done;
        }
        return sum;
    }

    public long errors() {
        long sum = 0;
        for (var slot : slots) {
            sum += slot.errors;
        }
        return sum;
    }

    /** Counts per bucket of {@link Histogram}, since the start. */
    int[] latency() {
        var sums = new int[Histogram.BUCKETS];
        addLatency(sums);
        return sums;
    }

    void addLatency(int[] sums) {
        for (var slot : slots) {
            slot.latency.addTo(sums);
        }
    }

    double latencySumSeconds() {
        double sum = 0;
        for (var slot : slots) {
            sum += slot.latency.sumMicros() / 1e6;
        }
        return sum;
    }

    /**
     * What happened since the last call.
     *
     * @param inFlightMost the most at one moment; with several loops the sum of each loop's most
     * @param instances instance id to requests in flight, of those that have any
     */
    public record Window(
            int inFlight,
            int inFlightMost,
            long done,
            long errors,
            double p50Ms,
            double p95Ms,
            Map<String, Integer> instances) {
        public boolean isEmpty() {
            return inFlight == 0 && inFlightMost == 0 && done == 0;
        }
    }

    /** For one caller only, which remembers nothing itself. */
    public Window window() {
        long done = done();
        long errors = errors();
        var latency = latency();
        var since = new int[Histogram.BUCKETS];
        for (int i = 0; i < since.length; i++) {
            since[i] = latency[i] - reportedLatency[i];
            reportedLatency[i] = latency[i];
        }
        int most = 0;
        int inFlight = 0;
        for (var slot : slots) {
            most += slot.most;
            inFlight += slot.inFlight;
            // A request that begins just now may be missed; it is seen in the next window.
            slot.most = slot.inFlight;
        }
        var busy = new TreeMap<String, Integer>();
        instances.forEach((id, meter) -> {
            int there = meter.inFlight();
            if (there > 0) {
                busy.put(id, there);
            }
        });
        var window =
                new Window(
                        Math.max(0, inFlight),
                        Math.max(0, most),
                        done - reportedDone,
                        errors - reportedErrors,
                        Histogram.quantileMs(since, 0.5),
                        Histogram.quantileMs(since, 0.95),
                        busy);
        reportedDone = done;
        reportedErrors = errors;
        return window;
    }

    /** Called every {@link Meters#SAMPLE}. */
    void sample() {
        long done = done();
        lastMinute[sample] = done - sampledDone;
        idleSamples = done == sampledDone && !isBusy() ? idleSamples + 1 : 0;
        sampledDone = done;
        sample = (sample + 1) % MINUTE;
    }

    private boolean isBusy() {
        for (var slot : slots) {
            if (slot.inFlight != 0) {
                return true;
            }
        }
        return false;
    }

    /** How long nothing has happened, in {@link Meters#SAMPLE}s. */
    int idleSamples() {
        return idleSamples;
    }

    /** Requests that ended within the last minute. */
    long lastMinute() {
        long sum = 0;
        for (long done : lastMinute) {
            sum += done;
        }
        return sum;
    }

    /** Whether the window is worth a record: there was traffic, or there was until now. */
    public boolean isWorthSaying(Window window) {
        boolean worth = !window.isEmpty() || reported;
        reported = !window.isEmpty();
        return worth;
    }

    /** Forgets instances that have gone, or that nobody asks for any more. */
    void retireUnused() {
        instances.forEach((id, meter) -> {
            if (!meter.wasUsed() && meter.inFlight() == 0) {
                meter.retire();
                instances.remove(id, meter);
            }
        });
    }

    void retireAll() {
        instances.values().forEach(InstanceMeter::retire);
    }
}

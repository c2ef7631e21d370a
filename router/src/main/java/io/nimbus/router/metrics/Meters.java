package io.nimbus.router.metrics;

import io.nimbus.router.policy.Backend;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * The counters of all loops, of all apps and of all components that had traffic lately. An app that
 * has had none for a while is forgotten; only so many apps have a series of their own on the
 * metrics page, the others share one.
 */
public final class Meters {
    /** How often {@link #sample} is called. */
    public static final Duration SAMPLE = Duration.ofSeconds(5);

    /** Samples of one. */
    private static final int MINUTE = 12;

    /** Five minutes. */
    private static final int FORGOTTEN_AFTER = 60;

    /** A quarter of an hour. */
    private static final int SAMPLES = 180;

    private final List<Traffic> loops;
    private final int mostNamed;
    private final AtomicInteger named = new AtomicInteger();

    // Of apps that shared a series and are forgotten: the series goes on from there.
    private final int[] forgottenLatency = new int[Histogram.BUCKETS];
    private double forgottenSeconds;

    private final long[] requests = new long[SAMPLES];
    private int samples;
    private final Map<String, AppMeter> apps = new ConcurrentHashMap<>();
    private final Map<String, ComponentMeter> components = new ConcurrentHashMap<>();

    /**
     * @param mostNamed apps with a series of their own
     */
    public Meters(int loops, int mostNamed) {
        this.mostNamed = mostNamed;
        this.loops = IntStream.range(0, loops).mapToObj(i -> new Traffic(i, this)).toList();
    }

    public Traffic loop(int index) {
        return loops.get(index);
    }

    public List<Traffic> loops() {
        return loops;
    }

    public long sum(Count count) {
        long sum = 0;
        for (var loop : loops) {
            sum += loop.get(count);
        }
        return sum;
    }

    public Map<String, AppMeter> apps() {
        return apps;
    }

    public Map<String, ComponentMeter> components() {
        return components;
    }

    /** The counters of the backend's app and instance; remembered in the backend. */
    InstanceMeter instance(Backend backend) {
        var known = (InstanceMeter) backend.statistics();
        if (known != null && !known.isRetired()) {
            return known;
        }
        var app = apps.computeIfAbsent(backend.app(), this::made);
        var id = backend.instance().isEmpty() ? backend.address() : backend.instance();
        var instance =
                app.instance(id, () -> new InstanceMeter(app, component(backend), loops.size()));
        backend.statistics(instance);
        return instance;
    }

    private AppMeter made(String app) {
        boolean has = named.getAndIncrement() < mostNamed;
        if (!has) {
            named.decrementAndGet();
        }
        return new AppMeter(app, has, loops.size());
    }

    /** Looks at the time that passes; called every {@link #SAMPLE}. */
    public synchronized void sample() {
        for (var app : apps.values()) {
            app.sample();
            if (app.idleSamples() % MINUTE == MINUTE - 1) {
                app.retireUnused();
            }
            if (app.idleSamples() > FORGOTTEN_AFTER) {
                forget(app);
            }
        }
        requests[samples % SAMPLES] = sum(Count.TOTAL_REQUESTS);
        samples++;
    }

    private void forget(AppMeter app) {
        apps.remove(app.app(), app);
        app.retireAll();
        if (app.isNamed()) {
            named.decrementAndGet();
        } else {
            app.addLatency(forgottenLatency);
            forgottenSeconds += app.latencySumSeconds();
        }
    }

    /** Latencies of all apps without a series of their own. */
    synchronized Latencies others() {
        var counts = forgottenLatency.clone();
        double seconds = forgottenSeconds;
        for (var app : apps.values()) {
            if (!app.isNamed()) {
                app.addLatency(counts);
                seconds += app.latencySumSeconds();
            }
        }
        return new Latencies(counts, seconds);
    }

    record Latencies(int[] counts, double sumSeconds) {}

    /** Requests per second over the last so many minutes, or since the start if that is less. */
    synchronized double rate(int minutes) {
        int steps = Math.min(minutes * MINUTE, Math.min(samples, SAMPLES) - 1);
        if (steps <= 0) {
            return 0;
        }
        long now = requests[(samples - 1) % SAMPLES];
        long then = requests[(samples - 1 - steps) % SAMPLES];
        return (now - then) / (steps * (double) SAMPLE.toSeconds());
    }

    private ComponentMeter component(Backend backend) {
        return components.computeIfAbsent(
                backend.component(), c -> new ComponentMeter(c, loops.size()));
    }
}

package io.nimbus.router.metrics;

/** Requests to what registers with one {@code component} tag, by loop. */
public final class ComponentMeter {
    private static final class Slot {
        long requests;
        final long[] responses = new long[5];
        final Histogram latency = new Histogram();
    }

    private final String component;
    private final Slot[] slots;

    ComponentMeter(String component, int loops) {
        this.component = component;
        this.slots = new Slot[loops];
        for (int i = 0; i < loops; i++) {
            slots[i] = new Slot();
        }
    }

    public String component() {
        return component;
    }

    void begin(int loop) {
        slots[loop].requests++;
    }

    void end(int loop, int status, long nanos) {
        var slot = slots[loop];
        slot.responses[group(status)]++;
        slot.latency.record(nanos);
    }

    /** 0 for 2xx to 3 for 5xx, 4 for all others. */
    static int group(int status) {
        return status >= 200 && status < 600 ? status / 100 - 2 : 4;
    }

    public long requests() {
        long sum = 0;
        for (var slot : slots) {
            sum += slot.requests;
        }
        return sum;
    }

    public long responses(int group) {
        long sum = 0;
        for (var slot : slots) {
            sum += slot.responses[group];
        }
        return sum;
    }

    double latencyMicros() {
        double sum = 0;
        for (var slot : slots) {
            sum += slot.latency.sumMicros();
        }
        return sum;
    }

    int[] latency() {
        var sums = new int[Histogram.BUCKETS];
        for (var slot : slots) {
            slot.latency.addTo(sums);
        }
        return sums;
    }
}

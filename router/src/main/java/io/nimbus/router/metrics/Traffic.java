package io.nimbus.router.metrics;

import io.nimbus.router.policy.Backend;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** One event loop's counters; its thread writes, others read. */
public final class Traffic {
    private final int index;
    private final Meters meters;
    private final Map<Count, AtomicLong> counts = cells(Count.class);
    private final Map<Gauge, AtomicLong> gauges = cells(Gauge.class);
    private final Histogram latency = new Histogram();
    private final Histogram routerTime = new Histogram();
    private final Histogram lookup = new Histogram();

    Traffic(int index, Meters meters) {
        this.index = index;
        this.meters = meters;
    }

    public void count(Count count) {
        add(count, 1);
    }

    public void add(Count count, long much) {
        add(counts, count, much);
    }

    private static <E extends Enum<E>> void add(Map<E, AtomicLong> cells, E which, long much) {
        var cell = Objects.requireNonNull(cells.get(which));
        cell.setOpaque(cell.getPlain() + much);
    }

    public long get(Count count) {
        return Objects.requireNonNull(counts.get(count)).getOpaque();
    }

    private static <E extends Enum<E>> Map<E, AtomicLong> cells(Class<E> type) {
        var cells = new EnumMap<E, AtomicLong>(type);
        for (var which : type.getEnumConstants()) {
            cells.put(which, new AtomicLong());
        }
        return cells;
    }

    /** A request goes to the backend; the meter is to be given back by {@link #end}. */
    public InstanceMeter begin(Backend backend) {
        var meter = meters.instance(backend);
        meter.add(index, 1);
        meter.app().begin(index);
        meter.component().begin(index);
        if (meter.component().component().startsWith("dea-")) {
            count(Count.ROUTED_APP_REQUESTS);
        }
        return meter;
    }

    public void end(InstanceMeter meter, int status, long nanos) {
        meter.add(index, -1);
        meter.app().end(index, status, nanos);
        meter.component().end(index, status, nanos);
    }

    /** The request left the instance without an answer that counts; another may get it. */
    public void abandon(InstanceMeter meter) {
        meter.add(index, -1);
        meter.app().abandon(index);
    }

    /** An answer has ended, whoever gave it. */
    public void answered(int status, long nanos, long routerNanos) {
        count(Count.RESPONSES);
        count(
                switch (status / 100) {
                    case 2 -> Count.RESPONSES_2XX;
                    case 3 -> Count.RESPONSES_3XX;
                    case 4 -> Count.RESPONSES_4XX;
                    case 5 -> Count.RESPONSES_5XX;
                    default -> Count.RESPONSES_XXX;
                });
        latency.record(nanos);
        routerTime.record(routerNanos);
    }

    public void serviceAnswered(int status) {
        count(Count.RESPONSES_ROUTE_SERVICES);
        count(
                switch (status / 100) {
                    case 2 -> Count.RESPONSES_ROUTE_SERVICES_2XX;
                    case 3 -> Count.RESPONSES_ROUTE_SERVICES_3XX;
                    case 4 -> Count.RESPONSES_ROUTE_SERVICES_4XX;
                    case 5 -> Count.RESPONSES_ROUTE_SERVICES_5XX;
                    default -> Count.RESPONSES_ROUTE_SERVICES_XXX;
                });
    }

    /** In thousandths of a microsecond, since lookups are that short. */
    public void lookedUp(long nanos) {
        lookup.record(nanos * 1000);
    }

    Histogram latency() {
        return latency;
    }

    Histogram routerTime() {
        return routerTime;
    }

    Histogram lookup() {
        return lookup;
    }

    /** What is there at the moment. */
    public enum Gauge {
        CLIENTS,
        /** Requests between their head and the end of their answer. */
        ACTIVE,
        TUNNELS,
        IDLE_BACKENDS
    }

    public void add(Gauge gauge, int change) {
        add(gauges, gauge, change);
    }

    public int get(Gauge gauge) {
        return (int) Objects.requireNonNull(gauges.get(gauge)).getOpaque();
    }
}

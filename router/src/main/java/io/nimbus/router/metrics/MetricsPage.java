package io.nimbus.router.metrics;

import io.nimbus.router.policy.RouteTable;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * The router's numbers for Prometheus. Names are those that operators' dashboards know (contract:
 * router.md §17), which is why counters are without the usual suffix.
 */
public final class MetricsPage implements MultiCollector {
    private static final String[] GROUPS = {"2xx", "3xx", "4xx", "5xx", "xxx"};
    private static final Count[] RESPONSES = {
        Count.RESPONSES_2XX,
        Count.RESPONSES_3XX,
        Count.RESPONSES_4XX,
        Count.RESPONSES_5XX,
        Count.RESPONSES_XXX
    };
    private static final Count[] SERVICE_RESPONSES = {
        Count.RESPONSES_ROUTE_SERVICES_2XX,
        Count.RESPONSES_ROUTE_SERVICES_3XX,
        Count.RESPONSES_ROUTE_SERVICES_4XX,
        Count.RESPONSES_ROUTE_SERVICES_5XX,
        Count.RESPONSES_ROUTE_SERVICES_XXX
    };

    // 128 µs to 67 s, a bound per octave.
    private static final int FIRST_OCTAVE = 7;
    private static final int LAST_OCTAVE = 26;

    private final Meters meters;
    private final RouteTable routes;
    private final InstantSource clock;
    private final Instant started;
    private final Map<String, LongAdder> registrations;
    private final Map<String, LongAdder> unregistrations;
    private final LongSupplier pruned;

    /**
     * @param registrations messages by component
     */
    public MetricsPage(
            Meters meters,
            RouteTable routes,
            InstantSource clock,
            Map<String, LongAdder> registrations,
            Map<String, LongAdder> unregistrations,
            LongSupplier pruned) {
        this.meters = meters;
        this.routes = routes;
        this.clock = clock;
        this.started = clock.instant();
        this.registrations = registrations;
        this.unregistrations = unregistrations;
        this.pruned = pruned;
    }

    @Override
    public MetricSnapshots collect() {
        var all = new ArrayList<MetricSnapshot>();
        counters(all);
        gauges(all);
        histograms(all);
        return new MetricSnapshots(all);
    }

    private void counters(List<MetricSnapshot> all) {
        for (var count : Count.values()) {
            var name = count.name().toLowerCase(java.util.Locale.ROOT);
            if (!name.startsWith("responses")) {
                all.add(
                        UnknownSnapshot.builder()
                                .name(name)
                                .help(count.meaning())
                                .dataPoint(point(Labels.EMPTY, meters.sum(count)))
                                .build());
            }
        }
        all.add(byStatus("responses", Count.RESPONSES.meaning(), RESPONSES));
        all.add(
                byStatus(
                        "responses_route_services",
                        Count.RESPONSES_ROUTE_SERVICES.meaning(),
                        SERVICE_RESPONSES));
        var requests = UnknownSnapshot.builder().name("requests").help("Attempts by component");
        meters.components()
                .forEach((component, meter) ->
                        requests.dataPoint(
                                point(Labels.of("component", component), meter.requests())));
        all.add(requests.build());
        var messages =
                UnknownSnapshot.builder().name("registry_message").help("Messages about routes");
        messages(messages, "register", registrations);
        messages(messages, "unregister", unregistrations);
        all.add(messages.build());
        all.add(
                UnknownSnapshot.builder()
                        .name("routes_pruned")
                        .help("Routes dropped because nobody registered them any more")
                        .dataPoint(point(Labels.EMPTY, pruned.getAsLong()))
                        .build());
    }

    private static void messages(
            UnknownSnapshot.Builder to, String action, Map<String, LongAdder> counts) {
        counts.forEach((component, count) ->
                to.dataPoint(
                        point(Labels.of("component", component, "action", action), count.sum())));
    }

    private MetricSnapshot byStatus(String name, String help, Count[] counts) {
        var snapshot = UnknownSnapshot.builder().name(name).help(help);
        for (int i = 0; i < counts.length; i++) {
            snapshot.dataPoint(point(Labels.of("status_group", GROUPS[i]), meters.sum(counts[i])));
        }
        return snapshot.build();
    }

    private static UnknownDataPointSnapshot point(Labels labels, long value) {
        return UnknownDataPointSnapshot.builder().labels(labels).value((double) value).build();
    }

    private void gauges(List<MetricSnapshot> all) {
        all.add(gauge("total_routes", "Uris with a route", routes.routes()));
        all.add(gauge("total_endpoints", "Endpoints of all routes", routes.endpoints()));
        all.add(
                gauge(
                        "ms_since_last_registry_update",
                        "Milliseconds since the last message about a route",
                        sinceUpdate()));
        all.add(
                gauge(
                        "uptime",
                        "Seconds since the start",
                        java.time.Duration.between(started, clock.instant()).toSeconds()));
        all.add(gauge("file_descriptors", "Descriptors in use", descriptors()));
        all.add(gauge("clients", "Connections of clients", gauge(Traffic.Gauge.CLIENTS)));
        all.add(gauge("requests_in_flight", "Requests under way", gauge(Traffic.Gauge.ACTIVE)));
        all.add(gauge("tunnels", "Connections after an upgrade", gauge(Traffic.Gauge.TUNNELS)));
        all.add(
                gauge(
                        "idle_backend_connections",
                        "Connections to endpoints that wait for a request",
                        gauge(Traffic.Gauge.IDLE_BACKENDS)));
    }

    private int gauge(Traffic.Gauge which) {
        int sum = 0;
        for (var loop : meters.loops()) {
            sum += loop.get(which);
        }
        return sum;
    }

    private static MetricSnapshot gauge(String name, String help, long value) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(GaugeDataPointSnapshot.builder().value((double) value).build())
                .build();
    }

    long sinceUpdate() {
        return routes.lastUpdate() == 0 ? 0 : clock.millis() - routes.lastUpdate();
    }

    static long descriptors() {
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.UnixOperatingSystemMXBean unix
                ? unix.getOpenFileDescriptorCount()
                : -1;
    }

    private void histograms(List<MetricSnapshot> all) {
        all.add(
                total(
                        "latency_seconds",
                        "From a request's head to the end of its answer",
                        latency(Traffic::latency),
                        1e-6));
        all.add(
                total(
                        "gorouter_time_seconds",
                        "The router's own part of it",
                        latency(Traffic::routerTime),
                        1e-6));
        all.add(
                total(
                        "route_lookup_time_seconds",
                        "Finding a route; one in 64 is timed",
                        latency(Traffic::lookup),
                        1e-9));
        var apps =
                HistogramSnapshot.builder()
                        .name("http_latency_seconds")
                        .help("Requests to an app; the busiest have their own series");
        for (var app : meters.apps().values()) {
            if (app.isNamed()) {
                apps.dataPoint(
                        histogram(
                                Labels.of(
                                        "source_id", app.app().isEmpty() ? "platform" : app.app()),
                                app.latency(),
                                app.latencySumSeconds(),
                                1e-6));
            }
        }
        var others = meters.others();
        apps.dataPoint(
                histogram(
                        Labels.of("source_id", "others"),
                        others.counts(),
                        others.sumSeconds(),
                        1e-6));
        all.add(apps.build());
    }

    private interface Part {
        Histogram of(Traffic traffic);
    }

    private Meters.Latencies latency(Part part) {
        var counts = new int[Histogram.BUCKETS];
        double sum = 0;
        for (var loop : meters.loops()) {
            var histogram = part.of(loop);
            histogram.addTo(counts);
            sum += histogram.sumMicros();
        }
        return new Meters.Latencies(counts, sum);
    }

    private static MetricSnapshot total(
            String name, String help, Meters.Latencies latencies, double unit) {
        return HistogramSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(
                        histogram(
                                Labels.EMPTY,
                                latencies.counts(),
                                latencies.sumSeconds() * unit,
                                unit))
                .build();
    }

    /**
     * @param unit of what was counted, in seconds
     */
    private static HistogramDataPointSnapshot histogram(
            Labels labels, int[] counts, double sum, double unit) {
        int octaves = LAST_OCTAVE - FIRST_OCTAVE + 1;
        var bounds = new double[octaves + 1];
        var numbers = new long[octaves + 1];
        int at = 0;
        for (int i = 0; i < octaves; i++) {
            long bound = 1L << (FIRST_OCTAVE + i);
            bounds[i] = bound * unit;
            for (; at < counts.length && Histogram.least(at) < bound; at++) {
                numbers[i] += Integer.toUnsignedLong(counts[at]);
            }
        }
        bounds[octaves] = Double.POSITIVE_INFINITY;
        for (; at < counts.length; at++) {
            numbers[octaves] += Integer.toUnsignedLong(counts[at]);
        }
        return HistogramDataPointSnapshot.builder()
                .labels(labels)
                .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, numbers))
                .sum(sum)
                .build();
    }
}

package io.nimbus.router.metrics;

import io.nimbus.router.policy.RouteTable;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the router adds to {@code /varz}, by the collector's names. Contract: router.md §15. */
public final class Varz {
    private static final int TOP = 10;

    private final Meters meters;
    private final RouteTable routes;
    private final InstantSource clock;

    public Varz(Meters meters, RouteTable routes, InstantSource clock) {
        this.meters = meters;
        this.routes = routes;
        this.clock = clock;
    }

    public Map<String, Object> fields() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("urls", routes.routes());
        fields.put("droplets", addresses());
        fields.put("requests", meters.sum(Count.TOTAL_REQUESTS));
        fields.put("bad_requests", meters.sum(Count.REJECTED_REQUESTS));
        fields.put("bad_gateways", meters.sum(Count.BAD_GATEWAYS));
        fields.put("requests_per_sec", meters.rate(1));
        fields.put("rate", List.of(meters.rate(1), meters.rate(5), meters.rate(15)));
        fields.put("responses_2xx", meters.sum(Count.RESPONSES_2XX));
        fields.put("responses_3xx", meters.sum(Count.RESPONSES_3XX));
        fields.put("responses_4xx", meters.sum(Count.RESPONSES_4XX));
        fields.put("responses_5xx", meters.sum(Count.RESPONSES_5XX));
        fields.put("responses_xxx", meters.sum(Count.RESPONSES_XXX));
        fields.put("latency", latency());
        fields.put(
                "ms_since_last_registry_update",
                routes.lastUpdate() == 0 ? 0 : clock.millis() - routes.lastUpdate());
        fields.put("top10_app_requests", top());
        fields.put("tags", Map.of("component", components()));
        return fields;
    }

    /** Distinct ones: an endpoint may serve many uris. */
    private int addresses() {
        var all = new HashSet<String>();
        for (var route : routes.list()) {
            for (var endpoint : route.endpoints()) {
                all.add(endpoint.backend().address());
            }
        }
        return all.size();
    }

    private Map<String, Object> latency() {
        var counts = new int[Histogram.BUCKETS];
        double micros = 0;
        for (var loop : meters.loops()) {
            loop.latency().addTo(counts);
            micros += loop.latency().sumMicros();
        }
        return latency(counts, micros);
    }

    private static Map<String, Object> latency(int[] counts, double micros) {
        long samples = 0;
        for (int count : counts) {
            samples += count;
        }
        var fields = new LinkedHashMap<String, Object>();
        for (int percent : new int[] {50, 75, 90, 95, 99}) {
            fields.put(
                    String.valueOf(percent), Histogram.quantileMs(counts, percent / 100.0) / 1000);
        }
        fields.put("value", samples == 0 ? 0 : micros / samples / 1e6);
        fields.put("samples", samples);
        return fields;
    }

    private record Busy(String app, long requests) {}

    private List<Map<String, Object>> top() {
        return meters.apps().values().stream()
                .filter(app -> !app.app().isEmpty())
                .map(app -> new Busy(app.app(), app.lastMinute()))
                .filter(busy -> busy.requests > 0)
                .sorted(Comparator.comparingLong(Busy::requests).reversed())
                .limit(TOP)
                .map(busy ->
                        Map.<String, Object>of(
                                "application_id",
                                busy.app,
                                "rpm",
                                busy.requests,
                                "rps",
                                busy.requests / 60))
                .toList();
    }

    private Map<String, Object> components() {
        var all = new LinkedHashMap<String, Object>();
        meters.components()
                .forEach((name, meter) -> {
                    var fields = new LinkedHashMap<String, Object>();
                    fields.put("requests", meter.requests());
                    fields.put("responses_2xx", meter.responses(0));
                    fields.put("responses_3xx", meter.responses(1));
                    fields.put("responses_4xx", meter.responses(2));
                    fields.put("responses_5xx", meter.responses(3));
                    fields.put("responses_xxx", meter.responses(4));
                    fields.put("latency", latency(meter.latency(), meter.latencyMicros()));
                    all.put(name.isEmpty() ? "none" : name, fields);
                });
        return all;
    }
}

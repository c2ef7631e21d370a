package io.nimbus.loggregator;

import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.StreamSpec;
import io.nimbus.component.BusConfig;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.StatusConfig;
import io.nimbus.loggregator.cache.LogCache;
import io.nimbus.loggregator.doppler.DopplerSettings;
import io.nimbus.subjects.BusUser;
import io.nimbus.subjects.Logs;
import io.nimbus.tokens.UaaConfig;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * What {@code loggregator.yml} holds; README.md has the table of keys.
 *
 * @param controller whom to ask who may read an app's logs
 * @param accessLife how long a permission is believed
 * @param hold how long an empty log-cache read is kept open
 * @param answerBytes most of one answer
 */
public record LoggregatorConfig(
        NatsConfig nats,
        StatusConfig status,
        UaaConfig uaa,
        URI controller,
        Duration accessLife,
        Http http,
        StreamSpec stream,
        LogCache.Limits cache,
        Duration hold,
        long answerBytes,
        DopplerSettings doppler) {
    private static final long MIB = 1024 * 1024;

    /**
     * @param host where it listens
     * @param port 0 for any free one
     * @param routeHost the address that the router dials
     * @param domain {@code doppler}, {@code log-cache} and {@code loggregator} below it lead here
     */
    public record Http(String host, int port, String routeHost, String domain) {
        List<String> uris() {
            return List.of("doppler." + domain, "log-cache." + domain, "loggregator." + domain);
        }
    }

    public static LoggregatorConfig read(Config config) throws ConfigException {
        var controller = config.section("controller");
        var http = config.section("http");
        var host = http.text("host", "127.0.0.1");
        var stream = config.section("stream");
        var maxAge = stream.duration("max_age", Duration.ofDays(7));
        if (maxAge.isZero()) {
            stream.fault("max_age", "is zero");
        }
        var cache = config.section("cache");
        var reading = config.section("log_cache");
        var hold = reading.duration("hold", Duration.ofMillis(500));
        if (hold.compareTo(Duration.ofMillis(1900)) > 0) {
            // Other clients of log-cache give up after 2 s.
            reading.fault("hold", "is longer than 1900ms");
        }
        var doppler = config.section("doppler");
        return config.complete(
                new LoggregatorConfig(
                        BusConfig.read(config, BusUser.LOGGREGATOR),
                        StatusConfig.read(config),
                        UaaConfig.read(config, "cloud_controller", "doppler", "logs"),
                        controller.uri("url"),
                        controller.duration("access_ttl", Duration.ofSeconds(30)),
                        new Http(
                                host,
                                http.port("port", 8083),
                                http.text("route_host", host),
                                config.text("domain", "localhost")),
                        new StreamSpec(
                                stream.text("name", "logs"),
                                List.of(Logs.ALL_APPS.name()),
                                stream.integer("per_app", 2_000, 1, 10_000_000),
                                stream.integer("max_mib", 256, 1, 1_000_000) * MIB,
                                maxAge),
                        new LogCache.Limits(
                                cache.integer("lines_per_app", 10_000, 1_000, 10_000_000),
                                cache.integer("metrics_per_app", 1_000, 1, 10_000_000),
                                cache.integer("max_mib", 64, 1, 100_000) * MIB,
                                maxAge),
                        hold,
                        reading.integer("answer_max_mib", 8, 1, 1_000) * MIB,
                        new DopplerSettings(
                                doppler.integer("queue", 10_000, 10, 10_000_000),
                                doppler.integer("queue_max_mib", 4, 1, 1_000) * MIB,
                                doppler.duration("write_timeout", Duration.ofSeconds(6)),
                                doppler.duration("pong_timeout", Duration.ofSeconds(30)),
                                doppler.duration("ping_rest", Duration.ofSeconds(15)))));
    }
}

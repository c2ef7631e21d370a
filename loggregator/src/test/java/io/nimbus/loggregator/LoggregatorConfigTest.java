package io.nimbus.loggregator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nimbus.bus.StreamSpec;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.loggregator.cache.LogCache;
import io.nimbus.loggregator.doppler.DopplerSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoggregatorConfigTest {
    private static final long MIB = 1024 * 1024;
    private static final String LEAST =
            """
            nats: {password: p}
            uaa: {url: "http://uaa:8082"}
            controller: {url: "http://cc:8181"}
            """;

    private static LoggregatorConfig read(String yaml) throws ConfigException {
        return LoggregatorConfig.read(Config.parse(yaml, "test.yml", "loggregator", Map.of()));
    }

    @Test
    void three_keys_are_enough() throws ConfigException {
        var config = read(LEAST);
        assertThat(config.http().port()).isEqualTo(8083);
        assertThat(config.http().routeHost()).isEqualTo("127.0.0.1");
        assertThat(config.http().uris())
                .containsExactly(
                        "doppler.localhost", "log-cache.localhost", "loggregator.localhost");
        assertThat(config.uaa().issuer()).isEqualTo("http://uaa:8082/oauth/token");
        assertThat(config.uaa().audiences())
                .containsExactlyInAnyOrder("cloud_controller", "doppler", "logs");
        assertThat(config.stream())
                .isEqualTo(
                        new StreamSpec(
                                "logs",
                                List.of("log.app.*"),
                                2_000,
                                256 * MIB,
                                Duration.ofDays(7)));
        assertThat(config.hold()).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void every_time_and_limit_can_be_set() throws ConfigException {
        var config =
                read(
                        LEAST.replace("8181\"", "8181\", access_ttl: 5s")
                                + """
                                domain: example.org
                                http: {host: 0.0.0.0, port: 0, route_host: 10.0.0.1}
                                stream: {name: other, per_app: 3, max_mib: 4, max_age: 1h}
                                cache: {lines_per_app: 5000, metrics_per_app: 6, max_mib: 7}
                                log_cache: {hold: 100ms, answer_max_mib: 2}
                                doppler: {queue: 20, queue_max_mib: 3, write_timeout: 1s, pong_timeout: 2s, ping_rest: 3s}
                                """);
        assertThat(config.accessLife()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.http())
                .isEqualTo(new LoggregatorConfig.Http("0.0.0.0", 0, "10.0.0.1", "example.org"));
        assertThat(config.cache())
                .isEqualTo(new LogCache.Limits(5_000, 6, 7 * MIB, Duration.ofHours(1)));
        assertThat(config.answerBytes()).isEqualTo(2 * MIB);
        assertThat(config.doppler())
                .isEqualTo(
                        new DopplerSettings(
                                20,
                                3 * MIB,
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(3)));
    }

    @Test
    void what_cannot_work_is_refused_all_at_once() {
        assertThatThrownBy(() ->
                        read(
                                """
                                nats: {password: p}
                                stream: {max_age: 0s}
                                log_cache: {hold: 3s}
                                drains: true
                                """))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e ->
                                assertThat(String.join("\n", e.faults()))
                                        .contains("uaa.url is missing")
                                        .contains("controller.url is missing")
                                        .contains("stream.max_age is zero")
                                        .contains("log_cache.hold is longer than 1900ms")
                                        .contains("drains is not known"));
    }
}

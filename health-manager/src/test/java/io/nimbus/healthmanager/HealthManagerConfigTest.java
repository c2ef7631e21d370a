package io.nimbus.healthmanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.healthmanager.policy.HealthSettings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HealthManagerConfigTest {
    private static HealthManagerConfig read(String yaml) throws ConfigException {
        return HealthManagerConfig.read(Config.parse(yaml, "test.yml", "health-manager", Map.of()));
    }

    @Test
    void two_keys_are_enough() throws ConfigException {
        var config = read("{nats: {password: p}, controller: {url: 'http://cc:8181'}}");
        assertThat(config.policy()).isEqualTo(HealthSettings.defaults());
        assertThat(config.fetchPeriod()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.lease()).isEqualTo(Duration.ofSeconds(8));
        assertThat(config.controller().partition()).isEqualTo("default");
        assertThat(config.controller().batch()).isEqualTo(500);
    }

    @Test
    void every_time_and_limit_can_be_set() throws ConfigException {
        var config =
                read(
                        """
                        nats: {password: p}
                        controller: {url: 'http://cc:8181', partition: ng, batch_size: 2, fetch_period: 2s,
                          fetch_spacing: 100ms, fetch_retry: 3s, desired_ttl: 9s, request_timeout: 1s, fetch_timeout: 5s}
                        heartbeats: {ttl: 3s, fresh_after: 4s}
                        analysis: {period: 1s, grace: 2s, keep_alive: 5s}
                        crashes: {at_once: 1, backoff_start: 1s, backoff_limit: 8s}
                        duplicates: {after: 6s, spacing: 7s}
                        sending: {per_second: 1.5, burst: 3}
                        breaker: {share: 0.5, deas: 20, window: 10s, hold: 11s}
                        lease: {ttl: 2s}
                        """);
        assertThat(config.policy())
                .isEqualTo(
                        new HealthSettings(
                                Duration.ofSeconds(3),
                                Duration.ofSeconds(4),
                                Duration.ofSeconds(9),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(5),
                                1,
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(8),
                                Duration.ofSeconds(6),
                                Duration.ofSeconds(7),
                                1.5,
                                3,
                                new HealthSettings.Breaker(
                                        0.5, 20, Duration.ofSeconds(10), Duration.ofSeconds(11))));
        assertThat(config.fetchSpacing()).isEqualTo(Duration.ofMillis(100));
        assertThat(config.fetchRetry()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.controller().partition()).isEqualTo("ng");
    }

    @Test
    void what_cannot_work_is_refused_all_at_once() {
        assertThatThrownBy(() ->
                        read(
                                """
                                controller: {fetch_period: 60s, desired_ttl: 60s}
                                crashes: {backoff_start: 10s, backoff_limit: 5s}
                                analysis: {period: 0s}
                                lease: {ttl: 100ms}
                                surprise: 1
                                """))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e ->
                                assertThat(String.join("\n", e.faults()))
                                        .contains("nats.password is missing")
                                        .contains("controller.url is missing")
                                        .contains("desired_ttl is not longer than fetch_period")
                                        .contains("backoff_limit is shorter than backoff_start")
                                        .contains("analysis.period is zero")
                                        .contains("lease.ttl is shorter than 1s")
                                        .contains("surprise is not known"));
    }
}

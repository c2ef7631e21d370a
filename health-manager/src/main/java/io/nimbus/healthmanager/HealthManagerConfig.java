package io.nimbus.healthmanager;

import io.nimbus.bus.NatsConfig;
import io.nimbus.component.BusConfig;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.StatusConfig;
import io.nimbus.healthmanager.desired.BulkClient;
import io.nimbus.healthmanager.policy.HealthSettings;
import io.nimbus.subjects.BusUser;
import java.time.Duration;

/**
 * What {@code health-manager.yml} holds; README.md has the table of keys.
 *
 * @param controller where desired state comes from
 * @param fetchPeriod between two fetches of it
 * @param fetchSpacing least time between two, however many apps change
 * @param fetchRetry after a fetch that failed, time to the next
 * @param policy times and limits of the analysis
 * @param lease how long a health manager acts after it was last heard of by the bus; another takes
 *     over after this
 */
public record HealthManagerConfig(
        NatsConfig nats,
        StatusConfig status,
        BulkClient.Settings controller,
        Duration fetchPeriod,
        Duration fetchSpacing,
        Duration fetchRetry,
        HealthSettings policy,
        Duration lease) {

    /** Of the controllers whose apps these are. */
    String partition() {
        return controller.partition();
    }

    /** The component's number among its kind. */
    int index() {
        return status.index();
    }

    public static HealthManagerConfig read(Config config) throws ConfigException {
        var controller = config.section("controller");
        var period = controller.duration("fetch_period", Duration.ofSeconds(60));
        var spacing = controller.duration("fetch_spacing", Duration.ofSeconds(1));
        var retry = controller.duration("fetch_retry", Duration.ofSeconds(5));
        var desiredLife =
                controller.duration("desired_ttl", HealthSettings.defaults().desiredLife());
        var bulk =
                new BulkClient.Settings(
                        controller.uri("url"),
                        controller.text("partition", "default"),
                        controller.integer("batch_size", 500, 1, 100_000),
                        controller.duration("request_timeout", Duration.ofSeconds(10)),
                        controller.duration("fetch_timeout", Duration.ofMinutes(10)));
        positive(controller, "fetch_period", period);
        positive(controller, "fetch_retry", retry);
        if (desiredLife.compareTo(period) <= 0) {
            controller.fault("desired_ttl", "is not longer than fetch_period");
        }
        var lease = config.section("lease");
        var length = lease.duration("ttl", Duration.ofSeconds(8));
        if (length.compareTo(Duration.ofSeconds(1)) < 0) {
            lease.fault("ttl", "is shorter than 1s");
        }
        return config.complete(
                new HealthManagerConfig(
                        BusConfig.read(config, BusUser.HEALTH_MANAGER),
                        StatusConfig.read(config),
                        bulk,
                        period,
                        spacing,
                        retry,
                        policy(config, desiredLife),
                        length));
    }

    private static HealthSettings policy(Config config, Duration desiredLife) {
        var defaults = HealthSettings.defaults();
        var heartbeats = config.section("heartbeats");
        var analysis = config.section("analysis");
        var crashes = config.section("crashes");
        var duplicates = config.section("duplicates");
        var sending = config.section("sending");
        var breaker = config.section("breaker");
        var period = analysis.duration("period", defaults.analysis());
        positive(analysis, "period", period);
        var start = crashes.duration("backoff_start", defaults.backOffStart());
        var limit = crashes.duration("backoff_limit", defaults.backOffLimit());
        positive(crashes, "backoff_start", start);
        if (limit.compareTo(start) < 0) {
            crashes.fault("backoff_limit", "is shorter than backoff_start");
        }
        return new HealthSettings(
                heartbeats.duration("ttl", defaults.presence()),
                heartbeats.duration("fresh_after", defaults.warmUp()),
                desiredLife,
                period,
                analysis.duration("grace", defaults.grace()),
                analysis.duration("keep_alive", defaults.keepAlive()),
                crashes.integer("at_once", defaults.crashesAtOnce(), 0, 1_000),
                start,
                limit,
                duplicates.duration("after", defaults.duplicateAfter()),
                duplicates.duration("spacing", defaults.duplicateSpacing()),
                sending.number("per_second", defaults.requestsPerSecond(), 0.1, 100_000),
                sending.integer("burst", defaults.burst(), 1, 1_000_000),
                new HealthSettings.Breaker(
                        breaker.number("share", defaults.breaker().share(), 0.01, 1),
                        breaker.integer("deas", defaults.breaker().deas(), 2, 1_000_000),
                        breaker.duration("window", defaults.breaker().window()),
                        breaker.duration("hold", defaults.breaker().hold())));
    }

    private static void positive(Config config, String key, Duration value) {
        if (value.isZero()) {
            config.fault(key, "is zero");
        }
    }
}

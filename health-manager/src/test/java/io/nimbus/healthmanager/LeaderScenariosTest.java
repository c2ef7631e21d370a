package io.nimbus.healthmanager;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Several health managers. Numbers are the contract's scenarios; where ours decides otherwise, the
 * test says why.
 */
class LeaderScenariosTest {
    private final Cloud cloud = new Cloud();

    @Test
    void scenario_35_the_standby_takes_over_when_the_holder_is_killed() {
        var first = cloud.manager("one");
        var second = cloud.manager("two");
        cloud.dea("1");
        cloud.app("a", 1);
        cloud.warmUp();
        assertThat(first.leads()).isTrue();
        assertThat(second.leads()).isFalse();
        first.kill();
        cloud.runUntil(10);
        assertThat(second.leads()).isTrue();
        cloud.runUntil(60);
        assertThat(first.leads()).isFalse();
        assertThat(cloud.starts).as("each asked for once a grace").hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void scenario_35_and_at_once_when_it_is_stopped() {
        var first = cloud.manager("one");
        var second = cloud.manager("two");
        cloud.warmUp();
        first.process.close();
        cloud.runUntil(2.1);
        assertThat(second.leads()).isTrue();
    }

    /** The original exits and is restarted; ours goes on as a standby, which is the same. */
    @Test
    void scenario_36_one_whose_lease_is_gone_stops_acting() {
        var first = cloud.manager("one");
        cloud.warmUp();
        cloud.observer
                .bucket(new io.nimbus.bus.BucketSpec("health_manager", Duration.ofMinutes(32)))
                .put("leader", new byte[] {1});
        cloud.runUntil(2.1);
        assertThat(first.leads()).isFalse();
        cloud.runUntil(20);
        assertThat(first.leads()).as("nobody else renewed it").isTrue();
    }

    @Test
    void only_one_asks() {
        cloud.manager("one");
        cloud.manager("two");
        cloud.manager("three");
        cloud.dea("1");
        cloud.app("a", 1);
        cloud.run(85);
        assertThat(cloud.starts).hasSize(1);
    }
}

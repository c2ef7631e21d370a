package io.nimbus.healthmanager;

import static io.nimbus.subjects.InstanceState.CRASHED;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Desired state that changes. Numbers are the contract's scenarios; where ours decides otherwise,
 * the test says why.
 */
class ChangeScenariosTest {
    private final Cloud cloud = new Cloud();

    @Test
    void scenario_46_a_changed_app_is_read_anew_at_once_and_left_alone_until_then() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        var instance = dea.runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        var before = cloud.fetches();
        cloud.controllerAnswers = false;
        cloud.updated("a");
        assertThat(cloud.fetches()).isEqualTo(before + 1);
        instance.becomes(CRASHED);
        cloud.runUntil(60);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
        cloud.controllerAnswers = true;
        cloud.runUntil(75);
        assertThat(cloud.starts).hasSize(1);
    }

    @Test
    void many_changes_are_few_fetches() {
        cloud.dea("1");
        cloud.manager();
        cloud.warmUp();
        var before = cloud.fetches();
        for (int i = 0; i < 100; i++) {
            cloud.updated("app-" + i);
            cloud.run(0.05);
        }
        cloud.run(2);
        assertThat(cloud.fetches() - before).isBetween(5, 8);
    }
}

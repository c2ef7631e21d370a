package io.nimbus.healthmanager;

import static io.nimbus.healthmanager.Cloud.V1;
import static io.nimbus.subjects.InstanceState.CRASHED;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.healthmanager.Cloud.Start;
import io.nimbus.subjects.AppState;
import io.nimbus.subjects.DeaHeartbeat;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * When nothing may be concluded. Numbers are the contract's scenarios; where ours decides
 * otherwise, the test says why.
 */
class FreshnessScenariosTest {
    private final Cloud cloud = new Cloud();

    @Test
    void scenario_01_what_is_whole_is_left_alone() {
        var dea = cloud.dea("1");
        for (var app : List.of("a", "b")) {
            cloud.app(app, 2);
            dea.runs(app, 0);
            dea.runs(app, 1);
        }
        var manager = cloud.manager();
        cloud.run(140);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
        assertThat(manager.figure("NumberOfAppsWithAllInstancesReporting")).isEqualTo(2);
        assertThat(manager.figure("NumberOfRunningInstances")).isEqualTo(4);
    }

    @Test
    void scenario_02_nothing_is_concluded_before_30_s_of_heartbeats() {
        cloud.app("a", 2);
        cloud.dea("1").runs("a", 0);
        var manager = cloud.manager();
        for (int second : List.of(10, 20, 29)) {
            cloud.runUntil(second);
            assertThat(manager.figure("NumberOfMissingIndices")).isEqualTo(-1);
            assertThat(ask("a").isKnown()).isFalse();
        }
        cloud.runUntil(40.5);
        assertThat(manager.figure("NumberOfMissingIndices")).isEqualTo(1);
        assertThat(ask("a").isKnown()).isTrue();
        assertThat(cloud.starts).isEmpty();
        cloud.runUntil(80);
        assertThat(cloud.starts).extracting(Start::index).containsExactly(1);
    }

    @Test
    void scenario_30_a_controller_that_fails_for_100_s_stops_nothing() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        var crashing = dea.runs("a", 0);
        var manager = cloud.manager();
        cloud.warmUp();
        cloud.controllerAnswers = false;
        cloud.runUntil(60);
        crashing.becomes(CRASHED);
        cloud.runUntil(75);
        assertThat(cloud.starts).as("work goes on with what was known").hasSize(1);
        assertThat(cloud.stops).isEmpty();
        assertThat(manager.process.varz()).containsEntry("desired_state_fresh", true);
        cloud.controllerAnswers = true;
        cloud.runUntil(110);
        assertThat(cloud.fetches()).isGreaterThan(5);
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void scenario_31_desired_state_older_than_120_s_is_not_acted_upon() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        var crashing = dea.runs("a", 0);
        var manager = cloud.manager();
        cloud.warmUp();
        cloud.runUntil(19); // a fetch has just been made, 60 s after the first
        cloud.controllerAnswers = false;
        cloud.mark();
        cloud.runUntil(121);
        crashing.becomes(CRASHED);
        cloud.runUntil(131);
        assertThat(manager.figure("NumberOfDesiredApps")).isEqualTo(-1);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
        cloud.controllerAnswers = true;
        cloud.runUntil(150);
        assertThat(cloud.starts).as("after the first full fetch").hasSize(1);
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void scenario_33_an_outage_of_the_bus_starts_and_stops_nothing() {
        for (int d = 0; d < 250; d++) {
            cloud.app("app-" + d, 1);
            cloud.dea("" + d).runs("app-" + d, 0);
        }
        var manager = cloud.manager();
        cloud.warmUp();
        manager.connection.disconnect();
        cloud.runUntil(60);
        manager.connection.reconnect();
        cloud.runUntil(85);
        assertThat(manager.process.varz()).containsEntry("actual_state_fresh", false);
        cloud.runUntil(101);
        assertThat(manager.process.varz()).containsEntry("actual_state_fresh", true);
        cloud.runUntil(300);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
    }

    /**
     * Ours keeps actual state in memory, so no write of it can fail. What can is the saving of a
     * crash count: the restart does not wait for it, and it is saved later.
     */
    @Test
    void scenario_34_a_failed_write_of_the_store() {
        var policy =
                new io.nimbus.healthmanager.policy.HealthPolicy(
                        io.nimbus.healthmanager.policy.HealthSettings.defaults(), "default");
        var count =
                new io.nimbus.healthmanager.policy.CrashCount(
                        new io.nimbus.healthmanager.policy.AppVersion("a", V1),
                        0,
                        1,
                        "guid",
                        cloud.time.instant());
        policy.notSaved(List.of(count));
        assertThat(policy.takeUnsaved()).containsExactly(count);
        assertThat(policy.takeUnsaved()).isEmpty();
    }

    @Test
    void scenario_56_nothing_is_started_while_the_bus_is_away() {
        cloud.app("a", 1);
        var dea = cloud.dea("1");
        var manager = cloud.manager();
        cloud.run(45); // missing is noticed, its grace runs
        manager.connection.disconnect();
        cloud.run(60);
        dea.runs("a", 0);
        manager.connection.reconnect();
        cloud.run(120);
        assertThat(cloud.starts).isEmpty();
    }

    @Test
    void scenario_57_heartbeats_before_the_first_fetch_start_and_stop_nothing() {
        cloud.controllerAnswers = false;
        cloud.dea("1").runs("a", 0);
        cloud.manager();
        cloud.run(300);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void scenario_64_the_start_asks_for_heartbeats_at_once() {
        var asked = new ArrayList<String>();
        cloud.observer.subscribe(DeaHeartbeat.WANTED, poke -> asked.add("now"));
        var manager = cloud.manager();
        cloud.time.settle();
        assertThat(asked).hasSize(1);
        manager.connection.disconnect();
        manager.connection.reconnect();
        cloud.time.settle();
        assertThat(asked).as("once per life").hasSize(1);
    }

    private AppState ask(String app) {
        return cloud.ask(app);
    }
}

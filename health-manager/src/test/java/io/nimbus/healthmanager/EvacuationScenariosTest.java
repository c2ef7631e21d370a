package io.nimbus.healthmanager;

import static io.nimbus.healthmanager.Cloud.V1;
import static io.nimbus.subjects.InstanceState.CRASHED;
import static io.nimbus.subjects.InstanceState.EVACUATING;
import static io.nimbus.subjects.InstanceState.RUNNING;
import static io.nimbus.subjects.InstanceState.STARTING;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.healthmanager.Cloud.Start;
import io.nimbus.healthmanager.Cloud.Stop;
import io.nimbus.subjects.DropletExited;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * DEAs that leave. Numbers are the contract's scenarios; where ours decides otherwise, the test
 * says why.
 */
class EvacuationScenariosTest {
    private final Cloud cloud = new Cloud();

    @Test
    void scenario_25_an_evacuating_instance_gets_a_successor_and_runs_on() {
        var moving = evacuating();
        cloud.runUntil(20);
        assertThat(cloud.starts).extracting(Start::index).containsExactly(0);
        assertThat(cloud.stops).isEmpty();
        assertThat(moving.state).isEqualTo(EVACUATING);
    }

    @Test
    void scenario_26_it_is_stopped_when_the_successor_runs() {
        var moving = evacuating();
        cloud.runUntil(20);
        cloud.starts.clear();
        cloud.dea("2").runs("a", 0).becomes(RUNNING);
        cloud.runUntil(40);
        assertThat(cloud.stops)
                .extracting(Stop::instance, Stop::duplicate)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(moving.guid, true));
        assertThat(cloud.starts).isEmpty();
    }

    @Test
    void scenario_27_while_the_successor_starts_nothing_happens() {
        evacuating();
        cloud.runUntil(5);
        cloud.starts.clear();
        cloud.dea("2").has("a", V1, 0, STARTING).becomes(STARTING);
        cloud.runUntil(100);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
    }

    /**
     * The original then stops the evacuating one together with the start, although nothing else
     * serves at that index. Ours never takes away what serves for what does not yet.
     */
    @Test
    void scenario_28_a_crash_count_does_not_cost_the_evacuating_one_its_life() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        var crashing = dea.runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        crashing.becomes(CRASHED);
        cloud.runUntil(2);
        assertThat(cloud.starts).hasSize(1);
        dea.instances.clear();
        var moving = dea.runs("a", 0);
        moving.becomes(RUNNING);
        cloud.run(60);
        cloud.mark();
        moving.becomes(EVACUATING);
        cloud.runUntil(20);
        assertThat(cloud.starts).hasSize(1);
        assertThat(cloud.stops).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {DropletExited.DEA_SHUTDOWN, DropletExited.DEA_EVACUATION})
    void scenario_29_a_reported_evacuation_is_answered_at_once_and_once(String reason) {
        cloud.app("a", 1);
        var dea = cloud.dea("1");
        var instance = dea.runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        instance.state = EVACUATING;
        instance.exits(reason);
        cloud.runUntil(10);
        assertThat(cloud.starts).hasSize(1);
        cloud.runUntil(29);
        assertThat(cloud.starts).hasSize(1);
    }

    /** The older one starts it all the same; ours does nothing on outdated desired state. */
    @Test
    void scenario_55_an_evacuation_while_the_controller_is_gone_waits_for_it() {
        cloud.app("a", 1);
        var instance = cloud.dea("1").runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        cloud.controllerAnswers = false;
        cloud.runUntil(150);
        instance.becomes(EVACUATING);
        cloud.runUntil(180);
        assertThat(cloud.starts).isEmpty();
        cloud.controllerAnswers = true;
        cloud.runUntil(200);
        assertThat(cloud.starts).hasSize(1);
    }

    @Test
    void an_evacuating_instance_that_nobody_wants_is_stopped() {
        var moving = evacuating();
        cloud.app("a", V1, 1, "STOPPED", "STAGED");
        cloud.updated("a");
        cloud.run(2);
        assertThat(cloud.stops).extracting(Stop::instance).containsExactly(moving.guid);
        assertThat(cloud.starts).isEmpty();
    }

    private Cloud.Running evacuating() {
        cloud.app("a", 1);
        var instance = cloud.dea("1").runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        instance.becomes(EVACUATING);
        return instance;
    }
}

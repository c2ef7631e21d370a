package io.nimbus.healthmanager;

import static io.nimbus.healthmanager.Cloud.V1;
import static io.nimbus.healthmanager.Cloud.V2;
import static io.nimbus.subjects.InstanceState.RUNNING;
import static io.nimbus.subjects.InstanceState.STARTING;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.healthmanager.Cloud.Start;
import io.nimbus.healthmanager.Cloud.Stop;
import io.nimbus.subjects.DeaHeartbeat;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Instances that should not be there. Numbers are the contract's scenarios; where ours decides
 * otherwise, the test says why.
 */
class SurplusScenariosTest {
    private final Cloud cloud = new Cloud();

    @Test
    void scenario_11_an_index_beyond_the_wanted_is_stopped() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        dea.runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        var extra = dea.runs("a", 1);
        extra.becomes(RUNNING);
        cloud.runUntil(20);
        assertThat(cloud.stops)
                .singleElement()
                .isEqualTo(new Stop(cloud.stops.getFirst().at(), extra.guid, 1, false));
    }

    @Test
    void scenario_12_unless_it_is_wanted_before_the_request_goes_out() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        dea.runs("a", 0);
        cloud.manager();
        cloud.run(49.5); // passes at 40 and 50
        dea.runs("a", 1).becomes(RUNNING);
        cloud.app("a", 2);
        cloud.updated("a");
        cloud.run(60);
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void scenario_13_an_app_that_the_controller_does_not_know_is_stopped() {
        var dea = cloud.dea("1");
        cloud.manager();
        cloud.warmUp();
        var unknown = dea.runs("x", 0);
        unknown.becomes(RUNNING);
        cloud.runUntil(12);
        assertThat(cloud.stops)
                .extracting(Stop::instance, Stop::duplicate)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(unknown.guid, false));
    }

    /** The original stops the old version at once; ours lets it serve until the new one does. */
    @Test
    void scenario_14_an_old_version_is_stopped_once_the_live_one_runs_at_its_index() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        var old = dea.runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        cloud.app("a", V2, 1, "STARTED", "STAGED");
        cloud.updated("a");
        cloud.runUntil(45);
        assertThat(cloud.starts).extracting(Start::version).contains(V2);
        assertThat(cloud.stops).isEmpty();
        var live = dea.has("a", V2, 0, STARTING);
        live.becomes(STARTING);
        cloud.runUntil(90);
        assertThat(cloud.stops).as("the live one only starts").isEmpty();
        live.becomes(RUNNING);
        cloud.run(12);
        assertThat(cloud.stops)
                .extracting(Stop::instance, Stop::duplicate)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(old.guid, false));
    }

    /** As the previous one: the older health manager asked for the stop and was refused. */
    @Test
    void scenario_50_the_stop_of_an_old_version_is_not_even_asked_for_before() {
        var dea = cloud.dea("1");
        cloud.app("a", V2, 1, "STARTED", "STAGED");
        dea.runs("a", 0);
        cloud.manager();
        cloud.run(200);
        assertThat(cloud.stops).isEmpty();
        assertThat(cloud.starts).isNotEmpty().allMatch(s -> s.version().equals(V2));
    }

    @Test
    void an_old_version_beyond_the_wanted_indices_goes_at_once() {
        var dea = cloud.dea("1");
        cloud.app("a", V2, 1, "STARTED", "STAGED");
        dea.runs("a", 0);
        var beyond = dea.runs("a", 1);
        cloud.manager();
        cloud.run(52);
        assertThat(cloud.stops).extracting(Stop::instance).containsExactly(beyond.guid);
    }

    @Test
    void scenario_15_what_runs_while_its_app_is_staged_anew_is_left_alone() {
        var dea = cloud.dea("1");
        cloud.app("a", V1, 1, "STARTED", "PENDING");
        dea.runs("a", 0);
        var manager = cloud.manager();
        cloud.run(200);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
        assertThat(manager.figure("NumberOfDesiredAppsPendingStaging")).isEqualTo(1);
        assertThat(manager.figure("NumberOfDesiredApps")).isZero();
    }

    @Test
    void scenario_16_an_app_whose_staging_failed_is_stopped() {
        var dea = cloud.dea("1");
        cloud.app("a", V1, 1, "STARTED", "FAILED");
        var running = dea.runs("a", 0);
        cloud.manager();
        cloud.run(52);
        assertThat(cloud.stops).extracting(Stop::instance).containsExactly(running.guid);
    }

    @Test
    void scenario_17_of_two_at_one_index_one_is_stopped_after_120_s() {
        var dea = cloud.dea("1");
        cloud.app("a", 2);
        dea.runs("a", 0);
        var older = dea.runs("a", 1);
        cloud.manager();
        cloud.warmUp();
        var newer = cloud.dea("2").runs("a", 1);
        newer.becomes(RUNNING);
        cloud.runUntil(119);
        assertThat(cloud.stops).isEmpty();
        cloud.runUntil(141);
        assertThat(cloud.stops)
                .singleElement()
                .satisfies(stop -> {
                    assertThat(stop.at()).isBetween(120.0, 140.0);
                    assertThat(stop.duplicate()).isTrue();
                    assertThat(stop.instance())
                            .as("the one that serves longest stays")
                            .isEqualTo(newer.guid);
                });
        newer.vanishes();
        cloud.runUntil(600);
        assertThat(cloud.stops).hasSize(1);
        assertThat(older.state).isEqualTo(RUNNING);
        assertThat(cloud.starts).isEmpty();
    }

    @Test
    void while_a_stop_is_under_way_its_twin_is_safe() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        dea.runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        var newer = cloud.dea("2").runs("a", 0);
        newer.becomes(RUNNING);
        cloud.runUntil(185); // the second one's turn would have been at 150
        assertThat(cloud.stops).extracting(Stop::instance).containsOnly(newer.guid);
    }

    @Test
    void scenario_18_a_duplicate_that_goes_by_itself_needs_no_stop() {
        var dea = cloud.dea("1");
        cloud.app("a", 2);
        dea.runs("a", 0);
        dea.runs("a", 1);
        cloud.manager();
        cloud.warmUp();
        var twin = cloud.dea("2").runs("a", 1);
        twin.becomes(RUNNING);
        cloud.runUntil(60);
        twin.vanishes();
        cloud.runUntil(300);
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void scenario_19_what_is_missing_comes_before_what_is_double() {
        var dea = cloud.dea("1");
        cloud.app("a", 2);
        dea.runs("a", 1);
        dea.runs("a", 1);
        cloud.manager();
        cloud.run(45);
        cloud.mark();
        cloud.runUntil(110);
        assertThat(cloud.starts).isNotEmpty().allMatch(s -> s.index() == 0);
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void scenario_47_a_stopped_app_is_stopped_everywhere() {
        var dea = cloud.dea("1");
        cloud.app("a", V1, 2, "STOPPED", "STAGED");
        dea.runs("a", 0);
        dea.runs("a", 1);
        cloud.manager();
        cloud.run(52);
        assertThat(cloud.stops).hasSize(2).noneMatch(Stop::duplicate);
        assertThat(cloud.starts).isEmpty();
    }

    @Test
    void scenario_54_an_app_that_no_fetch_shows_is_stopped_and_the_request_repeated() {
        var dea = cloud.dea("1");
        var gone = dea.runs("gone", 0);
        cloud.manager();
        cloud.run(180);
        assertThat(cloud.stops).hasSizeBetween(2, 6).allMatch(s -> s.instance().equals(gone.guid));
    }

    @Test
    void another_partitions_apps_are_none_of_our_business() {
        cloud.manager();
        cloud.dea("1");
        var theirs = cloud.bus.connect("their-dea");
        cloud.time.every(
                Duration.ofSeconds(10),
                () ->
                        theirs.publish(
                                DeaHeartbeat.SUBJECT,
                                new DeaHeartbeat(
                                        "theirs",
                                        List.of(
                                                new DeaHeartbeat.Instance(
                                                        "other", "x", "v", "guid", 0, RUNNING,
                                                        1)))));
        cloud.run(200);
        assertThat(cloud.stops).isEmpty();
    }
}

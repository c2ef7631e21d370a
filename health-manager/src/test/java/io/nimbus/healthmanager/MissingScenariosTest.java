package io.nimbus.healthmanager;

import static io.nimbus.healthmanager.Cloud.V1;
import static io.nimbus.subjects.InstanceState.EVACUATING;
import static io.nimbus.subjects.InstanceState.RUNNING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nimbus.healthmanager.Cloud.Start;
import io.nimbus.healthmanager.Cloud.Stop;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Instances that are not there. Numbers are the contract's scenarios; where ours decides otherwise,
 * the test says why.
 */
class MissingScenariosTest {
    private final Cloud cloud = new Cloud();

    @Test
    void scenario_03_a_missing_index_is_asked_for_once_after_its_grace() {
        missingOne();
        cloud.runUntil(29);
        assertThat(cloud.starts).isEmpty();
        cloud.runUntil(41);
        assertThat(cloud.starts)
                .singleElement()
                .satisfies(start -> {
                    assertThat(start.at()).isBetween(30.0, 40.0);
                    assertThat(start.version()).isEqualTo(V1);
                    assertThat(start.index()).isEqualTo(1);
                });
    }

    @Test
    void scenario_04_one_that_comes_within_the_grace_is_not_asked_for() {
        var dea = missingOne();
        cloud.runUntil(20);
        dea.runs("a", 1).becomes(RUNNING);
        cloud.runUntil(120);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void one_that_comes_and_goes_again_within_the_grace_gets_a_new_grace() {
        var dea = missingOne();
        cloud.runUntil(20);
        var shortly = dea.runs("a", 1);
        shortly.becomes(RUNNING);
        cloud.runUntil(25);
        shortly.vanishes();
        cloud.runUntil(54);
        assertThat(cloud.starts).isEmpty();
        cloud.runUntil(70);
        assertThat(cloud.starts).hasSize(1);
    }

    @Test
    void scenario_05_one_that_is_no_longer_wanted_is_not_asked_for() {
        missingOne();
        cloud.runUntil(20);
        cloud.app("a", 1);
        cloud.updated("a");
        cloud.runUntil(120);
        assertThat(cloud.starts).isEmpty();
    }

    @Test
    void scenario_06_one_that_never_comes_is_asked_for_again() {
        missingOne();
        cloud.runUntil(200);
        assertThat(cloud.starts).hasSizeBetween(4, 6);
        for (int i = 1; i < cloud.starts.size(); i++) {
            assertThat(cloud.starts.get(i).at() - cloud.starts.get(i - 1).at())
                    .isBetween(30.0, 50.0);
        }
    }

    /** One of two instances does not run. */
    private Cloud.Dea missingOne() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        dea.runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        cloud.app("a", 2);
        cloud.updated("a");
        return dea;
    }

    @Test
    void scenario_07_what_a_living_dea_no_longer_reports_is_asked_for() {
        var dea = threeApps();
        dea.instances.stream().filter(i -> i.app.equals("b")).findFirst().orElseThrow().vanishes();
        cloud.mark();
        cloud.runUntil(60);
        assertThat(cloud.starts).extracting(Start::app).containsExactly("b");
        assertThat(cloud.starts.getFirst().at()).isBetween(30.0, 50.0);
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void scenario_08_what_a_silent_dea_ran_is_asked_for() {
        var dea = threeApps();
        dea.beat();
        dea.die();
        cloud.mark();
        cloud.runUntil(59);
        assertThat(cloud.starts).isEmpty();
        cloud.runUntil(81);
        assertThat(cloud.starts).extracting(Start::app).containsExactlyInAnyOrder("a", "b");
        assertThat(cloud.starts).allSatisfy(s -> assertThat(s.at()).isBetween(60.0, 80.0));
    }

    private Cloud.Dea threeApps() {
        for (var app : List.of("a", "b", "c")) {
            cloud.app(app, 1);
        }
        var one = cloud.dea("1");
        one.runs("a", 0);
        one.runs("b", 0);
        cloud.dea("2").runs("c", 0);
        cloud.manager();
        cloud.warmUp();
        return one;
    }

    /** Ours throttles by a token bucket, 500/s by default; here set to the original's pace. */
    @Test
    void scenario_09_many_starts_go_out_at_the_throttle() {
        var slow = new Cloud("sending: {per_second: 6, burst: 60}");
        var dea = slow.dea("1");
        for (int i = 0; i < 250; i++) {
            slow.app("app-" + i, 1);
            dea.runs("app-" + i, 0);
        }
        slow.dea("2");
        slow.manager();
        slow.warmUp();
        dea.die();
        slow.runUntil(150);
        var times = slow.starts.stream().map(Start::at).limit(250).toList();
        assertThat(times).hasSize(250);
        assertThat(slow.starts.stream().limit(250).map(Start::app).distinct()).hasSize(250);
        var first = times.getFirst();
        for (var from : times) {
            var within10 = times.stream().filter(t -> t >= from && t < from + 10).count();
            assertThat(within10).isLessThanOrEqualTo(60 + 60);
        }
        assertThat(times.getLast() - first).isCloseTo(32, within(3.0));
    }

    /** Ours throttles stops too, by a bucket of their own: a storm of stops is no better. */
    @Test
    void scenario_10_apps_of_which_nothing_runs_go_first_and_starts_do_not_delay_stops() {
        var slow = new Cloud("sending: {per_second: 8, burst: 8}");
        var dea = slow.dea("1");
        slow.manager();
        slow.warmUp();
        for (int i = 0; i < 8; i++) {
            slow.app("half-" + i, 2);
            dea.runs("half-" + i, 0);
        }
        for (int i = 0; i < 9; i++) {
            slow.app("none-" + i, 1);
        }
        for (int i = 0; i < 40; i++) {
            dea.runs("undesired-" + i, 0);
        }
        dea.beat();
        slow.updated("any");
        slow.run(70);
        var first = slow.starts.getFirst().at();
        assertThat(slow.starts.stream().filter(s -> s.at() == first).map(Start::app))
                .hasSize(8)
                .allMatch(app -> app.startsWith("none"));
        assertThat(slow.stops.stream().map(Stop::instance).distinct()).hasSize(40);
        assertThat(slow.stops.get(39).at()).isLessThan(first);
    }

    @Test
    void scenario_40_an_evacuation_goes_before_a_hundred_missing_ones() {
        var slow = new Cloud("sending: {per_second: 1, burst: 1}");
        var dea = slow.dea("1");
        slow.app("moving", 1);
        var moving = dea.runs("moving", 0);
        slow.manager();
        slow.warmUp();
        slow.app("big", 100);
        slow.updated("big");
        slow.runUntil(35);
        slow.starts.clear();
        moving.becomes(EVACUATING);
        slow.run(1.5);
        assertThat(slow.starts.getFirst().app()).isEqualTo("moving");
    }

    @Test
    void scenario_58_what_is_not_staged_is_not_started() {
        cloud.app("a", V1, 2, "STARTED", "PENDING");
        cloud.dea("1");
        cloud.manager();
        cloud.run(200);
        assertThat(cloud.starts).isEmpty();
    }

    /** An entry stays until its DEA's presence is over when the DEA goes silent with it. */
    @Test
    void scenario_63_an_older_dea_that_falls_silent_when_empty_costs_30_s_more() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        dea.runs("a", 0);
        cloud.dea("2");
        cloud.manager();
        cloud.warmUp();
        dea.instances.clear();
        dea.die(); // says nothing at all
        cloud.runUntil(55);
        assertThat(cloud.starts).isEmpty();
        cloud.runUntil(82);
        assertThat(cloud.starts).hasSize(1);
    }
}

package io.nimbus.healthmanager;

import static io.nimbus.healthmanager.Cloud.V1;
import static io.nimbus.subjects.InstanceState.CRASHED;
import static io.nimbus.subjects.InstanceState.RUNNING;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.healthmanager.Cloud.Start;
import io.nimbus.subjects.AppState;
import io.nimbus.subjects.DropletExited;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Crashes and back-off. Numbers are the contract's scenarios; where ours decides otherwise, the
 * test says why.
 */
class CrashScenariosTest {
    private final Cloud cloud = new Cloud();

    private Cloud.@Nullable Manager acting;

    /** The original restarts index 0 alone until something runs; ours any index. */
    @Test
    void scenario_20_every_crashed_index_is_restarted_and_none_stopped() {
        var dea = cloud.dea("1");
        cloud.app("a", 3);
        for (int i = 0; i < 3; i++) {
            dea.has("a", V1, i, CRASHED);
        }
        cloud.manager();
        cloud.run(55);
        assertThat(cloud.starts).extracting(Start::index).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void scenario_21_crashed_indices_are_restarted_at_once() {
        var dea = cloud.dea("1");
        cloud.app("a", 3);
        var first = dea.runs("a", 0);
        dea.runs("a", 1);
        var third = dea.runs("a", 2);
        cloud.manager();
        cloud.warmUp();
        first.becomes(CRASHED);
        third.becomes(CRASHED);
        cloud.runUntil(2);
        assertThat(cloud.starts).extracting(Start::index).containsExactlyInAnyOrder(0, 2);
    }

    @Test
    void scenario_42_a_reported_crash_is_answered_within_a_second() {
        cloud.app("a", 1);
        var instance = cloud.dea("1").runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        instance.state = CRASHED; // in its next heartbeat; the report comes first
        instance.exits(DropletExited.CRASHED);
        cloud.runUntil(1.1);
        assertThat(cloud.starts).hasSize(1);
        cloud.runUntil(30);
        assertThat(cloud.starts).as("the heartbeat tells nothing new").hasSize(1);
    }

    @Test
    void scenario_22_delays_grow_with_the_crashes_and_it_is_never_given_up() {
        var delays = crashLoop(35, 11);
        assertThat(delays.subList(0, 3)).allMatch(d -> d <= 11);
        var expected = List.of(30, 60, 120, 240, 480, 960, 960, 960);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(delays.get(3 + i)).isBetween(expected.get(i) - 0.5, expected.get(i) + 11.0);
        }
    }

    /** Here the older health manager gives up at the fifth crash; ours never does. */
    @Test
    void scenario_44_the_fifth_crash_is_answered_too() {
        assertThat(crashLoop(35, 6)).hasSize(6);
    }

    @Test
    void scenario_22_a_start_that_was_sent_blocks_the_next_for_30_s() {
        var times = new ArrayList<Double>();
        crashLoop(1, 3);
        cloud.starts.forEach(s -> times.add(s.at()));
        for (int i = 1; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1)).isBetween(30.0, 50.0);
        }
    }

    /**
     * Index 1 crashes so many seconds after each start, index 0 serves on.
     *
     * @return for each crash, seconds to the start that answered it
     */
    private List<Double> crashLoop(int lifetime, int crashes) {
        var dea = cloud.dea("1");
        cloud.app("a", 2);
        dea.runs("a", 0);
        var first = dea.runs("a", 1);
        acting = cloud.manager();
        cloud.warmUp();
        var crashedAt = new ArrayList<Double>();
        var delays = new ArrayList<Double>();
        cloud.onStart =
                start -> {
                    assertThat(start.index()).isEqualTo(1);
                    delays.add(start.at() - crashedAt.getLast());
                    var next = dea.has("a", V1, 1, RUNNING);
                    dea.beat();
                    cloud.time.after(
                            Duration.ofSeconds(lifetime),
                            () -> {
                                next.state = CRASHED;
                                next.since = cloud.time.instant().toEpochMilli() / 1000.0;
                                crashedAt.add(start.at() + (double) lifetime);
                            });
                };
        crashedAt.add(0.0);
        first.becomes(CRASHED);
        while (delays.size() < crashes) {
            cloud.run(1);
        }
        return delays;
    }

    @Test
    void scenario_23_a_crash_within_1920_s_goes_on_where_the_last_left_off() {
        assertThat(crashAfterQuiet(1800)).isBetween(30.0, 41.0);
    }

    @Test
    void scenario_24_a_crash_after_1920_quiet_seconds_is_the_first_again() {
        assertThat(crashAfterQuiet(1930)).isLessThan(11);
    }

    /** Seconds to the answer of a fourth crash, so long after the third was answered. */
    private double crashAfterQuiet(int seconds) {
        crashLoop(35, 3);
        cloud.onStart = start -> {};
        var dea = cloud.dea("2");
        var last = dea.runs("a", 1);
        last.becomes(RUNNING);
        cloud.run(seconds);
        cloud.mark();
        last.becomes(CRASHED);
        cloud.runUntil(60);
        assertThat(cloud.starts).isNotEmpty();
        return cloud.starts.getFirst().at();
    }

    /** The original counts the retries as crashes, and waits ever longer for a full platform. */
    @Test
    void a_start_that_nobody_obeys_is_repeated_without_growing_delays() {
        var dea = cloud.dea("1");
        cloud.app("a", 1);
        var only = dea.runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        only.becomes(CRASHED);
        cloud.runUntil(700);
        assertThat(cloud.starts).hasSizeBetween(9, 24);
        for (int i = 1; i < cloud.starts.size(); i++) {
            assertThat(cloud.starts.get(i).at() - cloud.starts.get(i - 1).at())
                    .isBetween(30.0, 75.0);
        }
    }

    @Test
    void crash_counts_and_back_off_survive_the_health_manager() {
        crashLoop(35, 6);
        cloud.onStart = start -> {};
        cloud.starts.clear();
        cloud.mark();
        manager().kill();
        cloud.run(36); // the seventh crash: 240 s
        var successor = cloud.manager("two");
        cloud.run(45);
        assertThat(successor.leads()).isTrue();
        assertThat(successor.figure("NumberOfCrashedIndices")).isEqualTo(1);
        assertThat(ask("a").crashCounts())
                .singleElement()
                .satisfies(c -> assertThat(c.count()).isEqualTo(6));
        cloud.runUntil(330);
        assertThat(cloud.starts)
                .as("240 s after the crash, whoever counts")
                .first()
                .satisfies(s -> assertThat(s.at()).isBetween(35.0 + 240, 35.0 + 251));
    }

    private Cloud.Manager manager() {
        return java.util.Objects.requireNonNull(acting);
    }

    private AppState ask(String app) {
        return cloud.ask(app);
    }
}

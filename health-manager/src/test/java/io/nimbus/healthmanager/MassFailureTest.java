package io.nimbus.healthmanager;

import static io.nimbus.subjects.InstanceState.CRASHED;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.healthmanager.Cloud.Start;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Very many DEAs that fall silent together. Numbers are the contract's scenarios; where ours
 * decides otherwise, the test says why.
 */
class MassFailureTest {
    private final Cloud cloud = new Cloud();

    @Test
    void when_very_many_deas_fall_silent_their_instances_are_not_asked_for_yet() {
        var deas = fleet(10);
        deas.subList(0, 4).forEach(Cloud.Dea::die);
        cloud.runUntil(140);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
        cloud.runUntil(200);
        assertThat(cloud.starts.stream().map(Start::app).distinct())
                .as("they may be dead after all")
                .hasSize(4);
    }

    @Test
    void when_they_come_back_nothing_has_happened() {
        var deas = fleet(10);
        deas.subList(0, 5).forEach(Cloud.Dea::die);
        cloud.runUntil(100);
        deas.forEach(Cloud.Dea::live);
        cloud.runUntil(300);
        assertThat(cloud.starts).isEmpty();
        assertThat(cloud.stops).isEmpty();
    }

    @Test
    void a_few_of_many_are_no_mass() {
        var deas = fleet(10);
        deas.subList(0, 3).forEach(Cloud.Dea::die);
        cloud.runUntil(82);
        assertThat(cloud.starts).hasSize(3);
    }

    @Test
    void many_of_a_few_are_no_mass() {
        var deas = fleet(9);
        deas.subList(0, 8).forEach(Cloud.Dea::die);
        cloud.runUntil(82);
        assertThat(cloud.starts).hasSize(8);
    }

    @Test
    void a_crash_elsewhere_is_answered_meanwhile() {
        var deas = fleet(10);
        deas.subList(0, 5).forEach(Cloud.Dea::die);
        cloud.runUntil(60);
        deas.getLast().instances.getFirst().becomes(CRASHED);
        cloud.runUntil(75);
        assertThat(cloud.starts).extracting(Start::app).containsExactly("app-9");
    }

    private List<Cloud.Dea> fleet(int size) {
        var deas =
                IntStream.range(0, size)
                        .mapToObj(d -> {
                            cloud.app("app-" + d, 1);
                            var dea = cloud.dea("" + d);
                            dea.runs("app-" + d, 0);
                            return dea;
                        })
                        .toList();
        cloud.manager();
        cloud.warmUp();
        return deas;
    }
}

package io.nimbus.cloudcontroller.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.cloudcontroller.policy.AppPolicy.App;
import io.nimbus.cloudcontroller.policy.AppPolicy.Reaction;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a change of an app brings about, and which requests of the health manager are obeyed. */
class AppPolicyTest {
    private static App app(boolean started, int instances, boolean staged, int memory) {
        return new App(started, instances, staged, true, memory, "port", null, false);
    }

    @Test
    void starting_stages_what_is_not_staged_and_starts_what_is() {
        assertThat(AppPolicy.reaction(app(false, 2, false, 64), app(true, 2, false, 64)))
                .isEqualTo(new Reaction.Stage());
        assertThat(AppPolicy.reaction(app(false, 2, true, 64), app(true, 2, true, 64)))
                .isEqualTo(new Reaction.Start(List.of(0, 1)));
        assertThat(AppPolicy.reaction(app(false, 0, false, 64), app(true, 0, false, 64)))
                .isEqualTo(new Reaction.Nothing());
    }

    @Test
    void scaling_concerns_the_difference_and_stopping_everything() {
        assertThat(AppPolicy.reaction(app(true, 1, true, 64), app(true, 3, true, 64)))
                .isEqualTo(new Reaction.Start(List.of(1, 2)));
        assertThat(AppPolicy.reaction(app(true, 3, true, 64), app(true, 1, true, 64)))
                .isEqualTo(new Reaction.Stop(List.of(1, 2)));
        assertThat(AppPolicy.reaction(app(true, 3, true, 64), app(false, 1, true, 64)))
                .isEqualTo(new Reaction.StopAll());
        assertThat(AppPolicy.reaction(app(false, 3, true, 64), app(false, 1, true, 64)))
                .isEqualTo(new Reaction.Nothing());
    }

    @Test
    void memory_makes_another_version_of_a_started_app_and_instances_do_not() {
        assertThat(AppPolicy.changesVersion(app(true, 1, true, 64), app(true, 1, true, 65)))
                .isTrue();
        assertThat(AppPolicy.changesVersion(app(true, 1, true, 64), app(true, 9, true, 64)))
                .isFalse();
        assertThat(AppPolicy.changesVersion(app(false, 1, true, 64), app(false, 1, true, 65)))
                .isFalse();
        assertThat(AppPolicy.changesVersion(app(false, 1, true, 64), app(true, 1, true, 64)))
                .isTrue();
    }

    @Test
    void a_start_is_obeyed_for_a_wanted_index_of_the_current_version_only() {
        var desired = new HealthPolicy.Desired("v1", 2, true, true, false, true);
        var stopped = new HealthPolicy.Desired("v1", 2, false, true, false, true);
        var bare = new HealthPolicy.Desired("v1", 2, true, true, false, false);

        assertThat(starts(Optional.of(desired), "v1", 1)).isTrue();
        assertThat(starts(Optional.of(desired), "v1", 2)).isFalse();
        assertThat(starts(Optional.of(desired), "v1", -1)).isFalse();
        assertThat(starts(Optional.of(desired), "v0", 1)).isFalse();
        assertThat(starts(Optional.of(stopped), "v1", 1)).isFalse();
        assertThat(starts(Optional.of(bare), "v1", 1)).isFalse();
        assertThat(starts(Optional.empty(), "v1", 0)).isFalse();
    }

    private static boolean starts(Optional<HealthPolicy.Desired> app, String version, int index) {
        return HealthPolicy.allowsStart(app, new InstanceStartRequest("m", "a", version, index));
    }

    @Test
    void a_stop_is_obeyed_for_what_is_not_wanted_only() {
        var desired = new HealthPolicy.Desired("v1", 2, true, true, false, true);
        var failed = new HealthPolicy.Desired("v1", 2, true, false, true, false);
        var stopped = new HealthPolicy.Desired("v1", 2, false, true, false, true);

        assertThat(stops(Optional.of(desired), "v1", 1, false)).isFalse();
        assertThat(stops(Optional.of(desired), "v1", 1, true)).isTrue();
        assertThat(stops(Optional.of(desired), "v1", 2, false)).isTrue();
        assertThat(stops(Optional.of(desired), "v0", 1, false)).isTrue();
        assertThat(stops(Optional.of(failed), "v1", 1, false)).isTrue();
        assertThat(stops(Optional.of(stopped), "v1", 1, false)).isTrue();
        assertThat(stops(Optional.empty(), "v1", 0, false)).isTrue();
    }

    private static boolean stops(
            Optional<HealthPolicy.Desired> app, String version, int index, boolean duplicate) {
        return HealthPolicy.allowsStop(
                app, new InstanceStopRequest("m", "a", version, "i", index, duplicate));
    }
}

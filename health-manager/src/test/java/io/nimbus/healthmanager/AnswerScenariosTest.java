package io.nimbus.healthmanager;

import static io.nimbus.healthmanager.Cloud.V1;
import static io.nimbus.subjects.InstanceState.RUNNING;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.subjects.AppState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What a health manager answers. Numbers are the contract's scenarios; where ours decides
 * otherwise, the test says why.
 */
class AnswerScenariosTest {
    private final Cloud cloud = new Cloud();

    @Test
    void scenario_37_a_bulk_question_leaves_out_what_is_unknown() {
        cloud.app("a", 2);
        var instance = cloud.dea("1").runs("a", 0);
        cloud.manager();
        cloud.warmUp();
        var answer =
                cloud.observer.gather(
                        AppState.BULK,
                        new AppState.Queries(
                                List.of(
                                        new AppState.Query("a", V1),
                                        new AppState.Query("unknown", V1))),
                        1,
                        Duration.ofSeconds(2));
        assertThat(answer)
                .singleElement()
                .satisfies(states -> {
                    assertThat(states).containsOnlyKeys("a");
                    var state = java.util.Objects.requireNonNull(states.get("a"));
                    assertThat(state.desired())
                            .isEqualTo(new AppState.Desired("a", V1, 2, "STARTED", "STAGED"));
                    assertThat(state.heartbeats())
                            .singleElement()
                            .satisfies(beat -> {
                                assertThat(beat.instance()).isEqualTo(instance.guid);
                                assertThat(beat.dea()).isEqualTo("1");
                                assertThat(beat.state()).isEqualTo(RUNNING);
                            });
                });
    }

    @Test
    void an_app_that_is_only_heard_of_is_known_and_not_desired() {
        cloud.dea("1").runs("x", 0);
        cloud.manager();
        cloud.warmUp();
        var state = ask("x");
        assertThat(state.isKnown()).isTrue();
        assertThat(state.desired()).isEqualTo(new AppState.Desired("", "", 0, "", ""));
    }

    @Test
    void an_app_never_heard_of_is_not_known() {
        cloud.dea("1");
        cloud.manager();
        cloud.warmUp();
        assertThat(ask("x")).isEqualTo(AppState.UNKNOWN);
    }

    @Test
    void the_figures_go_out_for_the_firehose() {
        var figures = new ArrayList<Map<String, Double>>();
        cloud.observer.subscribe(
                io.nimbus.subjects.Logs.ALL_PLATFORM,
                batch -> {
                    var metrics = new java.util.HashMap<String, Double>();
                    batch.getBatch(0)
                            .getGauge()
                            .getMetricsMap()
                            .forEach((k, v) -> metrics.put(k, v.getValue()));
                    figures.add(metrics);
                });
        cloud.app("a", 2);
        cloud.dea("1").runs("a", 0);
        cloud.manager();
        cloud.run(60.5);
        assertThat(figures).hasSize(4);
        assertThat(figures.getFirst()).containsEntry("NumberOfDesiredApps", -1.0);
        assertThat(figures.getLast())
                .containsEntry("NumberOfDesiredApps", 1.0)
                .containsEntry("NumberOfMissingIndices", 1.0);
    }

    private AppState ask(String app) {
        return cloud.ask(app);
    }
}

package io.nimbus.cloudcontroller.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.bus.VirtualTime;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.StagingAdvertise;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Where instances and stagings go. */
class PlacementTest {
    private final VirtualTime time = new VirtualTime();
    private final DeaPool deas = new DeaPool(time, new Random(1));
    private final StagerPool stagers = new StagerPool(time, new Random(1));

    private void dea(String id, int memory, Map<String, Integer> instances, @Nullable String zone) {
        deas.advertised(
                new DeaAdvertise(
                        id,
                        List.of("linux"),
                        memory,
                        10_000,
                        instances,
                        zone == null ? null : new DeaAdvertise.Placement(zone)));
    }

    private static DeaPool.Need need(int memory) {
        return new DeaPool.Need("app", memory, 100, "linux");
    }

    @Test
    void an_instance_goes_where_fewest_of_its_app_are() {
        dea("full", 9_000, Map.of("app", 2), null);
        dea("one", 1_000, Map.of("app", 1), null);

        assertThat(deas.place(need(100))).contains("one");
    }

    @Test
    void a_zone_with_fewer_instances_comes_before_a_dea_with_fewer() {
        dea("a1", 1_000, Map.of("app", 2), "a");
        dea("a2", 1_000, Map.of(), "a");
        dea("b1", 1_000, Map.of("app", 1), "b");

        assertThat(deas.place(need(100))).contains("b1");
    }

    @Test
    void what_is_placed_counts_until_the_dea_speaks_again() {
        dea("d", 250, Map.of(), null);

        assertThat(deas.place(need(200))).contains("d");
        assertThat(deas.place(need(200))).isEmpty();
        dea("d", 250, Map.of(), null);
        assertThat(deas.place(need(200))).contains("d");
    }

    @Test
    void all_are_placed_or_none() {
        dea("x", 250, Map.of(), null);
        dea("y", 150, Map.of(), null);

        assertThat(deas.placeAll(need(100), 4)).isEmpty();
        assertThat(deas.placeAll(need(100), 3).map(List::size)).isEqualTo(Optional.of(3));
    }

    @Test
    void a_silent_dea_one_that_leaves_and_one_with_another_stack_get_nothing() {
        dea("silent", 1_000, Map.of(), null);
        time.advance(Duration.ofSeconds(11));
        assertThat(deas.place(need(100))).isEmpty();
        dea("leaving", 1_000, Map.of(), null);
        deas.left("leaving");
        assertThat(deas.place(need(100))).isEmpty();
        dea("other", 1_000, Map.of(), null);
        assertThat(deas.place(new DeaPool.Need("app", 100, 100, "windows"))).isEmpty();
        assertThat(deas.place(new DeaPool.Need("app", 100, 20_000, "linux"))).isEmpty();
    }

    @Test
    void instances_spread_over_equal_deas() {
        for (int i = 0; i < 4; i++) {
            dea("d" + i, 1_000, Map.of(), null);
        }

        var placed = new HashSet<>(deas.placeAll(need(10), 4).orElseThrow());

        assertThat(placed).hasSize(4);
    }

    @Test
    void a_staging_goes_to_one_of_the_five_with_most_memory() {
        for (int i = 0; i < 8; i++) {
            stagers.advertised(new StagingAdvertise("s" + i, List.of("linux"), 1_000 + i, null));
        }
        var chosen = new HashSet<String>();
        for (int i = 0; i < 200; i++) {
            if (stagers.choose(new StagerPool.Need(0, 0, "linux"), Set.of())
                    instanceof StagerPool.Choice.Stager(String id)) {
                chosen.add(id);
            }
        }

        assertThat(chosen).containsExactlyInAnyOrder("s3", "s4", "s5", "s6", "s7");
    }

    @Test
    void no_stager_with_the_stack_and_no_room_are_told_apart() {
        var need = new StagerPool.Need(1_024, 4_096, "linux");
        assertThat(stagers.choose(need, Set.of())).isInstanceOf(StagerPool.Choice.NoStack.class);
        stagers.advertised(new StagingAdvertise("small", List.of("linux"), 512, 9_000));
        assertThat(stagers.choose(need, Set.of())).isInstanceOf(StagerPool.Choice.NoRoom.class);
        stagers.advertised(new StagingAdvertise("big", List.of("linux"), 1_024, 9_000));
        assertThat(stagers.choose(need, Set.of("big")))
                .isInstanceOf(StagerPool.Choice.NoRoom.class);
        assertThat(stagers.choose(need, Set.of())).isEqualTo(new StagerPool.Choice.Stager("big"));
        assertThat(stagers.choose(need, Set.of())).isInstanceOf(StagerPool.Choice.NoRoom.class);
    }
}

package io.nimbus.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever happens for some minutes, what is wanted runs in the end, and on the way nothing is done
 * that should never be. A failure names its seed.
 */
class SimulationTest {
    /** Longer than the longest back-off, and the grace and the duplicates' delays after it. */
    private static final Duration RECOVERY = Duration.ofMinutes(25);

    private static final Duration CHAOS = Duration.ofMinutes(8);

    static LongStream seeds() {
        return Seeds.all();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void after_any_mishap_what_is_wanted_runs(long seed) {
        var world = new World(seed);
        var chaos = new Chaos(world);
        chaos.pushApps(3 + world.random.nextInt(4));
        world.run(120);
        assertThat(world.differences()).as(() -> "before: " + story(seed, world)).isEmpty();
        var end = world.time.instant().plus(CHAOS);
        while (world.time.instant().isBefore(end)) {
            chaos.strike();
            world.run(1 + world.random.nextInt(20));
        }
        // What was begun ends by itself: a cut-off, an outage, an evacuation.
        world.run(180);
        chaos.end();
        var deadline = world.time.instant().plus(RECOVERY);
        while (!world.differences().isEmpty() && world.time.instant().isBefore(deadline)) {
            world.run(10);
        }
        assertThat(world.differences()).as(() -> story(seed, world)).isEmpty();
        world.run(200);
        assertThat(world.differences()).as(() -> "and stays: " + story(seed, world)).isEmpty();
        assertThat(world.faults).as(() -> story(seed, world)).isEmpty();
    }

    private static String story(long seed, World world) {
        return Seeds.replay(seed) + "\n" + world.journal + "\n";
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fewSeeds")
    void the_same_seed_is_the_same_story(long seed) {
        assertThat(story(seed)).isEqualTo(story(seed));
    }

    static LongStream fewSeeds() {
        return LongStream.rangeClosed(1, 3);
    }

    private static String story(long seed) {
        var world = new World(seed);
        var chaos = new Chaos(world);
        chaos.pushApps(4);
        for (int i = 0; i < 30; i++) {
            chaos.strike();
            world.run(10);
        }
        return world.journal.toString();
    }

    /** That the checks can fail at all: a stop of the only instance is seen. */
    @Test
    void a_stop_of_the_only_instance_is_a_fault() {
        var world = new World(1);
        new Chaos(world).pushApps(1);
        world.run(120);
        var instance =
                world.living().stream()
                        .flatMap(dea -> dea.instances().stream())
                        .findFirst()
                        .orElseThrow();
        world.askToStop(instance);
        world.run(1);
        assertThat(world.faults).singleElement().asString().contains("the only instance");
        assertThat(world.differences()).isNotEmpty();
    }

    /** And that it is the health manager who repairs: nobody else does. */
    @Test
    void without_a_health_manager_a_lost_instance_stays_lost() {
        var world = new World(1);
        new Chaos(world).pushApps(3);
        world.run(120);
        List.copyOf(world.managers).forEach(World.Manager::kill);
        world.living().stream()
                .filter(dea -> !dea.instances().isEmpty())
                .findFirst()
                .orElseThrow()
                .die();
        world.run(600);
        assertThat(world.differences()).isNotEmpty();
        world.addManager();
        world.run(300);
        assertThat(world.differences()).as(world.journal::toString).isEmpty();
    }
}

package io.nimbus.simulation;

import java.util.stream.LongStream;

/**
 * Which seeds to run: 1 to {@code -Dsimulation.seeds=N}, 40 by default, or only {@code
 * -Dsimulation.seed=S}, to see one again.
 */
final class Seeds {
    private Seeds() {}

    static LongStream all() {
        var one = Long.getLong("simulation.seed");
        return one != null
                ? LongStream.of(one)
                : LongStream.rangeClosed(1, Long.getLong("simulation.seeds", 40));
    }

    static String replay(long seed) {
        return "again with -Dsimulation.seed=" + seed;
    }
}

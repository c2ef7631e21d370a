package io.nimbus.simulation;

import io.nimbus.bus.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;

/** What happened lately, to be shown when something is wrong. */
final class Journal {
    private static final int KEPT = 400;

    private final VirtualTime time;
    private final Instant start;
    private final ArrayDeque<String> lines = new ArrayDeque<>();

    Journal(VirtualTime time) {
        this.time = time;
        this.start = time.instant();
    }

    void write(String line) {
        if (lines.size() == KEPT) {
            lines.removeFirst();
        }
        var at = Duration.between(start, time.instant()).toMillis() / 1000.0;
        lines.add("%9.3f %s".formatted(at, line));
    }

    @Override
    public String toString() {
        return String.join("\n", lines);
    }
}

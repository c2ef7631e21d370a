package io.nimbus.launcher;

import java.io.PrintStream;
import java.util.Locale;

/** What the person sees: a line per step with the time it took. */
final class Terminal {
    private final PrintStream out;
    private long started;

    Terminal(PrintStream out) {
        this.out = out;
    }

    /** Begins a step; {@link #done} ends its line. */
    void step(String what) {
        started = System.nanoTime();
        out.printf("  %-46s ", what);
        out.flush();
    }

    void done() {
        done("");
    }

    void done(String remark) {
        out.printf(
                Locale.ROOT,
                "%5.1f s%s%n",
                (System.nanoTime() - started) / 1e9,
                remark.isEmpty() ? "" : "  (" + remark + ")");
    }

    /** Ends a step that failed. */
    void failed() {
        out.println("failed");
    }

    void say(String line) {
        out.println(line);
    }
}

package io.nimbus.router.log;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Lines of one event loop on their way to the writer. */
final class LogBlock {
    static final int BYTES = 256 * 1024;
    private static final int LINES = 1024;

    final byte[] bytes;
    int used;
    int lines;
    int[] start = new int[LINES];
    int[] end = new int[LINES];
    long[] time = new long[LINES];

    /** Whose stream gets the line; null for none. */
    @Nullable String[] app = new String[LINES];

    /** Whether the file gets it. */
    boolean[] file = new boolean[LINES];

    final LogLane lane;

    LogBlock(LogLane lane, int size) {
        this.lane = lane;
        this.bytes = new byte[size];
    }

    void line(int from, int to, long epochNanos, @Nullable String whose, boolean toFile) {
        if (lines == start.length) {
            start = Arrays.copyOf(start, lines * 2);
            end = Arrays.copyOf(end, lines * 2);
            time = Arrays.copyOf(time, lines * 2);
            app = Arrays.copyOf(app, lines * 2);
            file = Arrays.copyOf(file, lines * 2);
        }
        start[lines] = from;
        end[lines] = to;
        time[lines] = epochNanos;
        app[lines] = whose;
        file[lines] = toFile;
        lines++;
    }

    void clear() {
        used = 0;
        lines = 0;
    }
}

package io.nimbus.warden;

import java.util.OptionalInt;

/**
 * How a main process ended.
 *
 * @param status as a shell gives it: 0 to 127 from the process, 128 + n after signal n; {@link
 *     #UNKNOWN} when nobody saw it
 */
public record Exit(int status, Cause cause) {
    public static final int UNKNOWN = -1;

    public enum Cause {
        /** By itself, or by a signal from whomever. */
        EXITED,
        /** The kernel or the warden killed in it because its memory limit was reached. */
        OUT_OF_MEMORY,
        /** The warden killed it because its disk limit was reached. */
        OUT_OF_DISK,
        /** {@link Container#stop} ended it, or it ended while being stopped. */
        STOPPED,
        /** It is gone and left no status: the host was restarted, or its watcher killed. */
        LOST
    }

    /** The signal that ended it. A process that exits with such a status by itself looks alike. */
    public OptionalInt signal() {
        return status > 128 && status <= 128 + 64
                ? OptionalInt.of(status - 128)
                : OptionalInt.empty();
    }
}

package io.nimbus.dea.policy;

/**
 * Why an instance is no more.
 *
 * @param status the process's, {@link #UNKNOWN} if nobody knows
 * @param description for the user: {@code droplet.exited}'s {@code exit_description}
 */
public record Ending(int status, String description) {
    public static final int UNKNOWN = -1;

    private static final String[] SIGNALS = {
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
        "USR2", "PIPE", "ALRM", "TERM"
    };

    public static Ending outOfMemory(int status) {
        return new Ending(status, "out of memory");
    }

    public static Ending outOfDisk(int status) {
        return new Ending(status, "out of disk");
    }

    /** By itself, with a status or by a signal that nobody of ours sent. */
    public static Ending exited(int status) {
        if (status > 128 && status <= 128 + 64) {
            var signal = status - 128;
            var name = signal < SIGNALS.length ? " (" + SIGNALS[signal] + ")" : "";
            return new Ending(status, "app instance exited on signal " + signal + name);
        }
        return new Ending(status, "app instance exited");
    }

    /** The container or its watcher is gone and left no status. */
    public static Ending lost() {
        return new Ending(UNKNOWN, "cannot be determined");
    }

    public static Ending unhealthy(long seconds) {
        return new Ending(
                UNKNOWN,
                "failed to accept connections within health check timeout of " + seconds + " s");
    }

    /**
     * @param why for the user; empty when it would not help one
     */
    public static Ending failedToStart(String why) {
        return new Ending(UNKNOWN, why.isEmpty() ? "failed to start" : "failed to start: " + why);
    }

    public static Ending noRoom(String resource) {
        return new Ending(UNKNOWN, "Not enough " + resource + " resource available.");
    }
}

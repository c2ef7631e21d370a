package io.nimbus.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the supervisor notes of a process: how a later one, or {@code status} and {@code down}, find
 * it again.
 *
 * @param pid null while it is down
 * @param restarts since the platform was started
 * @param waitMs while it is down: how long the supervisor waits before it tries again
 * @param fault why it could not be started, if that was so
 */
record ProcessRecord(
        @Nullable Long pid,
        @Nullable Long started,
        int restarts,
        long waitMs,
        @Nullable String fault) {

    static ProcessRecord of(Procs.Running process, int restarts) {
        return new ProcessRecord(process.pid(), process.started(), restarts, 0, null);
    }

    static ProcessRecord down(int restarts, long waitMs, @Nullable String fault) {
        return new ProcessRecord(null, null, restarts, waitMs, fault);
    }

    Optional<Procs.Running> running() {
        return pid == null || started == null
                ? Optional.empty()
                : Optional.of(new Procs.Running(pid, started)).filter(Procs.Running::isAlive);
    }

    static Optional<ProcessRecord> read(State state, String name) {
        try {
            return Files.exists(state.record(name))
                    ? Optional.of(
                            JsonMapper.shared()
                                    .readValue(
                                            Files.readString(state.record(name)),
                                            ProcessRecord.class))
                    : Optional.empty();
        } catch (IOException | JacksonException e) {
            return Optional.empty(); // as good as none: the process is looked for by other means
        }
    }

    void write(State state, String name) {
        try {
            State.writePrivately(state.record(name), JsonMapper.shared().writeValueAsString(this));
        } catch (IOException e) {
            System.err.println("no record of " + name + " can be written: " + e.getMessage());
        }
    }
}

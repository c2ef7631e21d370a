package io.nimbus.component;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The status port's part of every process's configuration ({@code status}).
 *
 * @param host where it listens; loopback unless told otherwise
 * @param port 0 for a free one, which is announced on the bus
 * @param user of {@code /varz} and {@code /metrics}
 * @param password null: made at each start, and announced
 * @param file where port, user and password are written for the one who started this process; null
 *     for nowhere
 * @param index the component's number among its kind, for the collector
 */
public record StatusConfig(
        String host,
        int port,
        String user,
        @Nullable String password,
        @Nullable Path file,
        int index) {

    public static StatusConfig read(Config config) {
        return read(config, 0);
    }

    /** For a process whose status port others know. */
    public static StatusConfig read(Config config, int port) {
        var status = config.section("status");
        return new StatusConfig(
                status.text("host", "127.0.0.1"),
                status.port("port", port),
                status.text("user", "varz"),
                status.optionalSecret("password"),
                status.optionalPath("file"),
                status.integer("index", 0, 0, 1_000_000));
    }

    @Override
    public String toString() {
        return "StatusConfig[" + host + ":" + port + "]";
    }
}

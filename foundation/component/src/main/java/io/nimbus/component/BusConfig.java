package io.nimbus.component;

import io.nimbus.bus.NatsConfig;
import io.nimbus.subjects.BusUser;
import java.util.List;

/** The bus's part of every process's configuration ({@code nats}). */
public final class BusConfig {
    private BusConfig() {}

    /** {@code servers}, {@code user} (the process's own by default) and {@code password}. */
    public static NatsConfig read(Config config, BusUser user) {
        var nats = config.section("nats");
        return new NatsConfig(
                nats.texts("servers", List.of("nats://127.0.0.1:4222")),
                user.user(),
                nats.text("user", user.user()),
                nats.secret("password"),
                nats.text("inbox_prefix", user.inboxPrefix()));
    }
}

package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.router.policy.RouteTable;
import io.nimbus.router.policy.Sharding;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.RouterStart;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** A router's real table, fed by the bus; nobody sends it requests. */
final class Router {
    private static final Duration STALE = Duration.ofMinutes(2);

    private final Bus bus;
    private final VirtualTime time;
    private RouteTable table = empty();
    private InMemoryBus.Endpoint connection;
    private MortalTimers timers;

    Router(Bus bus, VirtualTime time) {
        this.bus = bus;
        this.time = time;
        this.connection = bus.connect("router");
        this.timers = new MortalTimers(time);
        start();
    }

    private static RouteTable empty() {
        return new RouteTable(
                new RouteTable.Rules(STALE, Duration.ZERO, Sharding.EVERYTHING), new Random(0));
    }

    private void start() {
        table = empty();
        connection.subscribe(RouterRegister.REGISTER, m -> table.register(m, now()));
        connection.subscribe(RouterRegister.UNREGISTER, m -> table.unregister(m, now()));
        connection.answer(RouterStart.GREET, (poke, replier) -> replier.reply(hello()));
        connection.onConnect(() -> {
            table.heardNow(now());
            connection.publish(RouterStart.SUBJECT, hello());
        });
        timers.every(
                Duration.ofSeconds(30),
                () -> {
                    if (connection.isConnected()) {
                        table.prune(now());
                    }
                });
    }

    private static RouterStart hello() {
        return new RouterStart("router", List.of("10.0.1.1"), 20, (int) STALE.toSeconds());
    }

    private long now() {
        return time.instant().toEpochMilli();
    }

    /** Where requests may go. */
    int endpoints() {
        return table.endpoints();
    }

    /** kill -9, and a new one. */
    void restart() {
        timers.die();
        connection.close();
        connection = bus.connect("router");
        timers = new MortalTimers(time);
        start();
    }

    void cutOff() {
        connection.disconnect();
    }

    void rejoin() {
        connection.reconnect();
    }
}

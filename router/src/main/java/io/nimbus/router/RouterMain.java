package io.nimbus.router;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.SystemTimers;
import io.nimbus.bus.Timers;
import io.nimbus.component.BusConfig;
import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.Main;
import io.nimbus.subjects.BusUser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/** The process: {@code java -jar router.jar router.yml}. */
public final class RouterMain {
    private static final Duration WATCH = Duration.ofSeconds(5);

    private RouterMain() {}

    public static void main(String[] arguments) {
        Main.run("router", arguments, config -> process(config, Path.of(arguments[0])));
    }

    private static Component process(Config config, Path file) throws ConfigException {
        var nats = BusConfig.read(config, BusUser.ROUTER);
        var read = RouterConfig.read(config);
        config.complete(read);
        var timers = new SystemTimers();
        var bus = NatsBus.open(nats, timers);
        var router = assemble(read, bus, timers, RandomGenerator.getDefault());
        var reload =
                new Reload(
                        () -> {
                            var again = Config.read(file, "router", System.getenv());
                            BusConfig.read(again, BusUser.ROUTER);
                            return again;
                        },
                        file,
                        router,
                        WATCH);
        return Component.inOrder(
                Component.closing(timers),
                Component.closing(bus),
                router,
                reload,
                Component.of(() -> listen(router, reload), router::drain));
    }

    /**
     * The first signal to end drains, the second does not wait. Without this the JVM would ignore
     * the second.
     */
    private static void listen(Router router, Reload reload) {
        var ending = new AtomicBoolean();
        Runnable end =
                () -> {
                    if (ending.compareAndSet(false, true)) {
                        // Waits for the process's own orderly end: not in the signal's thread.
                        Thread.ofPlatform().name("exit").start(() -> System.exit(0));
                    } else {
                        router.cutDrain();
                    }
                };
        Signals.handle(
                Map.of("TERM", end, "INT", end, "USR1", end, "USR2", end, "HUP", reload::now));
    }

    /** The whole router on any bus and clock. */
    static Router assemble(
            RouterConfig config, MessageBus bus, Timers timers, RandomGenerator random) {
        return new Router(config, bus, timers, random);
    }
}

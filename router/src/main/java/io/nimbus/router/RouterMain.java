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
import java.util.random.RandomGenerator;

/** The router process: {@code java -jar router.jar router.yml}. */
public final class RouterMain {
    private RouterMain() {}

    public static void main(String[] arguments) {
        Main.run("router", arguments, RouterMain::process);
    }

    private static Component process(Config config) throws ConfigException {
        var nats = BusConfig.read(config, BusUser.ROUTER);
        var read = RouterConfig.read(config);
        config.complete(read);
        var timers = new SystemTimers();
        var bus = NatsBus.open(nats, timers);
        return Component.inOrder(
                Component.closing(timers),
                Component.closing(bus),
                assemble(read, bus, timers, RandomGenerator.getDefault()));
    }

    /** The whole router on any bus and clock. */
    static Router assemble(
            RouterConfig config, MessageBus bus, Timers timers, RandomGenerator random) {
        return new Router(config, bus, timers, random);
    }
}

package io.nimbus.uaa;

import io.nimbus.bus.NatsBus;
import io.nimbus.bus.SystemTimers;
import io.nimbus.component.Component;
import io.nimbus.component.Main;
import io.nimbus.database.Database;
import java.security.SecureRandom;

/** The identity process: {@code java -jar uaa.jar uaa.yml}. */
public final class UaaMain {
    private UaaMain() {}

    public static void main(String[] arguments) {
        Main.run(
                "uaa",
                arguments,
                file -> {
                    var config = UaaConfig.read(file);
                    var timers = new SystemTimers();
                    var bus = NatsBus.open(config.nats(), timers);
                    var database = new Database(config.database(), "db/uaa");
                    var uaa =
                            new Uaa(
                                    config,
                                    bus,
                                    database,
                                    timers,
                                    new SecureRandom(),
                                    Runtime.getRuntime().availableProcessors());
                    return Component.inOrder(
                            Component.closing(timers),
                            Component.closing(bus),
                            database,
                            uaa.component());
                });
    }
}

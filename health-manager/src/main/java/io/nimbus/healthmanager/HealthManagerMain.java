package io.nimbus.healthmanager;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.SystemTimers;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.Health;
import io.nimbus.component.Main;
import io.nimbus.component.StatusServer;
import io.nimbus.healthmanager.desired.BulkClient;
import io.nimbus.healthmanager.policy.DesiredStateSource;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** The health manager process: {@code java -jar health-manager.jar health-manager.yml}. */
public final class HealthManagerMain {
    /** The collector's name of it, as the original's. */
    private static final String TYPE = "HM9000";

    private HealthManagerMain() {}

    public static void main(String[] arguments) {
        Main.run("health-manager", arguments, HealthManagerMain::process);
    }

    private static Component process(Config file) throws ConfigException {
        var config = HealthManagerConfig.read(file);
        var timers = new SystemTimers();
        var bus = NatsBus.open(config.nats(), timers);
        var health = new Health();
        var status = new StatusServer(TYPE, config.status(), health, bus, timers);
        var http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .executor(Executors.newVirtualThreadPerTaskExecutor())
                        .build();
        var manager =
                new HealthManager(
                        config,
                        bus,
                        timers,
                        new BulkClient(config.controller(), bus, http, timers),
                        () -> UUID.randomUUID().toString());
        manager.reportTo(health);
        status.varz(manager::varz);
        HealthMeters.register(status.metrics(), manager);
        return Component.inOrder(
                Component.closing(timers),
                Component.closing(http),
                Component.closing(bus),
                status,
                manager);
    }

    /**
     * A health manager without its status port; tests and the simulation give it a bus, a clock and
     * a controller of their own.
     *
     * @param ids a new id at each call, for messages and for the lease
     */
    public static Component assemble(
            HealthManagerConfig config,
            MessageBus bus,
            Timers timers,
            DesiredStateSource source,
            Supplier<String> ids) {
        return new HealthManager(config, bus, timers, source, ids);
    }
}

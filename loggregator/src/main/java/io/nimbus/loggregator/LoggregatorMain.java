package io.nimbus.loggregator;

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
import java.net.http.HttpClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;

/** The loggregator process: {@code java -jar loggregator.jar loggregator.yml}. */
public final class LoggregatorMain {
    private LoggregatorMain() {}

    public static void main(String[] arguments) {
        Main.run("loggregator", arguments, LoggregatorMain::process);
    }

    private static Component process(Config file) throws ConfigException {
        var config = LoggregatorConfig.read(file);
        var timers = new SystemTimers();
        var bus = NatsBus.open(config.nats(), timers);
        var health = new Health();
        var status = new StatusServer("Loggregator", config.status(), health, bus, timers);
        var http =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .executor(Executors.newVirtualThreadPerTaskExecutor())
                        .build();
        var loggregator = assemble(config, bus, timers, http, new SecureRandom());
        loggregator.reportTo(health);
        status.varz(loggregator::varz);
        for (var name :
                new String[] {"envelopes_received", "sources", "cache_bytes", "stream_clients"}) {
            status.metrics()
                    .gauge(
                            "nimbus.loggregator." + name,
                            loggregator,
                            l -> ((Number) l.varz().getOrDefault(name, 0)).doubleValue());
        }
        return Component.inOrder(
                Component.closing(timers),
                Component.closing(http),
                Component.closing(bus),
                status,
                loggregator);
    }

    /**
     * A loggregator without its status port.
     *
     * @param random for what must not be guessed
     */
    static Loggregator assemble(
            LoggregatorConfig config,
            MessageBus bus,
            Timers timers,
            HttpClient http,
            RandomGenerator random) {
        return new Loggregator(config, bus, timers, http, random);
    }
}

import io.nimbus.bus.NatsBus;
import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.SystemTimers;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.RouterStart;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A nats-server, and on it somebody who registers {@code bench.test} and, when told {@code routes N},
 * so many further hosts, every 20 s and whenever a router asks.
 */
final class Registrar {
    private static volatile int routes = 1;
    private static int backend;

    public static void main(String[] arguments) throws Exception {
        backend = Integer.parseInt(arguments[1]);
        var everything = List.of(">");
        var server =
                TestServers.nats(
                        Path.of(arguments[0]),
                        0,
                        List.of(
                                new NatsServer.User("bench", "bench", everything, everything, 10, "1m")));
        var timers = new SystemTimers();
        var bus =
                NatsBus.open(
                        new NatsConfig(List.of(server.url()), "bench", "bench", "bench", "_INBOX."),
                        timers);
        bus.onConnect(() -> System.out.println("nats " + server.port()));
        bus.subscribe(RouterStart.SUBJECT, start -> register(bus));
        timers.every(Duration.ofSeconds(20), () -> register(bus));
        var orders = new BufferedReader(new InputStreamReader(System.in));
        for (var line = orders.readLine(); line != null; line = orders.readLine()) {
            routes = Integer.parseInt(line.substring(line.indexOf(' ') + 1));
            register(bus);
            System.out.println("registered " + routes);
        }
    }

    private static synchronized void register(NatsBus bus) {
        for (int i = 0; i < routes; i++) {
            var host = i == 0 ? "bench.test" : "app-" + i + ".apps.bench.test";
            bus.publish(
                    RouterRegister.REGISTER,
                    new RouterRegister(
                            "127.0.0.1",
                            backend,
                            List.of(host),
                            new UUID(7, i).toString(),
                            null,
                            Map.of("component", "dea-0"),
                            "id" + i,
                            "0",
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null));
        }
    }
}

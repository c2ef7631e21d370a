package io.nimbus.cloudcontroller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Every method and path: as a golden list, and against the list of what a Cloud Foundry of version
 * 2 and its older and newer relatives serve.
 */
class RoutesTest {
    private static final Pattern PART = Pattern.compile("[:*]\\w+");
    private static final Path GOLDEN = Path.of("src/test/resources/routes.txt");

    private static List<Route> routes() {
        try {
            var config = Config.parse(CONFIG, "test", "cloud-controller", Map.of());
            var time = new VirtualTime();
            return new CloudController(
                            CloudControllerConfig.read(config),
                            new InMemoryBus(time, new Random(1)).connect("cloud-controller"),
                            time,
                            new Random(1),
                            () -> "guid")
                    .routes();
        } catch (ConfigException e) {
            throw new IllegalStateException(String.join("\n", e.faults()), e);
        }
    }

    private static final String CONFIG =
            """
            uaa: {url: "http://127.0.0.1:1", client_secret: s}
            database: {url: "jdbc:postgresql://127.0.0.1:1/ccdb", user: u, password: p}
            nats: {servers: ["nats://127.0.0.1:1"], password: p}
            blobstore: {folder: "/nowhere"}
            staging: {password: s}
            internal: {password: s}
            bulk: {password: s}
            encryption: {key: "%s"}
            """
                    .formatted("0123456789abcdef".repeat(4));

    private static List<String> lines(String resource) {
        try (var in = RoutesTest.class.getResourceAsStream(resource)) {
            assertThat(in).as(resource).isNotNull();
            return new String(in.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String shape(String line) {
        return PART.matcher(line).replaceAll(":");
    }

    @Test
    void every_route_is_the_golden_one() throws IOException {
        var served =
                routes().stream()
                        .map(route -> route.method() + " " + route.path() + " " + route.login())
                        .sorted()
                        .toList();
        if (Boolean.getBoolean("golden.update")) {
            Files.write(GOLDEN, served);
        }
        assertThat(served).isEqualTo(lines("/routes.txt"));
    }

    @Test
    void what_a_cloud_foundry_serves_is_served_or_missing_on_purpose() {
        var served =
                routes().stream().map(route -> shape(route.method() + " " + route.path())).toList();
        var known = lines("/v2-endpoints.txt");
        var missing = known.stream().filter(line -> line.startsWith("- ")).toList();

        assertThat(served)
                .containsAll(
                        known.stream()
                                .filter(line -> !line.startsWith("- "))
                                .map(RoutesTest::shape)
                                .toList());
        assertThat(missing).allMatch(line -> line.split(" ", 4).length == 4, "has a reason");
        assertThat(served)
                .doesNotContainAnyElementsOf(
                        missing.stream()
                                .map(line -> line.split(" ", 4))
                                .map(line -> shape(line[1] + " " + line[2]))
                                .toList());
    }
}

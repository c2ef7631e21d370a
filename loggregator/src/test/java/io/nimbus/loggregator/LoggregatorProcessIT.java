package io.nimbus.loggregator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.servers.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The process as it ships. */
class LoggregatorProcessIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Path folder = TestServers.folder("loggregator-process");
    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void it_starts_before_everything_that_it_needs_and_says_what_it_waits_for() throws Exception {
        var peersPort = freePort();
        var busPort = freePort();
        var config = folder.resolve("loggregator.yml");
        Files.writeString(
                config,
                """
                nats: {servers: "nats://127.0.0.1:%d", password: none}
                uaa: {url: "http://127.0.0.1:%d"}
                controller: {url: "http://127.0.0.1:%d"}
                http: {port: 0}
                status: {file: %s}
                """
                        .formatted(busPort, peersPort, peersPort, folder.resolve("status")));
        var process =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElse("java"),
                                "-Xmx96m",
                                "-XX:TieredStopAtLevel=1",
                                "-jar",
                                Path.of(
                                                System.getProperty("nimbus.root"),
                                                "target/dist/loggregator.jar")
                                        .toString(),
                                config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile())
                        .start();
        try {
            await().atMost(LONG)
                    .until(() -> {
                        var health = health();
                        return health.contains("bus: the bus is away")
                                && health.contains("uaa: does not answer")
                                && health.contains("controller: does not answer");
                    });
            try (var peers = new FakePeers(peersPort);
                    var bus = TestServers.nats(folder.resolve("nats"), busPort, List.of())) {
                assertThat(bus.port()).isEqualTo(busPort);
                assertThat(peers.port()).isEqualTo(peersPort);
                await().atMost(LONG).until(() -> health().equals("ok\n"));
                process.destroy();
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(Files.readString(folder.resolve("log"))).doesNotContain("ERROR");
        } finally {
            process.destroyForcibly();
            http.close();
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private String health() throws InterruptedException {
        try {
            var port =
                    JsonMapper.shared()
                            .readTree(Files.readString(folder.resolve("status")))
                            .path("port")
                            .asInt();
            return http.send(
                            HttpRequest.newBuilder(
                                            URI.create("http://127.0.0.1:" + port + "/healthz"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            return "not up yet";
        }
    }
}

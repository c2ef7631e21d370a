package io.nimbus.tests.uaaclient;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import io.nimbus.servers.PostgresServer;
import io.nimbus.servers.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The process as it ships, and beside it as much of a controller as tells where it is. */
final class UaaProcess implements AutoCloseable {
    static final String ADMIN_PASSWORD = "first-admin";
    static final String SECRET = "of-the-client";
    private static final Pattern LISTENING = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)");
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final PostgresServer postgres = TestServers.postgres();
    private final Process process;
    private final HttpServer controller;
    private final int port;

    UaaProcess() throws IOException {
        var folder = TestServers.folder("uaa-process");
        var output = folder.resolve("output");
        var config = folder.resolve("uaa.yml");
        // No bus: it is only there for the router.
        Files.writeString(
                config,
                """
                port: 0
                secrets_file: %s
                nats: {servers: "nats://127.0.0.1:1", password: unused}
                database: {url: "%s", user: %s, password: %s}
                passwords: {hash_cost: 4}
                rate_limits: {address_per_second: 0, client_per_second: 0}
                admin: {password: %s}
                clients:
                  - {id: admin, secret: %6$s}
                  - {id: doppler, secret: %6$s}
                  - {id: ssh-proxy, secret: %6$s}
                """
                        .formatted(
                                folder.resolve("secrets.yml"),
                                postgres.jdbcUrl("postgres"),
                                PostgresServer.USER,
                                TestServers.PASSWORD,
                                ADMIN_PASSWORD,
                                SECRET));
        process =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElse("java"),
                                "-jar",
                                Path.of(
                                                System.getProperty("nimbus.root", "../.."),
                                                "target/dist/uaa.jar")
                                        .toString(),
                                config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        port =
                Awaitility.await("uaa listens: " + output)
                        .atMost(PATIENCE)
                        .until(() -> listening(Files.readString(output)), p -> p > 0);
        controller =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        controller.createContext(
                "/",
                exchange -> {
                    var body =
                            """
                            {"authorization_endpoint":"%1$s","token_endpoint":"%1$s",
                             "links":{"uaa":{"href":"%1$s"},"login":{"href":"%1$s"}}}
                            """
                                    .formatted(url())
                                    .getBytes(UTF_8);
                    exchange.getResponseHeaders().add("Content-Type", "application/json");
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        controller.start();
    }

    private static int listening(String output) {
        var found = LISTENING.matcher(output);
        return found.find() ? Integer.parseInt(found.group(1)) : 0;
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    int controllerPort() {
        return controller.getAddress().getPort();
    }

    @Override
    public void close() {
        controller.stop(0);
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        postgres.kill();
    }
}

package io.nimbus.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.bus.NatsBus;
import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.SystemTimers;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.RouterStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The router as a process of its own, on a real bus: signals and the limits of its host. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "signals and limits as Linux has them")
class ProcessIT {
    private static final int DESCRIPTORS = 400;
    private static final Pattern PORT = Pattern.compile("HTTP on 127\\.0\\.0\\.1:(\\d+)");
    private static final String LOGGING =
            """
            <configuration>
              <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                <encoder><pattern>%d %level %logger{0} - %msg%n%ex</pattern></encoder>
              </appender>
              <root level="INFO"><appender-ref ref="out"/></root>
            </configuration>
            """;

    private final ScriptedBackend app = new ScriptedBackend("B1");
    private final List<AutoCloseable> closing = new ArrayList<>(List.of(app));

    @TempDir private Path folder = Path.of("");

    @AfterEach
    void stop() throws Exception {
        for (int i = closing.size() - 1; i >= 0; i--) {
            closing.get(i).close();
        }
    }

    private record Running(Process process, Path config, int port, Path log) {
        void signal(String name) {
            try {
                assertThat(
                                new ProcessBuilder("kill", "-" + name, "" + process.pid())
                                        .inheritIO()
                                        .start()
                                        .waitFor())
                        .isZero();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        boolean says(String text) {
            try {
                return Files.readString(log).contains(text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        boolean refuses() {
            try (var client = new RawClient(port)) {
                return !client.socket().isConnected();
            } catch (UncheckedIOException e) {
                return true;
            }
        }
    }

    private Running start(int descriptors, String... yaml) throws IOException {
        NatsServer bus = TestServers.nats();
        closing.add(bus);
        var config = folder.resolve("router.yml");
        Files.writeString(
                config,
                "port: 0\nstart_delay: 0s\nloops: 2\nstatus: {port: 0}\nnats: {servers: [\""
                        + bus.url()
                        + "\"], password: x}\n"
                        + String.join("\n", yaml)
                        + "\n");
        var log = folder.resolve("router.log");
        var logging = folder.resolve("logback.xml");
        Files.writeString(logging, LOGGING);
        var process =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "ulimit -n " + descriptors + " && exec \"$@\"",
                                "router",
                                ProcessHandle.current().info().command().orElse("java"),
                                "-Xmx128m",
                                "-XX:TieredStopAtLevel=1",
                                "-Dlogback.configurationFile=" + logging,
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                RouterMain.class.getName(),
                                config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        closing.add(process::destroyForcibly);
        var timers = new SystemTimers();
        var registrar =
                NatsBus.open(
                        new NatsConfig(List.of(bus.url()), "instances", "", "", "_INBOX."), timers);
        closing.add(timers);
        closing.add(registrar);
        registrar.subscribe(
                RouterStart.SUBJECT,
                start ->
                        registrar.publish(
                                RouterRegister.REGISTER,
                                TestRouter.instance(app.port(), 0, "a.test")));
        await().atMost(90, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(log).content().containsPattern(PORT));
        var port = PORT.matcher(Files.readString(log));
        assertThat(port.find()).isTrue();
        var running = new Running(process, config, Integer.parseInt(port.group(1)), log);
        // The registrar may have come after the router's word.
        registrar.publish(RouterRegister.REGISTER, TestRouter.instance(app.port(), 0, "a.test"));
        await().until(() -> get(running).status() == 200);
        return running;
    }

    private static RawResponse get(Running router) {
        try (var client = new RawClient(router.port)) {
            return client.get("a.test", "/", "Connection: close");
        }
    }

    private static boolean isLeaving(Running router) {
        try (var client = new RawClient(router.port)) {
            var answer = client.get("a.test", "/");
            assertThat(answer.status()).isEqualTo(200);
            return "close".equals(answer.header("Connection"));
        }
    }

    @Test
    @DisplayName("58b: SIGHUP reads the configuration anew, SIGUSR1 drains and ends with 0")
    void signals() throws Exception {
        var router = start(1024, "drain: {timeout: 60s}");
        Files.writeString(
                router.config,
                "responses: {add_headers: {X-New: yes}}\n",
                java.nio.file.StandardOpenOption.APPEND);
        router.signal("HUP");
        await().until(() -> "yes".equals(get(router).header("X-New")));

        var release = new CountDownLatch(1);
        int before = app.requests().size();
        app.script((request, conversation) -> {
            try {
                assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            conversation.answer(200, "late");
        });
        try (var slow = new RawClient(router.port)) {
            slow.send(RawClient.head("GET", "a.test", "/"));
            await().until(() -> app.requests().size() == before + 1);
            router.signal("USR1");
            await().until(router::refuses);
            assertThat(router.process.isAlive()).isTrue();
            release.countDown();
            assertThat(slow.read().text()).isEqualTo("late");
        }
        assertThat(router.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(router.process.exitValue()).isZero();
    }

    @Test
    @DisplayName(
            "81: out of descriptors it makes room, says so, and serves; a second SIGTERM is the end")
    void out_of_descriptors() throws Exception {
        var router = start(DESCRIPTORS, "drain: {delay: 1h}");
        var idle = new ArrayList<RawClient>();
        for (int i = 0; i < DESCRIPTORS; i++) {
            var client = new RawClient(router.port);
            idle.add(client);
            closing.add(client);
        }
        await().until(() -> router.says("no descriptors or ports left"));
        for (int i = 0; i < 20; i++) {
            assertThat(get(router).status()).isEqualTo(200);
        }
        assertThat(router.process.isAlive()).isTrue();
        for (var client : idle) {
            client.close();
        }
        assertThat(get(router).status()).isEqualTo(200);

        router.signal("TERM");
        // Still there for the time that balancers need, and sends clients away.
        await().until(() -> isLeaving(router));
        router.signal("TERM");
        assertThat(router.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(router.process.exitValue()).isZero();
    }
}

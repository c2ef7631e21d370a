package io.nimbus.healthmanager;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.SystemTimers;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import io.nimbus.subjects.AppState;
import io.nimbus.subjects.BulkCredentials;
import io.nimbus.subjects.BusUser;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The process as it ships, twice, on a real bus with each user's own permissions. */
class HealthManagerIT {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String PASSWORD = "secret";

    private final Path folder = TestServers.folder("health-manager");
    private final SystemTimers timers = new SystemTimers();
    private final NatsServer server =
            TestServers.nats(
                    folder.resolve("nats"),
                    0,
                    Arrays.stream(BusUser.values())
                            .map(u ->
                                    new NatsServer.User(
                                            u.user(),
                                            PASSWORD,
                                            u.publishes(),
                                            u.subscribes(),
                                            u.replies(),
                                            u.repliesWithin()))
                            .toList());
    private final MessageBus controller = connect(BusUser.CLOUD_CONTROLLER);
    private final MessageBus dea = connect(BusUser.DEA);
    private final List<String> starts = new CopyOnWriteArrayList<>();
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final List<Manager> managers = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final HttpServer bulk = serveBulk();
    private volatile List<DeaHeartbeat.Instance> instances = List.of();

    private MessageBus connect(BusUser user) {
        return NatsBus.open(
                new NatsConfig(
                        List.of(server.url()),
                        user.user(),
                        user.user(),
                        PASSWORD,
                        user.inboxPrefix()),
                timers);
    }

    private HttpServer serveBulk() {
        try {
            var serving =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            serving.createContext(
                    "/bulk/apps",
                    exchange -> {
                        try (exchange) {
                            var first = exchange.getRequestURI().getRawQuery().contains("%7B%7D");
                            var body =
                                    (first
                                                    ? "{\"results\":{\"a\":{\"instances\":2,\"state\":\"STARTED\","
                                                            + "\"memory\":64,\"package_state\":\"STAGED\","
                                                            + "\"version\":\"v1\"}},\"bulk_token\":{\"id\":1}}"
                                                    : "{\"results\":{},\"bulk_token\":{\"id\":null}}")
                                            .getBytes(UTF_8);
                            exchange.sendResponseHeaders(200, body.length);
                            exchange.getResponseBody().write(body);
                        }
                    });
            serving.start();
            return serving;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One process. */
    private final class Manager {
        final Process process;
        final Path status;

        Manager(String name) throws IOException {
            status = folder.resolve(name + ".status");
            var config = folder.resolve(name + ".yml");
            Files.writeString(
                    config,
                    """
                    nats: {servers: "%s", password: %s}
                    status: {file: %s}
                    controller: {url: "http://127.0.0.1:%d", fetch_period: 1s}
                    heartbeats: {ttl: 5s, fresh_after: 1s}
                    analysis: {period: 1s, grace: 1s}
                    lease: {ttl: 2s}
                    """
                            .formatted(
                                    server.url(), PASSWORD, status, bulk.getAddress().getPort()));
            process =
                    new ProcessBuilder(
                                    ProcessHandle.current().info().command().orElse("java"),
                                    "-Xmx64m",
                                    "-XX:TieredStopAtLevel=1",
                                    "-jar",
                                    Path.of(
                                                    System.getProperty("nimbus.root"),
                                                    "target/dist/health-manager.jar")
                                            .toString(),
                                    config.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve(name + ".log").toFile())
                            .start();
            managers.add(this);
        }

        JsonNode get(String path) {
            try {
                var file = JsonMapper.shared().readTree(Files.readString(status));
                var request =
                        HttpRequest.newBuilder(
                                        URI.create(
                                                "http://127.0.0.1:"
                                                        + file.path("port").asInt()
                                                        + path))
                                .header(
                                        "Authorization",
                                        "Basic "
                                                + Base64.getEncoder()
                                                        .encodeToString(
                                                                (file.path("user").asString()
                                                                                + ":"
                                                                                + file.path(
                                                                                                "password")
                                                                                        .asString())
                                                                        .getBytes(UTF_8)))
                                .build();
                return JsonMapper.shared()
                        .readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
            } catch (IOException e) {
                return JsonMapper.shared().createObjectNode(); // not up yet, or dead
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        boolean leads() {
            return process.isAlive() && get("/varz").path("leader").asBoolean(false);
        }
    }

    @AfterEach
    void stop() {
        managers.forEach(m -> m.process.destroyForcibly());
        controller.close();
        dea.close();
        timers.close();
        bulk.stop(0);
        http.close();
        server.kill();
    }

    @Test
    void the_standby_acts_when_the_holder_is_killed_and_knows_the_crashes() throws Exception {
        controller.answer(
                BulkCredentials.of("default"),
                (poke, replier) -> {
                    asked.add("credentials");
                    replier.reply(new BulkCredentials("bulk_api", "password"));
                });
        controller.subscribe(
                InstanceStartRequest.SUBJECT, "cc", m -> starts.add(m.app() + ":" + m.index()));
        dea.subscribe(DeaHeartbeat.WANTED, poke -> asked.add("heartbeat"));
        instances =
                List.of(
                        instance("guid-0", 0, InstanceState.RUNNING),
                        instance("guid-1", 1, InstanceState.CRASHED));
        timers.every(
                Duration.ofMillis(200),
                () -> dea.publish(DeaHeartbeat.SUBJECT, new DeaHeartbeat("dea-1", instances)));

        new Manager("one");
        new Manager("two");
        await().atMost(LONG).until(() -> managers.stream().filter(Manager::leads).count() == 1);
        await().atMost(LONG).until(() -> starts.contains("a:1"));
        assertThat(asked).contains("credentials", "heartbeat");

        var holder = managers.stream().filter(Manager::leads).findFirst().orElseThrow();
        var standby = managers.stream().filter(m -> m != holder).findFirst().orElseThrow();
        holder.process.destroyForcibly();
        await().atMost(LONG).until(standby::leads);

        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(crashCounts())
                                .singleElement()
                                .satisfies(c -> {
                                    assertThat(c.index()).isEqualTo(1);
                                    assertThat(c.count()).isEqualTo(1);
                                }));
        instances = List.of(instance("guid-1", 1, InstanceState.RUNNING));
        starts.clear();
        await().atMost(LONG).until(() -> starts.contains("a:0"));

        standby.process.destroy();
        assertThat(standby.process.waitFor(30, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        new Manager("three");
        await().atMost(LONG).until(() -> managers.getLast().leads());
        for (var log : List.of("one.log", "two.log", "three.log")) {
            assertThat(Files.readString(folder.resolve(log)))
                    .doesNotContain("ERROR")
                    .doesNotContain("Permissions Violation");
        }
    }

    private List<AppState.CrashCount> crashCounts() {
        return controller
                .gather(AppState.SUBJECT, new AppState.Query("a", "v1"), 1, Duration.ofSeconds(2))
                .stream()
                .filter(AppState::isKnown)
                .flatMap(state ->
                        state.crashCounts() == null
                                ? java.util.stream.Stream.empty()
                                : state.crashCounts().stream())
                .toList();
    }

    private static DeaHeartbeat.Instance instance(String guid, int index, InstanceState state) {
        return new DeaHeartbeat.Instance(
                null, "a", "v1", guid, index, state, System.currentTimeMillis() / 1000.0);
    }
}

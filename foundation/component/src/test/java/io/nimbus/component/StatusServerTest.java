package io.nimbus.component;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.subjects.ComponentAnnounce;
import io.nimbus.subjects.Poke;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class StatusServerTest {
    private final VirtualTime time = new VirtualTime();
    private final InMemoryBus wire = new InMemoryBus(time, new Random(1));
    private final InMemoryBus.Endpoint bus = wire.connect("router");
    private final InMemoryBus.Endpoint collector = wire.connect("collector");
    private final ArrayList<ComponentAnnounce> announced = new ArrayList<>();
    private final Health health = new Health();
    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir private Path folder = Path.of("/");

    private StatusServer server = new StatusServer("Router", config(folder), health, bus, time);

    private static StatusConfig config(Path file) {
        return new StatusConfig("127.0.0.1", 0, "varz", "pw", file, 3);
    }

    @BeforeEach
    void start() {
        collector.subscribe(ComponentAnnounce.SUBJECT, announced::add);
        server =
                new StatusServer(
                        "Router", config(folder.resolve("router.status")), health, bus, time);
        server.start();
        time.settle();
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    private HttpResponse<String> get(String path, boolean authenticated) throws Exception {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
        if (authenticated) {
            request.header(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString("varz:pw".getBytes(UTF_8)));
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void healthz_says_ok_or_names_each_fault() throws Exception {
        assertThat(get("/healthz", false).body()).isEqualTo("ok\n");
        var fault = new AtomicReference<Optional<String>>(Optional.of("does not answer"));
        health.check("database", fault::get);
        bus.disconnect();
        var bad = get("/healthz", false);
        assertThat(bad.statusCode()).isEqualTo(503);
        assertThat(bad.body()).isEqualTo("bus: the bus is away\ndatabase: does not answer\n");
        fault.set(Optional.empty());
        bus.reconnect();
        assertThat(get("/healthz", false).statusCode()).isEqualTo(200);
    }

    @Test
    void varz_and_metrics_need_the_announced_credentials() throws Exception {
        server.varz(() -> Map.of("urls", 5));
        assertThat(get("/varz", false).statusCode()).isEqualTo(401);
        assertThat(get("/metrics", false).statusCode()).isEqualTo(401);
        var varz = JsonMapper.shared().readTree(get("/varz", true).body());
        assertThat(varz.path("type").asString()).isEqualTo("Router");
        assertThat(varz.path("index").asInt()).isEqualTo(3);
        assertThat(varz.path("urls").asInt()).isEqualTo(5);
        assertThat(varz.path("mem_bytes").asLong()).isPositive();
        assertThat(get("/metrics", true).body()).contains("nimbus_bus_malformed_total");
    }

    @Test
    void it_announces_itself_at_start_and_when_it_is_looked_for() {
        assertThat(announced)
                .singleElement()
                .satisfies(a -> {
                    assertThat(a.host()).isEqualTo("127.0.0.1:" + server.port());
                    assertThat(a.credentials()).containsExactly("varz", "pw");
                    assertThat(a.uuid()).matches("3-[0-9a-f]{32}");
                    assertThat(a.start()).isEqualTo("2026-01-01 00:00:00 +0000");
                    assertThat(a.uptime()).isNull();
                });
        time.advance(Duration.ofHours(25).plusSeconds(61));
        assertThat(
                        collector.gather(
                                ComponentAnnounce.DISCOVER, Poke.POKE, 1, Duration.ofSeconds(1)))
                .singleElement()
                .satisfies(a -> assertThat(a.uptime()).isEqualTo("1d:1h:1m:1s"));
    }

    @Test
    void the_status_file_is_for_its_owner_only() throws Exception {
        var file = folder.resolve("router.status");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(
                        JsonMapper.shared()
                                .readValue(Files.readString(file), StatusServer.StatusFile.class)
                                .port())
                .isEqualTo(server.port());
    }
}

package io.nimbus.router;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.router.TestRouter.Registration;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.RouterStart;
import io.nimbus.subjects.RouterStatistics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The bus, status, logs, draining, reloading. Numbers: router.md §19. */
class OperationsScenariosIT {
    private static final JsonMapper JSON = new JsonMapper();

    private final ScriptedBackend app = new ScriptedBackend("B1");
    private final List<AutoCloseable> closing = new ArrayList<>(List.of(app));
    private final List<RouterStart> starts = new ArrayList<>();
    private final List<RouterStatistics> statistics = new ArrayList<>();

    @TempDir private Path folder = Path.of("");
    private TestRouter router = new TestRouter();

    @BeforeEach
    void route() {
        configure();
    }

    @AfterEach
    void stop() throws Exception {
        router.close();
        for (var resource : closing) {
            resource.close();
        }
    }

    private void configure(String... yaml) {
        router.close();
        starts.clear();
        statistics.clear();
        router = new TestRouter(false, yaml);
        router.others.subscribe(RouterStart.SUBJECT, starts::add);
        router.others.subscribe(RouterStatistics.ALL, statistics::add);
        router.router.start();
        router.settle();
        router.register("a.test", app);
    }

    // --- the bus

    @Test
    @DisplayName("42: a router says that it is there at its start and whenever the bus is back")
    void starts_are_announced() {
        assertThat(starts).hasSize(1);
        router.bus.disconnect();
        router.bus.reconnect();
        router.settle();
        assertThat(starts).hasSize(2);
        assertThat(starts.get(1)).isEqualTo(starts.get(0));
    }

    @Test
    @DisplayName("43: who asks for routers gets the start message")
    void greetings() {
        var replies =
                new ArrayList<>(
                        router.others.gather(
                                RouterStart.GREET, Poke.POKE, 5, Duration.ofSeconds(1)));
        assertThat(replies).containsExactly(starts.get(0));
        assertThat(starts.get(0).minimumRegisterIntervalInSeconds()).isEqualTo(20);
        assertThat(starts.get(0).pruneThresholdInSeconds()).isEqualTo(120);
        assertThat(starts.get(0).hosts()).containsExactly("127.0.0.1");
    }

    @Test
    @DisplayName("44: what is no message is dropped, and the next one counts")
    void malformed_messages() {
        for (var message :
                new String[] {
                    "{",
                    "[]",
                    "null",
                    "{\"host\":1,\"port\":\"x\",\"uris\":[\"bad.test\"]}",
                    "{\"host\":\"127.0.0.1\",\"port\":1,\"uris\":[\"bad.test\"],\"tags\":[]}",
                    "{\"host\":\"127.0.0.1\",\"port\":1,\"uris\":[\"bad.test\"],"
                            + "\"route_service_url\":\"http://s.test\"}"
                }) {
            router.others.publishRaw("router.register", message.getBytes(UTF_8));
        }
        router.others.publishRaw(
                "router.register",
                ("{\"host\":\"127.0.0.1\",\"port\":"
                                + app.port()
                                + ",\"uris\":[\"good.test\"],\"dea\":7}")
                        .getBytes(UTF_8));
        router.settle();
        assertThat(router.get("bad.test", "/").status()).isEqualTo(404);
        assertThat(router.get("good.test", "/").status()).isEqualTo(200);
    }

    @Test
    @DisplayName("44b: each app's traffic is said every few seconds, and once more when it ends")
    void traffic_is_said() {
        configure("statistics_interval: 5s");
        for (int i = 0; i < 4; i++) {
            router.get("a.test", "/");
        }
        app.script((request, conversation) -> conversation.answer(500, "no"));
        router.get("a.test", "/");
        await().until(() -> app.requests().size() == 5);
        router.get("nobody.test", "/");
        awaitDone(6);
        router.advance(Duration.ofSeconds(5));
        assertThat(statistics).hasSize(1);
        var said = statistics.get(0);
        assertThat(said.id()).isEqualTo(starts.get(0).id());
        assertThat(said.windowSeconds()).isEqualTo(5.0);
        assertThat(said.seq()).isZero();
        assertThat(said.of()).isEqualTo(1);
        assertThat(said.apps()).hasSize(1);
        var mine = said.apps().get(0);
        assertThat(mine.app()).isEqualTo(TestRouter.APP);
        assertThat(mine.done()).isEqualTo(5);
        assertThat(mine.errors()).isEqualTo(1);
        assertThat(mine.inFlight()).isZero();
        assertThat(mine.mostInFlight()).isPositive();
        assertThat(mine.p95Ms()).isGreaterThanOrEqualTo(mine.p50Ms()).isPositive();

        app.headOnly();
        app.script((request, conversation) -> {});
        try (var client = router.connect()) {
            client.send(RawClient.head("GET", "a.test", "/"));
            await().until(() -> app.requests().size() == 6);
            router.advance(Duration.ofSeconds(5));
            assertThat(statistics.get(1).apps().get(0).instances()).isEqualTo(Map.of("i1", 1));
        }
        awaitDone(7);
        router.advance(Duration.ofSeconds(5));
        assertThat(statistics.get(2).apps().get(0).inFlight()).isZero();
        router.advance(Duration.ofSeconds(5));
        assertThat(statistics.get(3).apps().get(0).done()).isZero();
        router.advance(Duration.ofSeconds(5));
        assertThat(statistics.get(4).apps()).isEmpty();
        // Forgotten after a while, and counted again when it comes back.
        router.advance(Duration.ofMinutes(6));
        assertThat(metrics()).doesNotContain("source_id=\"" + TestRouter.APP);
    }

    private void awaitDone(int count) {
        await().until(() -> number("total_requests") == count && number("requests_in_flight") == 0);
    }

    @Test
    @DisplayName("44c: much to say comes in several messages")
    void much_traffic_is_said_in_pieces() {
        configure("statistics_interval: 5s");
        int count = 2500;
        try (var client = router.connect()) {
            for (int i = 0; i < count; i++) {
                router.register(
                        new Registration(app.port(), "h" + i + ".test")
                                .app(new UUID(1, i).toString())
                                .message());
                client.get("h" + i + ".test", "/");
            }
        }
        awaitDone(count);
        router.advance(Duration.ofSeconds(5));
        assertThat(statistics).hasSizeGreaterThan(1);
        var apps = new HashSet<String>();
        for (int i = 0; i < statistics.size(); i++) {
            assertThat(statistics.get(i).seq()).isEqualTo(i);
            assertThat(statistics.get(i).of()).isEqualTo(statistics.size());
            var bytes =
                    RouterStatistics.of(statistics.get(i).id()).encode(statistics.get(i)).length;
            assertThat(bytes).isLessThan(512 * 1024);
            statistics.get(i).apps().forEach(app -> apps.add(app.app()));
        }
        assertThat(apps).hasSize(count);
        // Only so many have a series of their own.
        assertThat(Pattern.compile("http_latency_seconds_count\\{").matcher(metrics()).results())
                .hasSize(201);
        assertThat(metrics())
                .contains("http_latency_seconds_count{source_id=\"others\"} " + (count - 200));
    }

    // --- status

    private String metrics() {
        return router.status("/metrics", true).body();
    }

    private double number(String name) {
        return metrics()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(-1);
    }

    @Test
    @DisplayName("57: health is for everybody, routes and numbers for who knows the password")
    void the_status_port() {
        for (var path : new String[] {"/health", "/healthz"}) {
            assertThat(router.status(path, false).statusCode()).isEqualTo(200);
            assertThat(router.status(path, false).body()).isEqualTo("ok\n");
        }
        for (var path : new String[] {"/routes", "/varz", "/metrics"}) {
            var refused = router.status(path, false);
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(refused.headers().firstValue("WWW-Authenticate"))
                    .hasValueSatisfying(v -> assertThat(v).startsWith("Basic"));
        }
        router.register(
                new Registration(app.port(), "*.w.test/P")
                        .index(3)
                        .stale(30)
                        .zone("z1")
                        .segment("s1")
                        .balancing("least-connection")
                        .service("https://s.test/x")
                        .message());
        var routes = json("/routes");
        assertThat(routes.propertyNames()).containsExactlyInAnyOrder("a.test", "*.w.test/p");
        var plain = routes.get("a.test").get(0);
        assertThat(plain.get("address").asString()).isEqualTo("127.0.0.1:" + app.port());
        assertThat(plain.get("ttl").asInt()).isEqualTo(120);
        assertThat(plain.get("tls").asBoolean()).isFalse();
        assertThat(plain.get("protocol").asString()).isEqualTo("http1");
        assertThat(plain.get("load_balancing_algorithm").asString()).isEqualTo("round-robin");
        var rich = routes.get("*.w.test/p").get(0);
        assertThat(rich.get("ttl").asInt()).isEqualTo(30);
        assertThat(rich.get("availability_zone").asString()).isEqualTo("z1");
        assertThat(rich.get("isolation_segment").asString()).isEqualTo("s1");
        assertThat(rich.get("private_instance_id").asString()).isEqualTo("i4");
        assertThat(rich.get("route_service_url").asString()).isEqualTo("https://s.test/x");
        assertThat(rich.get("load_balancing_algorithm").asString()).isEqualTo("least-connection");
        assertThat(rich.get("tags").get("component").asString()).isEqualTo("dea-0");
    }

    private JsonNode json(String path) {
        return JSON.readTree(router.status(path, true).body());
    }

    @Test
    @DisplayName("57b: the collector finds the router's numbers")
    void numbers() {
        for (int i = 0; i < 6; i++) {
            router.get("a.test", "/");
        }
        router.get("none.test", "/");
        app.close();
        router.get("a.test", "/");
        awaitDone(8);
        router.advance(Duration.ofSeconds(61));
        var varz = json("/varz");
        assertThat(varz.get("type").asString()).isEqualTo("Router");
        assertThat(varz.get("urls").asInt()).isEqualTo(1);
        assertThat(varz.get("droplets").asInt()).isEqualTo(1);
        assertThat(varz.get("requests").asInt()).isEqualTo(8);
        assertThat(varz.get("bad_requests").asInt()).isEqualTo(1);
        assertThat(varz.get("bad_gateways").asInt()).isEqualTo(1);
        assertThat(varz.get("responses_2xx").asInt()).isEqualTo(6);
        assertThat(varz.get("responses_4xx").asInt()).isEqualTo(1);
        assertThat(varz.get("responses_5xx").asInt()).isEqualTo(1);
        assertThat(varz.get("rate")).hasSize(3);
        assertThat(varz.get("latency").get("samples").asInt()).isEqualTo(8);
        assertThat(varz.get("latency").get("99").asDouble()).isPositive();
        assertThat(varz.get("ms_since_last_registry_update").asInt()).isGreaterThan(60_000);
        assertThat(varz.get("tags").get("component").get("dea-0").get("responses_2xx").asInt())
                .isEqualTo(6);
        var metrics = metrics();
        assertThat(metrics)
                .contains("\ntotal_requests 8.0\n")
                .contains("\nbad_gateways 1.0\n")
                .contains("\nresponses{status_group=\"2xx\"} 6.0\n")
                .contains("registry_message{action=\"register\",component=\"dea-0\"} 1.0\n")
                .contains("\ntotal_routes 1.0\n")
                .contains("http_latency_seconds_count{source_id=\"" + TestRouter.APP + "\"} 6")
                .contains("latency_seconds_bucket{le=\"+Inf\"} 8");
    }

    @Test
    @DisplayName("57c: the busiest apps of the last minute")
    void the_busiest_apps() {
        for (int i = 0; i < 6; i++) {
            router.get("a.test", "/");
        }
        awaitDone(6);
        router.advance(Duration.ofSeconds(10));
        var top = json("/varz").get("top10_app_requests");
        assertThat(top).hasSize(1);
        assertThat(top.get(0).get("application_id").asString()).isEqualTo(TestRouter.APP);
        assertThat(top.get(0).get("rpm").asInt()).isEqualTo(6);
        router.advance(Duration.ofSeconds(60));
        assertThat(json("/varz").get("top10_app_requests")).isEmpty();
    }

    // --- draining

    private Thread draining() {
        return Thread.ofVirtual().start(router.router::drain);
    }

    private static void ends(Thread thread) throws InterruptedException {
        assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
    }

    @Test
    @DisplayName(
            "58: draining answers what is under way, and serves until the balancer has noticed")
    void draining_loses_nothing() throws Exception {
        configure("drain: {delay: 1s, timeout: 30s}");
        var release = new CountDownLatch(1);
        app.script((request, conversation) -> {
            if (request.target().equals("/slow")) {
                awaitQuietly(release);
            }
            conversation.answer(200, "B1");
        });
        int port = router.router.port();
        try (var slow = router.connect();
                var idle = router.connect();
                var busy = router.connect()) {
            assertThat(idle.get("a.test", "/").status()).isEqualTo(200);
            assertThat(busy.get("a.test", "/").status()).isEqualTo(200);
            slow.send(RawClient.head("GET", "a.test", "/slow"));
            await().until(() -> app.requests().size() == 3);
            var draining = draining();
            await().until(() -> router.status("/health", false).statusCode() == 503);
            // Still served; who asks is told to go.
            var last = busy.get("a.test", "/");
            assertThat(last.status()).isEqualTo(200);
            assertThat(last.header("Connection")).isEqualTo("close");
            var balancer = router.get("x.test", "/", "User-Agent: HTTP-Monitor/1.1");
            assertThat(balancer.status()).isEqualTo(503);
            assertThat(idle.isClosed()).isTrue();
            await().until(() -> isRefused(port));
            assertThat(draining.isAlive()).isTrue();
            release.countDown();
            var answer = slow.read();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Connection")).isEqualTo("close");
            ends(draining);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isRefused(int port) {
        try (var client = new RawClient(port)) {
            return client.isClosed();
        } catch (UncheckedIOException e) {
            return true;
        }
    }

    @Test
    @DisplayName("59: what takes longer than the drain's time is cut off")
    void draining_ends_in_time() throws Exception {
        configure("drain: {timeout: 300ms}");
        app.headOnly();
        app.script((request, conversation) -> {});
        try (var slow = router.connect()) {
            slow.send(RawClient.head("GET", "a.test", "/"));
            await().until(() -> app.requests().size() == 1);
            long before = System.nanoTime();
            ends(draining());
            assertThat(System.nanoTime() - before).isGreaterThan(250_000_000L);
            router.close();
            assertThat(slow.isClosed()).isTrue();
        }
    }

    @Test
    @DisplayName("59b: a second signal does not wait")
    void draining_can_be_cut_short() throws Exception {
        configure("drain: {delay: 1h}");
        var draining = draining();
        await().until(() -> router.status("/health", false).statusCode() == 503);
        router.router.cutDrain();
        ends(draining);
    }

    @Test
    @DisplayName("59c: a router that never opened has nothing to drain")
    void draining_before_the_start() throws Exception {
        configure("start_delay: 10s", "drain: {delay: 1h}");
        assertThat(router.router.port()).isZero();
        ends(draining());
        router.advance(Duration.ofSeconds(20));
        assertThat(router.router.port()).isZero();
    }

    // --- the log

    private List<String> lines(Path file, int count) {
        await().until(() -> Files.exists(file) && read(file).size() >= count);
        return read(file);
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("69: one line per request, with all fields in their order")
    void the_access_log() throws Exception {
        var file = folder.resolve("logs/access.log");
        configure(
                "access_log: {file: "
                        + file
                        + ", extra_headers: [X-Own], extra_fields: [failed_attempts,"
                        + " failed_attempts_time, dns_time, dial_time, tls_time, backend_time, local_address]}");
        String client;
        try (var raw = router.connect()) {
            client = raw.address();
            raw.send(
                    RawClient.head(
                                    "POST",
                                    "A.test:80",
                                    "/p?q=1",
                                    "Content-Length: 4",
                                    "Referer: http://r/",
                                    "User-Agent: \"agent\"",
                                    "X-Forwarded-For: 1.2.3.4",
                                    "X-Own: mine")
                            + "body");
            raw.read();
        }
        // Each loop hands over by itself: one after the other.
        lines(file, 1);
        router.get("none.test", "/");
        lines(file, 2);
        app.script((request, conversation) -> conversation.reset());
        router.get("a.test", "/reset");
        lines(file, 3);
        router.register(new Registration(app.port(), "a.test").message());
        app.script((request, conversation) ->
                conversation.send(
                        "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"));
        try (var raw = router.connect()) {
            raw.send(
                    RawClient.head(
                            "GET", "a.test", "/socket", "Connection: Upgrade", "Upgrade: x"));
            assertThat(raw.read().status()).isEqualTo(101);
        }
        var lines = lines(file, 4);
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0))
                .matches(
                        "A\\.test:80 - \\[\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z] \"POST /p\\?q=1 HTTP/1.1\" 200 4 2"
                                + " \"http://r/\" \"\\\\\"agent\\\\\"\" \""
                                + Pattern.quote(client)
                                + "\" \"127.0.0.1:"
                                + app.port()
                                + "\" x_forwarded_for:\"1.2.3.4, 127.0.0.1\" x_forwarded_proto:\"http\""
                                + " vcap_request_id:\"[0-9a-f-]{36}\" response_time:\\d+\\.\\d{6} gorouter_time:\\d+\\.\\d{6}"
                                + " app_id:\""
                                + TestRouter.APP
                                + "\" app_index:\"0\" instance_id:\"i1\" failed_attempts:0"
                                + " failed_attempts_time:(\"-\"|0.000000) dns_time:\"-\" dial_time:\\d+\\.\\d{6} tls_time:\"-\""
                                + " backend_time:\\d+\\.\\d{6} local_address:\"127.0.0.1:\\d+\""
                                + " x_cf_routererror:\"-\" x_own:\"mine\"");
        assertThat(lines.get(1))
                .startsWith("none.test - [")
                .contains("\"GET / HTTP/1.1\" 404 0 ")
                .contains(" \"-\" \"-\" \"127.0.0.1:")
                .contains(" gorouter_time:\"-\" app_id:\"-\" app_index:\"-\" instance_id:\"-\"")
                .contains("x_cf_routererror:\"unknown_route\" x_own:\"-\"");
        assertThat(lines.get(2))
                .contains("\"GET /reset HTTP/1.1\" 502 ")
                .contains("x_cf_routererror:\"endpoint_failure (");
        assertThat(lines.get(3)).contains("\"GET /socket HTTP/1.1\" 101 0 0 ");
        // Apps get theirs, nobody the others.
        await().untilAsserted(() -> assertThat(router.appLines()).hasSize(3));
        assertThat(router.appLog.get(0).getTagsMap()).containsEntry("source_type", "RTR");
        assertThat(router.appLog.get(0).getSourceId()).isEqualTo(TestRouter.APP);
        assertThat(router.appLines()).noneMatch(line -> line.contains("none.test"));
    }

    @Test
    @DisplayName("69b: the same as JSON")
    void the_access_log_as_json() {
        var file = folder.resolve("access.json");
        configure("access_log: {file: " + file + ", format: json, extra_headers: [X-Own]}");
        router.get("a.test", "/p?q=\"1\"", "X-Own: \u00e4\\", "User-Agent: \"a\tb\"");
        lines(file, 1);
        router.get("none.test", "/");
        var lines = lines(file, 2);
        var first = JSON.readTree(lines.get(0));
        assertThat(first.get("host").asString()).isEqualTo("a.test");
        assertThat(first.get("uri").asString()).isEqualTo("/p?q=\"1\"");
        assertThat(first.get("status").asInt()).isEqualTo(200);
        assertThat(first.get("user_agent").asString()).isEqualTo("\"a\tb\"");
        assertThat(first.get("x_own").asString()).isEqualTo("\u00e4\\");
        assertThat(first.get("app_id").asString()).isEqualTo(TestRouter.APP);
        assertThat(first.get("response_time").asDouble()).isPositive();
        var second = JSON.readTree(lines.get(1));
        assertThat(second.get("x_cf_routererror").asString()).isEqualTo("unknown_route");
        assertThat(second.has("app_id")).isFalse();
    }

    @Test
    @DisplayName("69c: what is private stays out of the log")
    void privacy() {
        var file = folder.resolve("private.log");
        configure(
                "access_log: {file: "
                        + file
                        + ", apps: false, forwarded_for: false, source: false, redact_query: hash}");
        router.get("a.test", "/p?secret=1");
        assertThat(lines(file, 1).getFirst())
                .doesNotContain("secret")
                .containsPattern("\"GET /p\\?[0-9a-f]{40} HTTP/1.1\"")
                .contains(" \"-\" \"-\" \"-\" \"127.0.0.1:" + app.port() + "\"")
                .contains("x_forwarded_for:\"-\"");
        router.get("a.test", "/p");
        assertThat(lines(file, 2).getLast()).contains("\"GET /p HTTP/1.1\"");
        assertThat(router.appLines()).isEmpty();
    }

    // --- changes while it runs

    @Test
    @DisplayName("80: what can change while it runs does, and what is wrong changes nothing")
    void reloading() throws Exception {
        var authority = new TestCertificates(folder);
        var first = authority.forNames("one.test");
        var chain = authority.chain(first);
        var key = authority.key(first);
        var tls = "tls: {port: 0, certificates: [{certificate: " + chain + ", key: " + key + "}]}";
        configure(tls);
        var file = folder.resolve("router.yml");
        Files.writeString(file, "");
        var yaml = new ArrayList<>(List.of(tls));
        var reload = new Reload(() -> read(file, yaml), file, router.router, Duration.ofMillis(20));
        reload.start();
        closing.add(reload);
        assertThat(router.get("a.test", "/").header("X-New")).isNull();
        yaml.add("responses: {add_headers: {X-New: yes}}");
        touch(file);
        await().until(() -> router.get("a.test", "/").header("X-New") != null);

        yaml.add("nonsense: 1");
        touch(file);
        reload.now();
        assertThat(router.get("a.test", "/").header("X-New")).isEqualTo("yes");

        assertThat(authority.shown(router.router.tlsPort())).isEqualTo("CN=one.test");
        yaml.removeLast();
        var second = authority.forNames("two.test");
        Files.writeString(key, second.getPrivateKeyPEM());
        Files.writeString(chain, second.getCertificatePathPEM());
        await().until(() -> authority.shown(router.router.tlsPort()).equals("CN=two.test"));
        Files.writeString(chain, "garbage");
        reload.now();
        assertThat(authority.shown(router.router.tlsPort())).isEqualTo("CN=two.test");
    }

    private static void touch(Path file) throws IOException {
        Files.writeString(file, "x", java.nio.file.StandardOpenOption.APPEND);
    }

    private static Config read(Path file, List<String> yaml) throws ConfigException {
        return Config.parse(
                "port: 0\nstart_delay: 0s\nloops: 2\nstatus: {port: 0, user: ops, password: secret}\n"
                        + String.join("\n", yaml),
                file.toString(),
                "router",
                Map.of());
    }

    @Test
    void all_faults_of_a_configuration_are_named_at_once() {
        assertThatThrownBy(() ->
                        TestRouter.config(
                                "http: false",
                                "sharding: {mode: segments}",
                                "timeouts: {dial: soon}",
                                "unknown: 1",
                                "access_log: {extra_fields: [nothing]}",
                                "route_services: {previous_secret: x}"))
                .hasMessageContaining("http")
                .hasMessageContaining("sharding.segments")
                .hasMessageContaining("timeouts.dial")
                .hasMessageContaining("unknown")
                .hasMessageContaining("extra_fields")
                .hasMessageContaining("previous_secret");
    }
}

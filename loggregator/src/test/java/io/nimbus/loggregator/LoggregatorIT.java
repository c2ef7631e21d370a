package io.nimbus.loggregator;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.SystemTimers;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.loggregator.dropsonde.Envelope;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import io.nimbus.subjects.BusUser;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.log.EnvelopeBatch;
import io.nimbus.subjects.log.Gauge;
import io.nimbus.subjects.log.GaugeValue;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What clients see, over a real bus with each user's own permissions. */
class LoggregatorIT {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String PASSWORD = "secret";
    private static final NatsServer NATS =
            TestServers.nats(
                    TestServers.folder("loggregator"),
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

    private static final SystemTimers timers = new SystemTimers();
    private static final HttpClient http = HttpClient.newHttpClient();
    private static final FakePeers peers = new FakePeers();
    private static final MessageBus dea = connect(BusUser.DEA);

    private final LogEmitter emitter = new LogEmitter(dea, timers);
    private final List<AutoCloseable> running = new ArrayList<>();
    private final String app = UUID.randomUUID().toString();
    private Loggregator loggregator = start("");

    @AfterEach
    void stop() throws Exception {
        for (var one : running) {
            one.close();
        }
        emitter.close();
    }

    @AfterAll
    static void stopPeers() {
        dea.close();
        peers.close();
        http.shutdownNow();
        timers.close();
        NATS.kill();
    }

    private static MessageBus connect(BusUser user) {
        var bus =
                NatsBus.open(
                        new NatsConfig(
                                List.of(NATS.url()),
                                user.user(),
                                user.user(),
                                PASSWORD,
                                user.inboxPrefix()),
                        timers);
        await().atMost(LONG).until(bus::isConnected);
        return bus;
    }

    private Loggregator start(String yaml) {
        peers.reset(app);
        try {
            var config =
                    LoggregatorConfig.read(
                            Config.parse(
                                    """
                                    nats: {password: none}
                                    uaa: {url: "%s"}
                                    controller: {url: "%s"}
                                    http: {port: 0}
                                    """
                                                    .formatted(peers.url(), peers.url())
                                            + yaml,
                                    "test",
                                    "loggregator",
                                    Map.of()));
            var bus = connect(BusUser.LOGGREGATOR);
            var made = LoggregatorMain.assemble(config, bus, timers, http, new Random(1));
            made.start();
            running.add(made);
            running.add(bus);
            return made;
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private int clients() {
        return (int) loggregator.varz().getOrDefault("stream_clients", -1);
    }

    private void line(String text) {
        emitter.out(app, Logs.APP, "0", text);
    }

    private HttpResponse<byte[]> get(String path, @Nullable String token) {
        try {
            var request =
                    HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + loggregator.port() + path));
            if (token != null) {
                request.header("Authorization", token);
            }
            return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private JsonNode read(String query) {
        var response = get("/api/v1/read/" + app + "?" + query, peers.token());
        assertThat(response.statusCode()).as(new String(response.body(), UTF_8)).isEqualTo(200);
        return JsonMapper.shared().readTree(response.body()).path("envelopes").path("batch");
    }

    private static List<String> texts(JsonNode batch) {
        return batch.valueStream()
                .map(e ->
                        new String(
                                Base64.getDecoder()
                                        .decode(e.path("log").path("payload").asString()),
                                UTF_8))
                .toList();
    }

    private void awaitLines(int count) {
        await().atMost(LONG)
                .until(() -> read("descending=true&envelope_types=LOG&limit=1000").size() >= count);
    }

    @Test
    void recent_lines_are_read_as_cf_reads_them() {
        for (int i = 0; i < 5; i++) {
            line("line " + i);
        }
        awaitLines(5);
        var batch =
                read(
                        "descending=true&envelope_types=LOG&limit=1000"
                                + "&start_time=-6795364578871345152");
        assertThat(texts(batch)).containsExactly("line 4", "line 3", "line 2", "line 1", "line 0");
        assertThat(batch.get(0).path("tags").path("source_type").asString()).isEqualTo(Logs.APP);
        assertThat(batch.get(0).path("source_id").asString()).isEqualTo(app);
        assertThat(batch.get(0).path("log").path("type").asString()).isEqualTo("OUT");
        var after = Long.parseLong(batch.get(2).path("timestamp").asString()) + 1;
        assertThat(texts(read("envelope_types=LOG&start_time=" + after)))
                .containsExactly("line 3", "line 4");
    }

    @Test
    void info_names_a_version_from_which_clients_use_these_paths() {
        var response = get("/api/v1/info", null);
        assertThat(response.statusCode()).isEqualTo(200);
        var info = JsonMapper.shared().readTree(response.body());
        assertThat(info.path("version").asString()).isEqualTo("2.6.2");
        assertThat(info.path("vm_uptime").asString()).matches("\\d+");
    }

    @Test
    void meta_shows_what_the_user_may_see() {
        line("mine");
        emitter.out(UUID.randomUUID().toString(), Logs.APP, "0", "somebody else's");
        awaitLines(1);
        var mine =
                JsonMapper.shared()
                        .readTree(get("/api/v1/meta", peers.token()).body())
                        .path("meta");
        assertThat(mine.propertyNames()).containsExactly(app);
        assertThat(mine.path(app).path("count").asString()).isEqualTo("1");
        await().atMost(LONG)
                .until(() ->
                        JsonMapper.shared()
                                        .readTree(
                                                get("/api/v1/meta", peers.token("doppler.firehose"))
                                                        .body())
                                        .path("meta")
                                        .size()
                                >= 2);
    }

    @Test
    void an_empty_read_is_kept_open_for_a_while_and_ends_when_a_line_comes() {
        var query = "descending=true&limit=1&start_time=-6795364578871345152";
        assertThat(millis(() -> read(query))).isBetween(490L, 10_000L);
        // A second one after a line that is too young for cf to begin with.
        line("young");
        awaitLines(1);
        assertThat(texts(read("start_time=0&envelope_types=LOG"))).containsExactly("young");
        assertThat(millis(() -> read("descending=true&envelope_types=COUNTER&limit=1000")))
                .as("asked once: nothing to hold")
                .isLessThan(450);
    }

    private static long millis(Runnable task) {
        var start = System.nanoTime();
        task.run();
        return (System.nanoTime() - start) / 1_000_000;
    }

    @Test
    void a_client_that_asks_without_a_pause_is_slowed_and_still_gets_its_lines() {
        var writing = timers.every(Duration.ofMillis(100), () -> line("tick"));
        try {
            await().atMost(LONG)
                    .until(() -> {
                        var first = read("descending=true&limit=1");
                        return first.size() == 1 && age(first.get(0)) >= 1_000;
                    });
            var printed = 0;
            var reads = 0;
            var next = (Instant.now().toEpochMilli() - 3_000) * 1_000_000;
            var end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
            while (System.nanoTime() < end) {
                reads++;
                for (var envelope : read("envelope_types=LOG&start_time=" + next)) {
                    if (age(envelope) < 2_000) {
                        break;
                    }
                    printed++;
                    next = Long.parseLong(envelope.path("timestamp").asString()) + 1;
                }
            }
            assertThat(printed).isGreaterThan(10);
            assertThat(reads).isLessThan(25);
        } finally {
            writing.cancel();
        }
    }

    private static long age(JsonNode envelope) {
        return Instant.now().toEpochMilli()
                - Long.parseLong(envelope.path("timestamp").asString()) / 1_000_000;
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/read/%s", "/apps/%s/recentlogs", "/apps/%s/containermetrics"})
    void who_may_read_is_the_controllers_to_say(String path) {
        var mine = path.formatted(app);
        var other = path.formatted(UUID.randomUUID());
        assertThat(get(mine, peers.token()).statusCode()).isEqualTo(200);
        assertThat(get(other, peers.token()).statusCode()).isEqualTo(404);
        assertThat(get(other, peers.token("doppler.firehose")).statusCode()).isEqualTo(200);
        assertThat(get(mine, null).statusCode()).isEqualTo(401);
        assertThat(get(mine, "bearer nonsense").statusCode()).isEqualTo(401);
        assertThat(get(mine, peers.token(Instant.now().minusSeconds(1))).statusCode())
                .isEqualTo(401);
        peers.status = 500;
        assertThat(get(mine, peers.token()).statusCode()).isEqualTo(500);
        peers.status = 503;
        assertThat(get(mine, peers.token()).statusCode()).isEqualTo(503);
        peers.status = 401;
        assertThat(get(mine, peers.token()).statusCode()).isEqualTo(401);
    }

    @Test
    void the_controller_is_asked_once_for_many_reads() {
        var token = peers.token();
        for (int i = 0; i < 5; i++) {
            get("/apps/" + app + "/recentlogs", token);
        }
        assertThat(peers.asked).hasValue(1);
    }

    @Test
    void a_source_that_is_no_id_never_reaches_the_controller() {
        assertThat(get("/api/v1/read/..%2F..%2Fv2%2Fapps", peers.token()).statusCode())
                .isIn(400, 404);
        assertThat(get("/api/v1/read/a.b", peers.token()).statusCode()).isEqualTo(404);
        assertThat(get("/apps/not-a-guid/recentlogs", peers.token()).statusCode()).isEqualTo(401);
        assertThat(peers.asked).hasValue(0);
    }

    @Test
    void bad_parameters_and_unknown_things_are_told_apart() {
        assertThat(get("/api/v1/read/" + app + "?limit=1001", peers.token()).statusCode())
                .isEqualTo(400);
        assertThat(get("/api/v1/query?query=x", peers.token()).statusCode()).isEqualTo(501);
        assertThat(get("/nothing", peers.token()).statusCode()).isEqualTo(404);
    }

    @Test
    void recent_logs_are_multipart_for_the_older_clients() throws Exception {
        for (int i = 0; i < 3; i++) {
            line("line " + i);
        }
        awaitLines(3);
        var response = get("/apps/" + app + "/recentlogs?limit=2", peers.token());
        var type = response.headers().firstValue("content-type").orElseThrow();
        assertThat(type).matches("multipart/x-protobuf; boundary=[0-9a-f]{60}");
        assertThat(parts(response))
                .extracting(e -> e.getLogMessage().getMessage().toStringUtf8())
                .containsExactly("line 1", "line 2");
        assertThat(get("/apps/" + app + "/recentlogs", null).headers().map())
                .containsEntry("www-authenticate", List.of("Basic"));
    }

    @Test
    void an_app_without_lines_has_an_empty_multipart() {
        var response = get("/apps/" + app + "/recentlogs", peers.token());
        assertThat(new String(response.body(), US_ASCII)).matches("--[0-9a-f]{60}--\r\n");
    }

    @Test
    void a_browser_shows_its_token_as_a_cookie() throws Exception {
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:"
                                                + loggregator.port()
                                                + "/apps/"
                                                + app
                                                + "/recentlogs"))
                        .header(
                                "Cookie",
                                "authorization="
                                        + URLEncoder.encode(peers.token(), UTF_8)
                                                .replace("+", "%20"))
                        .build();
        assertThat(http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
                .isEqualTo(200);
    }

    /** As cf-java-client takes it apart. */
    private static List<Envelope> parts(HttpResponse<byte[]> response)
            throws InvalidProtocolBufferException {
        var type = response.headers().firstValue("content-type").orElseThrow();
        var delimiter = "--" + type.substring(type.indexOf('=') + 1);
        var body = new String(response.body(), ISO_8859_1);
        var parts = new ArrayList<Envelope>();
        for (var part : body.split(delimiter + "\r\n\r\n", -1)) {
            if (!part.isEmpty()) {
                var payload =
                        part.substring(
                                0,
                                part.indexOf("\r\n" + (part.contains(delimiter) ? delimiter : "")));
                parts.add(Envelope.parseFrom(payload.getBytes(ISO_8859_1)));
            }
        }
        return parts;
    }

    @Test
    void the_latest_figures_of_each_instance_are_its_container_metrics() throws Exception {
        for (int i = 0; i < 3; i++) {
            metric(0, i);
            metric(1, i * 10);
        }
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(parts(get("/apps/" + app + "/containermetrics", peers.token())))
                                .extracting(e -> e.getContainerMetric().getMemoryBytes())
                                .containsExactlyInAnyOrder(2L, 20L));
    }

    private void metric(int instance, int memory) {
        dea.publish(
                Logs.app(app),
                EnvelopeBatch.newBuilder()
                        .addBatch(
                                io.nimbus.subjects.log.Envelope.newBuilder()
                                        .setTimestamp(Instant.now().toEpochMilli() * 1_000_000)
                                        .setInstanceId(String.valueOf(instance))
                                        .setGauge(
                                                Gauge.newBuilder()
                                                        .putMetrics("cpu", gauge(1))
                                                        .putMetrics("memory", gauge(memory))
                                                        .putMetrics("disk", gauge(1))))
                        .build());
    }

    private static GaugeValue gauge(int value) {
        return GaugeValue.newBuilder().setUnit("bytes").setValue(value).build();
    }

    private final class Client implements WebSocket.Listener {
        final List<Envelope> heard = new CopyOnWriteArrayList<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        final WebSocket socket;
        private ByteString message = ByteString.EMPTY;

        Client(String path, String token) {
            socket =
                    http.newWebSocketBuilder()
                            .header("Authorization", token)
                            .header("Origin", "ws://anything")
                            .buildAsync(
                                    URI.create("ws://127.0.0.1:" + loggregator.port() + path), this)
                            .join();
            running.addFirst(socket::abort);
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(
                WebSocket from, ByteBuffer data, boolean last) {
            // A message may come in pieces.
            message = message.concat(ByteString.copyFrom(data));
            if (last) {
                try {
                    heard.add(Envelope.parseFrom(message));
                } catch (InvalidProtocolBufferException e) {
                    closed.completeExceptionally(e);
                }
                message = ByteString.EMPTY;
            }
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            closed.complete(status);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            closed.completeExceptionally(error);
        }

        List<String> texts() {
            return heard.stream()
                    .filter(Envelope::hasLogMessage)
                    .map(e -> e.getLogMessage().getMessage().toStringUtf8())
                    .toList();
        }
    }

    @Test
    void a_stream_tells_what_comes_from_now_on() {
        line("before");
        awaitLines(1);
        var client = new Client("/apps/" + app + "/stream", peers.token());
        for (int i = 0; i < 500; i++) {
            line("line " + i);
        }
        metric(0, 7);
        await().atMost(LONG).until(() -> client.heard.size() >= 501);
        assertThat(client.texts()).hasSize(500).first().isEqualTo("line 0");
        assertThat(client.texts()).last().isEqualTo("line 499");
        assertThat(client.heard).anyMatch(Envelope::hasContainerMetric);
        assertThat(loggregator.varz()).containsEntry("stream_clients", 1);
        client.socket.sendClose(WebSocket.NORMAL_CLOSURE, "enough").join();
        await().atMost(LONG).until(() -> clients() == 0);
    }

    @Test
    void a_stream_ends_with_the_process() throws Exception {
        var client = new Client("/apps/" + app + "/stream", peers.token());
        loggregator.close();
        assertThat(client.closed.get(30, java.util.concurrent.TimeUnit.SECONDS)).isEqualTo(1001);
    }

    @Test
    void a_stream_is_refused_before_it_opens() {
        assertThat(handshake("/apps/" + app + "/stream", "bearer nonsense")).isEqualTo(401);
        assertThat(handshake("/apps/" + UUID.randomUUID() + "/stream", peers.token()))
                .isEqualTo(404);
        assertThat(handshake("/apps/not-a-guid/stream", peers.token())).isEqualTo(401);
        assertThat(handshake("/firehose/mine", peers.token())).isEqualTo(401);
        assertThat(handshake("/apps/" + app + "/other", peers.token())).isEqualTo(404);
        peers.status = 503;
        assertThat(handshake("/apps/" + app + "/stream", peers.token())).isEqualTo(503);
    }

    private int handshake(String path, String token) {
        try {
            new Client(path, token);
            return 101;
        } catch (CompletionException e) {
            if (e.getCause() instanceof WebSocketHandshakeException refused) {
                return refused.getResponse().statusCode();
            }
            throw e;
        }
    }

    @Test
    void a_firehose_is_shared_by_those_who_name_the_same_subscription() {
        var token = peers.token("doppler.firehose");
        var one = new Client("/firehose/shared?filter-type=logs", token);
        var two = new Client("/firehose/shared?filter-type=logs", token);
        var alone = new Client("/firehose/alone", token);
        for (int i = 0; i < 100; i++) {
            line("line " + i);
        }
        await().atMost(LONG).until(() -> alone.texts().size() == 100);
        await().atMost(LONG).until(() -> one.texts().size() + two.texts().size() == 100);
        assertThat(one.texts()).hasSize(50).doesNotContainAnyElementsOf(two.texts());
        dea.publish(
                Logs.platform("dea"),
                EnvelopeBatch.newBuilder()
                        .addBatch(
                                io.nimbus.subjects.log.Envelope.newBuilder()
                                        .setSourceId("dea")
                                        .setGauge(
                                                Gauge.newBuilder()
                                                        .putMetrics("instances", gauge(3))))
                        .build());
        await().atMost(LONG)
                .until(() ->
                        alone.heard.stream()
                                .anyMatch(e -> e.getValueMetric().getName().equals("instances")));
        assertThat(one.heard).noneMatch(Envelope::hasValueMetric);
    }

    @Test
    void a_client_that_answers_no_ping_is_cut_and_one_that_does_is_not() throws Exception {
        loggregator = start("doppler: {pong_timeout: 500ms, ping_rest: 100ms}");
        var alive = new Client("/apps/" + app + "/stream", peers.token());
        try (var dead = raw("/apps/" + app + "/stream")) {
            dead.setSoTimeout(30_000);
            var frame = new ArrayList<Integer>();
            for (int b = dead.getInputStream().read(); b >= 0; b = dead.getInputStream().read()) {
                frame.add(b);
            }
            // A ping (0x89), then a close frame (0x88) with status 1008.
            assertThat(frame).startsWith(0x89, 0x00, 0x88);
            assertThat((frame.get(4) << 8) + frame.get(5)).isEqualTo(1008);
        }
        line("still there");
        await().atMost(LONG).until(() -> alive.texts().contains("still there"));
    }

    @Test
    void a_client_that_does_not_read_is_cut_and_costs_no_memory() throws Exception {
        loggregator = start("doppler: {queue: 100, queue_max_mib: 1, write_timeout: 1s}");
        var quick = new Client("/apps/" + app + "/stream", peers.token());
        try (var slow = raw("/apps/" + app + "/stream")) {
            await().atMost(LONG).until(() -> clients() == 2);
            var text = "x".repeat(50_000);
            await().atMost(LONG)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> {
                        line(text);
                        line(text);
                        return clients() == 1;
                    });
            assertThat(slow.isConnected()).isTrue();
        }
        line("last");
        await().atMost(LONG).until(() -> quick.texts().contains("last"));
    }

    /** A client that opens a stream and then neither reads nor writes. */
    private Socket raw(String path) throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.connect(
                new java.net.InetSocketAddress(
                        java.net.InetAddress.getLoopbackAddress(), loggregator.port()));
        socket.getOutputStream()
                .write(
                        ("GET "
                                        + path
                                        + " HTTP/1.1\r\nHost: doppler.localhost\r\nUpgrade: websocket\r\n"
                                        + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                        + "Authorization: "
                                        + peers.token()
                                        + "\r\n\r\n")
                                .getBytes(US_ASCII));
        var head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            head.append((char) socket.getInputStream().read());
        }
        assertThat(head.toString()).startsWith("HTTP/1.1 101");
        return socket;
    }

    @Test
    void after_a_restart_the_lines_are_there_with_their_times() {
        for (int i = 0; i < 20; i++) {
            line("line " + i);
        }
        awaitLines(20);
        var before = read("descending=true&envelope_types=LOG&limit=1000");
        loggregator.close();
        loggregator = start("");
        awaitLines(20);
        assertThat(read("descending=true&envelope_types=LOG&limit=1000")).isEqualTo(before);
    }

    @Test
    void the_router_is_told_its_names() {
        var heard = new CopyOnWriteArrayList<RouterRegister>();
        var router = connect(BusUser.ROUTER);
        running.add(router);
        router.subscribe(RouterRegister.REGISTER, heard::add);
        router.gather(
                new io.nimbus.subjects.RequestSubject<>(
                        "vcap.component.announce",
                        io.nimbus.subjects.Poke.class,
                        io.nimbus.subjects.Poke.class),
                io.nimbus.subjects.Poke.POKE,
                1,
                Duration.ofMillis(100));
        loggregator = start("domain: example.org");
        await().atMost(LONG)
                .until(() ->
                        heard.stream()
                                .anyMatch(m ->
                                        m.uris()
                                                        .equals(
                                                                List.of(
                                                                        "doppler.example.org",
                                                                        "log-cache.example.org",
                                                                        "loggregator.example.org"))
                                                && Integer.valueOf(loggregator.port())
                                                        .equals(m.port())));
    }
}

package io.nimbus.router;

import static io.nimbus.router.TestRouter.APP;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.router.TestRouter.Registration;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of requests and answers on their way. Numbers: router.md §19. */
class MessageScenariosIT {
    private final ScriptedBackend app = new ScriptedBackend("B1");
    private TestRouter router = new TestRouter();

    @BeforeEach
    void route() {
        router.register("a.test", app);
    }

    @AfterEach
    void stop() {
        router.close();
        app.close();
        assertThat(app.faults()).isEmpty();
    }

    private void configure(String... yaml) {
        router.close();
        router = new TestRouter(yaml);
        router.register("a.test", app);
    }

    @Test
    @DisplayName("1: an instance learns who asks, when, and who it is itself")
    void the_usual_headers() {
        long before = System.currentTimeMillis();
        var response = router.get("a.test", "/");
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("B1");
        var request = app.last();
        assertThat(request.header("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(request.header("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(Long.parseLong(request.header("X-Request-Start")))
                .isBetween(before - 1000, System.currentTimeMillis() + 1000);
        var id = request.header("X-Vcap-Request-Id");
        assertThat(UUID.fromString(id).version()).isEqualTo(4);
        assertThat(response.header("X-Vcap-Request-Id")).isEqualTo(id);
        assertThat(request.header("X-CF-ApplicationID")).isEqualTo(APP);
        assertThat(request.header("X-CF-InstanceID")).isEqualTo("i1");
        assertThat(request.header("X-CF-InstanceIndex")).isEqualTo("0");
        assertThat(response.header("Date")).isNotNull();
        assertThat(response.header("Content-Type")).isNull();
        assertThat(request.header("User-Agent")).isNull();
        assertThat(request.header("Connection")).isNull();
    }

    @Test
    @DisplayName("1b: an endpoint without an instance id is known by its address")
    void an_endpoint_without_an_id() {
        router.register(new Registration(app.port(), "c.test").app(null).id(null).message());
        router.get("c.test", "/");
        assertThat(app.last().header("X-CF-InstanceID")).isEqualTo("127.0.0.1:" + app.port());
        assertThat(app.last().header("X-CF-ApplicationID")).isEmpty();
    }

    @Test
    @DisplayName("3: the host is found in any case and with a port, and passed on as it came")
    void the_host_is_passed_on() {
        assertThat(router.get("A.TEST:8080", "/").status()).isEqualTo(200);
        assertThat(app.last().headers("Host")).containsExactly("A.TEST:8080");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/a%2Fb/../c;v=1?x=%20#f",
                "/foo//bar",
                "//foo?x=1",
                "/\u00e4?b",
                "/?",
                "/?a=%zz"
            })
    @DisplayName("8: the target is passed on byte for byte")
    void the_target_is_passed_on(String target) {
        assertThat(router.get("a.test", target).status()).isEqualTo(200);
        assertThat(app.last().target()).isEqualTo(target);
    }

    @Test
    @DisplayName("9: a target that is a URL says where to go, and is passed on as one")
    void an_absolute_target() {
        var response = router.get("other.test", "http://a.test/p?q");
        assertThat(response.status()).isEqualTo(200);
        assertThat(app.last().target()).isEqualTo("http://a.test/p?q");
        assertThat(app.last().headers("Host")).containsExactly("a.test");
        assertThat(router.get("a.test", "http://other.test/").status()).isEqualTo(404);
    }

    @Test
    @DisplayName("10: a request has one host")
    void hosts_are_needed() {
        try (var client = router.connect()) {
            var response = client.send("GET / HTTP/1.0\r\n\r\n").read();
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.routerError()).isEqualTo("empty_host");
            assertThat(response.text())
                    .isEqualTo("400 Bad Request: Request had empty Host header\n");
            assertThat(response.header("Cache-Control")).isEqualTo("public,max-age=2");
        }
        refused("GET / HTTP/1.1\r\n\r\n", 400);
        refused("GET / HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\n\r\n", 400);
        refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
        refused("GET http://u@a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
    }

    /** The router answers this status without an error of its own, closes, and asks nobody. */
    private void refused(String request, int status) {
        int before = app.requests().size();
        try (var client = router.connect()) {
            var response = client.send(request).read();
            assertThat(response.status()).as(request).isEqualTo(status);
            assertThat(response.routerError()).isEmpty();
            assertThat(response.header("Connection")).isEqualTo("close");
            assertThat(client.isClosed()).as("closed after " + request).isTrue();
        }
        assertThat(app.requests()).hasSize(before);
    }

    @Test
    @DisplayName("11: a client's own address is no host")
    void the_clients_address_as_host() {
        var response = router.get("127.0.0.1", "/");
        assertThat(response.status()).isEqualTo(400);
        assertThat(response.routerError()).isEqualTo("empty_host");
        assertThat(router.get("127.0.0.1:8080", "/").status()).isEqualTo(400);
    }

    @Test
    @DisplayName("12: versions that there are not")
    void unknown_versions() {
        refused("GET / HTTP/1.5\r\nHost: a.test\r\n\r\n", 400);
        refused("GET / HTTP/2.0\r\nHost: a.test\r\n\r\n", 505);
        refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
        refused("GET / http/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("GET /\r\nHost: a.test\r\n\r\n", 400);
        try (var client = router.connect()) {
            client.send("GET / HTTP/1.5\r\nHost: a.test\r\n\r\n");
            assertThat(client.rest()).startsWith("HTTP/1.0 400 Bad Request\r\n");
        }
    }

    @Test
    @DisplayName("13: a body has one length")
    void ambiguous_lengths() {
        var post = "POST / HTTP/1.1\r\nHost: a.test\r\n";
        var smuggled = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
        refused(post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + smuggled, 400);
        refused(
                post
                        + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                        + smuggled,
                400);
        refused(post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, 501);
        refused(post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled, 501);
        refused(
                post
                        + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                        + smuggled,
                501);
        refused(post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled, 400);
        try (var client = router.connect()) {
            client.send(post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody");
            assertThat(client.read().status()).isEqualTo(200);
            assertThat(app.last().headers("Content-Length")).containsExactly("4");
            assertThat(app.last().text()).isEqualTo("body");
        }
    }

    @Test
    @DisplayName("14: what is no HTTP is refused before anybody hears of it")
    void malformed_heads() {
        refused("GET / HTTP/1.1\r\nHost: a.test\r\nBad Name: x\r\n\r\n", 400);
        refused("GET / HTTP/1.1\r\nHost: a.test\r\nX: a\0b\r\n\r\n", 400);
        refused("GET /%zz HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("GET /a\u0001b HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("GET /a b HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("GET  / HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("G@T / HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("GET foo HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("GET * HTTP/1.1\r\nHost: a.test\r\n\r\n", 400);
        refused("GET / HTTP/1.1\nHost: a.test\n\n", 400);
        refused("GET / HTTP/1.1\r\nHost: a.test\r\nX: a\r\n b\r\n\r\n", 400);
    }

    @Test
    @DisplayName("14b: an unknown method is the app's business; OPTIONS * is the router's")
    void methods() {
        try (var client = router.connect()) {
            assertThat(client.request("FOO", "a.test", "/").status()).isEqualTo(200);
            assertThat(app.last().line()).isEqualTo("FOO / HTTP/1.1");
            int before = app.requests().size();
            assertThat(client.request("OPTIONS", "a.test", "*").status()).isEqualTo(200);
            assertThat(app.requests()).hasSize(before);
            assertThat(client.get("a.test", "/").status()).isEqualTo(200);
            assertThat(client.request("CONNECT", "a.test:443", "a.test:443").status())
                    .isEqualTo(200);
            assertThat(app.last().line()).isEqualTo("CONNECT a.test:443 HTTP/1.1");
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    @DisplayName("15: what a client claims is added to, kept or overwritten, each by its rule")
    void claims_of_the_client() {
        router.get(
                "a.test",
                "/",
                "X-Forwarded-For: 1.2.3.4",
                "X-Forwarded-Proto: https",
                "X-Vcap-Request-Id: forged",
                "X-CF-InstanceID: forged",
                "X-CF-ApplicationID: forged",
                "X-CF-InstanceIndex: 77",
                "X-Request-Start: 5",
                "X-Forwarded-Host: h",
                "Forwarded: for=9.9.9.9",
                "X_Under: u",
                "X-Vcap-Trace: t");
        var request = app.last();
        assertThat(request.headers("X-Forwarded-For")).containsExactly("1.2.3.4, 127.0.0.1");
        assertThat(request.headers("X-Forwarded-Proto")).containsExactly("https");
        assertThat(request.headers("X-Vcap-Request-Id")).hasSize(1).doesNotContain("forged");
        assertThat(request.headers("X-CF-InstanceID")).containsExactly("i1");
        assertThat(request.headers("X-CF-ApplicationID")).containsExactly(APP);
        assertThat(request.headers("X-CF-InstanceIndex")).containsExactly("0");
        assertThat(request.headers("X-Request-Start")).containsExactly("5");
        assertThat(request.headers("X-Forwarded-Host")).containsExactly("h");
        assertThat(request.headers("Forwarded")).containsExactly("for=9.9.9.9");
        assertThat(request.headers("X_Under")).containsExactly("u");
        assertThat(request.headers("X-Vcap-Trace")).containsExactly("t");
    }

    @Test
    @DisplayName("15b: several lines of X-Forwarded-For become one; an empty protocol is set")
    void repeated_forwarded_for() {
        router.get(
                "a.test",
                "/",
                "X-Forwarded-For: 1.1.1.1",
                "X-Forwarded-For: 2.2.2.2",
                "X-Forwarded-Proto:",
                "User-Agent:");
        assertThat(app.last().headers("X-Forwarded-For"))
                .containsExactly("1.1.1.1, 2.2.2.2, 127.0.0.1");
        assertThat(app.last().headers("X-Forwarded-Proto")).containsExactly("http");
        assertThat(app.last().headers("User-Agent")).isEmpty();
        configure("forwarding: {sanitize_proto: true}");
        router.get("a.test", "/", "X-Forwarded-Proto: https");
        assertThat(app.last().headers("X-Forwarded-Proto")).containsExactly("http");
        configure("forwarding: {force_https: true}");
        router.get("a.test", "/", "X-Forwarded-Proto: ftp");
        assertThat(app.last().headers("X-Forwarded-Proto")).containsExactly("https");
    }

    @Test
    @DisplayName("16: what is for this hop ends here")
    void hop_by_hop_requests() {
        try (var client = router.connect()) {
            var response =
                    client.get(
                            "a.test",
                            "/",
                            "Connection: X-Foo, close",
                            "X-Foo: 1",
                            "Keep-Alive: timeout=1",
                            "Proxy-Authorization: x",
                            "Proxy-Connection: keep-alive",
                            "TE: trailers",
                            "Trailer: X");
            assertThat(response.header("Connection")).isEqualTo("close");
            assertThat(client.isClosed()).isTrue();
        }
        var request = app.last();
        for (var name :
                List.of(
                        "X-Foo",
                        "Keep-Alive",
                        "Proxy-Authorization",
                        "Proxy-Connection",
                        "Connection",
                        "Trailer")) {
            assertThat(request.headers(name)).as(name).isEmpty();
        }
        assertThat(request.headers("TE")).containsExactly("trailers");
        router.get("a.test", "/", "TE: gzip");
        assertThat(app.last().headers("TE")).isEmpty();
    }

    @Test
    @DisplayName("17: a client cannot strike out what the router vouches for")
    void abuse_of_connection() {
        router.get(
                "a.test",
                "/",
                "Connection: X-Forwarded-Proto, Host, Content-Length, X-Forwarded-For",
                "X-Forwarded-Proto: https",
                "X-Forwarded-For: 9.9.9.9");
        assertThat(app.last().header("X-Forwarded-Proto")).isEqualTo("https");
        assertThat(app.last().header("X-Forwarded-For")).isEqualTo("9.9.9.9, 127.0.0.1");
        assertThat(app.last().header("Host")).isEqualTo("a.test");
    }

    @Test
    @DisplayName("18: what an app says to its next hop ends here, too")
    void hop_by_hop_answers() {
        app.script((request, conversation) ->
                conversation.answer(
                        200,
                        "x",
                        "Connection: X-S",
                        "X-S: 1",
                        "Keep-Alive: timeout=9",
                        "X-CF-Proxy-Signature: s",
                        "X-Kept: yes"));
        var response = router.get("a.test", "/");
        for (var name : List.of("X-S", "Connection", "Keep-Alive", "X-CF-Proxy-Signature")) {
            assertThat(response.headers(name)).as(name).isEmpty();
        }
        assertThat(response.headers("X-Kept")).containsExactly("yes");
    }

    @Test
    @DisplayName("19: an app's own request id stands")
    void an_apps_request_id() {
        app.script((r, c) -> c.answer(200, "", "X-Vcap-Request-Id: mine"));
        assertThat(router.get("a.test", "/").headers("X-Vcap-Request-Id")).containsExactly("mine");
    }

    @Test
    @DisplayName("20: who knows the key is told where the request went")
    void tracing_headers() {
        configure("forwarding: {trace_key: 22}", "address: 10.0.0.7");
        var told = router.get("a.test", "/", "X-Vcap-Trace: 22");
        assertThat(told.header("X-Vcap-Router")).isEqualTo("10.0.0.7");
        assertThat(told.header("X-Vcap-Backend")).isEqualTo("127.0.0.1:" + app.port());
        assertThat(told.header("X-CF-RouteEndpoint")).isEqualTo("127.0.0.1:" + app.port());
        var other = router.get("a.test", "/", "X-Vcap-Trace: 23");
        assertThat(other.header("X-Vcap-Router")).isNull();
        assertThat(other.header("X-Vcap-Backend")).isNull();
    }

    @Test
    @DisplayName("20b: a Zipkin trace begins here, unless the client is in one")
    void zipkin_traces() {
        configure("tracing: {zipkin: true}");
        router.get("a.test", "/");
        var id = app.last().header("X-Vcap-Request-Id");
        assertThat(id).isNotNull();
        var trace = String.valueOf(id).replace("-", "");
        assertThat(app.last().header("X-B3-TraceId")).isEqualTo(trace);
        var span = app.last().header("X-B3-SpanId");
        assertThat(span).matches("[0-9a-f]{16}");
        assertThat(app.last().headers("b3")).containsExactly(trace + "-" + span);

        var mine = "463ac35c9f6413ad48485a3953bb6124";
        router.get("a.test", "/", "b3: " + mine + "-a2fb4a1d1a96d312-1");
        assertThat(app.last().headers("b3")).containsExactly(mine + "-a2fb4a1d1a96d312-1");
        assertThat(app.last().header("X-B3-TraceId")).isNull();
        assertThat(app.last().header("X-Vcap-Request-Id"))
                .isEqualTo("463ac35c-9f64-13ad-4848-5a3953bb6124");

        router.get("a.test", "/", "X-B3-TraceId: " + mine, "X-B3-SpanId: a2fb4a1d1a96d312");
        assertThat(app.last().headers("X-B3-TraceId")).containsExactly(mine);
        assertThat(app.last().headers("b3")).containsExactly(mine + "-a2fb4a1d1a96d312");

        router.get("a.test", "/", "b3: nonsense", "X-B3-TraceId: 1");
        assertThat(app.last().headers("b3")).hasSize(1).first().asString().hasSize(49);
        assertThat(app.last().headers("X-B3-TraceId")).hasSize(1).doesNotContain("1");
    }

    @Test
    @DisplayName("20c: a W3C trace begins here, or goes on with this router as the parent")
    void w3c_traces() {
        configure("tracing: {w3c: true, w3c_tenant: nimbus}");
        router.get("a.test", "/");
        var made = String.valueOf(app.last().header("traceparent")).split("-");
        assertThat(made).hasSize(4);
        assertThat(made[1])
                .isEqualTo(String.valueOf(app.last().header("X-Vcap-Request-Id")).replace("-", ""));
        assertThat(app.last().header("tracestate")).isEqualTo("nimbus@gorouter=" + made[2]);

        var mine = "4bf92f3577b34da6a3ce929d0e0e4736";
        router.get(
                "a.test",
                "/",
                "traceparent: 00-" + mine + "-00f067aa0ba902b7-00",
                "tracestate: a=1, nimbus@gorouter=0000000000000001,b=2");
        var next = String.valueOf(app.last().header("traceparent")).split("-");
        assertThat(next[1]).isEqualTo(mine);
        assertThat(next[2]).matches("[0-9a-f]{16}").isNotEqualTo("00f067aa0ba902b7");
        assertThat(next[3]).isEqualTo("00");
        assertThat(app.last().headers("tracestate"))
                .containsExactly("nimbus@gorouter=" + next[2] + ",a=1,b=2");
        assertThat(app.last().header("X-Vcap-Request-Id"))
                .isEqualTo("4bf92f35-77b3-4da6-a3ce-929d0e0e4736");

        configure();
        router.get("a.test", "/", "traceparent: as it is");
        assertThat(app.last().header("traceparent")).isEqualTo("as it is");
        assertThat(app.last().header("tracestate")).isNull();
    }

    @Test
    @DisplayName("34: an answer that breaks off is seen to break off")
    void half_an_answer() {
        app.script((request, conversation) -> {
            conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
            conversation.socket.close();
        });
        try (var client = router.connect()) {
            var response = client.get("a.test", "/");
            assertThat(response.text()).isEqualTo("half");
            assertThat(response.cut()).isTrue();
        }
        app.script((request, conversation) -> {
            conversation.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
            conversation.socket.close();
        });
        try (var client = router.connect()) {
            var response = client.get("a.test", "/");
            assertThat(response.text()).isEqualTo("half");
            assertThat(response.cut()).isTrue();
        }
    }

    @Test
    @DisplayName("45: an upgrade becomes a tunnel")
    void a_websocket() throws IOException {
        app.script((request, conversation) -> {
            assertThat(request.header("Upgrade")).isEqualTo("WebSocket");
            assertThat(request.header("Connection")).isEqualTo("Upgrade");
            assertThat(request.header("X-CF-InstanceID")).isEqualTo("i1");
            conversation.send(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            + "Connection: Upgrade\r\nSec-WebSocket-Accept: s\r\n\r\nhello");
            for (int b = conversation.in.read(); b >= 0; b = conversation.in.read()) {
                conversation.out.write(Character.toUpperCase(b));
                conversation.out.flush();
            }
        });
        try (var client = router.connect()) {
            var response =
                    client.get(
                            "a.test",
                            "/ws",
                            "Connection: keep-alive, Upgrade",
                            "Upgrade: WebSocket",
                            "Sec-WebSocket-Key: k");
            assertThat(response.status()).isEqualTo(101);
            assertThat(response.header("Upgrade")).isEqualTo("websocket");
            assertThat(response.header("Connection")).isEqualToIgnoringCase("upgrade");
            assertThat(response.header("Sec-WebSocket-Accept")).isEqualTo("s");
            assertThat(new String(client.bytes(5), ISO_8859_1)).isEqualTo("hello");
            client.send("shout");
            assertThat(new String(client.bytes(5), ISO_8859_1)).isEqualTo("SHOUT");
        }
        await().untilAsserted(() ->
                assertThat(router.appLines())
                        .anyMatch(line -> line.contains("\"GET /ws HTTP/1.1\" 101 ")));
    }

    @Test
    @DisplayName("45b: either end of a tunnel ends both")
    void tunnels_end_together() {
        app.script((request, conversation) -> {
            conversation.send("HTTP/1.1 101 X\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\nbye");
            conversation.socket.close();
        });
        try (var client = router.connect()) {
            var response = client.get("a.test", "/", "Connection: upgrade", "Upgrade: chat");
            assertThat(response.status()).isEqualTo(101);
            assertThat(client.rest()).isEqualTo("bye");
        }
    }

    @Test
    @DisplayName("46: an app may decline to upgrade")
    void a_declined_upgrade() {
        try (var client = router.connect()) {
            var response = client.get("a.test", "/", "Connection: Upgrade", "Upgrade: websocket");
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("B1");
            assertThat(client.get("a.test", "/").status()).isEqualTo(200);
        }
    }

    @Test
    @DisplayName(
            "46b: a protocol that nobody asked for is a bad gateway, and h2c is never asked for")
    void unwanted_protocols() {
        app.script((r, c) ->
                c.send("HTTP/1.1 101 X\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"));
        assertThat(router.get("a.test", "/", "Connection: Upgrade", "Upgrade: websocket").status())
                .isEqualTo(502);
        assertThat(router.get("a.test", "/").status()).isEqualTo(502);
        app.script((r, c) -> c.answer(200, "plain"));
        assertThat(
                        router.get(
                                        "a.test",
                                        "/",
                                        "Connection: Upgrade, HTTP2-Settings",
                                        "Upgrade: h2c",
                                        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
                                .status())
                .isEqualTo(200);
        assertThat(app.last().header("Upgrade")).isNull();
        assertThat(app.last().header("HTTP2-Settings")).isNull();
    }

    @Test
    @DisplayName("47: an upgrade to nobody is a bad gateway")
    void an_upgrade_to_nobody() throws IOException {
        int port;
        try (var server = ScriptedBackend.open(0)) {
            port = server.getLocalPort();
        }
        router.register(TestRouter.instance(port, 0, "d.test"));
        var response = router.get("d.test", "/", "Connection: Upgrade", "Upgrade: websocket");
        assertThat(response.status()).isEqualTo(502);
    }

    @Test
    @DisplayName(
            "48: a client that waits for 100 gets it from the app, or from the router in its place")
    void expect_continue() throws IOException {
        app.headOnly();
        app.script((request, conversation) -> {
            assertThat(request.header("Expect")).isEqualTo("100-continue");
            if (request.target().equals("/told")) {
                conversation.send("HTTP/1.1 100 Continue\r\n\r\n");
            } else if (request.target().equals("/no")) {
                conversation.answer(413, "too much");
                return;
            }
            var body = ScriptedBackend.body(request, conversation, new StringBuilder());
            conversation.answer(200, new String(body, ISO_8859_1));
        });
        for (var target : List.of("/told", "/silent")) {
            try (var client = router.connect()) {
                client.send(
                        RawClient.head(
                                "POST",
                                "a.test",
                                target,
                                "Content-Length: 4",
                                "Expect: 100-continue"));
                assertThat(client.read().status()).as(target).isEqualTo(100);
                client.send("body");
                var response = client.read();
                assertThat(response.status()).isEqualTo(200);
                assertThat(response.text()).isEqualTo("body");
            }
        }
        try (var client = router.connect()) {
            client.send(
                    RawClient.head(
                            "POST", "a.test", "/no", "Content-Length: 4", "Expect: 100-continue"));
            var response = client.read();
            assertThat(response.status()).as(response.routerError()).isEqualTo(413);
            assertThat(response.header("Connection")).isEqualTo("close");
        }
        try (var client = router.connect()) {
            // One that does not wait is not made to.
            client.send(
                    RawClient.head(
                                    "POST",
                                    "a.test",
                                    "/silent",
                                    "Content-Length: 4",
                                    "Expect: 100-continue")
                            + "body");
            assertThat(client.read().status()).isEqualTo(200);
        }
    }

    @Test
    @DisplayName("49: bodies stream both ways at the reader's pace, in bounded memory")
    void large_bodies_stream() throws Exception {
        long size = 256L * 1024 * 1024;
        app.headOnly();
        var slow = new CountDownLatch(1);
        app.script((request, conversation) -> {
            var buffer = new byte[64 * 1024];
            if (request.method().equals("POST")) {
                long read = 0;
                await(slow);
                while (read < size) {
                    read += conversation.in.read(buffer);
                }
                conversation.answer(200, "" + read);
            } else {
                conversation.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
                for (long sent = 0; sent < size; sent += buffer.length) {
                    conversation.out.write(buffer);
                }
            }
        });
        System.gc();
        try (var client = router.connect()) {
            client.send(RawClient.head("GET", "a.test", "/"));
            TimeUnit.MILLISECONDS.sleep(500); // a reader that does not read for a while
            var in = client.socket().getInputStream();
            var buffer = new byte[256 * 1024];
            long read = 0;
            long most = 0;
            while (read < size) {
                int n = in.read(buffer);
                assertThat(n).isPositive();
                read += n;
                most = Math.max(most, directMemory());
            }
            assertThat(most).isLessThan(64L * 1024 * 1024);
        }
        try (var client = router.connect()) {
            client.send(RawClient.head("POST", "a.test", "/", "Content-Length: " + size));
            var writer =
                    Thread.ofVirtual()
                            .start(() -> {
                                var chunk = new byte[256 * 1024];
                                for (long sent = 0; sent < size; sent += chunk.length) {
                                    client.send(chunk);
                                }
                            });
            TimeUnit.MILLISECONDS.sleep(500); // an app that does not read for a while
            assertThat(directMemory()).isLessThan(64L * 1024 * 1024);
            slow.countDown();
            assertThat(client.read().text()).isEqualTo("" + size);
            writer.join();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static org.awaitility.core.ConditionFactory await() {
        return org.awaitility.Awaitility.await().atMost(Duration.ofSeconds(30));
    }

    /** Bytes in buffers outside the heap. */
    private static long directMemory() {
        return io.netty.util.internal.PlatformDependent.usedDirectMemory();
    }

    @Test
    @DisplayName("50: chunks stay chunks; an answer's trailer reaches the client")
    void chunks_and_trailers() {
        var chunks = "3;ext=1\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n";
        app.script((request, conversation) ->
                conversation.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                                + chunks));
        try (var client = router.connect()) {
            client.send(
                    RawClient.head("POST", "a.test", "/", "Transfer-Encoding: chunked")
                            + "4;name=value\r\nwiki\r\n5\r\npedia\r\n0\r\nX-Secret: 1\r\n\r\n");
            var response = client.read();
            assertThat(response.text()).isEqualTo("abc");
            assertThat(response.trailer()).isEqualTo("X-Sum: 7\n");
            assertThat(response.header("Trailer")).isEqualTo("X-Sum");
            assertThat(app.last().text()).isEqualTo("wikipedia");
            assertThat(app.last().header("Transfer-Encoding")).isEqualTo("chunked");
            assertThat(app.last().trailer()).isEmpty();
            assertThat(client.get("a.test", "/").text()).isEqualTo("abc");
        }
    }

    @Test
    @DisplayName("51: an answer before the body is read reaches the client, which then has to go")
    void an_early_answer() throws Exception {
        app.headOnly();
        app.script((request, conversation) -> {
            conversation.answer(413, "no");
            conversation.socket.close();
        });
        try (var client = router.connect()) {
            int size = 5 * 1024 * 1024;
            client.send(RawClient.head("POST", "a.test", "/", "Content-Length: " + size));
            var writer =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    client.socket().getOutputStream().write(new byte[size]);
                                } catch (IOException e) {
                                    // The router may stop listening.
                                }
                            });
            var response = client.read();
            assertThat(response.status()).as(response.routerError()).isEqualTo(413);
            assertThat(response.text()).isEqualTo("no");
            assertThat(response.header("Connection")).isEqualTo("close");
            writer.join();
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    @DisplayName("52: answers that have no body")
    void answers_without_a_body() {
        app.script((request, conversation) -> {
            switch (request.target()) {
                case "/204" -> conversation.send("HTTP/1.1 204 No Content\r\n\r\n");
                case "/304" ->
                        conversation.send(
                                "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n");
                default -> conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
            }
        });
        try (var client = router.connect()) {
            var head = client.request("HEAD", "a.test", "/");
            assertThat(head.header("Content-Length")).isEqualTo("99");
            assertThat(client.get("a.test", "/204").header("Content-Length")).isNull();
            assertThat(client.get("a.test", "/304").header("ETag")).isEqualTo("x");
            assertThat(client.request("HEAD", "a.test", "/").status()).isEqualTo(200);
        }
        assertThat(app.connections()).isEqualTo(1);
    }

    @Test
    @DisplayName("53: an answer that ends with its connection is framed anew")
    void an_answer_of_http_1_0() {
        app.script((request, conversation) -> {
            conversation.send("HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nold");
            conversation.socket.close();
        });
        try (var client = router.connect()) {
            var response = client.get("a.test", "/");
            assertThat(response.header("Transfer-Encoding")).isEqualTo("chunked");
            assertThat(response.text()).isEqualTo("old");
            assertThat(response.statusLine()).startsWith("HTTP/1.1 200");
            assertThat(client.get("a.test", "/").text()).isEqualTo("old");
        }
        try (var client = router.connect()) {
            client.send("GET / HTTP/1.0\r\nHost: a.test\r\n\r\n");
            var response = client.read();
            assertThat(response.header("Transfer-Encoding")).isNull();
            assertThat(response.text()).isEqualTo("old");
        }
    }

    @Test
    @DisplayName("53b: HTTP/1.0 clients may keep their connection")
    void keep_alive_of_http_1_0() {
        try (var client = router.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n");
                var response = client.read();
                assertThat(response.header("Connection")).isEqualTo("keep-alive");
                assertThat(response.text()).isEqualTo("B1");
            }
            client.send("GET / HTTP/1.0\r\nHost: a.test\r\n\r\n");
            assertThat(client.read().text()).isEqualTo("B1");
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    @DisplayName("54: requests sent in one go are answered in their order")
    void pipelining() {
        var other = new ScriptedBackend("other");
        app.script((request, conversation) -> {
            pause();
            conversation.answer(200, "first");
        });
        router.register("o.test", other);
        try (var client = router.connect()) {
            client.send(
                    RawClient.head("GET", "a.test", "/")
                            + RawClient.head("GET", "o.test", "/")
                            + RawClient.head("POST", "o.test", "/", "Content-Length: 2")
                            + "hi"
                            + RawClient.head("GET", "none.test", "/")
                            + RawClient.head("GET", "a.test", "/"));
            var texts = new ArrayList<String>();
            for (int i = 0; i < 5; i++) {
                texts.add(client.read().text());
            }
            assertThat(texts.subList(0, 3)).containsExactly("first", "other", "other");
            assertThat(texts.get(3)).startsWith("404");
            assertThat(texts.get(4)).isEqualTo("first");
            assertThat(other.last().text()).isEqualTo("hi");
        }
        other.close();
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @DisplayName(
            "55: a head that is too large is refused by status, one without measure by closing")
    void large_heads() {
        configure("limits: {request_header_bytes: 32768}");
        try (var client = router.connect()) {
            var response = client.get("a.test", "/", "X-Large: " + "x".repeat(40 * 1024));
            assertThat(response.status()).isEqualTo(431);
            assertThat(response.routerError()).isEqualTo("max-request-size-exceeded");
            assertThat(response.body()).isEmpty();
            assertThat(client.get("a.test", "/", "X: " + "x".repeat(30 * 1024)).status())
                    .isEqualTo(200);
        }
        try (var client = router.connect()) {
            client.send(RawClient.head("GET", "a.test", "/", "X: " + "x".repeat(1_200_000)));
            assertThat(client.read().status()).isEqualTo(431);
            assertThat(client.isClosed()).isTrue();
        }
        configure("limits: {request_headers: 10}");
        var lines = new String[11];
        Arrays.setAll(lines, i -> "X-" + i + ": 1");
        assertThat(router.get("a.test", "/", lines).status()).isEqualTo(431);
    }

    @Test
    @DisplayName("55b: an answer's head that is too large is a bad gateway")
    void large_answers_heads() {
        configure("limits: {response_header_bytes: 4096, response_headers: 20}");
        app.script((r, c) -> c.answer(200, "", "X-Large: " + "x".repeat(5000)));
        assertThat(router.get("a.test", "/").status()).isEqualTo(502);
        var lines = new String[25];
        Arrays.setAll(lines, i -> "X-" + i + ": 1");
        app.script((r, c) -> c.answer(200, "", lines));
        assertThat(router.get("a.test", "/").status()).isEqualTo(502);
        assertThat(app.requests()).hasSize(2);
    }

    @Test
    @DisplayName("56: the load balancer's question is answered for any host")
    void the_health_check() {
        var response = router.get("any.test", "/x", "User-Agent: HTTP-Monitor/1.1");
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("ok\n");
        assertThat(response.header("Cache-Control")).isEqualTo("private, max-age=0");
        assertThat(response.header("Expires")).isEqualTo("0");
        assertThat(router.get("any.test", "/", "User-Agent: HTTP-Monitor/1.10").status())
                .isEqualTo(404);
    }

    @Test
    void malformed_answers_are_bad_gateways() {
        for (var answer :
                List.of(
                        "nonsense\r\n\r\n",
                        "HTTP/1.1 abc OK\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nBad Name: 1\r\nContent-Length: 0\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n")) {
            app.script((r, c) -> c.send(answer));
            assertThat(router.get("a.test", "/").status()).as(answer).isEqualTo(502);
        }
    }

    @Test
    void folded_lines_and_bare_line_feeds_of_an_answer_are_made_regular() {
        app.script((r, c) -> c.send("HTTP/1.1 200 OK\nX-Folded: a\n  b\nContent-Length: 2\n\nok"));
        var response = router.get("a.test", "/");
        assertThat(response.text()).isEqualTo("ok");
        assertThat(response.header("X-Folded")).startsWith("a").endsWith("b");
    }

    @Test
    void bytes_after_an_answer_end_the_connection_and_reach_nobody() {
        app.script((request, conversation) ->
                conversation.send(
                        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
                                + "Content-Length: 6\r\n\r\npoison"));
        try (var client = router.connect()) {
            for (int i = 0; i < 5; i++) {
                assertThat(client.get("a.test", "/").text()).isEqualTo("ok");
            }
        }
        assertThat(app.connections()).isEqualTo(5);
    }

    @Test
    void a_bad_chunk_is_the_clients_fault_and_nobody_elses() {
        try (var client = router.connect()) {
            client.send(
                    RawClient.head("POST", "a.test", "/", "Transfer-Encoding: chunked")
                            + "zz\r\nabc\r\n0\r\n\r\n");
            var response = client.read();
            assertThat(response.status()).isEqualTo(502);
            assertThat(response.routerError()).startsWith("endpoint_failure");
            assertThat(client.isClosed()).isTrue();
        }
        assertThat(router.get("a.test", "/").status()).isEqualTo(200);
        assertThat(app.requests()).hasSize(1);
    }

    @Test
    void a_body_without_a_route_is_read_over() {
        try (var client = router.connect()) {
            client.send(
                    RawClient.head("POST", "none.test", "/", "Content-Length: 5")
                            + "12345"
                            + RawClient.head("GET", "a.test", "/"));
            assertThat(client.read().status()).isEqualTo(404);
            assertThat(client.read().text()).isEqualTo("B1");
        }
        try (var client = router.connect()) {
            client.send(RawClient.head("POST", "none.test", "/", "Content-Length: 500000") + "1");
            var response = client.read();
            assertThat(response.status()).isEqualTo(404);
            assertThat(response.header("Connection")).isEqualTo("close");
        }
    }

    @Test
    void a_client_that_leaves_ends_the_request_to_the_app() throws Exception {
        app.headOnly();
        var ended = new CountDownLatch(1);
        app.script((request, conversation) -> {
            if (conversation.in.read() < 0) {
                ended.countDown();
            }
        });
        var client = router.connect();
        client.send(RawClient.head("GET", "a.test", "/slow"));
        await().until(() -> app.requests().size() == 1);
        client.close();
        await(ended);
        await().untilAsserted(() ->
                assertThat(router.appLines())
                        .anyMatch(line -> line.contains("/slow HTTP/1.1\" 499 ")));
    }

    @Test
    void a_head_that_does_not_come_ends_the_connection() {
        configure("timeouts: {request_head: 300ms}");
        try (var client = router.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a.te");
            assertThat(client.isClosed()).isTrue();
        }
        configure("timeouts: {client_idle: 300ms}");
        try (var client = router.connect()) {
            assertThat(client.get("a.test", "/").status()).isEqualTo(200);
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void responses_can_be_rewritten() {
        configure("responses: {remove_headers: [X-Secret], add_headers: {X-Added: here}}");
        app.script((r, c) -> c.answer(200, "", "X-Secret: 1", "X-Kept: 1"));
        var response = router.get("a.test", "/");
        assertThat(response.header("X-Secret")).isNull();
        assertThat(response.header("X-Added")).isEqualTo("here");
        assertThat(response.header("X-Kept")).isEqualTo("1");
        assertThat(router.get("none.test", "/").header("X-Added")).isEqualTo("here");
        app.script((r, c) -> c.answer(200, "", "x-added: own"));
        assertThat(router.get("a.test", "/").headers("X-Added")).containsExactly("own");
    }

    @Test
    void early_hints_are_passed_on() {
        app.script((request, conversation) -> {
            conversation.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
            conversation.answer(200, "later");
        });
        try (var client = router.connect()) {
            var hints = client.get("a.test", "/");
            assertThat(hints.status()).isEqualTo(103);
            assertThat(hints.header("Link")).isEqualTo("</a.css>");
            assertThat(client.read().text()).isEqualTo("later");
        }
    }
}

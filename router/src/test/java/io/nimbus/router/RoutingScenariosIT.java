package io.nimbus.router;

import static io.nimbus.router.TestRouter.APP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.router.TestRouter.Registration;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Which backend a request reaches: routes, balancing, affinity, retries. Numbers: router.md §19.
 */
class RoutingScenariosIT {
    private final ScriptedBackend b1 = new ScriptedBackend("B1");
    private final ScriptedBackend b2 = new ScriptedBackend("B2");
    private final ScriptedBackend b3 = new ScriptedBackend("B3");
    private final List<AutoCloseable> closing = new ArrayList<>(List.of(b1, b2, b3));
    private TestRouter router = new TestRouter();

    @BeforeEach
    void route() {
        router.register("a.test", b1, b2, b3);
    }

    @AfterEach
    void stop() throws Exception {
        router.close();
        for (var resource : closing) {
            resource.close();
        }
    }

    /** A router with other settings, and the usual three backends. */
    private void configure(String... yaml) {
        router.close();
        router = new TestRouter(yaml);
        router.register("a.test", b1, b2, b3);
    }

    /** A port on which nobody listens. */
    private static int closedPort() {
        try (var server = ScriptedBackend.open(0)) {
            return server.getLocalPort();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private List<String> bodies(String host, String... targets) {
        var bodies = new ArrayList<String>();
        try (var client = router.connect()) {
            for (var target : targets) {
                var response = client.get(host, target);
                bodies.add(response.status() == 200 ? response.text() : "" + response.status());
            }
        }
        return bodies;
    }

    private Map<String, Integer> tally(int requests, String host, String... lines) {
        var tally = new TreeMap<String, Integer>();
        try (var client = router.connect()) {
            for (int i = 0; i < requests; i++) {
                tally.merge(client.get(host, "/", lines).text(), 1, Integer::sum);
            }
        }
        return tally;
    }

    @Test
    @DisplayName("2: one client's requests take turns among the endpoints")
    void requests_take_turns() {
        assertThat(tally(6, "a.test")).isEqualTo(Map.of("B1", 2, "B2", 2, "B3", 2));
    }

    @Test
    @DisplayName("2b: turns are taken across connections, which may be on different loops")
    void requests_take_turns_across_connections() {
        var tally = new TreeMap<String, Integer>();
        for (int i = 0; i < 12; i++) {
            tally.merge(router.get("a.test", "/").text(), 1, Integer::sum);
        }
        assertThat(tally).isEqualTo(Map.of("B1", 4, "B2", 4, "B3", 4));
    }

    @Test
    @DisplayName("4: a host without a route is 404 and says so")
    void an_unknown_host_is_not_found() {
        var response = router.get("nope.test", "/");
        assertThat(response.status()).isEqualTo(404);
        assertThat(response.routerError()).isEqualTo("unknown_route");
        assertThat(response.text())
                .isEqualTo("404 Not Found: Requested route ('nope.test') does not exist.\n");
        assertThat(response.header("Cache-Control")).isEqualTo("no-cache, no-store");
        assertThat(response.header("X-Vcap-Request-Id")).isNull();
    }

    @Test
    @DisplayName("5: the longest path of whole segments wins")
    void the_longest_path_wins() {
        router.register("x.test", b1);
        router.register("x.test/foo", b2);
        router.register("x.test/foo/bar", b3);
        assertThat(bodies("x.test", "/", "/foo", "/foo/", "/foobar", "/foo/bar/z?q=1", "/FOO/1"))
                .containsExactly("B1", "B2", "B2", "B1", "B3", "B2");
    }

    @Test
    @DisplayName("6: wildcards serve what no exact host does, paths included")
    void wildcards_serve_the_rest() {
        router.register("*.w.test", b1);
        router.register("w.test", b2);
        router.register("b.w.test/x", b3);
        assertThat(bodies("q.w.test", "/")).containsExactly("B1");
        assertThat(bodies("p.q.w.test", "/")).containsExactly("B1");
        assertThat(bodies("w.test", "/")).containsExactly("B2");
        assertThat(bodies("b.w.test", "/x/1", "/y")).containsExactly("B3", "B1");
    }

    @Test
    @DisplayName("7: a route with a path only does not serve the rest of its host")
    void a_path_only_route() {
        router.register("c.test/App", b1);
        assertThat(bodies("c.test", "/app/z", "/")).containsExactly("B1", "404");
    }

    @Test
    @DisplayName("8b: routing compares escaped bytes")
    void escapes_are_not_decoded_for_routing() {
        router.register("x.test", b1);
        router.register("x.test/foo", b2);
        assertThat(bodies("x.test", "/%66oo", "/foo%2Fz", "//foo/bar"))
                .containsExactly("B1", "B1", "B1");
    }

    @Test
    @DisplayName("8c: a trailing dot is another host; a port that is no number is no matter")
    void oddities_of_hosts() {
        assertThat(router.get("a.test.", "/").status()).isEqualTo(404);
        assertThat(router.get("a.test:abc", "/").status()).isEqualTo(200);
        assertThat(router.get("[::1]:8080", "/").status()).isEqualTo(404);
    }

    @Test
    @DisplayName("21: a session cookie of the app brings ours")
    void a_session_begins() {
        session("JSESSIONID=abc");
        var response = router.get("a.test", "/");
        var instance = "i" + response.text().substring(1);
        assertThat(response.headers("Set-Cookie"))
                .containsExactly(
                        "JSESSIONID=abc", "__VCAP_ID__=" + instance + "; Path=/; HttpOnly");
    }

    private void session(String cookie) {
        for (var backend : List.of(b1, b2, b3)) {
            backend.script((request, conversation) ->
                    conversation.answer(200, backend.name(), "Set-Cookie: " + cookie));
        }
    }

    @Test
    @DisplayName("22: both cookies lead to the instance")
    void a_session_sticks() {
        try (var client = router.connect()) {
            for (int i = 0; i < 10; i++) {
                var response = client.get("a.test", "/", "Cookie: JSESSIONID=x; __VCAP_ID__=i2");
                assertThat(response.text()).isEqualTo("B2");
                assertThat(response.headers("Set-Cookie")).isEmpty();
            }
        }
    }

    @Test
    @DisplayName("23: our cookie alone means nothing")
    void our_cookie_alone_is_ignored() {
        assertThat(tally(6, "a.test", "Cookie: __VCAP_ID__=i2"))
                .isEqualTo(Map.of("B1", 2, "B2", 2, "B3", 2));
    }

    @Test
    @DisplayName("24: an instance that is gone is replaced, and the client told")
    void a_lost_session_moves() {
        var response = router.get("a.test", "/", "Cookie: JSESSIONID=x; __VCAP_ID__=gone");
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.headers("Set-Cookie"))
                .containsExactly(
                        "__VCAP_ID__=i" + response.text().substring(1) + "; Path=/; HttpOnly");
    }

    @Test
    @DisplayName("25: our cookie lives as the app's does")
    void attributes_are_copied() {
        session("JSESSIONID=1; Secure; SameSite=Lax; Expires=Wed, 01 Jan 2031 00:00:00 GMT");
        assertThat(ours())
                .endsWith(
                        "; Path=/; Expires=Wed, 01 Jan 2031 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax");
        session("JSESSIONID=1; Max-Age=0");
        assertThat(ours()).endsWith("; Path=/; Max-Age=0; HttpOnly");
        session("JSESSIONID=1; Max-Age=99");
        assertThat(ours()).endsWith("; Path=/; HttpOnly");
        session("JSESSIONID=1; Partitioned; Secure");
        assertThat(ours()).endsWith("; Path=/; HttpOnly; Secure; Partitioned");
        for (var backend : List.of(b1, b2, b3)) {
            backend.script((request, conversation) ->
                    conversation.answer(
                            200, "", "Set-Cookie: JSESSIONID=1", "Set-Cookie: __VCAP_ID__=mine"));
        }
        assertThat(router.get("a.test", "/").headers("Set-Cookie"))
                .containsExactly("JSESSIONID=1", "__VCAP_ID__=mine");
    }

    private String ours() {
        var cookies = router.get("a.test", "/").headers("Set-Cookie");
        assertThat(cookies).hasSize(2);
        return cookies.get(1);
    }

    @Test
    @DisplayName("25b: a handshake of several requests stays with one instance, if that is wanted")
    void negotiation_sticks() {
        b2.script((request, conversation) ->
                conversation.answer(401, "B2", "WWW-Authenticate: Negotiate abc"));
        assertThat(cookiesOf("Authorization: Negotiate x", "Cookie: __VCAP_ID__=i2")).isEmpty();
        configure("sticky_negotiate: true");
        assertThat(cookiesOf("Authorization: Negotiate x", "Cookie: __VCAP_ID__=i2"))
                .containsExactly("__VCAP_ID__=i2; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
        assertThat(tally(6, "a.test", "Authorization: Negotiate x", "Cookie: __VCAP_ID__=i2"))
                .isEqualTo(Map.of("B2", 6));
        var gone =
                router.get("a.test", "/", "Authorization: Negotiate x", "Cookie: __VCAP_ID__=gone");
        assertThat(gone.status()).isEqualTo(502);
        assertThat(gone.routerError()).startsWith("endpoint_failure");
    }

    /** What the second instance's answer sets; empty from others. */
    private List<String> cookiesOf(String... lines) {
        for (int i = 0; i < 3; i++) {
            var response = router.get("a.test", "/", lines);
            if (response.text().equals("B2")) {
                return response.headers("Set-Cookie");
            }
        }
        return List.of("B2 was not asked");
    }

    @Test
    @DisplayName("26: our cookie is for the route's path as it was registered")
    void the_cookie_is_for_the_routes_path() {
        router.register("c.test/App", b1);
        session("JSESSIONID=1");
        assertThat(router.get("c.test", "/app/x").headers("Set-Cookie").get(1))
                .contains("; Path=/App;");
    }

    @Test
    @DisplayName("27: an endpoint that refuses is passed over, bodies and all")
    void dead_endpoints_are_passed_over() {
        router.register(instance(closedPort(), 0, "d.test"));
        router.register(instance(closedPort(), 1, "d.test"));
        router.register(instance(b1.port(), 2, "d.test"));
        try (var client = router.connect()) {
            for (int i = 0; i < 10; i++) {
                assertThat(client.get("d.test", "/").status()).isEqualTo(200);
                client.send(RawClient.head("POST", "d.test", "/", "Content-Length: 4") + "body");
                assertThat(client.read().status()).isEqualTo(200);
                assertThat(b1.last().text()).isEqualTo("body");
            }
        }
        assertThat(b1.requests()).hasSize(20);
        // Two dials failed, once: both are skipped for 30 s.
        await().until(() -> router.appLines().size() == 20);
    }

    private static io.nimbus.subjects.RouterRegister instance(int port, int index, String... uris) {
        return TestRouter.instance(port, index, uris);
    }

    @Test
    @DisplayName("28: a route whose only endpoint refuses is a bad gateway")
    void only_a_dead_endpoint() {
        router.register(instance(closedPort(), 0, "d.test"));
        var response = router.get("d.test", "/");
        assertThat(response.status()).isEqualTo(502);
        assertThat(response.routerError()).startsWith("endpoint_failure");
        assertThat(response.text())
                .isEqualTo("502 Bad Gateway: Registered endpoint failed to handle the request.\n");
    }

    @Test
    @DisplayName("29: no more endpoints are tried than max_attempts")
    void attempts_are_limited() {
        var accepting = new ArrayList<ServerSocket>();
        var backends = new ArrayList<ScriptedBackend>();
        for (int i = 0; i < 4; i++) {
            // Accepts and closes at once, so that attempts can be counted; GETs are repeated.
            var backend = new ScriptedBackend("D" + i).script((r, c) -> c.socket.close());
            backends.add(backend);
            router.register(instance(backend.port(), i, "d.test"));
        }
        assertThat(router.get("d.test", "/").status()).isEqualTo(502);
        assertThat(backends.stream().mapToInt(ScriptedBackend::connections).sum()).isEqualTo(3);
        closing.addAll(backends);
        assertThat(accepting).isEmpty();
    }

    @Test
    @DisplayName("30: what may be done twice is tried elsewhere when a backend closes unanswered")
    void idempotent_requests_are_repeated() {
        for (var backend : List.of(b1, b2, b3)) {
            backend.script((request, conversation) -> conversation.socket.close());
        }
        assertThat(attempts(RawClient.head("GET", "a.test", "/"))).isEqualTo(3);
        assertThat(attempts(RawClient.head("POST", "a.test", "/", "Content-Length: 1") + "x"))
                .isEqualTo(1);
        assertThat(attempts(RawClient.head("POST", "a.test", "/", "Idempotency-Key: 1")))
                .isEqualTo(3);
        assertThat(attempts(RawClient.head("POST", "a.test", "/"))).isEqualTo(1);
    }

    private int attempts(String request) {
        int before = received();
        try (var client = router.connect()) {
            client.send(request);
            assertThat(client.read().status()).isEqualTo(502);
        }
        return received() - before;
    }

    private int received() {
        return b1.requests().size() + b2.requests().size() + b3.requests().size();
    }

    @Test
    @DisplayName(
            "31: a reset within the answer's head is not repeated, and the endpoint is skipped")
    void a_reset_marks_the_endpoint() {
        b1.script((request, conversation) -> {
            conversation.send("HTTP/1.1 200 OK\r\nContent-");
            // The router must have read this much, or the kernel would discard it.
            pause();
            conversation.reset();
        });
        var tally = new TreeMap<Integer, Integer>();
        try (var client = router.connect()) {
            for (int i = 0; i < 9; i++) {
                tally.merge(client.get("a.test", "/").status(), 1, Integer::sum);
            }
        }
        assertThat(tally).isEqualTo(Map.of(200, 8, 502, 1));
        assertThat(b1.requests()).hasSize(1);
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @DisplayName("32: an error of the app is its answer")
    void errors_of_the_app_are_passed_on() {
        for (var backend : List.of(b1, b2, b3)) {
            backend.script((request, conversation) -> conversation.answer(500, "oops"));
        }
        var response = router.get("a.test", "/");
        assertThat(response.status()).isEqualTo(500);
        assertThat(response.text()).isEqualTo("oops");
        assertThat(response.routerError()).isEmpty();
        assertThat(received()).isEqualTo(1);
    }

    @Test
    @DisplayName("33: an app that does not answer in time is a bad gateway, tried once")
    void a_silent_app() {
        configure("timeouts: {endpoint: 500ms}");
        for (var backend : List.of(b1, b2, b3)) {
            backend.script((request, conversation) -> {});
        }
        long before = System.nanoTime();
        var response = router.get("a.test", "/");
        assertThat(response.status()).isEqualTo(502);
        assertThat(response.routerError()).startsWith("endpoint_failure").contains("deadline");
        assertThat(Duration.ofNanos(System.nanoTime() - before))
                .isBetween(Duration.ofMillis(450), Duration.ofSeconds(10));
        assertThat(received()).isEqualTo(1);
    }

    @Test
    @DisplayName("35: an idle connection that the app closed is no error")
    void a_connection_closed_while_idle() {
        router.register("k.test", b1);
        try (var client = router.connect()) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.get("k.test", "/").status()).isEqualTo(200);
                b1.drop();
            }
        }
        assertThat(b1.connections()).isGreaterThan(10);
    }

    @Test
    @DisplayName("35b: idle connections are used again")
    void connections_are_used_again() {
        router.register("k.test", b1);
        try (var client = router.connect()) {
            for (int i = 0; i < 20; i++) {
                client.get("k.test", "/");
            }
        }
        assertThat(b1.connections()).isEqualTo(1);
    }

    @Test
    @DisplayName("36: a route at its connection limit says so")
    void the_connection_limit() {
        configure("backends: {max_connections: 1}");
        var slow = new ScriptedBackend("slow").headOnly();
        closing.add(slow);
        slow.script((request, conversation) -> {});
        router.register(instance(slow.port(), 0, "s.test"));
        try (var first = router.connect()) {
            first.send(RawClient.head("GET", "s.test", "/"));
            await().until(() -> slow.requests().size() == 1);
            var response = router.get("s.test", "/");
            assertThat(response.status()).isEqualTo(503);
            assertThat(response.routerError()).isEqualTo("Connection Limit Reached");
            assertThat(response.text())
                    .contains("Requested route ('s.test') has reached the connection limit.");
        }
        // The first client has left: there is room again.
        slow.script((request, conversation) -> conversation.answer(200, "now"));
        await().until(() -> router.get("s.test", "/").status() == 200);
    }

    @Test
    @DisplayName("37: a request may name the instance that it is for")
    void a_named_instance() {
        try (var client = router.connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.get("a.test", "/", "X-CF-App-Instance: " + APP + ":1").text())
                        .isEqualTo("B2");
            }
            assertThat(b2.last().header("X-CF-App-Instance")).isNull();

            var missing = client.get("a.test", "/", "X-CF-App-Instance: " + APP + ":9");
            assertThat(missing.status()).isEqualTo(400);
            assertThat(missing.routerError()).isEqualTo("unknown_route");
            assertThat(missing.text())
                    .isEqualTo(
                            "400 Bad Request: Requested instance ('9') with guid ('"
                                    + APP
                                    + "') does not exist for route ('a.test')\n");

            var junk = client.get("a.test", "/", "X-CF-App-Instance: junk");
            assertThat(junk.status()).isEqualTo(400);
            assertThat(junk.routerError()).isEqualTo("invalid_cf_app_instance_header");
            assertThat(junk.text()).contains("Invalid X-CF-App-Instance Header");
            assertThat(junk.header("Cache-Control")).isEqualTo("no-cache, no-store");

            var nowhere = client.get("no.test", "/", "X-CF-App-Instance: " + APP + ":1");
            assertThat(nowhere.status()).isEqualTo(400);
            assertThat(nowhere.routerError()).isEqualTo("unknown_route");

            assertThat(client.get("a.test", "/", "X-CF-App-Instance: " + APP + ":01").status())
                    .isEqualTo(400);
        }
    }

    @Test
    @DisplayName("37b: a request may name the process that it is for")
    void a_named_process() {
        var process = "99999999-2222-3333-4444-555555555555";
        router.register(
                new Registration(b3.port(), "p.test")
                        .tags(Map.of("process_id", process))
                        .index(4)
                        .message());
        router.register(new Registration(b1.port(), "p.test").index(5).message());
        try (var client = router.connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.get("p.test", "/", "X-CF-Process-Instance: " + process).text())
                        .isEqualTo("B3");
            }
            assertThat(client.get("p.test", "/", "X-CF-Process-Instance: " + process + ":4").text())
                    .isEqualTo("B3");
            assertThat(client.get("p.test", "/", "X-CF-Process-Instance: x").routerError())
                    .isEqualTo("invalid_cf_process_instance_header");
        }
    }

    @Test
    @DisplayName("37c: a named instance that fails is not replaced by another")
    void a_named_instance_is_not_replaced() {
        router.register(instance(closedPort(), 0, "n.test"));
        router.register(instance(b1.port(), 1, "n.test"));
        var response = router.get("n.test", "/", "X-CF-App-Instance: " + APP + ":0");
        assertThat(response.status()).isEqualTo(502);
        assertThat(b1.requests()).isEmpty();
    }

    @Test
    @DisplayName("38: an emptied route answers 503 for a while, then 404")
    void an_emptied_route() {
        configure("keep_empty_routes: 60s");
        router.register("e.test", b1);
        router.unregister(instance(b1.port(), 0, "e.test"));
        var response = router.get("e.test", "/");
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.routerError()).isEqualTo("no_endpoints");
        assertThat(response.text())
                .isEqualTo(
                        "503 Service Unavailable: Requested route ('e.test') has no available endpoints.\n");
        assertThat(response.header("Cache-Control")).isEqualTo("public,max-age=2");
        router.advance(Duration.ofSeconds(95));
        assertThat(router.get("e.test", "/").status()).isEqualTo(404);
    }

    @Test
    @DisplayName("39: a route whose last endpoint left is gone at once")
    void an_unregistered_route() {
        router.unregister(instance(b1.port(), 0, "a.test"));
        router.unregister(instance(b2.port(), 1, "a.test"));
        assertThat(router.get("a.test", "/").text()).isEqualTo("B3");
        router.unregister(instance(b3.port(), 2, "A.test/"));
        assertThat(router.get("a.test", "/").status()).isEqualTo(404);
    }

    @Test
    @DisplayName("40: an endpoint that falls silent is dropped, by its own threshold if shorter")
    void silence_ends_a_route() {
        configure("prune_interval: 1s");
        router.register(new Registration(b1.port(), "t.test").stale(1).message());
        for (int i = 0; i < 4; i++) {
            router.advance(Duration.ofMillis(900));
            router.register(new Registration(b1.port(), "t.test").stale(1).message());
        }
        assertThat(router.get("t.test", "/").status()).isEqualTo(200);
        router.advance(Duration.ofSeconds(3));
        assertThat(router.get("t.test", "/").status()).isEqualTo(404);
        assertThat(router.get("a.test", "/").status()).isEqualTo(200);
        router.advance(Duration.ofSeconds(121));
        assertThat(router.get("a.test", "/").status()).isEqualTo(404);
    }

    @Test
    @DisplayName("41: while the bus is away nothing is dropped, and for a full threshold after")
    void an_absent_bus_ends_no_route() {
        router.bus.disconnect();
        router.advance(Duration.ofMinutes(10));
        assertThat(router.get("a.test", "/").status()).isEqualTo(200);
        router.bus.reconnect();
        router.advance(Duration.ofSeconds(110));
        assertThat(router.get("a.test", "/").status()).isEqualTo(200);
        router.advance(Duration.ofSeconds(45));
        assertThat(router.get("a.test", "/").status()).isEqualTo(404);
    }

    @Test
    @DisplayName("41b: an absence between two sweeps counts as well")
    void a_short_absence_ends_no_route() {
        router.advance(Duration.ofSeconds(119));
        router.bus.disconnect();
        router.bus.reconnect();
        router.advance(Duration.ofSeconds(5));
        assertThat(router.get("a.test", "/").status()).isEqualTo(200);
    }

    @Test
    @DisplayName("67: least-connection avoids the busy")
    void least_connection() {
        configure("backends: {balancing: least-connection}");
        b1.headOnly();
        b1.script((request, conversation) -> {});
        var waiting = new ArrayList<RawClient>();
        while (b1.requests().isEmpty()) {
            var client = router.connect();
            client.send(RawClient.head("GET", "a.test", "/"));
            waiting.add(client);
            await().until(() -> received() == waiting.size());
        }
        assertThat(tally(20, "a.test")).containsOnlyKeys("B2", "B3");
        waiting.forEach(RawClient::close);
    }

    @Test
    @DisplayName("68: the own zone comes first, others when it fails")
    void the_own_zone_first() {
        configure("backends: {prefer_zone: z2}");
        router.register(new Registration(b1.port(), "z.test").index(0).zone("z1").message());
        router.register(new Registration(b2.port(), "z.test").index(1).zone("z2").message());
        router.register(new Registration(b3.port(), "z.test").index(2).zone("z3").message());
        assertThat(tally(9, "z.test")).isEqualTo(Map.of("B2", 9));
        b2.close();
        assertThat(tally(9, "z.test")).containsOnlyKeys("B1", "B3");
    }

    @Test
    @DisplayName(
            "70: an address that belongs to another instance now does not answer to the old id")
    void an_address_changes_hands() {
        router.register("o.test", b1, b2);
        router.register(new Registration(b1.port(), "o.test").index(7).message());
        var seen = new TreeMap<String, Integer>();
        for (int i = 0; i < 6; i++) {
            seen.merge(
                    router.get("o.test", "/", "Cookie: JSESSIONID=x; __VCAP_ID__=i1").text(),
                    1,
                    Integer::sum);
        }
        assertThat(seen).isEqualTo(Map.of("B1", 3, "B2", 3));
        assertThat(router.get("o.test", "/", "Cookie: JSESSIONID=x; __VCAP_ID__=i8").text())
                .isEqualTo("B1");
    }

    @Test
    @DisplayName("72: after a storm of messages the last one counts")
    void the_last_word_counts() {
        for (int i = 0; i < 500; i++) {
            router.others.publish(
                    io.nimbus.subjects.RouterRegister.REGISTER, instance(b1.port(), 0, "l.test"));
            router.others.publish(
                    io.nimbus.subjects.RouterRegister.UNREGISTER, instance(b1.port(), 0, "l.test"));
        }
        router.settle();
        assertThat(router.get("l.test", "/").status()).isEqualTo(404);
        router.register(instance(b1.port(), 0, "l.test"));
        assertThat(router.get("l.test", "/").status()).isEqualTo(200);
    }

    @Test
    void segments_decide_what_belongs_to_this_router() {
        configure("sharding: {mode: segments, segments: [blue]}");
        router.register(new Registration(b1.port(), "s.test").segment("blue").message());
        router.register(new Registration(b2.port(), "s.test").segment("red").message());
        router.register(new Registration(b3.port(), "s.test").message());
        assertThat(tally(3, "s.test")).isEqualTo(Map.of("B1", 3));
        configure("sharding: {mode: shared-and-segments, segments: [blue]}");
        router.register(new Registration(b1.port(), "s.test").segment("blue").message());
        router.register(new Registration(b2.port(), "s.test").segment("red").message());
        router.register(new Registration(b3.port(), "s.test").message());
        assertThat(tally(4, "s.test")).isEqualTo(Map.of("B1", 2, "B3", 2));
    }
}

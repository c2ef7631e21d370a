package io.nimbus.router;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.router.TestRouter.Registration;
import io.nimbus.router.service.Seal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Route services. Numbers: router.md §19. */
class ServiceScenariosIT {
    private static final String[] SEAL = {
        "X-CF-Forwarded-Url", "X-CF-Proxy-Signature", "X-CF-Proxy-Metadata"
    };

    private final ScriptedBackend app = new ScriptedBackend("app");
    private final List<AutoCloseable> closing = new ArrayList<>(List.of(app));

    @TempDir private Path folder = Path.of("");
    private @Nullable TestRouter router;
    private @Nullable ScriptedBackend service;

    @BeforeEach
    void start() {
        configure("secret: tarantula");
    }

    @AfterEach
    void stop() throws Exception {
        router().close();
        for (var resource : closing) {
            resource.close();
        }
    }

    private TestRouter router() {
        if (router == null) {
            throw new IllegalStateException("not started");
        }
        return router;
    }

    private ScriptedBackend service() {
        if (service == null) {
            throw new IllegalStateException("not started");
        }
        return service;
    }

    private void configure(String services, String... more) {
        if (router != null) {
            router.close();
        }
        var authority = new TestCertificates(folder);
        service =
                new ScriptedBackend("S", authority.server(authority.forNames("localhost"), false));
        closing.add(service);
        var yaml = new ArrayList<>(List.of(more));
        yaml.add(
                "route_services: {"
                        + services
                        + (services.isEmpty() ? "" : ", ")
                        + "tls: {authorities: ["
                        + authority.authority()
                        + "]}}");
        router = new TestRouter(yaml.toArray(String[]::new));
        bind("app.test", "/svc/x?key=1");
    }

    private void bind(String uri, String target) {
        router().register(
                        new Registration(app.port(), uri)
                                .service("https://localhost:" + service().port() + target)
                                .message());
    }

    /** The three lines as the service got them. */
    private String[] sealed() {
        var lines = new ArrayList<String>();
        for (var name : SEAL) {
            lines.add(name + ": " + service().last().header(name));
        }
        return lines.toArray(String[]::new);
    }

    @Test
    @DisplayName("60: a request goes to its route's service first, and from there to the app")
    void there_and_back() {
        var there =
                router().get("app.test:8080", "/p%20q?q=1", "X-CF-InstanceID: mine", "X-Own: o");
        assertThat(there.status()).isEqualTo(200);
        assertThat(there.text()).isEqualTo("S");
        assertThat(app.requests()).isEmpty();
        var asked = service().last();
        assertThat(asked.line()).isEqualTo("GET /svc/x?key=1 HTTP/1.1");
        assertThat(asked.header("Host")).isEqualTo("localhost:" + service().port());
        assertThat(asked.header("X-Own")).isEqualTo("o");
        assertThat(asked.headers("X-CF-Forwarded-Url"))
                .containsExactly("https://app.test/p%20q?q=1");
        assertThat(asked.header("X-CF-InstanceID")).isNull();
        assertThat(asked.header("X-CF-ApplicationID")).isNull();
        assertThat(asked.header("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(asked.header("X-Vcap-Request-Id")).isNotNull();
        var metadata = new String(Base64.getUrlDecoder().decode(asked.header(SEAL[2])), UTF_8);
        assertThat(metadata).matches("\\{\"nonce\":\"[A-Za-z0-9+/=]{16}\"}");

        var back = router().get("app.test", "/p%20q?q=1", with(sealed(), "X-Forwarded-Proto: ftp"));
        assertThat(back.text()).isEqualTo("app");
        assertThat(app.last().target()).isEqualTo("/p%20q?q=1");
        for (var name : SEAL) {
            assertThat(app.last().header(name)).isNull();
        }
        assertThat(app.last().header("X-CF-InstanceID")).isEqualTo("i1");
        assertThat(app.last().header("X-Forwarded-Proto")).isEqualTo("ftp");
    }

    private static String[] with(String[] lines, String... more) {
        var all = new ArrayList<>(List.of(lines));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    @DisplayName("60b: bodies go along, and the service's own answer is the answer")
    void bodies_and_refusals() {
        service()
                .script((request, conversation) ->
                        conversation.answer(
                                401, "no " + request.text(), "Set-Cookie: JSESSIONID=x"));
        try (var client = router().connect()) {
            client.send(RawClient.head("POST", "app.test", "/", "Content-Length: 4") + "body");
            var response = client.read();
            assertThat(response.status()).isEqualTo(401);
            assertThat(response.text()).isEqualTo("no body");
            assertThat(response.headers("Set-Cookie")).containsExactly("JSESSIONID=x");
        }
        assertThat(app.requests()).isEmpty();
    }

    @Test
    @DisplayName("60c: both legs stand in the access log, the way back for the app")
    void the_log() {
        router().get("app.test", "/a");
        router().get("app.test", "/a", sealed());
        await().untilAsserted(() -> assertThat(router().appLines()).hasSize(1));
        assertThat(router().appLines().getFirst()).contains("GET /a HTTP/1.1");
    }

    @Test
    @DisplayName("61: a signature that is altered, old or for another route is not believed")
    void bad_signatures() {
        bind("other.test", "/");
        bind("app.test/deeper", "/");
        router().get("app.test", "/");
        var good = sealed();
        var altered = good.clone();
        altered[1] = altered[1].substring(0, 40) + "AAAA" + altered[1].substring(44);
        refused(502, "app.test", "/", altered);
        refused(502, "other.test", "/", good);
        refused(502, "app.test", "/deeper", good);
        refused(502, "app.test", "/", good[0], good[1]);
        refused(
                502,
                "app.test",
                "/",
                good[0],
                "X-CF-Proxy-Signature: %%",
                "X-CF-Proxy-Metadata: %%");
        refused(502, "app.test", "/", good[0], good[1], "X-CF-Proxy-Metadata: e30=");
        refused(504, "app.test", "/", made("tarantula", Duration.ofSeconds(61)));
        refused(502, "app.test", "/", made("another", Duration.ZERO));
        assertThat(app.requests()).isEmpty();
        assertThat(router().get("app.test", "/", made("tarantula", Duration.ofSeconds(55))).text())
                .isEqualTo("app");
    }

    /** Making one takes a while, on purpose. */
    private static final Map<String, Seal> SEALS = new ConcurrentHashMap<>();

    private static String[] made(String secret, Duration age) {
        var url = "https://app.test/";
        var seal = SEALS.computeIfAbsent(secret, s -> new Seal(s, null, Duration.ofSeconds(60)));
        var sealed = seal.seal(url, Instant.now().minus(age));
        return new String[] {
            SEAL[0] + ": " + url,
            SEAL[1] + ": " + sealed.signature(),
            SEAL[2] + ": " + sealed.metadata()
        };
    }

    private void refused(int status, String host, String target, String... lines) {
        var response = router().get(host, target, lines);
        assertThat(response.status()).isEqualTo(status);
        assertThat(response.text()).contains("Failed to validate Route Service Signature");
        assertThat(response.routerError()).isEmpty();
    }

    @Test
    @DisplayName("61b: the secret can be changed without refusing what is under way")
    void an_older_secret() {
        configure("secret: tarantula, previous_secret: scorpion");
        assertThat(router().get("app.test", "/", made("scorpion", Duration.ZERO)).text())
                .isEqualTo("app");
        assertThat(router().get("app.test", "/", made("tarantula", Duration.ZERO)).text())
                .isEqualTo("app");
    }

    @Test
    @DisplayName("61c: strictness also looks at signatures that no service is bound for")
    void strictness() {
        var bad = new String[] {"X-CF-Proxy-Signature: x", "X-CF-Proxy-Metadata: y"};
        router().register(TestRouter.instance(app.port(), 0, "free.test"));
        assertThat(router().get("free.test", "/", bad).text()).isEqualTo("app");
        configure("secret: tarantula, strict: true");
        router().register(TestRouter.instance(app.port(), 0, "free.test"));
        var invalid = router().get("free.test", "/", bad);
        assertThat(invalid.status()).isEqualTo(400);
        assertThat(invalid.routerError()).isEqualTo("invalid_route_service_signature");
        var expired = router().get("free.test", "/", made("tarantula", Duration.ofSeconds(100)));
        assertThat(expired.status()).isEqualTo(504);
        assertThat(expired.routerError()).isEqualTo("expired_route_service_signature");
        assertThat(router().get("free.test", "/").text()).isEqualTo("app");
    }

    @Test
    @DisplayName("62: without a secret, and for WebSockets, there are no route services")
    void unsupported() {
        var upgrade = new String[] {"Connection: Upgrade", "Upgrade: websocket"};
        var socket = router().get("app.test", "/", upgrade);
        assertThat(socket.status()).isEqualTo(503);
        assertThat(socket.routerError()).isEqualTo("route_service_unsupported");
        assertThat(socket.text()).contains("Websocket requests are not supported");
        configure("");
        var response = router().get("app.test", "/");
        assertThat(response.status()).isEqualTo(502);
        assertThat(response.routerError()).isEqualTo("route_service_unsupported");
        assertThat(response.text()).contains("Support for route services is disabled.");
        assertThat(app.requests()).isEmpty();
    }

    @Test
    @DisplayName("62b: a service that cannot be reached or is not what it says is a bad gateway")
    void unreachable_services() {
        int closed;
        try (var gone = new ScriptedBackend("gone")) {
            closed = gone.port();
        }
        router().register(
                        new Registration(app.port(), "gone.test")
                                .service("https://localhost:" + closed)
                                .message());
        var dead = router().get("gone.test", "/");
        assertThat(dead.status()).isEqualTo(502);
        assertThat(dead.routerError()).startsWith("endpoint_failure");
        router().register(
                        new Registration(app.port(), "name.test")
                                .service("https://127.0.0.1:" + service().port())
                                .message());
        assertThat(router().get("name.test", "/").status()).isEqualTo(502);
        assertThat(service().requests()).isEmpty();
        router().register(new Registration(app.port(), "bad.test").service("https:///").message());
        assertThat(router().get("bad.test", "/").status()).isEqualTo(500);
        assertThat(app.requests()).isEmpty();
    }

    @Test
    @DisplayName("62c: a route whose service is unbound goes straight to the app")
    void an_unbound_service() {
        assertThat(router().get("app.test", "/").text()).isEqualTo("S");
        router().register(TestRouter.instance(app.port(), 0, "app.test"));
        assertThat(router().get("app.test", "/").text()).isEqualTo("app");
    }

    @Test
    @DisplayName("62d: the forwarded URL may say http where the platform has no TLS")
    void plain_urls() {
        configure("secret: tarantula, recommend_https: false");
        router().get("app.test", "/");
        assertThat(service().last().header("X-CF-Forwarded-Url")).isEqualTo("http://app.test/");
    }
}

package io.nimbus.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.X509Bundle;
import io.nimbus.router.TestRouter.Registration;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS on both sides, HTTP/2, load balancers' word about clients. Numbers: router.md §19. */
class TlsScenariosIT {
    private final ScriptedBackend app = new ScriptedBackend("B1");
    private final List<AutoCloseable> closing = new ArrayList<>(List.of(app));

    @TempDir private Path folder = Path.of("");
    private TestCertificates authority = new TestCertificates(folder);
    private TestRouter router = new TestRouter();

    @BeforeEach
    void authority() {
        authority = new TestCertificates(folder);
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
        router = new TestRouter(yaml);
        router.register("localhost", app);
        router.register("one.test", app);
    }

    private String certificates(X509Bundle... bundles) {
        var yaml = new StringBuilder("tls: {port: 0, certificates: [");
        for (var bundle : bundles) {
            yaml.append("{certificate: ")
                    .append(authority.chain(bundle))
                    .append(", key: ")
                    .append(authority.key(bundle))
                    .append("}, ");
        }
        return yaml.append("]").toString();
    }

    private RawClient connect(SSLContext context, @Nullable String name, String... protocols) {
        try {
            var socket =
                    (SSLSocket)
                            context.getSocketFactory()
                                    .createSocket(
                                            InetAddress.getLoopbackAddress(),
                                            router.router.tlsPort());
            var parameters = socket.getSSLParameters();
            if (name != null) {
                parameters.setServerNames(List.of(new SNIHostName(name)));
            }
            parameters.setApplicationProtocols(protocols);
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String shown(RawClient client) {
        try {
            var session = ((SSLSocket) client.socket()).getSession();
            return ((X509Certificate) session.getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("64: the certificate is the one for the name that the client asks for")
    void several_certificates() {
        configure(
                certificates(
                                authority.forNames("one.test"),
                                authority.forNames("*.two.test"),
                                authority.forNames("x.two.test"))
                        + "}");
        var shown = new ArrayList<String>();
        for (var name : new String[] {"one.test", "a.two.test", "X.two.test", "other.test", null}) {
            // Each with a memory of its own: a resumed session shows no certificate anew.
            try (var client = connect(authority.client(null), name)) {
                shown.add(shown(client));
                var response = client.get("one.test", "/");
                assertThat(response.status()).isEqualTo(200);
                assertThat(app.last().header("X-Forwarded-Proto")).isEqualTo("https");
                assertThat(client.get("one.test", "/", "Connection: close").status())
                        .isEqualTo(200);
                assertThat(client.isClosed()).isTrue();
            }
        }
        assertThat(shown)
                .containsExactly(
                        "CN=one.test",
                        "CN=*.two.test",
                        "CN=x.two.test",
                        "CN=one.test",
                        "CN=one.test");
    }

    @Test
    @DisplayName("64b: HTTP/2 for clients that can, HTTP/1.1 to the instance")
    void http_2() throws Exception {
        configure(certificates(authority.forNames("localhost")) + "}");
        app.script((request, conversation) ->
                conversation.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-App: 1\r\nConnection: X-Hop\r\n"
                                + "X-Hop: 1\r\n\r\n"
                                + Integer.toHexString(request.body().length + 2)
                                + "\r\nB1"
                                + request.text()
                                + "\r\n0\r\nX-Sum: 7\r\n\r\n"));
        try (var client =
                HttpClient.newBuilder()
                        .sslContext(authority.client(null))
                        .version(HttpClient.Version.HTTP_2)
                        .build()) {
            var uri = URI.create("https://localhost:" + router.router.tlsPort() + "/a?b=c");
            var get = HttpRequest.newBuilder(uri).header("X-Mine", "m").build();
            var response = client.send(get, BodyHandlers.ofString());
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("B1");
            assertThat(response.headers().firstValue("x-app")).contains("1");
            assertThat(response.headers().firstValue("x-hop")).isEmpty();
            assertThat(app.last().line()).isEqualTo("GET /a?b=c HTTP/1.1");
            assertThat(app.last().header("X-Mine")).isEqualTo("m");
            assertThat(app.last().header("Host")).isEqualTo("localhost:" + router.router.tlsPort());
            assertThat(app.last().header("X-CF-InstanceID")).isEqualTo("i1");
            assertThat(response.headers().firstValue("x-vcap-request-id"))
                    .contains(app.last().header("X-Vcap-Request-Id"));

            var body = "x".repeat(300_000);
            var post = HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build();
            assertThat(client.send(post, BodyHandlers.ofString()).body()).isEqualTo("B1" + body);
            assertThat(app.last().header("Content-Length")).isEqualTo("300000");

            var streams = new ArrayList<java.util.concurrent.CompletableFuture<?>>();
            for (int i = 0; i < 50; i++) {
                streams.add(client.sendAsync(get, BodyHandlers.ofString()));
            }
            for (var stream : streams) {
                stream.get(30, java.util.concurrent.TimeUnit.SECONDS);
            }
            var missing =
                    HttpRequest.newBuilder(
                                    URI.create(
                                            "https://localhost:"
                                                    + router.router.tlsPort()
                                                    + "/none"))
                            .build();
            router.unregister(TestRouter.instance(app.port(), 0, "localhost"));
            var notFound = client.send(missing, BodyHandlers.ofString());
            assertThat(notFound.statusCode()).isEqualTo(404);
            assertThat(notFound.headers().firstValue("x-cf-routererror")).contains("unknown_route");
        }
        await().untilAsserted(() ->
                assertThat(router.appLines())
                        .anyMatch(line -> line.contains("\"GET /a?b=c HTTP/2.0\" 200 0 2 ")));
    }

    @Test
    @DisplayName("64c: an answer that breaks off resets its stream")
    void a_broken_answer_on_http_2() {
        configure(certificates(authority.forNames("localhost")) + "}");
        app.script((request, conversation) -> {
            conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
            conversation.socket.close();
        });
        try (var client = HttpClient.newBuilder().sslContext(authority.client(null)).build()) {
            var request =
                    HttpRequest.newBuilder(
                                    URI.create(
                                            "https://localhost:" + router.router.tlsPort() + "/"))
                            .build();
            assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    @DisplayName("64d: a stream cannot smuggle lines into HTTP/1.1")
    void no_smuggling_by_http_2() throws IOException {
        configure(certificates(authority.forNames("localhost")) + "}");
        var trust = authority.client(null);
        var attacks =
                new String[][] {
                    {"x", "a\r\nX-Evil: 1"},
                    {"x", "a\nb"},
                    {"x\r\ny", "a"},
                    {"x y", "a"},
                    {"transfer-encoding", "chunked"},
                    {"connection", "close"},
                    {"upgrade", "websocket"},
                    {"host", "other.test"},
                    {"content-length", "3, 4"},
                    {":path", "/a HTTP/1.1\r\nX: y"},
                    {":path", "/a b"},
                    {":path", "x"},
                    {":method", "GET /evil"},
                    {":authority", "a/b"}
                };
        for (var attack : attacks) {
            try (var client = connect(trust, null, "h2")) {
                client.send(Http2Frames.request("localhost", attack[0], attack[1]));
                assertThat(
                                Http2Frames.isRefused(
                                        new DataInputStream(client.socket().getInputStream())))
                        .as(attack[0] + ": " + attack[1])
                        .isTrue();
            }
        }
        assertThat(app.requests()).isEmpty();
        try (var client = connect(trust, null, "h2")) {
            client.send(Http2Frames.request("localhost", "x", "fine"));
            await().until(() -> app.requests().size() == 1);
        }
    }

    /** Just enough of HTTP/2 to say something wrong. */
    private static final class Http2Frames {
        static byte[] request(String host, String name, String value) throws IOException {
            var headers = new ByteArrayOutputStream();
            var pseudo =
                    new String[][] {
                        {":method", "GET"},
                        {":scheme", "https"},
                        {":path", "/"},
                        {":authority", host}
                    };
            boolean replaced = false;
            for (var field : pseudo) {
                replaced |= field[0].equals(name);
                literal(headers, field[0], field[0].equals(name) ? value : field[1]);
            }
            if (!replaced) {
                literal(headers, name, value);
            }
            var out = new ByteArrayOutputStream();
            out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
            frame(out, 4, 0, 0, new byte[0]);
            frame(out, 1, 5, 1, headers.toByteArray());
            return out.toByteArray();
        }

        private static void literal(ByteArrayOutputStream out, String name, String value) {
            out.write(0);
            out.write(name.length());
            out.writeBytes(name.getBytes(ISO_8859_1));
            out.write(value.length());
            out.writeBytes(value.getBytes(ISO_8859_1));
        }

        private static void frame(
                ByteArrayOutputStream out, int type, int flags, int stream, byte[] payload) {
            out.write(payload.length >> 16);
            out.write(payload.length >> 8);
            out.write(payload.length);
            out.write(type);
            out.write(flags);
            out.writeBytes(new byte[] {0, 0, 0, (byte) stream});
            out.writeBytes(payload);
        }

        /** Whether the stream or the connection is ended for it, or it is answered 400. */
        static boolean isRefused(DataInputStream in) throws IOException {
            while (true) {
                int first;
                try {
                    first = in.read();
                    if (first < 0) {
                        return true;
                    }
                    int length = first << 16 | in.readUnsignedShort();
                    int type = in.readUnsignedByte();
                    in.readUnsignedByte();
                    in.readInt();
                    var payload = in.readNBytes(length);
                    if (type == 3 || type == 7) {
                        return true;
                    }
                    if (type == 1) {
                        // ":status: 400" is in the static table.
                        return payload.length > 0 && payload[0] == (byte) 0x8c;
                    }
                } catch (IOException e) {
                    return true;
                }
            }
        }
    }

    @Test
    @DisplayName("65: an instance is who its certificate says, or it is not asked")
    void the_identity_of_instances() {
        configure("backends: {tls: {authorities: [" + authority.authority() + "]}}");
        var stranger = new TestCertificates(folder);
        check("right", tls(authority.forNames("inst-1")), "inst-1", 200, "");
        check("wildcard", tls(authority.forNames("*.apps.test")), "i.apps.test", 200, "");
        check(
                "other name",
                tls(authority.forNames("inst-2")),
                "inst-1",
                503,
                "503 Service Unavailable");
        check(
                "untrusted",
                new ScriptedBackend("T", stranger.server(stranger.forNames("inst-1"), false)),
                "inst-1",
                526,
                "526 Invalid SSL Certificate");
        check("expired", tls(authority.expired("inst-1")), "inst-1", 526, "526 Invalid");
        var plain = new ScriptedBackend("plain");
        plain.script((r, c) -> {});
        check("plain", plain, "inst-1", 525, "525 SSL Handshake Failed");
        check(
                "wants a certificate",
                new ScriptedBackend("T", authority.server(authority.forNames("inst-1"), true)),
                "inst-1",
                496,
                "496 SSL Certificate Required");
    }

    private ScriptedBackend tls(X509Bundle bundle) {
        return new ScriptedBackend("T", authority.server(bundle, false));
    }

    private void check(String what, ScriptedBackend backend, String name, int status, String body) {
        closing.add(backend);
        router.register(new Registration(backend.port(), "t.test").tls(name).message());
        var response = router.get("t.test", "/");
        assertThat(response.status()).as(what).isEqualTo(status);
        assertThat(response.text()).as(what).startsWith(body);
        if (status == 200) {
            assertThat(response.text()).isEqualTo("T");
            router.unregister(new Registration(backend.port(), "t.test").tls(name).message());
        } else {
            assertThat(response.routerError()).as(what).startsWith("endpoint_failure");
        }
        // Ejected until it registers again.
        await().until(() -> router.get("t.test", "/").status() == 404);
    }

    @Test
    @DisplayName("65b: an instance that is somebody else is replaced by one that is right")
    void a_wrong_instance_is_replaced() {
        configure("backends: {tls: {authorities: [" + authority.authority() + "]}}");
        var wrong = tls(authority.forNames("inst-2"));
        var right = tls(authority.forNames("inst-1"));
        closing.addAll(List.of(wrong, right));
        for (var backend : List.of(wrong, right)) {
            router.register(new Registration(backend.port(), "t.test").tls("inst-1").message());
        }
        for (int i = 0; i < 6; i++) {
            assertThat(router.get("t.test", "/").status()).isEqualTo(200);
        }
        assertThat(wrong.requests()).isEmpty();
        assertThat(right.requests()).hasSize(6);
    }

    @Test
    @DisplayName("65c: the router shows its own certificate to instances that ask")
    void the_routers_own_certificate() {
        var own = authority.forNames("router");
        configure(
                "backends: {tls: {authorities: ["
                        + authority.authority()
                        + "], certificate: "
                        + authority.chain(own)
                        + ", key: "
                        + authority.key(own)
                        + "}}");
        var strict =
                new ScriptedBackend("strict", authority.server(authority.forNames("inst-1"), true));
        closing.add(strict);
        router.register(new Registration(strict.port(), "t.test").tls("inst-1").message());
        assertThat(router.get("t.test", "/").text()).isEqualTo("strict");
    }

    @Test
    @DisplayName("66: an app learns the certificate of its client, and nobody can forge one")
    void client_certificates() throws Exception {
        var user = authority.forNames("user");
        configure(
                certificates(authority.forNames("localhost"))
                        + ", client_certificates: request, client_authorities: ["
                        + authority.authority()
                        + "]}",
                "forwarding: {client_certificate: sanitize-set}");
        try (var client = connect(authority.client(user), null)) {
            client.get("one.test", "/", "X-Forwarded-Client-Cert: forged");
            assertThat(app.last().headers("X-Forwarded-Client-Cert"))
                    .containsExactly(
                            Base64.getEncoder().encodeToString(user.getCertificate().getEncoded()));
        }
        try (var client = connect(authority.client(null), null)) {
            client.get("one.test", "/", "X-Forwarded-Client-Cert: forged");
            assertThat(app.last().headers("X-Forwarded-Client-Cert")).isEmpty();
        }
        router.get("one.test", "/", "X-Forwarded-Client-Cert: forged");
        assertThat(app.last().headers("X-Forwarded-Client-Cert")).isEmpty();
    }

    @Test
    @DisplayName(
            "66b: forward keeps the header from clients with a certificate, always-forward from all")
    void forwarded_client_certificates() {
        var user = authority.forNames("user");
        var tls =
                certificates(authority.forNames("localhost"))
                        + ", client_certificates: request, client_authorities: ["
                        + authority.authority()
                        + "]}";
        configure(tls, "forwarding: {client_certificate: forward}");
        try (var client = connect(authority.client(user), null)) {
            client.get("one.test", "/", "X-Forwarded-Client-Cert: given");
            assertThat(app.last().headers("X-Forwarded-Client-Cert")).containsExactly("given");
        }
        router.get("one.test", "/", "X-Forwarded-Client-Cert: given");
        assertThat(app.last().headers("X-Forwarded-Client-Cert")).isEmpty();
        configure(tls, "forwarding: {client_certificate: always-forward}");
        router.get("one.test", "/", "X-Forwarded-Client-Cert: given");
        assertThat(app.last().headers("X-Forwarded-Client-Cert")).containsExactly("given");
    }

    @Test
    @DisplayName(
            "66c: clients without a certificate, or with a stranger's, do not get in where one is required")
    void required_client_certificates() {
        configure(
                certificates(authority.forNames("localhost"))
                        + ", client_certificates: require, client_authorities: ["
                        + authority.authority()
                        + "], client_rules: [{issuer: none, subjects: []}]}");
        assertThat(refused(authority.client(null))).isTrue();
        assertThat(refused(authority.client(new TestCertificates(folder).forNames("user"))))
                .isTrue();
        try (var client = connect(authority.client(authority.forNames("user")), null)) {
            assertThat(client.get("one.test", "/").status()).isEqualTo(200);
        }
    }

    private boolean refused(SSLContext context) {
        try (var client = connect(context, null)) {
            client.get("one.test", "/");
            return false;
        } catch (UncheckedIOException e) {
            return true;
        }
    }

    @Test
    @DisplayName("63: a load balancer may say who its client is")
    void the_balancers_word() {
        configure("proxy_protocol: true", certificates(authority.forNames("localhost")) + "}");
        try (var client = router.connect()) {
            client.send("PROXY TCP4 1.2.3.4 10.0.0.1 5555 80\r\n");
            client.get("one.test", "/");
            assertThat(app.last().header("X-Forwarded-For")).isEqualTo("1.2.3.4");
        }
        try (var client = router.connect()) {
            client.send(
                    "PROXY TCP6 2001:db8::1 ::1 5555 80\r\nGET / HTTP/1.1\r\nHost: one.test\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(200);
            assertThat(app.last().header("X-Forwarded-For")).isEqualTo("2001:db8:0:0:0:0:0:1");
        }
        try (var client = router.connect()) {
            client.send("PROXY UNKNOWN\r\n");
            client.get("one.test", "/");
            assertThat(app.last().header("X-Forwarded-For")).isEqualTo("127.0.0.1");
        }
        router.get("one.test", "/");
        assertThat(app.last().header("X-Forwarded-For")).isEqualTo("127.0.0.1");
        try (var client = router.connect()) {
            // A method that begins as the line does, in two pieces.
            client.send("PRO");
            client.send("PFIND / HTTP/1.1\r\nHost: one.test\r\n\r\n");
            assertThat(client.read().status()).isEqualTo(200);
        }
        await().until(() ->
                router.appLines().stream().anyMatch(line -> line.contains("\"1.2.3.4:5555\"")));
    }

    @Test
    void a_tls_client_on_the_plain_port_and_the_reverse_are_sent_away() {
        configure(certificates(authority.forNames("localhost")) + "}");
        try (var client = new RawClient(router.router.tlsPort())) {
            client.send("GET / HTTP/1.1\r\nHost: one.test\r\n\r\n");
            assertThat(client.rest()).doesNotContain("200");
        }
        try (var client = router.connect()) {
            client.send(new byte[] {22, 3, 1, 0, 5, 1, 0, 0, 1, 0});
            assertThat(client.rest()).startsWith("HTTP/1.1 400");
        }
    }
}

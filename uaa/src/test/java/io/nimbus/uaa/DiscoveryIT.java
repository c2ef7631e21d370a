package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DiscoveryIT {
    private static TestUaa uaa;

    @BeforeAll
    static void start() {
        uaa = TestUaa.start("hosts: [identity.example.com]\n");
    }

    @AfterAll
    static void stop() {
        uaa.close();
    }

    /** With a Host header of one's own, which the JDK's client does not allow. */
    private static JsonNode get(String path, String host, String... headers) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), uaa.port())) {
            var request =
                    new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: " + host)
                            .append("\r\nAccept: application/json\r\nConnection: close\r\n");
            for (var header : headers) {
                request.append(header).append("\r\n");
            }
            socket.getOutputStream()
                    .write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return JsonMapper.shared().readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:8082, http://localhost:8082",
        "127.0.0.1:9999, http://127.0.0.1:9999",
        "[::1]:8082, http://[::1]:8082",
        "localhost, http://localhost:80",
        "uaa.localhost:8080, http://uaa.localhost:8080",
        "LOGIN.localhost:8080, http://login.localhost:8080",
        "identity.example.com, http://identity.example.com:80",
        "evil.example.com, http://uaa.test:8082",
        "localhost.evil.example.com:80, http://uaa.test:8082",
        "127.0.0.1.evil.example.com, http://uaa.test:8082",
    })
    void links_use_the_hosts_that_are_ours_and_no_others(String host, String base)
            throws IOException {
        var login = get("/login", host);
        assertThat(login.path("links").path("uaa").asString()).isEqualTo(base);
        assertThat(login.path("links").path("login").asString()).isEqualTo(base);
    }

    @Test
    void a_proxy_that_we_trust_says_whether_it_was_tls() throws IOException {
        assertThat(
                        get("/login", "uaa.localhost:8443", "X-Forwarded-Proto: https")
                                .path("links")
                                .path("uaa")
                                .asString())
                .isEqualTo("https://uaa.localhost:8443");
    }

    @Test
    void the_prompts_are_C6s_and_a_token_beside_is_no_obstacle() throws IOException {
        var login = get("/login", "localhost:1", "Authorization: bearer nonsense");

        assertThat(login.path("app").path("version").asString()).matches("\\d+\\.\\d+\\.\\d+");
        var prompts = login.path("prompts");
        assertThat(prompts.propertyNames())
                .containsExactlyInAnyOrder("username", "password", "passcode");
        assertThat(prompts.path("username").path(0).asString()).isEqualTo("text");
        assertThat(prompts.path("password").path(0).asString()).isEqualTo("password");
        assertThat(prompts.path("passcode").path(1).asString())
                .contains("http://localhost:1/passcode");
        assertThat(get("/info", "localhost:1")).isEqualTo(login);
    }

    @Test
    void the_issuer_is_the_configured_one_whoever_asks() throws IOException {
        var document = get("/.well-known/openid-configuration", "127.0.0.1:7");

        assertThat(document.path("issuer").asString()).isEqualTo(TestUaa.ISSUER);
        assertThat(document.path("jwks_uri").asString()).isEqualTo("http://127.0.0.1:7/token_keys");
        assertThat(document.path("token_endpoint").asString())
                .isEqualTo("http://127.0.0.1:7/oauth/token");
    }

    @Test
    void what_is_not_there_says_so_in_json_to_programs_and_in_words_to_people() {
        assertThat(uaa.http().get("/nowhere").status()).isEqualTo(404);
        assertThat(uaa.http().get("/nowhere").text("error")).isEqualTo("not_found");
        assertThat(uaa.http().get("/oauth/token").status()).isEqualTo(405);
        assertThat(uaa.http().get("/oauth/token").text("error")).isEqualTo("method_not_allowed");
        assertThat(new Visitor(uaa.http()).get("/nowhere").body()).contains("<h1>");
    }
}

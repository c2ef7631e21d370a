package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who did what can be read afterwards; what they did it with cannot. */
class AuditIT {
    private static final String PASSWORD = "Kennwort-4711-geheim";
    private static final String NEXT = "Nachfolger-0815-geheim";
    private static TestUaa uaa;
    private static Http http;

    @BeforeAll
    static void start() {
        uaa = TestUaa.start("tokens: {revocable: true}\n");
        http = uaa.http().with("X-Forwarded-For", "198.51.100.7");
    }

    @AfterAll
    static void stop() {
        uaa.close();
    }

    private static LogLines audit() {
        return new LogLines("io.nimbus.uaa.audit");
    }

    private static void assertLine(LogLines log, String event, String... parts) {
        assertThat(log.lines())
                .anySatisfy(line ->
                        assertThat(line)
                                .startsWith(event + " ")
                                .contains("address=\"198.51.100.7\"")
                                .contains(parts));
    }

    @Test
    void log_ins_failures_and_locks_are_told() {
        http.createUser("joe", PASSWORD);
        try (var log = audit()) {
            http.login("joe", PASSWORD);
            assertLine(log, "user_authenticated", "by=\"joe\"", "how=\"password\"");
            assertLine(log, "token_issued", "by=\"joe\"", "client=\"cf\"", "grant=\"password\"");

            for (int i = 0; i < 6; i++) {
                http.login("joe", "wrong");
            }
            assertLine(log, "login_failed", "by=\"joe\"", "reason=\"wrong password\"");
            assertLine(log, "login_refused", "by=\"joe\"", "reason=\"locked\"");

            http.login("nobody", "wrong");
            assertLine(log, "login_failed", "by=\"nobody\"", "reason=\"no such active user\"");
            http.basic("doppler", "wrong").form("/oauth/token", "grant_type", "client_credentials");
            assertLine(log, "client_authentication_failed", "by=\"doppler\"");
        }
    }

    @Test
    void changes_are_told_with_who_made_them() {
        try (var log = audit()) {
            var id = http.createUser("ida", PASSWORD);
            assertLine(log, "user_created", "by=\"admin\"", "user=\"ida\"");
            var ida = http.asUser("ida", PASSWORD);
            ida.json(
                    "PUT",
                    "/Users/" + id + "/password",
                    "{\"oldPassword\":\"%s\",\"password\":\"%s\"}".formatted(PASSWORD, NEXT));
            assertLine(log, "password_changed", "by=\"ida\"", "id=\"" + id + "\"");

            var admin = http.asClient("admin");
            var group = admin.json("POST", "/Groups", "{\"displayName\":\"audit.test\"}");
            var members = "/Groups/" + group.text("id") + "/members";
            admin.json("POST", members, "{\"type\":\"USER\",\"value\":\"" + id + "\"}");
            admin.delete(members + "/" + id);
            admin.delete("/Groups/" + group.text("id"));
            for (var event :
                    List.of(
                            "group_created",
                            "group_member_added",
                            "group_member_removed",
                            "group_deleted")) {
                assertLine(log, event, "by=\"admin\"", "group=\"audit.test\"");
            }
            admin.json(
                    "POST",
                    "/oauth/clients",
                    """
                    {"client_id":"aud","client_secret":"s","authorized_grant_types":["client_credentials"],
                     "authorities":["uaa.none"]}
                    """);
            admin.json("PUT", "/oauth/clients/aud/secret", "{\"secret\":\"" + NEXT + "\"}");
            admin.delete("/oauth/clients/aud");
            assertLine(log, "client_changed", "client=\"aud\"", "action=\"add\"");
            assertLine(log, "client_secret_changed", "client=\"aud\"");
            assertLine(log, "client_changed", "client=\"aud\"", "action=\"delete\"");
            admin.with("If-Match", "*").json("PATCH", "/Users/" + id, "{\"active\":false}");
            assertLine(log, "user_updated", "user=\"ida\"");
            admin.get("/oauth/token/revoke/user/" + id);
            assertLine(log, "tokens_of_user_revoked", "by=\"admin\"");
            admin.delete("/Users/" + id);
            assertLine(log, "user_deleted", "user=\"ida\"");
            admin.json("POST", "/token_keys/rotate", "");
            assertLine(log, "key_rotated", "by=\"admin\"");
        }
    }

    @Test
    void nobody_writes_lines_of_their_own() {
        try (var log = audit()) {
            http.login("x\nuser_authenticated by=\"admin\"", "y");

            assertThat(log.lines()).isNotEmpty().noneMatch(line -> line.contains("\n"));
            assertThat(log.lines()).noneMatch(line -> line.contains("by=\"admin\""));
        }
    }

    @Test
    void no_secret_gets_into_any_log() {
        try (var log = new LogLines("io.nimbus")) {
            var id = http.createUser("sam", PASSWORD);
            var token = http.login("sam", PASSWORD);
            http.login("sam", PASSWORD + "x");
            var access = token.text("access_token");
            var refresh = token.text("refresh_token");
            http.cf().form("/oauth/token", "grant_type", "refresh_token", "refresh_token", refresh);
            http.cf()
                    .form(
                            "/oauth/token",
                            "grant_type",
                            "refresh_token",
                            "refresh_token",
                            refresh + "x");
            http.bearer(access + "x").get("/userinfo");
            http.basic("doppler", TestUaa.SECRET).form("/check_token", "token", access);
            http.basic("doppler", TestUaa.SECRET + "x").form("/check_token", "token", access);
            var visitor = new Visitor(http);
            visitor.signIn(visitor.get("/login"), "sam", PASSWORD);
            var passcode = visitor.passcode();
            http.cf().form("/oauth/token", "grant_type", "password", "passcode", passcode);
            var code =
                    http.bearer(access)
                            .get("/oauth/authorize?response_type=code&client_id=ssh-proxy")
                            .inLocation("code");
            assertThat(code).isNotEmpty();
            http.basic("ssh-proxy", TestUaa.SECRET)
                    .form("/oauth/token", "grant_type", "authorization_code", "code", code);
            var opaque =
                    http.cf()
                            .form(
                                    "/oauth/token",
                                    "grant_type",
                                    "password",
                                    "username",
                                    "sam",
                                    "password",
                                    PASSWORD,
                                    "token_format",
                                    "opaque")
                            .text("access_token");
            http.bearer(opaque).delete("/oauth/token/revoke/" + opaque);
            http.bearer(http.login("sam", PASSWORD).text("access_token"))
                    .json(
                            "PUT",
                            "/Users/" + id + "/password",
                            "{\"oldPassword\":\"%s\",\"password\":\"%s\"}"
                                    .formatted(PASSWORD, NEXT));

            var everything = String.join("\n", log.lines());
            assertThat(everything).contains("by=\"sam\"");
            var basic =
                    Base64.getEncoder()
                            .encodeToString(("doppler:" + TestUaa.SECRET).getBytes(UTF_8));
            for (var secret :
                    List.of(
                            PASSWORD,
                            NEXT,
                            TestUaa.SECRET,
                            basic,
                            access.substring(access.lastIndexOf('.') + 1),
                            refresh,
                            passcode,
                            code,
                            opaque)) {
                assertThat(secret).isNotEmpty();
                assertThat(everything).doesNotContain(secret);
            }
            visitor.cookies().values().forEach(c -> assertThat(everything).doesNotContain(c));
        }
    }
}

package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nimbus.servers.Command;
import io.nimbus.servers.Folders;
import io.nimbus.servers.TestServers;
import io.nimbus.uaa.users.UserAuthentication;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/**
 * The official command line, version 6, against the whole UAA. It is taken from {@code NIMBUS_CF6}
 * or from the PATH, as {@code cf6} or {@code cf}.
 */
class CliIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static Path cf = Path.of("cf");
    private static TestUaa uaa;
    private static FakeController controller;
    private Path home = Path.of("/");

    @BeforeAll
    static void start() throws Exception {
        var found = find();
        assumeTrue(found.isPresent(), "there is no cf CLI 6 (NIMBUS_CF6, or on the PATH)");
        cf = found.get();
        uaa = TestUaa.start("tokens: {revocable: true, rotate_refresh: true}\n");
        controller = new FakeController(uaa);
    }

    private static Optional<Path> find() {
        return Stream.of(
                        Optional.ofNullable(System.getenv("NIMBUS_CF6")).map(Path::of),
                        Command.find("cf6"),
                        Command.find("cf"))
                .flatMap(Optional::stream)
                .filter(CliIT::isVersion6)
                .findFirst();
    }

    private static boolean isVersion6(Path program) {
        try {
            return Command.run(PATIENCE, program.toString(), "version")
                    .output()
                    .startsWith("cf version 6.");
        } catch (IOException e) {
            return false;
        }
    }

    @AfterAll
    static void stop() {
        if (controller != null) {
            controller.close();
            uaa.close();
        }
    }

    @BeforeEach
    void aHomeOfItsOwn() throws IOException {
        home = TestServers.folder("cf");
        run("api", controller.url());
        controller.users().clear();
    }

    @AfterEach
    void tidyUp() throws IOException {
        Folders.delete(home);
    }

    private Map<String, String> environment() {
        return Map.of("CF_HOME", home.toString(), "CF_COLOR", "false", "LANG", "en_US.UTF-8");
    }

    private Command.Outcome cf(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(cf.toString()));
        command.addAll(List.of(arguments));
        return Command.run(PATIENCE, environment(), command);
    }

    /** Must succeed; what it printed. */
    private String run(String... arguments) throws IOException {
        var outcome = cf(arguments);
        assertThat(outcome.ok())
                .as("cf %s: %s", String.join(" ", arguments), outcome.output())
                .isTrue();
        return outcome.output();
    }

    private Terminal terminal(String arguments) throws IOException {
        return new Terminal(environment(), cf + " " + arguments);
    }

    private static void user(String name) {
        assertThat(uaa.http().createUser(name, "secret")).isNotEmpty();
    }

    private String token() throws IOException {
        var lines = run("oauth-token").lines().toList();
        assertThat(lines.getLast()).startsWith("bearer ");
        return lines.getLast().substring("bearer ".length());
    }

    @Test
    void login_with_and_without_a_terminal() throws Exception {
        user("lou");
        assertThat(run("login", "-a", controller.url(), "-u", "lou", "-p", "secret"))
                .contains("OK");
        assertThat(Http.claims(token()).path("user_name").asString()).isEqualTo("lou");

        try (var terminal = terminal("login -a " + controller.url())) {
            terminal.answer("Email", "lou").answer("Password", "secret");
            assertThat(terminal.await()).as(terminal.output()).isZero();
            assertThat(terminal.output()).contains("Authenticating").doesNotContain("FAILED");
        }
        assertThat(controller.users()).contains("lou GET /v3/organizations");
    }

    @Test
    void login_with_a_passcode() throws Exception {
        user("pia");
        var visitor = new Visitor(uaa.http());
        visitor.signIn(visitor.get("/login"), "pia", "secret");

        try (var terminal = terminal("login --sso -a " + controller.url())) {
            var code = visitor.passcode();
            terminal.answer(uaa.http().base() + "/passcode", code);
            assertThat(terminal.await()).as(terminal.output()).isZero();
        }
        assertThat(Http.claims(token()).path("user_name").asString()).isEqualTo("pia");

        var other = visitor.passcode();
        run("login", "-a", controller.url(), "--sso-passcode", other);
        assertThat(cf("login", "-a", controller.url(), "--sso-passcode", other).ok())
                .as("good once")
                .isFalse();
    }

    @Test
    void a_wrong_password_and_a_locked_account_are_told_apart() throws Exception {
        user("eli");
        assertThat(cf("auth", "eli", "wrong").output())
                .contains("Credentials were rejected, please try again.");
        for (int i = 0; i < 4; i++) {
            cf("auth", "eli", "wrong");
        }
        assertThat(cf("auth", "eli", "secret").output()).contains(UserAuthentication.LOCKED);
    }

    @Test
    void a_client_for_itself() throws Exception {
        run("auth", "service-gateway", TestUaa.SECRET, "--client-credentials");

        var claims = Http.claims(token());
        assertThat(claims.path("client_id").asString()).isEqualTo("service-gateway");
        assertThat(claims.has("user_id")).isFalse();
        assertThat(run("orgs")).contains("No orgs found");
        assertThat(controller.users()).containsExactly("service-gateway GET /v2/organizations");
        assertThat(cf("auth", "service-gateway", "wrong", "--client-credentials").ok()).isFalse();
    }

    @Test
    void an_administrator_makes_a_user_who_changes_the_password_and_is_deleted() throws Exception {
        run("auth", "admin", TestUaa.ADMIN_PASSWORD);
        assertThat(run("create-user", "new@example.com", "first")).contains("OK");
        assertThat(run("create-user", "new@example.com", "first")).contains("already exists");
        assertThat(controller.users()).contains("admin POST /v2/users");

        run("auth", "new@example.com", "first");
        try (var terminal = terminal("passwd")) {
            terminal.answer("Current Password", "wrong")
                    .answer("New Password", "second")
                    .answer("Verify Password", "second");
            assertThat(terminal.await()).isNotZero();
            assertThat(terminal.output()).contains("Current password did not match");
        }
        try (var terminal = terminal("passwd")) {
            terminal.answer("Current Password", "first")
                    .answer("New Password", "second")
                    .answer("Verify Password", "second");
            assertThat(terminal.await()).as(terminal.output()).isZero();
        }
        assertThat(cf("auth", "new@example.com", "first").ok()).isFalse();
        run("auth", "new@example.com", "second");

        run("auth", "admin", TestUaa.ADMIN_PASSWORD);
        assertThat(run("delete-user", "-f", "new@example.com")).contains("OK");
        assertThat(cf("auth", "new@example.com", "second").ok()).isFalse();
    }

    @Test
    void after_a_logout_the_token_is_void_and_nobody_is_signed_in() throws Exception {
        user("out");
        run("auth", "out", "secret");
        var token = token();
        assertThat(uaa.http().bearer(token).get("/userinfo").status()).isEqualTo(200);

        run("logout");

        assertThat(uaa.http().bearer(token).get("/userinfo").status()).isEqualTo(401);
        assertThat(cf("oauth-token").output()).contains("Not logged in");
    }

    private interface Steps {
        void run() throws Exception;
    }

    /** With access tokens of five seconds: the CLI goes by its own clock alone. */
    private static void shortLived(String client, Steps steps) throws Exception {
        var path = "/oauth/clients/" + client;
        var before = (ObjectNode) uaa.http().asClient("admin").get(path).json();
        var changed = before.deepCopy().put("access_token_validity", 5).toString();
        var put = uaa.http().asClient("admin").json("PUT", path, changed);
        assertThat(put.status()).as(put.body()).isEqualTo(200);
        try {
            steps.run();
        } finally {
            uaa.http().asClient("admin").json("PUT", path, before.toString());
        }
    }

    private static void awaitEnd(String token) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> uaa.http().bearer(token).get("/userinfo").status() == 401);
    }

    @Test
    void a_users_token_that_has_ended_is_refreshed_without_a_word() throws Exception {
        user("ren");
        shortLived(
                "cf",
                () -> {
                    run("auth", "ren", "secret");
                    var first = token();
                    run("orgs");
                    awaitEnd(first);

                    assertThat(run("orgs")).contains("No orgs found");
                    assertThat(Http.claims(token()).path("jti"))
                            .isNotEqualTo(Http.claims(first).path("jti"));
                    assertThat(controller.users())
                            .containsExactly(
                                    "ren GET /v2/organizations", "ren GET /v2/organizations");

                    var last = token();
                    uaa.http()
                            .bearer(last)
                            .get(
                                    "/oauth/token/revoke/user/"
                                            + Http.claims(last).path("user_id").asString());
                    awaitEnd(last);
                    var refused = cf("orgs");
                    assertThat(refused.ok()).isFalse();
                    assertThat(refused.output()).contains("log back in");
                });
    }

    @Test
    void a_client_whose_token_has_ended_signs_in_again() throws Exception {
        shortLived(
                "service-gateway",
                () -> {
                    run("auth", "service-gateway", TestUaa.SECRET, "--client-credentials");
                    var first = token();
                    awaitEnd(first);
                    // The CLI does not keep a client's secret, so it cannot refresh.
                    assertThat(cf("orgs").ok()).isFalse();
                });
        run("auth", "service-gateway", TestUaa.SECRET, "--client-credentials");
        assertThat(run("orgs")).contains("No orgs found");
        assertThat(controller.users()).containsExactly("service-gateway GET /v2/organizations");
    }

    @Test
    void a_code_for_ssh_comes_without_a_browser() throws Exception {
        user("ssh");
        run("auth", "ssh", "secret");

        var code = run("ssh-code").strip();

        var token =
                uaa.http()
                        .basic("ssh-proxy", TestUaa.SECRET)
                        .form("/oauth/token", "grant_type", "authorization_code", "code", code);
        assertThat(token.status()).as(token.body()).isEqualTo(200);
        assertThat(Http.claims(token.text("access_token")).path("user_name").asString())
                .isEqualTo("ssh");
    }
}

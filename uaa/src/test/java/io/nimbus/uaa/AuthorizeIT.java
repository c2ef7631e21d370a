package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.uaa.secrets.Digest;
import java.net.URLEncoder;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizeIT {
    private static final String CALLBACK = "http://app.test/callback?keep=1";
    private static final String VERIFIER = "v".repeat(43);
    private static TestUaa uaa;
    private static Http http;

    @BeforeAll
    static void start() {
        uaa = TestUaa.start();
        http = uaa.http();
        http.createUser("joe", "secret");
        var admin = http.asClient("admin");
        admin.json(
                "POST",
                "/oauth/clients",
                """
                {"client_id":"app","client_secret":"s","name":"The <App>","scope":["openid","cloud_controller.read"],
                 "authorized_grant_types":["authorization_code"],
                 "redirect_uri":["%s","http://app.test/other"]}
                """
                        .formatted(CALLBACK));
        admin.json(
                "POST",
                "/oauth/clients",
                """
                {"client_id":"spa","scope":["openid"],"autoapprove":true,
                 "authorized_grant_types":["authorization_code"],"redirect_uri":"http://spa.test/"}
                """);
    }

    @AfterAll
    static void stop() {
        uaa.close();
    }

    private static String authorize(String client, String... more) {
        return "/oauth/authorize?response_type=code&client_id="
                + client
                + (more.length == 0 ? "" : "&" + Http.encode(more));
    }

    private static Visitor signedIn() {
        var visitor = new Visitor(http);
        assertThat(visitor.signIn(visitor.get("/login"), "joe", "secret").status()).isEqualTo(303);
        return visitor;
    }

    /** From the request to the code, allowing everything. */
    private static String code(Visitor visitor, String... more) {
        var page = visitor.get(authorize("app", more));
        if (page.status() == 302) {
            return page.inLocation("code");
        }
        return visitor.post(
                        Visitor.action(page),
                        "csrf",
                        Visitor.csrf(page),
                        "decision",
                        "allow",
                        "approve",
                        "openid",
                        "approve",
                        "cloud_controller.read")
                .inLocation("code");
    }

    private static Http.Answer exchange(String code, String... more) {
        var fields = new String[4 + more.length];
        fields[0] = "grant_type";
        fields[1] = "authorization_code";
        fields[2] = "code";
        fields[3] = code;
        System.arraycopy(more, 0, fields, 4, more.length);
        return http.basic("app", "s").form("/oauth/token", fields);
    }

    @Test
    void a_person_signs_in_approves_and_the_client_learns_who_it_is() {
        http.createUser("pat", "secret");
        var visitor = new Visitor(http);
        var request =
                authorize(
                        "app",
                        "redirect_uri",
                        CALLBACK,
                        "state",
                        "s t&x",
                        "nonce",
                        "n1",
                        "code_challenge",
                        Digest.base64(VERIFIER),
                        "code_challenge_method",
                        "S256");

        var login = visitor.follow(visitor.get(request));
        assertThat(login.body()).contains("<h1>Sign in</h1>");
        var page = visitor.follow(visitor.signIn(login, "pat", "secret"));
        assertThat(page.body())
                .contains("Allow access?")
                .contains("The &lt;App&gt;")
                .doesNotContain("<App>");
        var back =
                visitor.post(
                        Visitor.action(page),
                        "csrf",
                        Visitor.csrf(page),
                        "decision",
                        "allow",
                        "approve",
                        "openid");

        assertThat(back.status()).isEqualTo(303);
        assertThat(back.header("Location")).startsWith(CALLBACK + "&code=");
        assertThat(back.inLocation("state")).isEqualTo("s t&x");
        var token =
                exchange(
                        back.inLocation("code"),
                        "redirect_uri",
                        CALLBACK,
                        "code_verifier",
                        VERIFIER);
        assertThat(token.status()).as(token.body()).isEqualTo(200);
        assertThat(token.text("scope")).isEqualTo("openid");
        assertThat(token.text("refresh_token")).isNotEmpty();
        var id = Http.claims(token.text("id_token"));
        assertThat(id.path("nonce").asString()).isEqualTo("n1");
        assertThat(id.path("user_name").asString()).isEqualTo("pat");
        assertThat(id.path("aud").path(0).asString()).isEqualTo("app");
        assertThat(Http.claims(token.text("access_token")).path("grant_type").asString())
                .isEqualTo("authorization_code");
        assertThat(http.bearer(token.text("id_token")).get("/userinfo").status())
                .as("an id token is not an access token")
                .isEqualTo(401);
    }

    @Test
    void an_approval_is_remembered_until_it_is_withdrawn() {
        http.createUser("amy", "secret");
        var visitor = new Visitor(http);
        visitor.signIn(visitor.get("/login"), "amy", "secret");
        assertThat(code(visitor, "redirect_uri", CALLBACK)).isNotEmpty();

        var again = visitor.get(authorize("app", "redirect_uri", CALLBACK));
        assertThat(again.status()).isEqualTo(302);
        assertThat(again.inLocation("code")).isNotEmpty();
        var token = exchange(again.inLocation("code"), "redirect_uri", CALLBACK);

        var home = visitor.get("/");
        visitor.post("/approvals.do", "csrf", Visitor.csrf(home), "client_id", "app");
        assertThat(visitor.get(authorize("app", "redirect_uri", CALLBACK)).body())
                .contains("Allow access?");
        assertThat(
                        http.basic("app", "s")
                                .form(
                                        "/oauth/token",
                                        "grant_type",
                                        "refresh_token",
                                        "refresh_token",
                                        token.text("refresh_token"))
                                .status())
                .isEqualTo(401);
    }

    @Test
    void a_denial_goes_back_to_the_client() {
        http.createUser("ben", "secret");
        var visitor = new Visitor(http);
        visitor.signIn(visitor.get("/login"), "ben", "secret");
        var page = visitor.get(authorize("app", "redirect_uri", CALLBACK, "state", "x"));

        var back =
                visitor.post(Visitor.action(page), "csrf", Visitor.csrf(page), "decision", "deny");

        assertThat(back.header("Location")).startsWith(CALLBACK);
        assertThat(back.inLocation("error")).isEqualTo("access_denied");
        assertThat(back.inLocation("state")).isEqualTo("x");
        assertThat(back.inLocation("code")).isEmpty();
    }

    @Test
    void a_code_is_good_once_and_a_second_try_takes_the_tokens_back() {
        var code = code(signedIn(), "redirect_uri", CALLBACK);

        var first = exchange(code, "redirect_uri", CALLBACK);
        assertThat(first.status()).isEqualTo(200);
        var second = exchange(code, "redirect_uri", CALLBACK);

        assertThat(second.status()).isEqualTo(400);
        assertThat(second.text("error")).isEqualTo("invalid_grant");
        assertThat(
                        http.basic("app", "s")
                                .form(
                                        "/oauth/token",
                                        "grant_type",
                                        "refresh_token",
                                        "refresh_token",
                                        first.text("refresh_token"))
                                .status())
                .isEqualTo(401);
    }

    @Test
    void a_code_ends_after_five_minutes() {
        var code = code(signedIn(), "redirect_uri", CALLBACK);

        uaa.time.advance(Duration.ofMinutes(6));

        assertThat(exchange(code, "redirect_uri", CALLBACK).text("error"))
                .isEqualTo("invalid_grant");
    }

    @Test
    void a_code_is_for_its_client_its_redirect_uri_and_its_verifier() {
        var visitor = signedIn();

        assertThat(exchange(code(visitor, "redirect_uri", CALLBACK)).text("error"))
                .isEqualTo("invalid_grant");
        assertThat(
                        exchange(
                                        code(visitor, "redirect_uri", CALLBACK),
                                        "redirect_uri",
                                        "http://app.test/other")
                                .text("error"))
                .isEqualTo("invalid_grant");
        var stolen = code(visitor, "redirect_uri", CALLBACK);
        assertThat(
                        http.basic("ssh-proxy", TestUaa.SECRET)
                                .form(
                                        "/oauth/token",
                                        "grant_type",
                                        "authorization_code",
                                        "code",
                                        stolen)
                                .text("error"))
                .isEqualTo("invalid_grant");
        var challenge =
                new String[] {
                    "redirect_uri",
                    CALLBACK,
                    "code_challenge",
                    Digest.base64(VERIFIER),
                    "code_challenge_method",
                    "S256"
                };
        assertThat(exchange(code(visitor, challenge), "redirect_uri", CALLBACK).text("error"))
                .isEqualTo("invalid_grant");
        assertThat(
                        exchange(
                                        code(visitor, challenge),
                                        "redirect_uri",
                                        CALLBACK,
                                        "code_verifier",
                                        "w".repeat(43))
                                .text("error"))
                .isEqualTo("invalid_grant");
        assertThat(
                        exchange(
                                        code(visitor, "redirect_uri", CALLBACK),
                                        "redirect_uri",
                                        CALLBACK,
                                        "code_verifier",
                                        VERIFIER)
                                .text("error"))
                .as("a verifier where there was no challenge")
                .isEqualTo("invalid_grant");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.test/",
                "http://app.test/callback",
                "http://app.test/callback?keep=1&more",
                "http://app.test/callback?keep=1#x",
                "http://app.test/other/",
                "http://app.test:80/other",
                "HTTP://app.test/other",
                "http://app.test/other/../callback?keep=1",
                "//app.test/other",
                "javascript:alert(1)"
            })
    void no_browser_is_sent_to_an_address_that_the_client_did_not_register(String uri) {
        var answer = signedIn().get(authorize("app", "redirect_uri", uri));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("Location")).isEmpty();
        assertThat(answer.body()).contains("redirect URI");
    }

    @Test
    void a_client_with_two_addresses_must_say_which() {
        assertThat(signedIn().get(authorize("app")).status()).isEqualTo(400);
        assertThat(signedIn().get(authorize("nobody")).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "response_type=token&client_id=app, unsupported_response_type",
        "response_type=code&client_id=app&scope=uaa.admin, invalid_scope",
        "response_type=code&client_id=app&code_challenge=short&code_challenge_method=S256,"
                + " invalid_request",
        "response_type=code&client_id=app&code_challenge="
                + "x"
                + "&code_challenge_method=plain,"
                + " invalid_request",
        "response_type=code&client_id=app&prompt=none, interaction_required",
    })
    void a_fault_of_the_request_goes_back_to_the_client(String query, String error) {
        http.createUser("cat", "secret");
        var visitor = new Visitor(http);
        visitor.signIn(visitor.get("/login"), "cat", "secret");

        var answer =
                visitor.get(
                        "/oauth/authorize?"
                                + query
                                + "&redirect_uri="
                                + URLEncoder.encode(CALLBACK, UTF_8));

        assertThat(answer.header("Location")).startsWith(CALLBACK);
        assertThat(answer.inLocation("error")).isEqualTo(error);
    }

    @Test
    void nobody_signed_in_is_an_answer_to_a_client_that_does_not_want_a_page() {
        var answer =
                new Visitor(http).get(authorize("app", "redirect_uri", CALLBACK, "prompt", "none"));

        assertThat(answer.inLocation("error")).isEqualTo("login_required");
    }

    @Test
    void a_public_client_needs_a_challenge() {
        var visitor = signedIn();

        assertThat(visitor.get(authorize("spa")).inLocation("error")).isEqualTo("invalid_request");
        var back =
                visitor.get(
                        authorize(
                                "spa",
                                "code_challenge",
                                Digest.base64(VERIFIER),
                                "code_challenge_method",
                                "S256"));
        assertThat(back.header("Location")).startsWith("http://spa.test/?code=");
        var token =
                http.form(
                        "/oauth/token",
                        "grant_type",
                        "authorization_code",
                        "client_id",
                        "spa",
                        "code",
                        back.inLocation("code"),
                        "code_verifier",
                        VERIFIER);
        assertThat(token.status()).as(token.body()).isEqualTo(200);
    }

    @Test
    void the_ssh_proxys_code_comes_for_a_token_and_stays_at_our_own_host() {
        var token = http.login("joe", "secret").text("access_token");

        var answer =
                http.bearer(token).get(authorize("ssh-proxy") + "&grant_type=authorization_code");

        assertThat(answer.status()).isEqualTo(302);
        assertThat(answer.header("Location")).startsWith(http.base() + "/login?code=");
        var exchanged =
                http.basic("ssh-proxy", TestUaa.SECRET)
                        .form(
                                "/oauth/token",
                                "grant_type",
                                "authorization_code",
                                "code",
                                answer.inLocation("code"));
        assertThat(exchanged.status()).isEqualTo(200);
        assertThat(Http.claims(exchanged.text("access_token")).path("user_name").asString())
                .isEqualTo("joe");
    }

    @Test
    void a_token_without_uaa_user_gets_no_code() {
        var token =
                http.cf()
                        .form(
                                "/oauth/token",
                                "grant_type",
                                "password",
                                "username",
                                "joe",
                                "password",
                                "secret",
                                "scope",
                                "openid")
                        .text("access_token");

        var answer = http.bearer(token).get(authorize("ssh-proxy"));

        assertThat(answer.inLocation("error")).isEqualTo("access_denied");
        assertThat(answer.inLocation("code")).isEmpty();
        assertThat(http.bearer("broken").get(authorize("ssh-proxy")).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.test/",
                "//evil.test/",
                "/\\\\evil.test",
                "/login/../../evil",
                "javascript:alert(1)",
                "/no-page-of-ours"
            })
    void a_log_in_leads_to_pages_of_ours_only(String to) {
        var visitor = new Visitor(http);
        var page = visitor.get("/login?to=" + URLEncoder.encode(to, UTF_8));

        var answer =
                visitor.post(
                        "/login.do",
                        "csrf",
                        Visitor.csrf(page),
                        "to",
                        to,
                        "username",
                        "joe",
                        "password",
                        "secret");

        assertThat(answer.header("Location")).isEqualTo("/");
    }

    @Test
    void a_form_that_is_not_ours_is_refused() {
        var visitor = new Visitor(http);
        var page = visitor.get("/login");
        var stranger = new Visitor(http);
        stranger.get("/login");

        assertThat(visitor.post("/login.do", "username", "joe", "password", "secret").status())
                .isEqualTo(403);
        assertThat(
                        stranger.post(
                                        "/login.do",
                                        "csrf",
                                        Visitor.csrf(page),
                                        "username",
                                        "joe",
                                        "password",
                                        "secret")
                                .status())
                .as("another browser's form")
                .isEqualTo(403);
        var joe = signedIn();
        var approval = joe.get(authorize("app", "redirect_uri", "http://app.test/other"));
        assertThat(
                        joe.post(authorize("app", "redirect_uri", CALLBACK), "decision", "allow")
                                .status())
                .isEqualTo(403);
        assertThat(approval.status()).isIn(200, 302);
        assertThat(joe.post("/change_password", "old", "secret", "new", "x", "again", "x").status())
                .isEqualTo(403);
        assertThat(joe.post("/approvals.do", "client_id", "app").status()).isEqualTo(403);
    }

    @Test
    void cookies_are_out_of_reach_and_the_session_is_a_new_one_after_each_log_in() {
        var visitor = new Visitor(http);
        var page = visitor.get("/login");
        var first = visitor.signIn(page, "joe", "secret");

        var cookie = String.join("\n", first.headers().allValues("Set-Cookie"));
        assertThat(cookie).contains("uaa_session=").contains("HttpOnly").contains("SameSite=Lax");
        var before = visitor.cookies().get("uaa_session");
        var other = new Visitor(http);
        other.cookies().put("uaa_session", "chosen-by-somebody");
        other.signIn(other.get("/login"), "joe", "secret");
        assertThat(other.cookies().get("uaa_session"))
                .isNotEqualTo("chosen-by-somebody")
                .isNotEqualTo(before);
        var secure = new Visitor(http).with("X-Forwarded-Proto", "https").get("/login");
        assertThat(secure.header("Set-Cookie")).startsWith("__Host-uaa_visit=").contains("Secure");
    }

    @Test
    void pages_cannot_be_framed_and_run_no_scripts() {
        var page = new Visitor(http).get("/login");

        assertThat(page.header("X-Frame-Options")).isEqualTo("DENY");
        assertThat(page.header("Content-Security-Policy"))
                .contains("default-src 'none'")
                .contains("frame-ancestors 'none'");
        assertThat(page.header("Cache-Control")).isEqualTo("no-store");
        assertThat(page.body()).doesNotContain("<script");
    }

    @Test
    void what_was_typed_comes_back_as_text() {
        var visitor = new Visitor(http);
        var answer = visitor.get(authorize("app", "redirect_uri", "\"><script>alert(1)</script>"));
        var login =
                visitor.get(
                        "/login?to="
                                + URLEncoder.encode(
                                        "/oauth/authorize?x=\"><script>alert(1)</script>", UTF_8));

        assertThat(answer.body()).doesNotContain("<script");
        assertThat(login.body()).doesNotContain("<script");
    }

    @Test
    void a_session_ends_when_it_idles_when_it_is_ended_and_with_a_new_password() {
        var idle = signedIn();
        uaa.time.advance(Duration.ofMinutes(31));
        assertThat(idle.get("/").status()).isEqualTo(302);

        var ended = signedIn();
        var session = ended.cookies().get("uaa_session");
        assertThat(ended.get("/").status()).isEqualTo(200);
        assertThat(ended.get("/logout.do").header("Location")).isEqualTo("/login");
        ended.cookies().put("uaa_session", String.valueOf(session));
        assertThat(ended.get("/").status()).isEqualTo(302);

        http.createUser("dan", "one");
        var here = new Visitor(http);
        here.signIn(here.get("/login"), "dan", "one");
        var there = new Visitor(http);
        there.signIn(there.get("/login"), "dan", "one");
        var form = here.get("/change_password");
        var changed =
                here.post(
                        "/change_password",
                        "csrf",
                        Visitor.csrf(form),
                        "old",
                        "one",
                        "new",
                        "two",
                        "again",
                        "two");
        assertThat(changed.status()).isEqualTo(303);
        assertThat(here.get("/").status()).as("the browser that changed it").isEqualTo(200);
        assertThat(there.get("/").status()).as("every other one").isEqualTo(302);
    }

    @Test
    void a_sign_out_leads_back_to_registered_addresses_only() {
        assertThat(
                        signedIn()
                                .get(
                                        "/logout.do?client_id=app&redirect="
                                                + URLEncoder.encode(CALLBACK, UTF_8))
                                .header("Location"))
                .isEqualTo(CALLBACK);
        assertThat(
                        signedIn()
                                .get("/logout.do?client_id=app&redirect=http://evil.test/")
                                .header("Location"))
                .isEqualTo("/login");
    }

    @Test
    void a_required_change_of_the_password_comes_first() {
        var id = http.createUser("eva", "one");
        http.asClient("admin")
                .json("PATCH", "/Users/" + id + "/status", "{\"passwordChangeRequired\":true}");
        var visitor = new Visitor(http);

        var page = visitor.follow(visitor.signIn(visitor.get("/login?to=/passcode"), "eva", "one"));

        assertThat(page.body()).contains("Your password must be changed.");
        var next =
                visitor.follow(
                        visitor.post(
                                "/change_password",
                                "csrf",
                                Visitor.csrf(page),
                                "to",
                                "/passcode",
                                "old",
                                "one",
                                "new",
                                "two",
                                "again",
                                "two"));
        assertThat(next.body()).contains("Temporary Authentication Code");
    }

    @Test
    void a_passcode_is_good_once_and_only_for_a_while() {
        var visitor = signedIn();
        var page = visitor.get("/passcode").body();
        var code = page.replaceAll("(?s).*id=\"passcode\">([^<]+)<.*", "$1");

        var first = http.cf().form("/oauth/token", "grant_type", "password", "passcode", code);
        var second = http.cf().form("/oauth/token", "grant_type", "password", "passcode", code);

        assertThat(first.status()).isEqualTo(200);
        assertThat(Http.claims(first.text("access_token")).path("user_name").asString())
                .isEqualTo("joe");
        assertThat(second.status()).isEqualTo(401);
        var late = http.asUser("joe", "secret").get("/passcode").json().asString();
        uaa.time.advance(Duration.ofMinutes(6));
        assertThat(
                        http.cf()
                                .form("/oauth/token", "grant_type", "password", "passcode", late)
                                .status())
                .isEqualTo(401);
    }

    @Test
    void a_locked_name_is_told_so_on_the_page_too() {
        http.createUser("fay", "secret");
        var visitor = new Visitor(http);
        for (int i = 0; i < 5; i++) {
            assertThat(visitor.signIn(visitor.get("/login"), "fay", "wrong").body())
                    .contains("role=\"alert\"")
                    .contains("User name or password is wrong.");
        }

        assertThat(visitor.signIn(visitor.get("/login"), "fay", "secret").body())
                .contains("Your account has been locked");
    }
}

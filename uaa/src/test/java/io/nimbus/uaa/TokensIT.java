package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.tokens.TokenVerifier;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class TokensIT {
    private static TestUaa uaa;
    private static Http http;
    private static String joe;

    @BeforeAll
    static void start() {
        uaa = TestUaa.start();
        http = uaa.http();
        joe = http.createUser("joe", "secret");
    }

    @AfterAll
    static void stop() {
        uaa.close();
    }

    @Test
    void a_users_token_has_the_claims_that_the_clients_read() {
        var answer = http.login("joe", "secret");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type"))
                .isEqualToIgnoringCase("application/json;charset=UTF-8");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.header("Pragma")).isEqualTo("no-cache");
        assertThat(answer.text("token_type")).isEqualTo("bearer");
        assertThat(answer.json().path("expires_in").asInt()).isEqualTo(600);
        assertThat(answer.text("refresh_token")).endsWith("-r");
        var claims = Http.claims(answer.text("access_token"));
        assertThat(claims.path("jti").asString()).isEqualTo(answer.text("jti"));
        assertThat(claims.path("user_id").asString()).isEqualTo(joe);
        assertThat(claims.path("sub").asString()).isEqualTo(joe);
        assertThat(claims.path("user_name").asString()).isEqualTo("joe");
        assertThat(claims.path("email").asString()).isEqualTo("joe");
        assertThat(claims.path("origin").asString()).isEqualTo("uaa");
        assertThat(claims.path("client_id").asString()).isEqualTo("cf");
        assertThat(claims.path("cid").asString()).isEqualTo("cf");
        assertThat(claims.path("azp").asString()).isEqualTo("cf");
        assertThat(claims.path("grant_type").asString()).isEqualTo("password");
        assertThat(claims.path("iss").asString()).isEqualTo(TestUaa.ISSUER);
        assertThat(claims.path("zid").asString()).isEqualTo("uaa");
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(600);
        assertThat(claims.has("authorities")).isFalse();
        assertThat(claims.path("scope").valueStream().map(JsonNode::asString))
                .containsExactlyInAnyOrder(
                        "cloud_controller.read",
                        "cloud_controller.write",
                        "openid",
                        "password.write",
                        "scim.userids",
                        "uaa.user");
        assertThat(claims.path("aud").valueStream().map(JsonNode::asString))
                .containsExactlyInAnyOrder(
                        "cloud_controller", "openid", "password", "scim", "uaa", "cf");
    }

    @Test
    void a_clients_own_token_names_no_user_and_has_no_refresh_token() {
        var answer =
                http.form(
                        "/oauth/token",
                        "grant_type",
                        "client_credentials",
                        "client_id",
                        "doppler",
                        "client_secret",
                        TestUaa.SECRET);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().has("refresh_token")).isFalse();
        var claims = Http.claims(answer.text("access_token"));
        assertThat(claims.path("sub").asString()).isEqualTo("doppler");
        assertThat(claims.path("authorities")).isEqualTo(claims.path("scope"));
        assertThat(claims.path("aud").isArray()).isTrue();
        assertThat(claims.has("user_id")).isFalse();
        assertThat(claims.has("user_name")).isFalse();
        assertThat(claims.has("origin")).isFalse();
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(43200);
    }

    @Test
    void the_platforms_verifier_accepts_a_token_and_knows_who_it_is() throws Exception {
        var verifier =
                new TokenVerifier(
                        new io.nimbus.tokens.UaaConfig(
                                URI.create(http.base()),
                                TestUaa.ISSUER,
                                Set.of("cloud_controller")),
                        uaa.time);

        var token = verifier.verify("bearer " + http.login("joe", "secret").text("access_token"));

        assertThat(token.user()).isEqualTo(joe);
        assertThat(token.userName()).isEqualTo("joe");
        assertThat(token.has("cloud_controller.write")).isTrue();
    }

    @Test
    void a_refresh_gives_another_access_token_and_the_same_refresh_token() {
        var first = http.login("joe", "secret");

        var second =
                http.cf()
                        .form(
                                "/oauth/token",
                                "grant_type",
                                "refresh_token",
                                "refresh_token",
                                first.text("refresh_token"),
                                "scope",
                                "");

        assertThat(second.status()).isEqualTo(200);
        assertThat(second.text("refresh_token")).isEqualTo(first.text("refresh_token"));
        assertThat(second.text("jti")).isNotEqualTo(first.text("jti"));
        assertThat(second.text("scope")).isEqualTo(first.text("scope"));
        assertThat(Http.claims(second.text("access_token")).path("grant_type").asString())
                .isEqualTo("password");
    }

    @Test
    void a_refresh_may_ask_for_less_but_not_for_more() {
        var refresh =
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
                                "openid uaa.user")
                        .text("refresh_token");

        var less =
                http.cf()
                        .form(
                                "/oauth/token",
                                "grant_type",
                                "refresh_token",
                                "refresh_token",
                                refresh,
                                "scope",
                                "openid");
        var more =
                http.cf()
                        .form(
                                "/oauth/token",
                                "grant_type",
                                "refresh_token",
                                "refresh_token",
                                refresh,
                                "scope",
                                "openid cloud_controller.read");

        assertThat(less.text("scope")).isEqualTo("openid");
        assertThat(more.status()).isEqualTo(400);
        assertThat(more.text("error")).isEqualTo("invalid_scope");
    }

    @Test
    void what_J_sends_beside_is_no_obstacle() {
        var answer =
                http.cf()
                        .form(
                                "/oauth/token?login_hint=",
                                "client_id",
                                "cf",
                                "client_secret",
                                "",
                                "grant_type",
                                "password",
                                "username",
                                "joe",
                                "password",
                                "secret",
                                "response_type",
                                "token",
                                "something",
                                "else");

        assertThat(answer.status()).isEqualTo(200);
    }

    @Test
    void a_login_hint_of_ours_is_fine_and_another_is_refused() {
        var ours =
                http.cf()
                        .form(
                                "/oauth/token?" + Http.encode("login_hint", "{\"origin\":\"uaa\"}"),
                                "grant_type",
                                "password",
                                "username",
                                "joe",
                                "password",
                                "secret");
        var other =
                http.cf()
                        .form(
                                "/oauth/token?"
                                        + Http.encode("login_hint", "{\"origin\":\"ldap\"}"),
                                "grant_type",
                                "password",
                                "username",
                                "joe",
                                "password",
                                "secret");

        assertThat(ours.status()).isEqualTo(200);
        assertThat(other.status()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({
        "cf, '', grant_type=password&username=joe&password=wrong, 401, unauthorized",
        "cf, '', grant_type=password&username=nobody&password=wrong, 401, unauthorized",
        "cf, '', grant_type=password&username=joe, 400, invalid_request",
        "cf, '', username=joe&password=secret, 400, invalid_request",
        "cf, '', grant_type=magic, 400, unsupported_grant_type",
        "cf, '', grant_type=client_credentials, 401, invalid_client",
        "cf, wrong, grant_type=password&username=joe&password=secret, 401, invalid_client",
        "nobody, '', grant_type=password&username=joe&password=secret, 401, invalid_client",
        "cf, '', grant_type=password&username=joe&password=secret&scope=uaa.admin, 400, invalid_scope",
        "cf, '', grant_type=password&username=joe&password=secret&scope=scim.write, 400, invalid_scope",
        "cf, '', grant_type=refresh_token&refresh_token=unknown-r, 401, invalid_token",
        "cf, '', grant_type=refresh_token, 400, invalid_request",
        "cf, '', grant_type=password&passcode=unknown, 401, unauthorized",
        "cf, '', grant_type=password&username=joe&password=secret&client_id=admin, 401, invalid_client",
        "ssh-proxy, of-the-client, grant_type=authorization_code&code=unknown, 400, invalid_grant",
        "ssh-proxy, of-the-client, grant_type=authorization_code, 400, invalid_request",
        "cf, '', grant_type=password&username=%zz, 400, invalid_request",
    })
    void a_request_that_cannot_be_granted_says_why(
            String client, String secret, String form, int status, String error) {
        var answer =
                http.basic(client, secret)
                        .send("POST", "/oauth/token", "application/x-www-form-urlencoded", form);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text("error")).isEqualTo(error);
        assertThat(answer.text("error_description")).isNotEmpty();
    }

    @Test
    void a_request_without_a_client_is_asked_for_one() {
        var answer =
                http.form(
                        "/oauth/token",
                        "grant_type",
                        "password",
                        "username",
                        "joe",
                        "password",
                        "secret");

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text("error")).isEqualTo("unauthorized");
        assertThat(answer.header("WWW-Authenticate")).startsWith("Basic");
    }

    @Test
    void a_refresh_token_ends() {
        var refresh = http.login("joe", "secret").text("refresh_token");

        uaa.time.advance(Duration.ofDays(31));

        var answer =
                http.cf()
                        .form(
                                "/oauth/token",
                                "grant_type",
                                "refresh_token",
                                "refresh_token",
                                refresh);
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text("error")).isEqualTo("invalid_token");
    }

    @Test
    void a_refresh_token_is_of_use_to_its_own_client_only() {
        var refresh = http.login("joe", "secret").text("refresh_token");

        var answer =
                http.basic("ssh-proxy", TestUaa.SECRET)
                        .form(
                                "/oauth/token",
                                "grant_type",
                                "refresh_token",
                                "refresh_token",
                                refresh);

        assertThat(answer.status()).isEqualTo(401);
    }

    @Test
    void an_opaque_token_is_accepted_here_and_can_be_revoked() {
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
                                "token_format",
                                "opaque")
                        .text("access_token");

        assertThat(token).doesNotContain(".");
        assertThat(http.bearer(token).get("/userinfo").text("user_name")).isEqualTo("joe");
        assertThat(http.bearer(token).delete("/oauth/token/revoke/" + token).status())
                .isEqualTo(200);
        assertThat(http.bearer(token).get("/userinfo").status()).isEqualTo(401);
    }

    @Test
    void a_resource_server_learns_what_a_token_says() {
        var token = http.login("joe", "secret").text("access_token");
        var server = http.basic("doppler", TestUaa.SECRET);

        var checked = server.form("/check_token", "token", token);
        var seen = server.form("/introspect", "token", token);

        assertThat(checked.status()).isEqualTo(200);
        var claims = (ObjectNode) Http.claims(token);
        // J cannot read the answer without it.
        assertThat(checked.json()).isEqualTo(claims.put("revocable", false));
        assertThat(seen.json().path("active").asBoolean()).isTrue();
        assertThat(seen.text("user_name")).isEqualTo("joe");
    }

    @Test
    void a_resource_server_may_demand_scopes() {
        var token = http.login("joe", "secret").text("access_token");
        var server = http.basic("doppler", TestUaa.SECRET);

        assertThat(
                        server.form("/check_token", "token", token, "scopes", "openid,uaa.user")
                                .status())
                .isEqualTo(200);
        var refused = server.form("/check_token", "token", token, "scopes", "openid,uaa.admin");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text("error")).isEqualTo("invalid_scope");
    }

    @Test
    void only_resource_servers_may_ask_about_tokens() {
        var token = http.login("joe", "secret").text("access_token");

        assertThat(http.cf().form("/check_token", "token", token).status()).isEqualTo(403);
        assertThat(http.form("/check_token", "token", token).status()).isEqualTo(401);
        assertThat(http.bearer(token).form("/introspect", "token", token).status()).isEqualTo(403);
    }
}

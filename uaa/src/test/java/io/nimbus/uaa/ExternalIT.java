package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import java.net.URI;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Signing in at another provider, by discovery. */
class ExternalIT {
    private static FakeProvider provider;
    private static FakeProvider liar;
    private static TestUaa uaa;
    private static Http http;

    @BeforeAll
    static void start() throws Exception {
        provider = new FakeProvider();
        liar = new FakeProvider();
        liar.announceIssuer("http://evil.test");
        uaa =
                TestUaa.start(
                        """
                        groups: [platform.operators]
                        identity_providers:
                          - origin: partner
                            issuer: "%1$s"
                            client_id: nimbus
                            client_secret: "%2$s"
                            link_text: Partner's log-in
                            groups: {ops: platform.operators, admins: cloud_controller.admin}
                          - origin: closed
                            issuer: "%1$s"
                            client_id: nimbus
                            client_secret: "%2$s"
                            create_users: false
                          - origin: away
                            issuer: http://127.0.0.1:1
                            client_id: nimbus
                            client_secret: x
                          - origin: liar
                            issuer: "%3$s"
                            client_id: nimbus
                            client_secret: x
                        """
                                .formatted(provider.issuer(), FakeProvider.SECRET, liar.issuer()));
        http = uaa.http();
    }

    @AfterAll
    static void stop() {
        uaa.close();
        provider.close();
        liar.close();
    }

    @BeforeEach
    void anHonestProvider() {
        provider.behave();
    }

    /** The answer to the browser that comes back. */
    private static Http.Answer signIn(Visitor visitor, String origin, String to) {
        var leave = visitor.get("/login/oidc/" + origin + "?" + Http.encode("to", to));
        assertThat(leave.status()).as(leave.body()).isEqualTo(302);
        var back = FakeProvider.visit(leave.header("Location"));
        return visitor.get(back.getRawPath() + "?" + back.getRawQuery());
    }

    private static JsonNode user(String name) {
        return http.asClient("admin")
                .get("/Users?" + Http.encode("filter", "userName eq \"" + name + "\""))
                .json()
                .path("resources");
    }

    private static List<String> groups(JsonNode user) {
        return user.path("groups").valueStream().map(g -> g.path("display").asString()).toList();
    }

    @Test
    void a_stranger_becomes_a_user_with_the_groups_that_its_provider_says() {
        provider.nextIs(claims -> claims.subject("s-ann").claim("preferred_username", "ann"));
        var visitor = new Visitor(http);
        assertThat(visitor.get("/login").body()).contains("Partner&#39;s log-in");

        var back = signIn(visitor, "partner", "/passcode");

        assertThat(back.header("Location")).isEqualTo("/passcode");
        var ann = user("ann").path(0);
        assertThat(ann.path("origin").asString()).isEqualTo("partner");
        assertThat(ann.path("externalId").asString()).isEqualTo("s-ann");
        assertThat(ann.path("name").path("familyName").asString()).isEqualTo("Berg");
        assertThat(ann.path("emails").path(0).path("value").asString())
                .isEqualTo("olga@partner.example");
        assertThat(ann.path("verified").asBoolean()).isTrue();
        assertThat(groups(ann)).contains("platform.operators", "cloud_controller.read");
        assertThat(groups(ann)).doesNotContain("cloud_controller.admin");
    }

    @Test
    void a_passcode_brings_such_a_user_to_the_command_line() {
        provider.nextIs(claims -> claims.subject("s-cli").claim("preferred_username", "cli"));
        var visitor = new Visitor(http);
        signIn(visitor, "partner", "/");
        var code = visitor.passcode();

        var token = http.cf().form("/oauth/token", "grant_type", "password", "passcode", code);

        assertThat(token.status()).as(token.body()).isEqualTo(200);
        var claims = Http.claims(token.text("access_token"));
        assertThat(claims.path("origin").asString()).isEqualTo("partner");
        assertThat(claims.path("user_name").asString()).isEqualTo("cli");
        assertThat(http.login("cli", "anything").status())
                .as("it has no password here")
                .isEqualTo(401);
    }

    @Test
    void who_comes_again_is_brought_up_to_date_and_loses_what_the_provider_took() {
        Consumer<JWTClaimsSet.Builder> before =
                claims ->
                        claims.subject("s-bob")
                                .claim("preferred_username", "bob")
                                .claim("groups", List.of("ops", "admins"));
        provider.nextIs(before);
        signIn(new Visitor(http), "partner", "/");
        var first = user("bob").path(0);
        assertThat(groups(first)).contains("cloud_controller.admin", "platform.operators");

        provider.nextIs(
                before.andThen(claims ->
                        claims.claim("preferred_username", "robert")
                                .claim("groups", List.of("ops"))));
        signIn(new Visitor(http), "partner", "/");

        assertThat(user("bob")).isEmpty();
        var second = user("robert").path(0);
        assertThat(second.path("id")).isEqualTo(first.path("id"));
        assertThat(groups(second))
                .contains("platform.operators")
                .doesNotContain("cloud_controller.admin");
    }

    @Test
    void a_user_of_ours_is_not_the_providers_user_of_the_same_name() {
        var ours = http.createUser("twin", "secret");
        provider.nextIs(claims -> claims.subject("s-twin").claim("preferred_username", "twin"));

        signIn(new Visitor(http), "partner", "/");

        assertThat(user("twin").size()).isEqualTo(2);
        assertThat(http.login("twin", "secret").status()).isEqualTo(200);
        var claims = Http.claims(http.login("twin", "secret").text("access_token"));
        assertThat(claims.path("user_id").asString()).isEqualTo(ours);
    }

    @Test
    void a_provider_cannot_give_one_persons_name_to_another() {
        provider.nextIs(claims -> claims.subject("s-eve").claim("preferred_username", "eve"));
        signIn(new Visitor(http), "partner", "/");
        provider.nextIs(claims -> claims.subject("s-mallory").claim("preferred_username", "EVE"));

        var back = signIn(new Visitor(http), "partner", "/");

        assertThat(back.status()).isEqualTo(403);
        assertThat(user("eve").size()).isEqualTo(1);
    }

    @Test
    void only_who_is_known_comes_in_where_the_configuration_says_so() {
        provider.nextIs(claims -> claims.subject("s-kim").claim("preferred_username", "kim"));
        assertThat(signIn(new Visitor(http), "closed", "/").status()).isEqualTo(403);
        assertThat(user("kim")).isEmpty();

        var made =
                http.asClient("admin")
                        .json(
                                "POST",
                                "/Users",
                                """
                                {"userName":"kim","origin":"closed","emails":[{"value":"kim"}],
                                 "name":{"familyName":"k","givenName":"k"}}
                                """);
        assertThat(made.status()).as(made.body()).isEqualTo(201);

        assertThat(signIn(new Visitor(http), "closed", "/").status()).isEqualTo(302);
        assertThat(user("kim").path(0).path("id").asString()).isEqualTo(made.text("id"));
    }

    @Test
    void a_user_who_was_shut_out_stays_out() {
        provider.nextIs(claims -> claims.subject("s-out").claim("preferred_username", "out"));
        signIn(new Visitor(http), "partner", "/");
        var user = user("out").path(0);
        http.asClient("admin")
                .with("If-Match", "*")
                .json("PATCH", "/Users/" + user.path("id").asString(), "{\"active\":false}");

        assertThat(signIn(new Visitor(http), "partner", "/").status()).isEqualTo(403);
    }

    static Stream<Named<Consumer<JWTClaimsSet.Builder>>> notForUs() {
        return Stream.of(
                Named.of("of another issuer", c -> c.issuer("http://evil.test")),
                Named.of("for another client", c -> c.audience("other")),
                Named.of("for several", c -> c.audience(List.of("nimbus", "other"))),
                Named.of("of another log-in", c -> c.claim("nonce", "x")),
                Named.of("without a nonce", c -> c.claim("nonce", null)),
                Named.of(
                        "ended", c -> c.expirationTime(Date.from(Instant.now().minusSeconds(120)))),
                Named.of("without an end", c -> c.expirationTime(null)),
                Named.of("of nobody", c -> c.subject(null)),
                Named.of("with a list for a name", c -> c.claim("preferred_username", List.of())),
                Named.of("with a line break", c -> c.claim("preferred_username", "a\nb")));
    }

    @ParameterizedTest
    @MethodSource("notForUs")
    void an_id_token_is_refused_that_is(Consumer<JWTClaimsSet.Builder> wrong) {
        provider.nextIs(wrong);
        var visitor = new Visitor(http);

        assertThat(signIn(visitor, "partner", "/").status()).isEqualTo(403);
        assertThat(visitor.get("/passcode").header("Location")).startsWith("/login");
    }

    @Test
    void an_id_token_of_another_key_is_refused_and_a_rotation_is_followed() throws Exception {
        provider.nextIs(claims -> claims.subject("s-rot").claim("preferred_username", "rot"));
        provider.forge();
        assertThat(signIn(new Visitor(http), "partner", "/").status()).isEqualTo(403);

        provider.rotate();
        assertThat(signIn(new Visitor(http), "partner", "/").status()).isEqualTo(302);
    }

    @Test
    void a_state_is_good_once_in_the_browser_that_left_with_it_and_for_a_while() {
        var visitor = new Visitor(http);
        var leave = visitor.get("/login/oidc/partner?to=/");
        var back = FakeProvider.visit(leave.header("Location"));
        var path = back.getRawPath() + "?" + back.getRawQuery();

        assertThat(new Visitor(http).get(path).status()).as("another browser").isEqualTo(403);
        assertThat(visitor.get(path).status()).as("spent by the attempt").isEqualTo(403);

        var late = FakeProvider.visit(visitor.get("/login/oidc/partner").header("Location"));
        uaa.time.advance(java.time.Duration.ofMinutes(11));
        assertThat(visitor.get(late.getRawPath() + "?" + late.getRawQuery()).status())
                .isEqualTo(403);
        assertThat(visitor.get("/login/callback/partner?code=x&state=y").status()).isEqualTo(403);
    }

    @Test
    void afterwards_it_goes_on_to_pages_of_ours_only() {
        provider.nextIs(claims -> claims.subject("s-red").claim("preferred_username", "red"));

        assertThat(signIn(new Visitor(http), "partner", "http://evil.test/").header("Location"))
                .isEqualTo("/");
        assertThat(signIn(new Visitor(http), "partner", "//evil.test/").header("Location"))
                .isEqualTo("/");
    }

    @Test
    void a_denial_there_is_told_here() {
        var visitor = new Visitor(http);
        var leave = URI.create(visitor.get("/login/oidc/partner").header("Location"));
        var state = Visitor.inUri(leave.toString(), "state");

        var back =
                visitor.get(
                        "/login/callback/partner?error=access_denied&"
                                + Http.encode("state", state));

        assertThat(back.status()).isEqualTo(403);
        assertThat(back.body()).contains("did not sign you in");
    }

    @Test
    void a_provider_that_is_away_is_no_obstacle_for_others() {
        assertThat(new Visitor(http).get("/login/oidc/away").status()).isEqualTo(503);
        assertThat(new Visitor(http).get("/login/oidc/nobody").status()).isEqualTo(404);
        assertThat(new Visitor(http).get("/login").status()).isEqualTo(200);
    }

    @Test
    void a_provider_that_announces_another_issuer_is_not_the_one_we_trust() {
        assertThat(new Visitor(http).get("/login/oidc/liar").status()).isEqualTo(503);
    }

    @Test
    void one_uaa_can_be_the_provider_of_another() {
        // Its issuer is a name that nothing answers to, hence the address of the document.
        var here =
                TestUaa.start(
                        """
                        identity_providers:
                          - origin: sister
                            issuer: %s
                            discovery: "%s/.well-known/openid-configuration"
                            client_id: downstream
                            client_secret: s
                            scopes: [openid]
                            user_name_claim: user_name
                        """
                                .formatted(TestUaa.ISSUER, http.base()));
        try (here) {
            http.asClient("admin")
                    .json(
                            "POST",
                            "/oauth/clients",
                            """
                            {"client_id":"downstream","client_secret":"s","scope":["openid"],
                             "autoapprove":true,"authorized_grant_types":["authorization_code"],
                             "redirect_uri":"%s/login/callback/sister"}
                            """
                                    .formatted(here.http().base()));
            http.createUser("sis", "secret");
            var there = new Visitor(http);
            there.signIn(there.get("/login"), "sis", "secret");
            var visitor = new Visitor(here.http());

            var leave = URI.create(visitor.get("/login/oidc/sister").header("Location"));
            var back =
                    URI.create(
                            there.get(leave.getRawPath() + "?" + leave.getRawQuery())
                                    .header("Location"));
            var done = visitor.get(back.getRawPath() + "?" + back.getRawQuery());

            assertThat(done.status()).as(done.body()).isEqualTo(302);
            assertThat(visitor.get("/").body()).contains("<strong>sis</strong>");
        }
    }
}

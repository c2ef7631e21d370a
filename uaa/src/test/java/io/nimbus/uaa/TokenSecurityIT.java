package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import io.nimbus.database.Database;
import io.nimbus.tokens.InvalidTokenException;
import io.nimbus.tokens.TokenVerifier;
import io.nimbus.uaa.schema.Tables;
import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Tokens that are not what they seem: refused by the UAA and by whoever verifies with its keys. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenSecurityIT {
    private TestUaa uaa;
    private Http http;
    private String good = "";
    private String refresh = "";
    private RSAKey ours;

    TokenSecurityIT() {
        uaa = TestUaa.start();
        http = uaa.http();
        ours = signingKey(uaa);
    }

    @BeforeAll
    void start() {
        http.createUser("joe", "secret");
        var login = http.login("joe", "secret");
        good = login.text("access_token");
        refresh = login.text("refresh_token");
    }

    @AfterAll
    void stop() {
        uaa.close();
    }

    /** The private key, as only the database's owner can read it. */
    static RSAKey signingKey(TestUaa uaa) {
        try (var database = new Database(uaa.databaseConfig, "db/uaa")) {
            database.start();
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(database::isReady);
            String jwk =
                    database.read(dsl ->
                            dsl.select(Tables.SIGNING_KEY.JWK)
                                    .from(Tables.SIGNING_KEY)
                                    .where(Tables.SIGNING_KEY.RETIRED.isNull())
                                    .fetchSingle()
                                    .value1());
            return RSAKey.parse(jwk);
        } catch (java.text.ParseException e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Change {
        void apply(ObjectNode claims);
    }

    /** The good token's claims with a change, signed with our own key. */
    private String signed(Change change) throws Exception {
        return signed(ours, ours.getKeyID(), change);
    }

    private String signed(RSAKey key, String id, Change change) throws Exception {
        var claims = (ObjectNode) Http.claims(good).deepCopy();
        change.apply(claims);
        var token =
                new JWSObject(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .type(JOSEObjectType.JWT)
                                .keyID(id)
                                .build(),
                        new Payload(claims.toString()));
        token.sign(new RSASSASigner(key));
        return token.serialize();
    }

    private String withHeader(String header, String signature) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(header.getBytes(UTF_8))
                + "."
                + good.split("\\.")[1]
                + "."
                + signature;
    }

    private String symmetric() throws Exception {
        // The classic: the public key as the secret of an HMAC.
        var token =
                new JWSObject(
                        new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(ours.getKeyID()).build(),
                        new Payload(Http.claims(good).toString()));
        token.sign(new MACSigner(ours.toRSAPublicKey().getEncoded()));
        return token.serialize();
    }

    Stream<Named<String>> refused() throws Exception {
        var stranger = new RSAKeyGenerator(2048).keyID(ours.getKeyID()).generate();
        var parts = good.split("\\.");
        var claims = (ObjectNode) Http.claims(good).deepCopy();
        claims.put("user_name", "admin");
        var forged =
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(claims.toString().getBytes(UTF_8));
        var jwk = JsonMapper.shared().readTree(stranger.toPublicJWK().toJSONString());
        return Stream.of(
                Named.of("nothing", ""),
                Named.of("a word", "token"),
                Named.of("dots", ".."),
                Named.of("not base64", "ä.ö.ü"),
                Named.of("two parts", parts[0] + "." + parts[1]),
                Named.of("four parts", good + ".x"),
                Named.of("truncated", good.substring(0, good.length() - 20)),
                Named.of("truncated claims", parts[0] + ".e30." + parts[2]),
                Named.of("other claims, same signature", parts[0] + "." + forged + "." + parts[2]),
                Named.of("no signature", parts[0] + "." + parts[1] + "."),
                Named.of("alg none", withHeader("{\"alg\":\"none\"}", "")),
                Named.of("alg none, in disguise", withHeader("{\"alg\":\"nOnE\"}", parts[2])),
                Named.of("our public key as an HMAC secret", symmetric()),
                Named.of("another key under our id", signed(stranger, ours.getKeyID(), c -> {})),
                Named.of("an unknown key", signed(stranger, "unknown", c -> {})),
                Named.of(
                        "a key that it brings along",
                        withHeader(
                                "{\"alg\":\"RS256\",\"kid\":\"x\",\"jwk\":" + jwk + "}", parts[2])),
                Named.of("expired", signed(c -> c.put("exp", c.path("iat").asLong() - 1))),
                Named.of("without an end", signed(c -> c.remove("exp"))),
                Named.of(
                        "of a foreign issuer",
                        signed(c -> c.put("iss", "http://evil/oauth/token"))),
                Named.of("without an issuer", signed(c -> c.remove("iss"))),
                Named.of("a refresh token's id", signed(c -> c.put("jti", "x-r"))),
                Named.of("without an id", signed(c -> c.remove("jti"))),
                Named.of("a refresh token", refresh),
                Named.of("too long", good + "x".repeat(40_000)));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void the_uaa_refuses(String token) {
        var answer = http.bearer(token).get("/userinfo");

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text("error"))
                .isEqualTo(token.isEmpty() ? "unauthorized" : "invalid_token");
        var server = http.basic("doppler", TestUaa.SECRET);
        if (!token.isEmpty()) {
            assertThat(server.form("/check_token", "token", token).status()).isEqualTo(400);
            assertThat(server.form("/introspect", "token", token).body())
                    .isEqualTo("{\"active\":false}");
        }
    }

    @ParameterizedTest
    @MethodSource("refused")
    void a_verifier_refuses(String token) {
        assertThat(accepts(token)).isFalse();
    }

    @Test
    void what_is_not_tampered_with_is_accepted() throws Exception {
        assertThat(http.bearer(good).get("/userinfo").status()).isEqualTo(200);
        assertThat(http.bearer(signed(c -> {})).get("/userinfo").status()).isEqualTo(200);
        assertThat(accepts(good)).isTrue();
    }

    @Test
    void an_older_revision_is_void_here() throws Exception {
        assertThat(
                        http.bearer(signed(c -> c.put("rev_sig", "0123456789abcdef")))
                                .get("/userinfo")
                                .status())
                .isEqualTo(401);
        assertThat(http.bearer(signed(c -> c.put("user_id", "x"))).get("/userinfo").status())
                .isEqualTo(401);
        assertThat(http.bearer(signed(c -> c.put("client_id", "x"))).get("/userinfo").status())
                .isEqualTo(401);
    }

    private boolean accepts(String token) {
        var verifier =
                new TokenVerifier(
                        new io.nimbus.tokens.UaaConfig(
                                URI.create(http.base()),
                                TestUaa.ISSUER,
                                Set.of("cloud_controller")),
                        uaa.time);
        try {
            verifier.verify("bearer " + token);
            return true;
        } catch (InvalidTokenException e) {
            return false;
        } catch (io.nimbus.tokens.UaaUnavailableException e) {
            throw new IllegalStateException(e);
        }
    }
}

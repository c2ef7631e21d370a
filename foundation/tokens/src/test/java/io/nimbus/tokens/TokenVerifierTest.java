package io.nimbus.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokenVerifierTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String ISSUER = "http://uaa/oauth/token";
    private static final RSAKey KEY = key("k1");
    private static final RSAKey OTHER = key("k1");
    private static final UaaConfig CONFIG =
            new UaaConfig(URI.create("http://uaa"), ISSUER, Set.of("cloud_controller"));

    private final TokenVerifier verifier =
            new TokenVerifier(
                    CONFIG,
                    InstantSource.fixed(NOW),
                    new ImmutableJWKSet<>(new JWKSet(KEY.toPublicJWK())));

    private static RSAKey key(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static JWTClaimsSet.Builder good() {
        return new JWTClaimsSet.Builder()
                .jwtID("1")
                .issuer(ISSUER)
                .audience(List.of("cloud_controller", "cf"))
                .expirationTime(Date.from(NOW.plusSeconds(60)))
                .claim("user_id", "u1")
                .claim("user_name", "ada")
                .claim("email", "ada@example.org")
                .claim("client_id", "cf")
                .claim("scope", List.of("cloud_controller.read"));
    }

    private static String signed(RSAKey key, JWTClaimsSet claims) {
        try {
            var jwt =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(),
                            claims);
            jwt.sign(new RSASSASigner(key));
            return jwt.serialize();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void a_good_token_tells_who_acts() throws Exception {
        var token = verifier.verify("bEaReR " + signed(KEY, good().build()));
        assertThat(token)
                .isEqualTo(
                        new Token(
                                "u1",
                                "ada",
                                "ada@example.org",
                                "cf",
                                Set.of("cloud_controller.read"),
                                NOW.plusSeconds(60)));
        assertThat(token.subject()).isEqualTo("u1");
        assertThat(token.has("cloud_controller.write")).isFalse();
    }

    @Test
    void a_clients_own_token_has_no_user() throws Exception {
        var claims = good().claim("user_id", null).claim("user_name", null).build();
        var token = verifier.verify("bearer " + signed(KEY, claims));
        assertThat(token.isClient()).isTrue();
        assertThat(token.subject()).isEqualTo("cf");
    }

    @Test
    void an_upload_may_outlive_its_token_by_its_grace() throws Exception {
        var late = signed(KEY, good().expirationTime(Date.from(NOW.minusSeconds(100))).build());
        assertThat(verifier.verify("bearer " + late, Duration.ofMinutes(2)).user()).isEqualTo("u1");
        assertThatExceptionOfType(InvalidTokenException.class)
                .isThrownBy(() -> verifier.verify("bearer " + late, Duration.ofSeconds(90)));
    }

    record Bad(String why, String header) {
        @Override
        public String toString() {
            return why;
        }
    }

    private static Bad claims(String why, Consumer<JWTClaimsSet.Builder> change) {
        var claims = good();
        change.accept(claims);
        return new Bad(why, "bearer " + signed(KEY, claims.build()));
    }

    static Stream<Bad> badTokens() throws Exception {
        var good = signed(KEY, good().build());
        var symmetric =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("k1").build(),
                        good().build());
        symmetric.sign(
                new MACSigner(KEY.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8)));
        return Stream.of(
                new Bad("no scheme", good),
                new Bad("another scheme", "basic " + good),
                new Bad("empty", "bearer "),
                new Bad("not a token", "bearer x.y.z"),
                new Bad("truncated", "bearer " + good.substring(0, good.length() - 4)),
                new Bad(
                        "another payload",
                        "bearer " + good.replaceFirst("\\.[^.]+\\.", ".eyJzdWIiOiJ4In0.")),
                new Bad("unsigned", "bearer " + new PlainJWT(good().build()).serialize()),
                new Bad(
                        "signed with the public key as a secret",
                        "bearer " + symmetric.serialize()),
                new Bad("another key of the same id", "bearer " + signed(OTHER, good().build())),
                new Bad("an unknown key", "bearer " + signed(key("k9"), good().build())),
                claims("expired", c -> c.expirationTime(Date.from(NOW.minusSeconds(1)))),
                claims("without end", c -> c.expirationTime(null)),
                claims("another issuer", c -> c.issuer("http://evil/oauth/token")),
                claims("no issuer", c -> c.issuer(null)),
                claims("another audience", c -> c.audience("uaa")),
                claims("no audience", c -> c.audience((String) null)),
                claims("a refresh token", c -> c.jwtID("1-r")),
                claims("no id", c -> c.jwtID(null)),
                claims("nobody", c -> c.claim("user_id", null).claim("client_id", null)),
                claims("scope of the wrong type", c -> c.claim("scope", 5)));
    }

    @ParameterizedTest
    @MethodSource("badTokens")
    void a_bad_token_is_refused(Bad bad) {
        assertThatExceptionOfType(InvalidTokenException.class)
                .isThrownBy(() -> verifier.verify(bad.header()));
    }

    @Test
    void a_rotated_key_is_fetched_and_a_uaa_that_is_away_does_no_harm_to_known_ones()
            throws Exception {
        var second = key("k2");
        var served = new AtomicReference<>(new JWKSet(KEY.toPublicJWK()));
        var http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext(
                "/token_keys",
                exchange -> {
                    var body = served.get().toString().getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        http.start();
        var config =
                new UaaConfig(
                        URI.create("http://127.0.0.1:" + http.getAddress().getPort()),
                        ISSUER,
                        Set.of("cloud_controller"));
        var remote = new TokenVerifier(config, InstantSource.fixed(NOW));
        assertThat(remote.verify("bearer " + signed(KEY, good().build())).user()).isEqualTo("u1");
        served.set(new JWKSet(List.of(KEY.toPublicJWK(), second.toPublicJWK())));
        assertThat(remote.verify("bearer " + signed(second, good().build())).user())
                .isEqualTo("u1");
        http.stop(0);
        assertThat(remote.verify("bearer " + signed(second, good().build())).user())
                .isEqualTo("u1");

        var never = new TokenVerifier(config, InstantSource.fixed(NOW));
        assertThatExceptionOfType(UaaUnavailableException.class)
                .isThrownBy(() -> never.verify("bearer " + signed(KEY, good().build())));
    }
}

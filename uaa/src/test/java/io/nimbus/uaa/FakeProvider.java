package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nimbus.uaa.secrets.Digest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * An OpenID Connect provider that lets everybody in as whom the test says, and checks what a
 * careful one checks: client, redirect URI, code once, PKCE.
 */
final class FakeProvider implements AutoCloseable {
    static final String CLIENT = "nimbus";
    static final String SECRET = "shared & secret";

    private final HttpServer server;
    private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
    private volatile RSAKey key = newKey();
    private volatile RSAKey signing = key;
    private volatile Consumer<JWTClaimsSet.Builder> person = claims -> {};
    private volatile String announcedIssuer;

    FakeProvider() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        announcedIssuer = issuer();
        server.createContext("/.well-known/openid-configuration", this::discovery);
        server.createContext("/authorize", this::authorize);
        server.createContext("/token", this::token);
        server.createContext(
                "/keys",
                exchange ->
                        answer(
                                exchange,
                                200,
                                "{\"keys\":[" + key.toPublicJWK().toJSONString() + "]}"));
        server.start();
    }

    private static RSAKey newKey() {
        try {
            return new RSAKeyGenerator(2048).keyID(UUID.randomUUID().toString()).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    String issuer() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Who comes next, as claims of the id token, over those that are right. */
    void nextIs(Consumer<JWTClaimsSet.Builder> claims) {
        person = claims;
    }

    void announceIssuer(String other) {
        announcedIssuer = other;
    }

    /** A new key, published and used. */
    void rotate() {
        key = newKey();
        signing = key;
    }

    /** Signs with a key that is not published, under the name of the one that is. */
    void forge() throws JOSEException {
        signing = new RSAKeyGenerator(2048).keyID(key.getKeyID()).generate();
    }

    void behave() {
        signing = key;
        announcedIssuer = issuer();
        person = claims -> {};
    }

    private void discovery(HttpExchange exchange) throws IOException {
        answer(
                exchange,
                200,
                """
                {"issuer":"%s","authorization_endpoint":"%2$s/authorize?realm=x",
                 "token_endpoint":"%2$s/token","jwks_uri":"%2$s/keys"}
                """
                        .formatted(announcedIssuer, issuer()));
    }

    private void authorize(HttpExchange exchange) throws IOException {
        var query = fields(exchange.getRequestURI().getRawQuery());
        var code = UUID.randomUUID().toString();
        codes.put(code, query);
        exchange.getResponseHeaders()
                .add(
                        "Location",
                        query.get("redirect_uri")
                                + "?"
                                + Http.encode(
                                        "code", code, "state", query.getOrDefault("state", "")));
        answer(exchange, 302, "");
    }

    private void token(HttpExchange exchange) throws IOException {
        var form = fields(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
        var asked = codes.remove(form.getOrDefault("code", ""));
        var basic =
                "Basic "
                        + java.util.Base64.getEncoder()
                                .encodeToString(
                                        "nimbus:shared+%26+secret"
                                                .getBytes(UTF_8)); // RFC 6749, 2.3.1
        if (asked == null
                || !basic.equals(exchange.getRequestHeaders().getFirst("Authorization"))
                || !CLIENT.equals(asked.get("client_id"))
                || !asked.getOrDefault("redirect_uri", "").equals(form.get("redirect_uri"))
                || !Digest.base64(form.getOrDefault("code_verifier", ""))
                        .equals(asked.get("code_challenge"))) {
            answer(exchange, 400, "{\"error\":\"invalid_grant\"}");
            return;
        }
        try {
            var claims =
                    new JWTClaimsSet.Builder()
                            .issuer(issuer())
                            .subject("sub-1")
                            .audience(CLIENT)
                            .claim("nonce", asked.get("nonce"))
                            .issueTime(Date.from(Instant.now()))
                            .expirationTime(Date.from(Instant.now().plusSeconds(86_400)))
                            .claim("preferred_username", "olga")
                            .claim("email", "olga@partner.example")
                            .claim("email_verified", true)
                            .claim("given_name", "Olga")
                            .claim("family_name", "Berg")
                            .claim("groups", List.of("ops", "other"));
            person.accept(claims);
            var token =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.RS256)
                                    .keyID(signing.getKeyID())
                                    .build(),
                            claims.build());
            token.sign(new RSASSASigner(signing));
            answer(exchange, 200, "{\"id_token\":\"" + token.serialize() + "\"}");
        } catch (JOSEException e) {
            throw new IOException(e);
        }
    }

    private static Map<String, String> fields(String text) {
        var fields = new HashMap<String, String>();
        for (var part : text.split("&")) {
            var pair = part.split("=", 2);
            fields.put(pair[0], URLDecoder.decode(pair[1], UTF_8));
        }
        return fields;
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        var bytes = body.getBytes(UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** From the Location of our UAA through the provider: where the browser is sent back to. */
    static URI visit(String location) {
        var there = URI.create(location);
        var base = there.getScheme() + "://" + there.getRawAuthority();
        return URI.create(
                new Http(base)
                        .get(there.getRawPath() + "?" + there.getRawQuery())
                        .header("Location"));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

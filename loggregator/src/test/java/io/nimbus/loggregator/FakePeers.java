package io.nimbus.loggregator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A UAA and a controller on one port, as far as a loggregator asks them. */
final class FakePeers implements AutoCloseable {
    private static final RSAKey KEY = key();

    final Set<String> readable = ConcurrentHashMap.newKeySet();
    final AtomicInteger asked = new AtomicInteger();
    volatile int status;
    private final HttpServer server;

    FakePeers() {
        this(0);
    }

    FakePeers(int port) {
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/token_keys",
                exchange -> respond(exchange, 200, new JWKSet(KEY).toPublicJWKSet().toString()));
        server.createContext("/v2/info", exchange -> respond(exchange, 200, "{}"));
        server.createContext("/internal/v4/log_access/", this::access);
        server.start();
    }

    private static RSAKey key() {
        try {
            return new RSAKeyGenerator(2048)
                    .keyID("key-1")
                    .keyUse(KeyUse.SIGNATURE)
                    .algorithm(JWSAlgorithm.RS256)
                    .generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private void access(HttpExchange exchange) throws IOException {
        asked.incrementAndGet();
        var path = exchange.getRequestURI().getPath();
        var guid = path.substring(path.lastIndexOf('/') + 1);
        var known = readable.contains(guid);
        respond(exchange, status != 0 ? status : known ? 200 : 404, "");
    }

    private static void respond(HttpExchange exchange, int status, String body) throws IOException {
        try (exchange) {
            var bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    /** Only this app may be read from now on. */
    void reset(String app) {
        readable.clear();
        readable.add(app);
        asked.set(0);
        status = 0;
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** The header of a user with these scopes. */
    String token(String... scopes) {
        return token(Instant.now().plusSeconds(600), scopes);
    }

    String token(Instant expires, String... scopes) {
        var claims =
                new JWTClaimsSet.Builder()
                        .issuer(url() + "/oauth/token")
                        .audience(List.of("cloud_controller", "doppler"))
                        .claim("user_id", "user-1")
                        .claim("user_name", "user")
                        .claim("client_id", "cf")
                        .claim("scope", Arrays.asList(scopes))
                        .jwtID(UUID.randomUUID().toString())
                        .expirationTime(Date.from(expires))
                        .build();
        try {
            var jwt =
                    new SignedJWT(
                            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("key-1").build(),
                            claims);
            jwt.sign(new RSASSASigner(KEY));
            return "bearer " + jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

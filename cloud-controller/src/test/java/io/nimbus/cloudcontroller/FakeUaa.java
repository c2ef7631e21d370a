package io.nimbus.cloudcontroller;

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
import io.nimbus.cloudcontroller.rest.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** As much of a UAA as the controller and the cf CLI ask for. Any password will do. */
final class FakeUaa implements AutoCloseable {
    private static final List<String> USER_SCOPES =
            List.of(
                    "cloud_controller.read",
                    "cloud_controller.write",
                    "openid",
                    "scim.userids",
                    "scim.read",
                    "scim.write");

    private record User(String guid, String name, boolean admin) {}

    private final RSAKey key;
    private final HttpServer server;
    private final Map<String, User> users = new ConcurrentHashMap<>();

    FakeUaa() {
        try {
            key =
                    new RSAKeyGenerator(2048)
                            .keyUse(KeyUse.SIGNATURE)
                            .algorithm(JWSAlgorithm.RS256)
                            .keyID("k1")
                            .generate();
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (JOSEException | IOException e) {
            throw new IllegalStateException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/token_keys",
                exchange -> answer(exchange, 200, new JWKSet(key.toPublicJWK()).toJSONObject()));
        server.createContext("/login", exchange -> answer(exchange, 200, login()));
        server.createContext("/oauth/token", this::token);
        server.createContext("/ids/Users", this::find);
        server.createContext("/Users", this::users);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    String issuer() {
        return url() + "/oauth/token";
    }

    /** Makes a user who may log in, and answers with his guid. */
    String user(String name, boolean admin) {
        var user = new User(UUID.randomUUID().toString(), name, admin);
        users.put(name, user);
        return user.guid();
    }

    /** An {@code Authorization} header for a user who was made before. */
    String header(String name) {
        return "bearer "
                + sign(
                        claims(
                                Optional.ofNullable(users.get(name)).orElseThrow(),
                                Duration.ofHours(1)));
    }

    String header(String name, Duration life, String... scopes) {
        var claims = claims(Optional.ofNullable(users.get(name)).orElseThrow(), life);
        claims.put("scope", List.of(scopes));
        return "bearer " + sign(claims);
    }

    private Map<String, Object> login() {
        return Map.of(
                "app", Map.of("version", "4.30.0"),
                "links", Map.of("uaa", url().toString(), "login", url().toString()),
                "prompts",
                        Map.of(
                                "username",
                                List.of("text", "Email"),
                                "password",
                                List.of("password", "Password")));
    }

    private Map<String, Object> claims(User user, Duration life) {
        var scopes = new ArrayList<>(USER_SCOPES);
        if (user.admin()) {
            scopes.add("cloud_controller.admin");
        }
        var claims = new HashMap<String, Object>();
        claims.put("user_id", user.guid());
        claims.put("user_name", user.name());
        claims.put("email", user.name());
        claims.put("origin", "uaa");
        claims.put("client_id", "cf");
        claims.put("cid", "cf");
        claims.put("grant_type", "password");
        claims.put("scope", scopes);
        claims.put("life", life);
        return claims;
    }

    private String sign(Map<String, Object> claims) {
        var life =
                (Duration) Optional.ofNullable(claims.remove("life")).orElse(Duration.ofHours(1));
        var now = Instant.now();
        var builder =
                new JWTClaimsSet.Builder()
                        .jwtID(UUID.randomUUID().toString())
                        .issuer(issuer())
                        .audience(List.of("cloud_controller", "cf", "openid", "scim"))
                        .issueTime(Date.from(now))
                        .expirationTime(Date.from(now.plus(life)));
        claims.forEach(builder::claim);
        var jwt =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("k1").build(),
                        builder.build());
        try {
            jwt.sign(new RSASSASigner(key));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return jwt.serialize();
    }

    private void token(HttpExchange exchange) throws IOException {
        var form = form(exchange);
        var answer = new LinkedHashMap<String, Object>();
        switch (form.getOrDefault("grant_type", "")) {
            case "client_credentials" -> {
                var claims = new HashMap<String, Object>();
                claims.put("client_id", "cloud_controller_username_lookup");
                claims.put("cid", "cloud_controller_username_lookup");
                claims.put("scope", List.of("scim.userids"));
                answer.put("access_token", sign(claims));
            }
            case "refresh_token" -> {
                var user =
                        users.get(form.getOrDefault("refresh_token", "-r").replaceFirst("-r$", ""));
                answer.put(
                        "access_token",
                        sign(claims(Optional.ofNullable(user).orElseThrow(), Duration.ofHours(1))));
                answer.put("refresh_token", form.get("refresh_token"));
            }
            default -> {
                var user = users.get(form.getOrDefault("username", ""));
                if (user == null) {
                    answer(
                            exchange,
                            401,
                            Map.of(
                                    "error",
                                    "unauthorized",
                                    "error_description",
                                    "Bad credentials"));
                    return;
                }
                answer.put("access_token", sign(claims(user, Duration.ofHours(1))));
                answer.put("refresh_token", user.name() + "-r");
            }
        }
        answer.put("token_type", "bearer");
        answer.put("expires_in", 3600);
        answer(exchange, 200, answer);
    }

    private static final Pattern NAME = Pattern.compile("(?i)userName eq \"([^\"]*)\"");
    private static final Pattern ID = Pattern.compile("id eq \"([^\"]*)\"");

    private List<Map<String, Object>> matching(HttpExchange exchange) {
        var filter =
                Optional.ofNullable(exchange.getRequestURI().getRawQuery())
                        .map(q -> URLDecoder.decode(q, UTF_8))
                        .orElse("");
        var name = NAME.matcher(filter);
        var wanted = new ArrayList<String>();
        ID.matcher(filter).results().forEach(match -> wanted.add(match.group(1)));
        var found = name.find() ? name.group(1) : null;
        return users.values().stream()
                .filter(user ->
                        found != null
                                ? user.name().equalsIgnoreCase(found)
                                : wanted.contains(user.guid()))
                .map(user ->
                        Map.<String, Object>of(
                                "id", user.guid(), "userName", user.name(), "origin", "uaa"))
                .toList();
    }

    private void find(HttpExchange exchange) throws IOException {
        var rows = matching(exchange);
        answer(
                exchange,
                200,
                Map.of(
                        "resources",
                        rows,
                        "totalResults",
                        rows.size(),
                        "startIndex",
                        1,
                        "itemsPerPage",
                        100));
    }

    private void users(HttpExchange exchange) throws IOException {
        if (exchange.getRequestMethod().equals("POST")) {
            var body = Json.read(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            var name = body.path("userName").asString();
            answer(
                    exchange,
                    201,
                    Map.of("id", user(name, false), "userName", name, "origin", "uaa"));
        } else if (exchange.getRequestMethod().equals("DELETE")) {
            answer(exchange, 200, Map.of());
        } else {
            find(exchange);
        }
    }

    private static Map<String, String> form(HttpExchange exchange) throws IOException {
        var form = new HashMap<String, String>();
        for (var pair : new String(exchange.getRequestBody().readAllBytes(), UTF_8).split("&")) {
            var at = pair.indexOf('=');
            if (at > 0) {
                form.put(
                        URLDecoder.decode(pair.substring(0, at), UTF_8),
                        URLDecoder.decode(pair.substring(at + 1), UTF_8));
            }
        }
        return form;
    }

    static void answer(HttpExchange exchange, int status, @Nullable Object body)
            throws IOException {
        var bytes = body == null ? new byte[0] : Json.MAPPER.writeValueAsBytes(body);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

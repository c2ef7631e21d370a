package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Requests as clients send them, immutable: each {@code with} gives another sender. */
record Http(String base, List<String> headers) {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

    Http(String base) {
        this(base, List.of("Accept", "application/json"));
    }

    /** An answer; its body is only looked at when asked for. */
    record Answer(int status, String body, java.net.http.HttpHeaders headers) {
        JsonNode json() {
            return JsonMapper.shared().readTree(body);
        }

        String text(String field) {
            return json().path(field).asString("");
        }

        String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        /** The value of a field of the Location's query. */
        String inLocation(String field) {
            var query = URI.create(header("Location")).getRawQuery();
            if (query != null) {
                for (var part : query.split("&")) {
                    if (part.startsWith(field + "=")) {
                        return java.net.URLDecoder.decode(
                                part.substring(field.length() + 1), UTF_8);
                    }
                }
            }
            return "";
        }
    }

    Http with(String name, String value) {
        var more = new ArrayList<>(headers);
        more.add(name);
        more.add(value);
        return new Http(base, more);
    }

    Http basic(String user, String password) {
        return with(
                "Authorization",
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString((user + ":" + password).getBytes(UTF_8)));
    }

    Http bearer(String token) {
        return with("Authorization", "bearer " + token);
    }

    /** The standard client of people. */
    Http cf() {
        return basic("cf", "");
    }

    Answer get(String path) {
        return send("GET", path, null, null);
    }

    Answer delete(String path) {
        return send("DELETE", path, null, null);
    }

    Answer json(String method, String path, String body) {
        return send(method, path, "application/json", body);
    }

    /** Names and values in turn. */
    Answer form(String path, String... fields) {
        return send("POST", path, "application/x-www-form-urlencoded", encode(fields));
    }

    static String encode(String... fields) {
        var body = new StringBuilder();
        for (int i = 0; i < fields.length; i += 2) {
            body.append(i == 0 ? "" : "&")
                    .append(URLEncoder.encode(fields[i], UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(fields[i + 1], UTF_8));
        }
        return body.toString();
    }

    Answer send(String method, String path, @Nullable String type, @Nullable String body) {
        var request =
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(Duration.ofSeconds(60))
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        if (!headers.isEmpty()) {
            request.headers(headers.toArray(String[]::new));
        }
        if (type != null) {
            request.setHeader("Content-Type", type);
        }
        try {
            var answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(answer.statusCode(), answer.body(), answer.headers());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A password grant by the client {@code cf}. */
    Answer login(String user, String password) {
        return cf().form(
                        "/oauth/token",
                        "grant_type",
                        "password",
                        "username",
                        user,
                        "password",
                        password);
    }

    /** As the first admin. */
    Http asAdmin() {
        return asUser("admin", TestUaa.ADMIN_PASSWORD);
    }

    Http asUser(String user, String password) {
        return bearer(login(user, password).text("access_token"));
    }

    /** As a client for itself. */
    Http asClient(String client) {
        return bearer(
                form(
                                "/oauth/token",
                                "grant_type",
                                "client_credentials",
                                "client_id",
                                client,
                                "client_secret",
                                TestUaa.SECRET)
                        .text("access_token"));
    }

    /** A user of ours; its id. */
    String createUser(String name, String password) {
        var created =
                asClient("admin")
                        .json(
                                "POST",
                                "/Users",
                                """
                                {"userName":"%1$s","password":"%2$s","origin":"",
                                 "name":{"familyName":"%1$s","givenName":"%1$s"},
                                 "emails":[{"value":"%1$s","primary":true}]}
                                """
                                        .formatted(name, password));
        return created.text("id");
    }

    /** The second part of a token, decoded. */
    static JsonNode claims(String token) {
        return JsonMapper.shared().readTree(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
    }
}

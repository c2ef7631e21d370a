package io.nimbus.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** The platform's HTTP side: JSON in and out, tokens renewed when they are not taken any more. */
final class Api {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final JsonMapper JSON = new JsonMapper();

    /** The public client of the UAA that every cf client uses: {@code cf} with an empty secret. */
    private static final String CLIENT = "Basic Y2Y6";

    private final HttpClient http;
    private final Path file;
    private Target target;

    Api(Target target, Path file) {
        this.target = target;
        this.file = file;
        this.http =
                HttpClient.newBuilder()
                        .connectTimeout(Duration.ofSeconds(10))
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
    }

    /** An answer of the API that says no. */
    static final class Refusal extends IOException {
        private static final long serialVersionUID = 1;
        private final int status;
        private final String code;

        Refusal(int status, String code, String description) {
            super(description);
            this.status = status;
            this.code = code;
        }

        int status() {
            return status;
        }

        /** Such as {@code CF-AppNameTaken}. */
        String code() {
            return code;
        }
    }

    Target target() {
        return target;
    }

    void change(Target changed) throws Failure {
        target = changed;
        changed.write(file);
    }

    String url() throws Failure {
        var api = target.api();
        if (api == null) {
            throw new Failure(
                    "no API is known; `nimbus login -a http://localhost:8181` chooses one");
        }
        return api;
    }

    /** Learns an API's other addresses. */
    Target discover(String text) throws Failure, IOException, InterruptedException {
        var url = text.replaceFirst("/+$", "");
        if (!url.contains("://")) {
            url = "https://" + url;
        }
        JsonNode root;
        JsonNode info;
        try {
            root = json(plain("GET", url + "/", null));
            info = json(plain("GET", url + "/v2/info", null));
        } catch (Refusal e) {
            throw new Failure(url + " is not an API of this kind (" + e.status() + ")", e);
        } catch (IllegalArgumentException e) {
            throw new Failure("not an address: " + text, e);
        }
        var links = root.path("links");
        var uaa = info.path("authorization_endpoint").asString("");
        if (uaa.isEmpty()) {
            throw new Failure(url + " does not say where to log in");
        }
        return new Target(
                url,
                uaa,
                links.path("log_cache").path("href").asString(url),
                null,
                null,
                null,
                null,
                null);
    }

    /** Exchanges what is given for tokens. */
    void grant(Map<String, String> form) throws Failure, IOException, InterruptedException {
        var body =
                form.entrySet().stream()
                        .map(e -> encode(e.getKey()) + "=" + encode(e.getValue()))
                        .collect(Collectors.joining("&"));
        var request =
                HttpRequest.newBuilder(URI.create(target.uaa() + "/oauth/token"))
                        .timeout(TIMEOUT)
                        .header("Authorization", CLIENT)
                        .header("Accept", "application/json")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        var response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            var answer = parse(response.body());
            throw new Refusal(
                    response.statusCode(),
                    answer.path("error").asString(""),
                    answer.path("error_description")
                            .asString("the login server answers " + response.statusCode()));
        }
        var tokens = parse(response.body());
        var refresh = tokens.path("refresh_token").asString("");
        change(
                target.withTokens(
                        tokens.path("access_token").asString(),
                        refresh.isEmpty() ? target.refreshToken() : refresh));
    }

    JsonNode get(String path) throws Failure, IOException, InterruptedException {
        return call("GET", path, null);
    }

    JsonNode post(String path, Object body) throws Failure, IOException, InterruptedException {
        return call("POST", path, body);
    }

    JsonNode put(String path, Object body) throws Failure, IOException, InterruptedException {
        return call("PUT", path, body);
    }

    JsonNode delete(String path) throws Failure, IOException, InterruptedException {
        return call("DELETE", path, null);
    }

    /** All resources of a list, page after page. */
    List<JsonNode> list(String path) throws Failure, IOException, InterruptedException {
        var all = new ArrayList<JsonNode>();
        for (@Nullable String next = path; next != null; ) {
            var page = get(next);
            page.path("resources").forEach(all::add);
            next = page.path("next_url").isString() ? page.path("next_url").asString() : null;
        }
        return all;
    }

    /** The one that these terms name; terms are {@code name:value}. */
    Optional<JsonNode> find(String path, String... terms)
            throws Failure, IOException, InterruptedException {
        var query =
                Arrays.stream(terms).map(t -> "q=" + encode(t)).collect(Collectors.joining("&"));
        return list(path + "?" + query).stream().findFirst();
    }

    private JsonNode call(String method, String path, @Nullable Object body)
            throws Failure, IOException, InterruptedException {
        return json(
                authorized(
                        builder ->
                                builder.method(
                                        method,
                                        body == null
                                                ? HttpRequest.BodyPublishers.noBody()
                                                : HttpRequest.BodyPublishers.ofString(
                                                        JSON.writeValueAsString(body))),
                        url() + path));
    }

    /**
     * For requests that are not JSON; sent again with a new token when the old one is not taken.
     */
    interface Shape {
        HttpRequest.Builder of(HttpRequest.Builder builder) throws IOException;
    }

    HttpResponse<String> authorized(Shape shape, String url)
            throws Failure, IOException, InterruptedException {
        var response = send(shape, url);
        if (response.statusCode() == 401 && target.refreshToken() != null) {
            try {
                grant(
                        Map.of(
                                "grant_type",
                                "refresh_token",
                                "refresh_token",
                                target.refreshToken()));
            } catch (Refusal e) {
                throw new Failure("the login has ended; `nimbus login` begins a new one", e);
            }
            response = send(shape, url);
        }
        if (response.statusCode() == 401) {
            throw new Failure("not logged in; `nimbus login` does");
        }
        return response;
    }

    private HttpResponse<String> send(Shape shape, String url)
            throws IOException, InterruptedException {
        var builder =
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(TIMEOUT)
                        .header("Accept", "application/json");
        if (target.accessToken() != null) {
            builder.header("Authorization", "bearer " + target.accessToken());
        }
        return http.send(shape.of(builder).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> plain(String method, String url, @Nullable String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(TIMEOUT)
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /**
     * @throws Refusal for every status of 400 and above
     */
    static JsonNode json(HttpResponse<String> response) throws Refusal {
        var body = parse(response.body());
        if (response.statusCode() < 400) {
            return body;
        }
        var first = body.path("errors").path(0); // the newer form
        throw new Refusal(
                response.statusCode(),
                body.path("error_code").asString(first.path("title").asString("")),
                body.path("description")
                        .asString(
                                first.path("detail")
                                        .asString("the server answers " + response.statusCode())));
    }

    private static JsonNode parse(String body) {
        try {
            var tree = body.isBlank() ? null : JSON.readTree(body);
            return tree == null ? MissingNode.getInstance() : tree;
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }

    /** Waits for a job that an answer may be. */
    void awaitJob(JsonNode answer) throws Failure, IOException, InterruptedException {
        var job = answer;
        while (job.path("metadata").path("url").asString("").contains("/jobs/")) {
            switch (job.path("entity").path("status").asString("")) {
                case "finished" -> {
                    return;
                }
                case "failed" ->
                        throw new Failure(
                                job.path("entity")
                                        .path("error_details")
                                        .path("description")
                                        .asString("the job failed"));
                default -> {
                    Thread.sleep(400);
                    job = get(job.path("metadata").path("url").asString());
                }
            }
        }
    }

    static String encode(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    static String guid(JsonNode resource) {
        return resource.path("metadata").path("guid").asString();
    }

    /** A body with just what is not null. */
    static Map<String, Object> body(@Nullable Object... keysAndValues) {
        var body = new LinkedHashMap<String, Object>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            var value = keysAndValues[i + 1];
            if (value != null) {
                body.put(String.valueOf(keysAndValues[i]), value);
            }
        }
        return body;
    }
}

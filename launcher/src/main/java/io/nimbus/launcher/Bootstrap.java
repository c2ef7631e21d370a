package io.nimbus.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The first org and space, through the public API like anybody. */
final class Bootstrap {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Settings settings;
    private final String password;
    private String token = "";

    Bootstrap(Settings settings, String password) {
        this.settings = settings;
        this.password = password;
    }

    /** Makes what is missing. */
    void run() throws Trouble, InterruptedException {
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                token = login();
                ensure();
                return;
            } catch (IOException | JacksonException e) {
                // Everything answers, but perhaps not each to the other yet.
                if (System.nanoTime() > deadline) {
                    throw new Trouble(
                            "the first org and space cannot be made: " + e.getMessage(), e);
                }
                Thread.sleep(500);
            }
        }
    }

    private void ensure() throws IOException, InterruptedException {
        var org = ensure("/v2/organizations", "name:" + Platform.ORG, Map.of("name", Platform.ORG));
        var space =
                ensure(
                        "/v2/spaces",
                        "name:" + Platform.SPACE + ";organization_guid:" + org,
                        Map.of("name", Platform.SPACE, "organization_guid", org));
        // So that `cf org-users` and the space's own lists name the one who is there.
        for (var role : new String[] {"users", "managers"}) {
            call(
                    "PUT",
                    "/v2/organizations/" + org + "/" + role,
                    Map.of("username", Platform.ADMIN));
        }
        for (var role : new String[] {"managers", "developers"}) {
            call("PUT", "/v2/spaces/" + space + "/" + role, Map.of("username", Platform.ADMIN));
        }
    }

    /** Whether the space has an app of that name. */
    boolean hasApp(String name) throws Trouble, InterruptedException {
        try {
            token = login();
            return find("/v2/apps", "name:" + name).isPresent();
        } catch (IOException | JacksonException e) {
            throw new Trouble("the API does not answer: " + e.getMessage(), e);
        }
    }

    private String login() throws IOException, InterruptedException {
        var form =
                Map.of("grant_type", "password", "username", Platform.ADMIN, "password", password);
        var response =
                http.send(
                        HttpRequest.newBuilder(URI.create(settings.uaaUrl() + "/oauth/token"))
                                .timeout(PATIENCE)
                                .header("Authorization", "Basic Y2Y6")
                                .header("Accept", "application/json")
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                form.entrySet().stream()
                                                        .map(e ->
                                                                e.getKey()
                                                                        + "="
                                                                        + URLEncoder.encode(
                                                                                e.getValue(),
                                                                                UTF_8))
                                                        .collect(Collectors.joining("&"))))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("the login answers " + response.statusCode());
        }
        return JsonMapper.shared().readTree(response.body()).path("access_token").asString();
    }

    private String ensure(String path, String query, Map<String, Object> body)
            throws IOException, InterruptedException {
        var found = find(path, query);
        return found.isPresent() ? found.get() : guid(call("POST", path, body));
    }

    private Optional<String> find(String path, String query)
            throws IOException, InterruptedException {
        for (var resource :
                call("GET", path + "?q=" + URLEncoder.encode(query, UTF_8), Map.of())
                        .path("resources")) {
            return Optional.of(guid(resource));
        }
        return Optional.empty();
    }

    private static String guid(JsonNode resource) {
        return resource.path("metadata").path("guid").asString();
    }

    private JsonNode call(String method, String path, Map<String, Object> body)
            throws IOException, InterruptedException {
        var response =
                http.send(
                        HttpRequest.newBuilder(URI.create(settings.apiUrl() + path))
                                .timeout(PATIENCE)
                                .header("Authorization", "bearer " + token)
                                .method(
                                        method,
                                        body.isEmpty()
                                                ? HttpRequest.BodyPublishers.noBody()
                                                : HttpRequest.BodyPublishers.ofString(
                                                        JsonMapper.shared()
                                                                .writeValueAsString(body)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 400) {
            throw new IOException(
                    method
                            + " "
                            + path
                            + " answers "
                            + response.statusCode()
                            + " "
                            + response.body());
        }
        return JsonMapper.shared().readTree(response.body());
    }

    /** Runs our own client. */
    static int client(
            Path distribution, Path home, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        var command =
                new java.util.ArrayList<>(
                        java.util.List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-jar",
                                distribution.resolve("cli.jar").toString()));
        command.addAll(java.util.List.of(arguments));
        var builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put("NIMBUS_CLI_HOME", home.toString());
        builder.environment().putAll(environment);
        return builder.start().waitFor();
    }
}

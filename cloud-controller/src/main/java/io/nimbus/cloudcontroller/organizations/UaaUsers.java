package io.nimbus.cloudcontroller.organizations;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.tokens.ClientCredentials;
import io.nimbus.tokens.UaaUnavailableException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * User names, which the UAA knows, for guids, which we know. Names are remembered for a minute.
 * Thread-safe.
 */
public final class UaaUsers {
    private static final Logger log = LoggerFactory.getLogger(UaaUsers.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REMEMBERED = Duration.ofMinutes(1);
    private static final int MOST_REMEMBERED = 20_000;
    private static final int AT_ONCE = 200;

    /** Ids of users are like this; those of clients are not looked up. */
    private static final Pattern ID = Pattern.compile("[0-9a-fA-F-]{36}");

    private record Remembered(Optional<String> name, Instant until) {}

    private final URI uaa;
    private final ClientCredentials credentials;
    private final HttpClient http;
    private final InstantSource clock;
    private final Map<String, Remembered> names = new ConcurrentHashMap<>();

    /**
     * @param credentials of a client with scope {@code scim.userids}
     */
    public UaaUsers(URI uaa, ClientCredentials credentials, HttpClient http, InstantSource clock) {
        this.uaa = uaa;
        this.credentials = credentials;
        this.http = http;
        this.clock = clock;
    }

    /** Guid to name, of those that have one; nobody's while the UAA is away. */
    Map<String, String> names(Collection<String> guids) {
        var now = clock.instant();
        var found = new HashMap<String, String>();
        var asked = new ArrayList<String>();
        for (var guid : guids) {
            var remembered = names.get(guid);
            if (remembered != null && remembered.until().isAfter(now)) {
                remembered.name().ifPresent(name -> found.put(guid, name));
            } else if (ID.matcher(guid).matches()) {
                asked.add(guid);
            }
        }
        for (int from = 0; from < asked.size(); from += AT_ONCE) {
            var some = asked.subList(from, Math.min(asked.size(), from + AT_ONCE));
            try {
                var answered = new HashMap<String, String>();
                for (var row :
                        ask(
                                some.stream()
                                        .map(guid -> "id eq \"" + guid + "\"")
                                        .collect(Collectors.joining(" or ")))) {
                    answered.put(row.path("id").asString(""), row.path("userName").asString(""));
                }
                remember(some, answered, now);
                found.putAll(answered);
            } catch (UaaUnavailableException e) {
                log.warn("user names are left out: {}", e.getMessage());
                return found;
            }
        }
        return found;
    }

    private void remember(List<String> guids, Map<String, String> answered, Instant now) {
        if (names.size() > MOST_REMEMBERED) {
            names.clear();
        }
        for (var guid : guids) {
            names.put(
                    guid,
                    new Remembered(Optional.ofNullable(answered.get(guid)), now.plus(REMEMBERED)));
        }
    }

    /**
     * The guid of the one user of this name.
     *
     * @throws io.nimbus.cloudcontroller.errors.CloudException UserNotFound,
     *     UserIsInMultipleOrigins, UaaUnavailable and their like
     */
    String guid(String name, Optional<String> origin) {
        var filter =
                "userName eq \""
                        + quoted(name)
                        + "\""
                        + origin.map(o -> " and origin eq \"" + quoted(o) + "\"").orElse("");
        List<JsonNode> rows;
        try {
            rows = ask(filter);
        } catch (UaaUnavailableException e) {
            log.warn("a user cannot be looked up: {}", e.getMessage());
            throw CloudError.UAA_UNAVAILABLE.of();
        }
        if (rows.isEmpty()) {
            throw origin.isPresent()
                    ? CloudError.USER_WITH_ORIGIN_NOT_FOUND.of(name + ", " + origin.get())
                    : CloudError.USER_NOT_FOUND.of(name);
        }
        if (rows.size() > 1) {
            throw CloudError.USER_IS_IN_MULTIPLE_ORIGINS.of(
                    rows.stream()
                            .map(row -> row.path("origin").asString(""))
                            .sorted()
                            .collect(Collectors.joining(", ")));
        }
        return rows.getFirst().path("id").asString("");
    }

    private static String quoted(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private List<JsonNode> ask(String filter) throws UaaUnavailableException {
        var address =
                URI.create(
                        uaa
                                + "/ids/Users?includeInactive=true&count="
                                + AT_ONCE
                                + "&filter="
                                + URLEncoder.encode(filter, UTF_8));
        var response = send(address);
        if (response.statusCode() == 401) {
            // Keys or secrets changed under the token that was kept.
            credentials.forget();
            response = send(address);
        }
        if (response.statusCode() == 403 || response.statusCode() == 404) {
            throw CloudError.UAA_ENDPOINT_DISABLED.of();
        }
        if (response.statusCode() != 200) {
            throw new UaaUnavailableException("the UAA answers " + response.statusCode());
        }
        try {
            var rows = new ArrayList<JsonNode>();
            Json.read(response.body()).path("resources").forEach(rows::add);
            return rows;
        } catch (JacksonException e) {
            throw new UaaUnavailableException("the UAA does not answer JSON", e);
        }
    }

    private HttpResponse<String> send(URI address) throws UaaUnavailableException {
        try {
            return http.send(
                    HttpRequest.newBuilder(address)
                            .timeout(TIMEOUT)
                            .header("Authorization", credentials.header())
                            .header("Accept", "application/json")
                            .GET()
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UaaUnavailableException("the UAA does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UaaUnavailableException("interrupted", e);
        }
    }
}

package io.nimbus.tokens;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A process's own token, fetched when needed and kept until a minute before its end. Thread-safe.
 */
public final class ClientCredentials {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration MARGIN = Duration.ofMinutes(1);

    private final URI uaa;
    private final String client;
    private final String secret;
    private final HttpClient http;
    private final InstantSource clock;
    private @Nullable String token;
    private Instant until = Instant.EPOCH;

    public ClientCredentials(
            URI uaa, String client, String secret, HttpClient http, InstantSource clock) {
        this.uaa = uaa;
        this.client = client;
        this.secret = secret;
        this.http = http;
        this.clock = clock;
    }

    /** {@code bearer …}, for the {@code Authorization} header. */
    public synchronized String header() throws UaaUnavailableException {
        var kept = token;
        if (kept == null || clock.instant().isAfter(until)) {
            kept = fetch();
            token = kept;
        }
        return "bearer " + kept;
    }

    /** Forgets the token: somebody did not accept it. */
    public synchronized void forget() {
        token = null;
    }

    private String fetch() throws UaaUnavailableException {
        var basic = Base64.getEncoder().encodeToString((client + ":" + secret).getBytes(UTF_8));
        var request =
                HttpRequest.newBuilder(URI.create(uaa + "/oauth/token"))
                        .timeout(TIMEOUT)
                        .header("Authorization", "Basic " + basic)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header("Accept", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                        .build();
        try {
            var response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new UaaUnavailableException(
                        "the UAA answers " + response.statusCode() + " to client " + client);
            }
            var body = JsonMapper.shared().readTree(response.body());
            var life = Duration.ofSeconds(body.path("expires_in").asLong(0));
            until = clock.instant().plus(life).minus(MARGIN);
            return body.path("access_token").asString();
        } catch (IOException | JacksonException e) {
            throw new UaaUnavailableException("the UAA does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UaaUnavailableException("interrupted", e);
        }
    }
}

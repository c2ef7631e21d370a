package io.nimbus.loggregator.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.tokens.InvalidTokenException;
import io.nimbus.tokens.Token;
import io.nimbus.tokens.TokenVerifier;
import io.nimbus.tokens.UaaUnavailableException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the controller whether a token may read an app's logs, {@code GET
 * /internal/v4/log_access/:guid}, after the token itself was verified. Answers are kept for a short
 * while, since log-cache's clients ask several times a second.
 *
 * <p>One lock guards what is kept; asking happens without it.
 */
public final class LogAccess {
    private static final Logger log = LoggerFactory.getLogger(LogAccess.class);
    private static final int KEPT = 10_000;

    /** An app that is just being created is denied for no longer than this. */
    private static final Duration DENIAL = Duration.ofSeconds(2);

    /** Anything else would lead elsewhere in the controller's address, with the user's token. */
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,100}");

    private static final String FIREHOSE = "doppler.firehose";
    private static final String ADMIN = "logs.admin";

    private final TokenVerifier tokens;
    private final URI controller;
    private final HttpClient http;
    private final Duration timeout;
    private final Duration life;
    private final InstantSource clock;
    private final Peer uaaPeer;
    private final Peer controllerPeer;
    private final Map<String, Kept> kept =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
                    return size() > KEPT;
                }
            };

    private record Kept(boolean granted, Instant until) {}

    /**
     * @param life how long a permission is believed
     */
    public LogAccess(
            TokenVerifier tokens,
            URI controller,
            HttpClient http,
            Duration timeout,
            Duration life,
            InstantSource clock,
            Peer uaaPeer,
            Peer controllerPeer) {
        this.tokens = tokens;
        this.controller = controller;
        this.http = http;
        this.timeout = timeout;
        this.life = life;
        this.clock = clock;
        this.uaaPeer = uaaPeer;
        this.controllerPeer = controllerPeer;
    }

    /**
     * Whether this token may read that app's logs.
     *
     * @param authorization the header's value
     */
    public Access toApp(@Nullable String authorization, String guid) {
        return switch (token(authorization)) {
            case Access.Granted granted when !ID.matcher(guid).matches() -> new Access.Hidden();
            case Access.Granted granted when seesAll(granted.token()) -> granted;
            case Access.Granted granted -> ask(granted, String.valueOf(authorization), guid);
            case Access denied -> denied;
        };
    }

    /** Whether this token may read everything: scope {@code doppler.firehose}, else 401. */
    public Access toAll(@Nullable String authorization) {
        return switch (token(authorization)) {
            case Access.Granted granted ->
                    granted.token().has(FIREHOSE)
                            ? granted
                            : new Access.NoToken("the scope " + FIREHOSE + " is required");
            case Access denied -> denied;
        };
    }

    /** Whether every app's logs are open to this token. */
    public static boolean seesAll(Token token) {
        return token.has(FIREHOSE) || token.has(ADMIN);
    }

    /** Who asks. */
    public Access token(@Nullable String authorization) {
        if (authorization == null || authorization.isEmpty()) {
            return new Access.NoToken("no token");
        }
        try {
            var token = tokens.verify(authorization);
            return new Access.Granted(token);
        } catch (InvalidTokenException e) {
            log.debug("a token is refused: {}", e.getMessage());
            return new Access.NoToken("the token is not valid");
        } catch (UaaUnavailableException e) {
            uaaPeer.failed("its keys cannot be fetched");
            return new Access.Unavailable("the UAA does not answer");
        }
    }

    private Access ask(Access.Granted granted, String authorization, String guid) {
        var key = digest(authorization) + guid;
        var now = clock.instant();
        synchronized (kept) {
            var known = kept.get(key);
            if (known != null && known.until().isAfter(now)) {
                return known.granted() ? granted : new Access.Hidden();
            }
        }
        try {
            var request =
                    HttpRequest.newBuilder(
                                    URI.create(controller + "/internal/v4/log_access/" + guid))
                            .timeout(timeout)
                            .header("Authorization", authorization)
                            .GET()
                            .build();
            var status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return answer(granted, key, status);
        } catch (IOException e) {
            controllerPeer.failed("does not answer at " + controller);
            return new Access.Unavailable("the controller does not answer");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Access.Unavailable("interrupted");
        }
    }

    private Access answer(Access.Granted granted, String key, int status) {
        if (status == 503) {
            controllerPeer.failed("answers 503");
            return new Access.Unavailable("the controller is not available");
        }
        if (status >= 500) {
            controllerPeer.failed("answers " + status);
            return new Access.Failed("the controller answers " + status);
        }
        controllerPeer.answered();
        if (status == 401) {
            return new Access.NoToken("the controller does not accept the token");
        }
        var isGranted = status / 100 == 2;
        var until = clock.instant().plus(isGranted ? life : DENIAL);
        if (isGranted && granted.token().expires().isBefore(until)) {
            until = granted.token().expires();
        }
        synchronized (kept) {
            kept.put(key, new Kept(isGranted, until));
        }
        return isGranted ? granted : new Access.Hidden();
    }

    /** A token is not kept as it is. */
    private static String digest(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

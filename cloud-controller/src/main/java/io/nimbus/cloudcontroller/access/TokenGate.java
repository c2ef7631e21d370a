package io.nimbus.cloudcontroller.access;

import static io.nimbus.cloudcontroller.ccdb.Tables.USERS;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Gate;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.database.Database;
import io.nimbus.tokens.InvalidTokenException;
import io.nimbus.tokens.Token;
import io.nimbus.tokens.TokenVerifier;
import io.nimbus.tokens.UaaUnavailableException;
import java.net.URLDecoder;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens of the UAA, and the platform's own users and passwords. Who shows a token for the first
 * time gets a row among the users. Thread-safe.
 */
public final class TokenGate implements Gate {
    private static final Logger log = LoggerFactory.getLogger(TokenGate.class);

    /** A user is looked for in the database again after this, since he may have been deleted. */
    private static final Duration KNOWN = Duration.ofMinutes(1);

    private static final int MOST_KNOWN = 10_000;

    /** A user and his password. */
    public record Login(String user, String password) {
        @Override
        public String toString() {
            return "Login[" + user + "]";
        }
    }

    private final TokenVerifier verifier;
    private final Database database;
    private final InstantSource clock;
    private final Duration grace;
    private final Map<Route.Login, Login> logins;
    private final Map<String, Instant> known = new ConcurrentHashMap<>();

    /**
     * @param grace for which an upload may go on after its token's end
     */
    public TokenGate(
            TokenVerifier verifier,
            Database database,
            InstantSource clock,
            Duration grace,
            Map<Route.Login, Login> logins) {
        this.verifier = verifier;
        this.database = database;
        this.clock = clock;
        this.grace = grace;
        this.logins = Map.copyOf(logins);
    }

    @Override
    public Caller token(String authorization, boolean late) {
        if (!authorization.regionMatches(true, 0, "bearer ", 0, 7)) {
            throw CloudError.NOT_AUTHENTICATED.of();
        }
        try {
            var token = verifier.verify(authorization, late ? grace : Duration.ZERO);
            register(token);
            return new Caller(
                    token.subject(),
                    token.email(),
                    token.userName() == null ? token.client() : token.userName(),
                    token.scopes());
        } catch (InvalidTokenException e) {
            log.info("a token was refused: {}", e.getMessage());
            throw CloudError.INVALID_AUTH_TOKEN.of();
        } catch (UaaUnavailableException e) {
            log.warn("a token cannot be verified: {}", e.getMessage());
            throw CloudError.UAA_UNAVAILABLE.of().withStatus(502);
        }
    }

    private void register(Token token) {
        var guid = token.subject();
        var now = clock.instant();
        var seen = known.get(guid);
        if (seen != null && seen.plus(KNOWN).isAfter(now)) {
            return;
        }
        database.read(dsl ->
                dsl.insertInto(USERS)
                        .set(USERS.GUID, guid)
                        .set(USERS.ACTIVE, true)
                        .set(USERS.IS_CLIENT, token.isClient())
                        .onConflict(USERS.GUID)
                        .doNothing()
                        .execute());
        if (known.size() >= MOST_KNOWN) {
            known.clear();
        }
        known.put(guid, now);
    }

    @Override
    public boolean password(Route.Login login, String authorization) {
        var wanted = logins.get(login);
        if (wanted == null || !authorization.regionMatches(true, 0, "basic ", 0, 6)) {
            return false;
        }
        String given;
        try {
            given =
                    new String(
                            Base64.getDecoder().decode(authorization.substring(6).strip()), UTF_8);
        } catch (IllegalArgumentException e) {
            return false;
        }
        var right = wanted.user() + ":" + wanted.password();
        return same(given, right) || same(decoded(given), right);
    }

    /**
     * Clients that take user and password out of an address may leave them as they were encoded
     * there.
     */
    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private static boolean same(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(UTF_8), b.getBytes(UTF_8));
    }
}

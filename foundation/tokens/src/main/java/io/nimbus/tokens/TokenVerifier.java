package io.nimbus.tokens;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.MalformedURLException;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/**
 * Verifies access tokens by signature, with the UAA's keys, which are cached: a key that is not
 * known is fetched (so a rotation needs no restart), and a UAA that is away does no harm to tokens
 * already issued. Thread-safe.
 */
public final class TokenVerifier {
    private static final long CACHE = Duration.ofMinutes(5).toMillis();
    private static final long OUTAGE = Duration.ofDays(30).toMillis();
    private static final int TIMEOUT_MS = 3_000;
    private static final int KEYS_BYTES = 1_000_000;

    private final UaaConfig config;
    private final InstantSource clock;
    private final DefaultJWTProcessor<SecurityContext> processor;

    public TokenVerifier(UaaConfig config, InstantSource clock) {
        this(config, clock, remoteKeys(config));
    }

    TokenVerifier(UaaConfig config, InstantSource clock, JWKSource<SecurityContext> keys) {
        this.config = config;
        this.clock = clock;
        processor = new DefaultJWTProcessor<>();
        // RS256 and nothing else: "none" and the symmetric ones are refused by not being listed.
        processor.setJWSKeySelector(
                new JWSVerificationKeySelector<>(Set.of(JWSAlgorithm.RS256), keys));
        // Claims are checked below, each with its own words.
        processor.setJWTClaimsSetVerifier((claims, context) -> {});
    }

    private static JWKSource<SecurityContext> remoteKeys(UaaConfig config) {
        try {
            var url = config.url().resolve(config.url().getPath() + "/token_keys").toURL();
            return JWKSourceBuilder.<SecurityContext>create(
                            url, new DefaultResourceRetriever(TIMEOUT_MS, TIMEOUT_MS, KEYS_BYTES))
                    .cache(CACHE, TIMEOUT_MS * 2L)
                    .rateLimited(500)
                    .retrying(true)
                    .outageTolerant(OUTAGE)
                    .build();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("not an address: " + config.url(), e);
        }
    }

    /**
     * The token in an {@code Authorization} header.
     *
     * @throws InvalidTokenException when it is not a bearer token of this UAA that is valid now
     * @throws UaaUnavailableException when it needs a key that cannot be fetched now
     */
    public Token verify(String header) throws InvalidTokenException, UaaUnavailableException {
        return verify(header, Duration.ZERO);
    }

    /** The same, {@code grace} after the token's end: for uploads that began in time. */
    public Token verify(String header, Duration grace)
            throws InvalidTokenException, UaaUnavailableException {
        if (!header.regionMatches(true, 0, "bearer ", 0, 7)) {
            throw new InvalidTokenException("not a bearer token");
        }
        return token(claims(header.substring(7).strip()), grace);
    }

    private JWTClaimsSet claims(String text) throws InvalidTokenException, UaaUnavailableException {
        try {
            if (!(JWTParser.parse(text) instanceof SignedJWT signed)) {
                throw new InvalidTokenException("not signed");
            }
            return processor.process(signed, null);
        } catch (RateLimitReachedException e) {
            // The UAA was asked just now and did not have that key: the token's fault.
            throw new InvalidTokenException("no such key");
        } catch (KeySourceException e) {
            throw new UaaUnavailableException("the UAA's keys cannot be fetched", e);
        } catch (ParseException | BadJOSEException | JOSEException e) {
            throw new InvalidTokenException(String.valueOf(e.getMessage()));
        }
    }

    private Token token(JWTClaimsSet claims, Duration grace) throws InvalidTokenException {
        try {
            var audience = claims.getAudience();
            if (audience.stream().noneMatch(config.audiences()::contains)) {
                throw new InvalidTokenException("for another audience: " + audience);
            }
            if (!config.issuer().equals(claims.getIssuer())) {
                throw new InvalidTokenException("of another issuer: " + claims.getIssuer());
            }
            var expires = claims.getExpirationTime();
            if (expires == null || expires.toInstant().plus(grace).isBefore(clock.instant())) {
                throw new InvalidTokenException("expired");
            }
            var id = claims.getJWTID();
            if (id == null || id.endsWith("-r")) {
                throw new InvalidTokenException("a refresh token is not an access token");
            }
            var user = claims.getStringClaim("user_id");
            var client = claims.getStringClaim("client_id");
            if (client == null) {
                client = claims.getStringClaim("cid");
            }
            if (client == null || client.isEmpty() || (user != null && user.isEmpty())) {
                throw new InvalidTokenException("names nobody");
            }
            var scopes = claims.getStringListClaim("scope");
            return new Token(
                    user,
                    claims.getStringClaim("user_name"),
                    claims.getStringClaim("email"),
                    client,
                    scopes == null ? Set.of() : Set.copyOf(List.copyOf(scopes)),
                    expires.toInstant());
        } catch (ParseException e) {
            throw new InvalidTokenException(String.valueOf(e.getMessage()));
        }
    }
}

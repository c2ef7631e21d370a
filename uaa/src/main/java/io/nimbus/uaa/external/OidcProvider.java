package io.nimbus.uaa.external;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.nimbus.uaa.web.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Another OpenID Connect provider: its endpoints by discovery, its id tokens by its keys. One lock
 * guards what was discovered.
 */
final class OidcProvider {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration KEPT = Duration.ofHours(1);
    private static final Duration CLOCKS_MAY_DIFFER = Duration.ofSeconds(60);
    private static final int KEYS_BYTES = 1_000_000;
    private static final long KEYS_AT_MOST_EVERY_MS = 500;

    /** Asymmetric ones: a provider's word cannot be forged by who can read our configuration. */
    private static final Set<JWSAlgorithm> ALGORITHMS =
            Set.of(
                    JWSAlgorithm.RS256,
                    JWSAlgorithm.RS384,
                    JWSAlgorithm.RS512,
                    JWSAlgorithm.PS256,
                    JWSAlgorithm.ES256,
                    JWSAlgorithm.ES384);

    private final ProviderConfig config;
    private final HttpClient http;
    private final InstantSource clock;
    private @Nullable Discovered discovered;

    OidcProvider(ProviderConfig config, HttpClient http, InstantSource clock) {
        this.config = config;
        this.http = http;
        this.clock = clock;
    }

    /** What the discovery document said. */
    private record Discovered(
            String authorization, URI token, JWKSource<SecurityContext> keys, Instant at) {}

    ProviderConfig config() {
        return config;
    }

    /**
     * Where the browser is sent.
     *
     * @param challenge PKCE's, S256
     */
    String authorization(String redirectUri, String state, String nonce, String challenge)
            throws ProviderException {
        var endpoint = discover().authorization();
        return endpoint
                + (endpoint.indexOf('?') < 0 ? '?' : '&')
                + form(
                        Map.of(
                                "response_type",
                                "code",
                                "client_id",
                                config.clientId(),
                                "redirect_uri",
                                redirectUri,
                                "scope",
                                String.join(" ", config.scopes()),
                                "state",
                                state,
                                "nonce",
                                nonce,
                                "code_challenge",
                                challenge,
                                "code_challenge_method",
                                "S256"));
    }

    /** The claims of the id token that the code gives. */
    JWTClaimsSet redeem(String code, String redirectUri, String verifier, String nonce)
            throws ProviderException {
        var provider = discover();
        var credentials =
                URLEncoder.encode(config.clientId(), UTF_8)
                        + ":"
                        + URLEncoder.encode(config.clientSecret(), UTF_8);
        var request =
                HttpRequest.newBuilder(provider.token())
                        .timeout(TIMEOUT)
                        .header(
                                "Authorization",
                                "Basic "
                                        + Base64.getEncoder()
                                                .encodeToString(credentials.getBytes(UTF_8)))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header("Accept", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        form(
                                                Map.of(
                                                        "grant_type", "authorization_code",
                                                        "code", code,
                                                        "redirect_uri", redirectUri,
                                                        "code_verifier", verifier))))
                        .build();
        var token = send(request).path("id_token");
        if (!token.isString()) {
            throw new ProviderException("its answer has no id_token");
        }
        return verified(token.asString(), provider, nonce);
    }

    private JWTClaimsSet verified(String token, Discovered provider, String nonce)
            throws ProviderException {
        var processor = new DefaultJWTProcessor<SecurityContext>();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, provider.keys()));
        // Claims are checked below, each with its own words.
        processor.setJWTClaimsSetVerifier((claims, context) -> {});
        try {
            var claims = processor.process(token, null);
            requireOurs(claims, nonce);
            return claims;
        } catch (ParseException | BadJOSEException | JOSEException e) {
            throw new ProviderException("its id_token is not valid: " + e.getMessage());
        }
    }

    /** OpenID Connect Core 1.0, 3.1.3.7. */
    private void requireOurs(JWTClaimsSet claims, String nonce)
            throws ProviderException, ParseException {
        if (!config.issuer().equals(claims.getIssuer())) {
            throw new ProviderException("its id_token is of another issuer");
        }
        if (!claims.getAudience().contains(config.clientId())) {
            throw new ProviderException("its id_token is for another client");
        }
        var party = claims.getStringClaim("azp");
        if (claims.getAudience().size() > 1 && !config.clientId().equals(party)) {
            throw new ProviderException("its id_token is for several clients");
        }
        var expires = claims.getExpirationTime();
        if (expires == null
                || expires.toInstant().plus(CLOCKS_MAY_DIFFER).isBefore(clock.instant())) {
            throw new ProviderException("its id_token has expired");
        }
        if (!nonce.equals(claims.getStringClaim("nonce"))) {
            throw new ProviderException("its id_token is not for this log-in");
        }
        var subject = claims.getSubject();
        if (subject == null || subject.isEmpty()) {
            throw new ProviderException("its id_token names nobody");
        }
    }

    private synchronized Discovered discover() throws ProviderException {
        var kept = discovered;
        if (kept != null && clock.instant().isBefore(kept.at().plus(KEPT))) {
            return kept;
        }
        try {
            kept = fetch();
            discovered = kept;
            return kept;
        } catch (ProviderException e) {
            // Yesterday's endpoints are better than none.
            if (kept != null) {
                return kept;
            }
            throw e;
        }
    }

    private Discovered fetch() throws ProviderException {
        var document =
                send(
                        HttpRequest.newBuilder(config.discovery())
                                .timeout(TIMEOUT)
                                .header("Accept", "application/json")
                                .build());
        if (!config.issuer().equals(document.path("issuer").asString(""))) {
            throw new ProviderException("its discovery document is of another issuer");
        }
        try {
            var keys = uri(document, "jwks_uri").toURL();
            return new Discovered(
                    uri(document, "authorization_endpoint").toString(),
                    uri(document, "token_endpoint"),
                    JWKSourceBuilder.<SecurityContext>create(
                                    keys,
                                    new DefaultResourceRetriever(
                                            (int) TIMEOUT.toMillis(),
                                            (int) TIMEOUT.toMillis(),
                                            KEYS_BYTES))
                            // A new key is fetched at once. Only tokens that the provider itself
                            // handed us get here, so nobody else makes us ask.
                            .rateLimited(KEYS_AT_MOST_EVERY_MS)
                            .retrying(true)
                            .build(),
                    clock.instant());
        } catch (IOException | IllegalArgumentException e) {
            throw new ProviderException("its discovery document is not usable: " + e.getMessage());
        }
    }

    private static URI uri(JsonNode document, String name) throws ProviderException {
        var uri = URI.create(document.path(name).asString(""));
        if (uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
            throw new ProviderException("its discovery document has no " + name);
        }
        return uri;
    }

    private JsonNode send(HttpRequest request) throws ProviderException {
        try {
            var response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new ProviderException(
                        request.uri().getPath() + " answers " + response.statusCode());
            }
            return Json.MAPPER.readTree(response.body());
        } catch (IOException e) {
            throw new ProviderException("it does not answer: " + e.getMessage());
        } catch (JacksonException e) {
            throw new ProviderException(request.uri().getPath() + " does not answer with JSON");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProviderException("interrupted");
        }
    }

    private static String form(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), UTF_8))
                .collect(Collectors.joining("&"));
    }
}

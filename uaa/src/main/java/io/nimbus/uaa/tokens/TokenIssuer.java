package io.nimbus.uaa.tokens;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.nimbus.uaa.clients.Client;
import io.nimbus.uaa.policy.ScopePolicy;
import io.nimbus.uaa.secrets.Digest;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.users.User;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/** Makes tokens of what was granted. */
final class TokenIssuer {
    private final TokenConfig config;
    private final TokenCodec codec;
    private final Ids ids;
    private final InstantSource clock;

    TokenIssuer(TokenConfig config, TokenCodec codec, Ids ids, InstantSource clock) {
        this.config = config;
        this.codec = codec;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * What is granted to whom.
     *
     * @param user null when the client acts for itself
     * @param opaque whether the access token is to be an id instead of a signed text
     * @param idToken whether the client wants to know who the user is
     * @param codeDigest of the authorization code, if by one
     */
    record Grant(
            Client client,
            @Nullable User user,
            List<String> scope,
            String type,
            boolean opaque,
            boolean idToken,
            @Nullable String nonce,
            @Nullable Instant authTime,
            byte @Nullable [] codeDigest) {

        static Grant toClient(Client client, List<String> scope, boolean opaque) {
            return new Grant(
                    client, null, scope, "client_credentials", opaque, false, null, null, null);
        }
    }

    /** The answer of {@code /oauth/token}; C6 wants {@code bearer} in lower case. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Response(
            @JsonProperty("access_token") String accessToken,
            @JsonProperty("token_type") String tokenType,
            @JsonProperty("id_token") @Nullable String idToken,
            @JsonProperty("refresh_token") @Nullable String refreshToken,
            @JsonProperty("expires_in") long expiresIn,
            String scope,
            String jti) {}

    /** Tokens for a first grant; a refresh token if the client may have one. */
    Response issue(DSLContext dsl, Grant grant) {
        String refresh = null;
        if (grant.user() != null && grant.client().grants("refresh_token")) {
            refresh = issueRefresh(dsl, grant);
        }
        return issue(dsl, grant, refresh);
    }

    /** A new access token beside a refresh token that exists. */
    Response issue(DSLContext dsl, Grant grant, @Nullable String refresh) {
        var life = life(grant.client().accessValidity(), config.accessValidity());
        var revocable = grant.opaque() || (config.revocable() && grant.user() != null);
        var claims = claims(grant, grant.opaque() ? ids.secret() : ids.id(), life, revocable);
        if (revocable) {
            StoredTokens.insert(
                    dsl, new StoredTokens.Stored(claims, grant.opaque(), grant.codeDigest()));
        }
        return new Response(
                grant.opaque() ? claims.id() : codec.sign(claims.toJson()),
                "bearer",
                grant.idToken() && grant.user() != null ? idToken(grant, grant.user(), life) : null,
                refresh,
                life.toSeconds(),
                String.join(" ", claims.scope()),
                claims.id());
    }

    /** A refresh token: an id of which only the digest is kept. */
    String issueRefresh(DSLContext dsl, Grant grant) {
        var life = life(grant.client().refreshValidity(), config.refreshValidity());
        var claims = claims(grant, ids.secret() + Claims.REFRESH_SUFFIX, life, true);
        StoredTokens.insert(dsl, new StoredTokens.Stored(claims, true, grant.codeDigest()));
        return claims.id();
    }

    private static Duration life(@Nullable Duration own, Duration general) {
        return own == null ? general : own;
    }

    private Claims claims(Grant grant, String id, Duration life, boolean revocable) {
        var now = clock.instant();
        var user = grant.user();
        return new Claims(
                id,
                user == null
                        ? null
                        : new Claims.Person(
                                user.id(), user.userName(), user.email(), user.origin()),
                grant.client().id(),
                grant.type(),
                grant.scope(),
                now,
                now.plus(life),
                user == null ? null : grant.authTime() == null ? now : grant.authTime(),
                config.issuer(),
                ScopePolicy.audience(grant.scope(), grant.client().id()),
                Digest.revision(grant.client().revision(), user == null ? "" : user.revision()),
                revocable);
    }

    /** OpenID Connect Core 1.0, 2: who the user is, for the client alone. */
    private String idToken(Grant grant, User user, Duration life) {
        var now = clock.instant();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("sub", user.id());
        json.put("aud", List.of(grant.client().id()));
        json.put("azp", grant.client().id());
        json.put("iss", config.issuer());
        json.put("iat", now.getEpochSecond());
        json.put("exp", now.plus(life).getEpochSecond());
        json.put("auth_time", (grant.authTime() == null ? now : grant.authTime()).getEpochSecond());
        json.put("user_name", user.userName());
        json.put("email", user.email());
        json.put("email_verified", user.verified());
        json.put("origin", user.origin());
        json.put("client_id", grant.client().id());
        json.put("cid", grant.client().id());
        json.put("user_id", user.id());
        json.put("zid", "uaa");
        json.put("scope", List.of("openid"));
        // So that it cannot pass for an access token: those need a revision to be accepted.
        json.put("jti", ids.id());
        if (grant.nonce() != null) {
            json.put("nonce", grant.nonce());
        }
        return codec.sign(json);
    }
}

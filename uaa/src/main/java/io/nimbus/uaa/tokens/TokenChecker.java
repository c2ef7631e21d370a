package io.nimbus.uaa.tokens;

import static io.nimbus.uaa.schema.Tables.CLIENT;
import static io.nimbus.uaa.schema.Tables.USERS;

import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.secrets.Digest;
import io.nimbus.uaa.web.Caller;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.time.InstantSource;
import java.util.Set;
import org.jooq.DSLContext;

/**
 * Whether an access token is valid here and now: signed by us, of our issuer, not ended, of a user
 * and a client that exist and have not been revised since, and not revoked.
 */
final class TokenChecker implements Guard {
    /** What no token of ours exceeds. */
    private static final int LONGEST = 32 * 1024;

    private final Database database;
    private final TokenConfig config;
    private final TokenCodec codec;
    private final Callers callers;
    private final InstantSource clock;

    TokenChecker(
            Database database,
            TokenConfig config,
            TokenCodec codec,
            Callers callers,
            InstantSource clock) {
        this.database = database;
        this.config = config;
        this.codec = codec;
        this.callers = callers;
        this.clock = clock;
    }

    /**
     * @throws UaaException invalid_token
     */
    Claims check(String token) {
        if (token.isEmpty() || token.length() > LONGEST) {
            throw invalid("The token is malformed");
        }
        return database.read(dsl -> check(dsl, token));
    }

    private Claims check(DSLContext dsl, String token) {
        var claims =
                token.indexOf('.') >= 0
                        ? codec.verify(token)
                        : StoredTokens.find(dsl, token)
                                .filter(StoredTokens.Stored::opaque)
                                .map(StoredTokens.Stored::claims)
                                .orElseThrow(() -> invalid("The token is unknown or was revoked"));
        if (claims.isRefresh()) {
            throw invalid("A refresh token is not an access token");
        }
        if (!config.issuer().equals(claims.issuer())) {
            throw invalid("The token is of another issuer");
        }
        if (!claims.expires().isAfter(clock.instant())) {
            throw invalid("The token has expired");
        }
        requireCurrent(dsl, claims);
        if (claims.revocable() && !StoredTokens.exists(dsl, claims.id())) {
            throw invalid("The token was revoked");
        }
        return claims;
    }

    /** That client and user are there, active, and the same as when the token was made. */
    static void requireCurrent(DSLContext dsl, Claims claims) {
        var user = claims.user();
        var row =
                dsl.select(CLIENT.REVISION, USERS.REVISION, USERS.ACTIVE)
                        .from(CLIENT)
                        .leftJoin(USERS)
                        .on(USERS.ID.eq(user == null ? "" : user.id()))
                        .where(CLIENT.ID.eq(claims.client()))
                        .fetchOne();
        if (row == null) {
            throw invalid("The token's client is gone");
        }
        if (user != null && (row.value2() == null || !row.value3())) {
            throw invalid("The token's user is gone");
        }
        var revision = Digest.revision(row.value1(), user == null ? "" : row.value2());
        if (!Digest.same(revision, claims.revision())) {
            throw invalid("The token was revoked");
        }
    }

    @Override
    public Caller authenticate(Context ctx) {
        var header = ctx.header("Authorization");
        if (header == null || !header.regionMatches(true, 0, "bearer ", 0, 7)) {
            throw UaaError.UNAUTHORIZED
                    .of("Full authentication is required to access this resource")
                    .challenge("Bearer realm=\"oauth\"");
        }
        var claims = check(header.substring(7).strip());
        var user = claims.user();
        return new Caller(
                user == null ? null : user.id(),
                user == null ? null : user.name(),
                claims.client(),
                Set.copyOf(claims.scope()),
                claims.authTime(),
                callers.address(ctx));
    }

    private static UaaException invalid(String reason) {
        return UaaError.INVALID_TOKEN
                .of(reason)
                .challenge("Bearer realm=\"oauth\", error=\"invalid_token\"");
    }
}

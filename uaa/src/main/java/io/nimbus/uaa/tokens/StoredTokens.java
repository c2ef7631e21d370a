package io.nimbus.uaa.tokens;

import static io.nimbus.uaa.schema.Tables.STORED_TOKEN;

import io.nimbus.uaa.schema.tables.records.StoredTokenRecord;
import io.nimbus.uaa.secrets.Digest;
import io.nimbus.uaa.web.Json;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.JSONB;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;

/**
 * Refresh tokens, and those access tokens that can be revoked. Only digests of ids are kept: what
 * lies in the database is of no use to who reads it.
 */
final class StoredTokens {
    private StoredTokens() {}

    /**
     * @param opaque whether its id alone is the token
     * @param codeDigest of the authorization code that it came of
     */
    record Stored(Claims claims, boolean opaque, byte @Nullable [] codeDigest) {}

    static void insert(DSLContext dsl, Stored token) {
        var claims = token.claims();
        var json = claims.toJson();
        json.remove("jti");
        dsl.insertInto(STORED_TOKEN)
                .set(STORED_TOKEN.DIGEST, Digest.of(claims.id()))
                .set(STORED_TOKEN.KIND, claims.isRefresh() ? "refresh" : "access")
                .set(STORED_TOKEN.OPAQUE, token.opaque())
                .set(STORED_TOKEN.CLIENT_ID, claims.client())
                .set(STORED_TOKEN.USER_ID, claims.user() == null ? null : claims.user().id())
                .set(STORED_TOKEN.CLAIMS, JSONB.valueOf(Json.MAPPER.writeValueAsString(json)))
                .set(STORED_TOKEN.CODE_DIGEST, token.codeDigest())
                .set(STORED_TOKEN.ISSUED, claims.issued())
                .set(STORED_TOKEN.EXPIRES, claims.expires())
                .execute();
    }

    static Optional<Stored> find(DSLContext dsl, String id) {
        return dsl.selectFrom(STORED_TOKEN)
                .where(STORED_TOKEN.DIGEST.eq(Digest.of(id)))
                .fetchOptional(row -> stored(row, id));
    }

    static boolean exists(DSLContext dsl, String id) {
        return dsl.fetchExists(STORED_TOKEN, STORED_TOKEN.DIGEST.eq(Digest.of(id)));
    }

    /** Whether there was one. */
    static boolean delete(DSLContext dsl, String id) {
        return dsl.deleteFrom(STORED_TOKEN).where(STORED_TOKEN.DIGEST.eq(Digest.of(id))).execute()
                == 1;
    }

    static void deleteOfClient(DSLContext dsl, String client) {
        dsl.deleteFrom(STORED_TOKEN).where(STORED_TOKEN.CLIENT_ID.eq(client)).execute();
    }

    static void deleteOfUserAndClient(DSLContext dsl, String user, String client) {
        dsl.deleteFrom(STORED_TOKEN)
                .where(STORED_TOKEN.USER_ID.eq(user), STORED_TOKEN.CLIENT_ID.eq(client))
                .execute();
    }

    static int deleteOfCode(DSLContext dsl, byte[] codeDigest) {
        return dsl.deleteFrom(STORED_TOKEN)
                .where(STORED_TOKEN.CODE_DIGEST.eq(codeDigest))
                .execute();
    }

    static void prune(DSLContext dsl, Instant now) {
        dsl.deleteFrom(STORED_TOKEN).where(STORED_TOKEN.EXPIRES.lt(now)).execute();
    }

    private static Stored stored(StoredTokenRecord row, String id) {
        Map<String, Object> json =
                Json.MAPPER.readValue(row.getClaims().data(), new TypeReference<>() {});
        json.put("jti", id);
        return new Stored(
                Claims.of(Json.MAPPER.valueToTree(json)), row.getOpaque(), row.getCodeDigest());
    }
}

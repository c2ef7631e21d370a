package io.nimbus.uaa.tokens;

import static io.nimbus.uaa.schema.Tables.ONE_TIME_CODE;

import io.nimbus.uaa.schema.tables.records.OneTimeCodeRecord;
import io.nimbus.uaa.secrets.Digest;
import io.nimbus.uaa.secrets.Ids;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Authorization codes and passcodes: each good once, for five minutes. The database decides who is
 * first.
 */
public final class OneTimeCodes {
    private static final Duration LIFE = Duration.ofMinutes(5);
    private static final String AUTHORIZATION = "authorization";
    private static final String PASSCODE = "passcode";

    private final Ids ids;

    public OneTimeCodes(Ids ids) {
        this.ids = ids;
    }

    /**
     * What a user allowed a client.
     *
     * @param redirectUri as the client gave it; null if it gave none
     * @param challenge PKCE's, S256
     * @param revision the user's at the time
     */
    public record Authorization(
            String user,
            String client,
            @Nullable String redirectUri,
            List<String> scope,
            @Nullable String challenge,
            @Nullable String nonce,
            Instant authTime,
            String revision) {}

    /** A code for the client to exchange. */
    public String authorize(DSLContext dsl, Authorization granted, Instant now) {
        var code = ids.secret();
        var row = row(code, AUTHORIZATION, granted.user(), granted.revision(), now);
        row.setClientId(granted.client());
        row.setRedirectUri(granted.redirectUri());
        row.setScope(granted.scope().toArray(String[]::new));
        row.setChallenge(granted.challenge());
        row.setNonce(granted.nonce());
        row.setAuthTime(granted.authTime());
        dsl.insertInto(ONE_TIME_CODE).set(row).execute();
        return code;
    }

    /** A code for a person to type in another place. */
    public String passcode(
            DSLContext dsl, String user, String revision, Instant authTime, Instant now) {
        var code = ids.readable();
        var row = row(code, PASSCODE, user, revision, now);
        row.setScope(new String[0]);
        row.setAuthTime(authTime);
        dsl.insertInto(ONE_TIME_CODE).set(row).execute();
        return code;
    }

    private static OneTimeCodeRecord row(
            String code, String kind, String user, String revision, Instant now) {
        var row = new OneTimeCodeRecord();
        row.setDigest(Digest.of(code));
        row.setKind(kind);
        row.setUserId(user);
        row.setRevision(revision);
        row.setExpires(now.plus(LIFE));
        return row;
    }

    /**
     * What was authorized, the first time; afterwards empty. A code that comes back has been stolen
     * from somebody: the tokens that it gave are deleted (RFC 6749, 4.1.2).
     */
    static Optional<Authorization> redeem(DSLContext dsl, String code, Instant now) {
        var digest = Digest.of(code);
        var row =
                dsl.update(ONE_TIME_CODE)
                        .set(ONE_TIME_CODE.USED, now)
                        .where(
                                ONE_TIME_CODE.DIGEST.eq(digest),
                                ONE_TIME_CODE.KIND.eq(AUTHORIZATION),
                                ONE_TIME_CODE.USED.isNull(),
                                ONE_TIME_CODE.EXPIRES.gt(now))
                        .returning()
                        .fetchOne();
        if (row == null) {
            StoredTokens.deleteOfCode(dsl, digest);
            return Optional.empty();
        }
        return Optional.of(
                new Authorization(
                        row.getUserId(),
                        String.valueOf(row.getClientId()),
                        row.getRedirectUri(),
                        List.of(row.getScope()),
                        row.getChallenge(),
                        row.getNonce(),
                        row.getAuthTime(),
                        row.getRevision()));
    }

    /**
     * @param revision the user's when the code was made
     */
    record Passcode(String user, String revision, Instant authTime) {}

    /** Whose passcode it is, the first time. */
    static Optional<Passcode> redeemPasscode(DSLContext dsl, String code, Instant now) {
        return dsl.deleteFrom(ONE_TIME_CODE)
                .where(
                        ONE_TIME_CODE.DIGEST.eq(Digest.of(code)),
                        ONE_TIME_CODE.KIND.eq(PASSCODE),
                        ONE_TIME_CODE.EXPIRES.gt(now))
                .returning()
                .fetchOptional(
                        row -> new Passcode(row.getUserId(), row.getRevision(), row.getAuthTime()));
    }

    /** Used codes are kept until their end, to recognize them. */
    static void prune(DSLContext dsl, Instant now) {
        dsl.deleteFrom(ONE_TIME_CODE).where(ONE_TIME_CODE.EXPIRES.lt(now)).execute();
    }
}

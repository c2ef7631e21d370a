package io.nimbus.uaa.users;

import static io.nimbus.uaa.schema.Tables.FAILED_LOGIN;
import static org.jooq.impl.DSL.val;

import io.nimbus.uaa.policy.LockoutPolicy;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jooq.DSLContext;

/** Failed log-ins in the database, so that replicas count together. */
final class Lockouts {
    private final LockoutPolicy policy;

    Lockouts(LockoutPolicy policy) {
        this.policy = policy;
    }

    List<Instant> failures(DSLContext dsl, String origin, String name) {
        return dsl.select(FAILED_LOGIN.AT_MS)
                .from(FAILED_LOGIN)
                .where(FAILED_LOGIN.ORIGIN.eq(origin), FAILED_LOGIN.USER_NAME.eq(key(name)))
                .fetchOptional(FAILED_LOGIN.AT_MS)
                .map(Lockouts::instants)
                .orElse(List.of());
    }

    boolean isLocked(List<Instant> failures, Instant now) {
        return policy.isLocked(failures, now);
    }

    /** In a transaction: the row is held between reading and writing. */
    void failed(DSLContext dsl, String origin, String name, Instant now) {
        dsl.insertInto(FAILED_LOGIN)
                .set(FAILED_LOGIN.ORIGIN, origin)
                .set(FAILED_LOGIN.USER_NAME, key(name))
                .set(FAILED_LOGIN.AT_MS, new Long[0])
                .set(FAILED_LOGIN.LAST_MS, now.toEpochMilli())
                .onConflict(FAILED_LOGIN.ORIGIN, FAILED_LOGIN.USER_NAME)
                .doUpdate()
                .set(FAILED_LOGIN.LAST_MS, val(now.toEpochMilli()))
                .execute();
        var latest = policy.add(failures(dsl, origin, name), now);
        dsl.update(FAILED_LOGIN)
                .set(
                        FAILED_LOGIN.AT_MS,
                        latest.stream().map(Instant::toEpochMilli).toArray(Long[]::new))
                .where(FAILED_LOGIN.ORIGIN.eq(origin), FAILED_LOGIN.USER_NAME.eq(key(name)))
                .execute();
    }

    void clear(DSLContext dsl, String origin, String name) {
        dsl.deleteFrom(FAILED_LOGIN)
                .where(FAILED_LOGIN.ORIGIN.eq(origin), FAILED_LOGIN.USER_NAME.eq(key(name)))
                .execute();
    }

    /** Forgets what no longer counts. */
    void prune(DSLContext dsl, Instant now) {
        dsl.deleteFrom(FAILED_LOGIN)
                .where(FAILED_LOGIN.LAST_MS.lt(now.minus(policy.memory()).toEpochMilli()))
                .execute();
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private static List<Instant> instants(Long[] times) {
        return Arrays.stream(times).map(Instant::ofEpochMilli).toList();
    }
}

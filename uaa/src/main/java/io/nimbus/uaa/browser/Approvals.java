package io.nimbus.uaa.browser;

import static io.nimbus.uaa.schema.Tables.APPROVAL;
import static io.nimbus.uaa.schema.Tables.STORED_TOKEN;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jooq.DSLContext;

/** What users decided about clients, remembered for a month. */
final class Approvals {
    private static final Duration LIFE = Duration.ofDays(30);

    private Approvals() {}

    /** Scope to decision, as far as there are any. */
    static Map<String, Boolean> of(DSLContext dsl, String user, String client, Instant now) {
        return dsl.select(APPROVAL.SCOPE, APPROVAL.APPROVED)
                .from(APPROVAL)
                .where(
                        APPROVAL.USER_ID.eq(user),
                        APPROVAL.CLIENT_ID.eq(client),
                        APPROVAL.EXPIRES.gt(now))
                .fetchMap(APPROVAL.SCOPE, APPROVAL.APPROVED);
    }

    static void remember(
            DSLContext dsl,
            String user,
            String client,
            Collection<String> asked,
            Collection<String> approved,
            Instant now) {
        for (var scope : asked) {
            dsl.insertInto(APPROVAL)
                    .set(APPROVAL.USER_ID, user)
                    .set(APPROVAL.CLIENT_ID, client)
                    .set(APPROVAL.SCOPE, scope)
                    .set(APPROVAL.APPROVED, approved.contains(scope))
                    .set(APPROVAL.EXPIRES, now.plus(LIFE))
                    .set(APPROVAL.LAST_MODIFIED, now)
                    .onConflict(APPROVAL.USER_ID, APPROVAL.CLIENT_ID, APPROVAL.SCOPE)
                    .doUpdate()
                    .set(APPROVAL.APPROVED, approved.contains(scope))
                    .set(APPROVAL.EXPIRES, now.plus(LIFE))
                    .set(APPROVAL.LAST_MODIFIED, now)
                    .execute();
        }
    }

    static List<String> clients(DSLContext dsl, String user) {
        return dsl.selectDistinct(APPROVAL.CLIENT_ID)
                .from(APPROVAL)
                .where(APPROVAL.USER_ID.eq(user))
                .orderBy(APPROVAL.CLIENT_ID)
                .fetch(APPROVAL.CLIENT_ID);
    }

    /** Forgets the decisions, and ends what the client got by them. */
    static void withdraw(DSLContext dsl, String user, String client) {
        dsl.deleteFrom(APPROVAL)
                .where(APPROVAL.USER_ID.eq(user), APPROVAL.CLIENT_ID.eq(client))
                .execute();
        dsl.deleteFrom(STORED_TOKEN)
                .where(STORED_TOKEN.USER_ID.eq(user), STORED_TOKEN.CLIENT_ID.eq(client))
                .execute();
    }
}

package io.nimbus.uaa.users;

import static io.nimbus.uaa.schema.Tables.BROWSER_SESSION;
import static io.nimbus.uaa.schema.Tables.STORED_TOKEN;
import static io.nimbus.uaa.schema.Tables.USERS;
import static org.jooq.impl.DSL.lower;

import io.nimbus.uaa.schema.tables.records.UsersRecord;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.SortField;

/** Users in the database. */
public final class UserStore {
    private UserStore() {}

    public static Optional<User> find(DSLContext dsl, String id) {
        return dsl.selectFrom(USERS).where(USERS.ID.eq(id)).fetchOptional(UserStore::user);
    }

    static List<User> findAll(DSLContext dsl, Collection<String> ids) {
        return dsl.selectFrom(USERS).where(USERS.ID.in(ids)).fetch(UserStore::user);
    }

    /** Blocks others that would change it, until the transaction ends. */
    static Optional<User> lock(DSLContext dsl, String id) {
        return dsl.selectFrom(USERS)
                .where(USERS.ID.eq(id))
                .forUpdate()
                .fetchOptional(UserStore::user);
    }

    /** Names are the same in whatever case. */
    public static Optional<User> findByName(DSLContext dsl, String origin, String name) {
        return dsl.selectFrom(USERS)
                .where(
                        USERS.ORIGIN.eq(origin),
                        lower(USERS.USER_NAME).eq(name.toLowerCase(Locale.ROOT)))
                .fetchOptional(UserStore::user);
    }

    public static Optional<User> findByExternalId(
            DSLContext dsl, String origin, String externalId) {
        return dsl.selectFrom(USERS)
                .where(USERS.ORIGIN.eq(origin), USERS.EXTERNAL_ID.eq(externalId))
                .fetchOptional(UserStore::user);
    }

    static List<User> list(
            DSLContext dsl, Condition filter, SortField<?> sort, int offset, int count) {
        return dsl.selectFrom(USERS)
                .where(filter)
                .orderBy(sort, USERS.ID)
                .offset(offset)
                .limit(count)
                .fetch(UserStore::user);
    }

    static int count(DSLContext dsl, Condition filter) {
        return dsl.fetchCount(USERS, filter);
    }

    /** Whether it was inserted; not when its origin has one of that name. */
    public static boolean insert(DSLContext dsl, User user) {
        return dsl.insertInto(USERS).set(row(user)).onConflictDoNothing().execute() == 1;
    }

    /** Writes all of it but its logons. */
    public static void update(DSLContext dsl, User user) {
        var row = row(user);
        row.touched(USERS.LAST_LOGON, false);
        row.touched(USERS.PREVIOUS_LOGON, false);
        dsl.update(USERS).set(row).where(USERS.ID.eq(user.id())).execute();
    }

    static boolean delete(DSLContext dsl, String id) {
        return dsl.deleteFrom(USERS).where(USERS.ID.eq(id)).execute() == 1;
    }

    public static void logon(DSLContext dsl, String id, Instant now) {
        dsl.update(USERS)
                .set(USERS.PREVIOUS_LOGON, USERS.LAST_LOGON)
                .set(USERS.LAST_LOGON, now)
                .where(USERS.ID.eq(id))
                .execute();
    }

    /** The same password under today's cost. */
    static void rehash(DSLContext dsl, String id, String from, String to) {
        dsl.update(USERS)
                .set(USERS.PASSWORD, to)
                .where(USERS.ID.eq(id), USERS.PASSWORD.eq(from))
                .execute();
    }

    /** A new password makes tokens and sessions void. */
    static void password(DSLContext dsl, String id, String hash, String revision, Instant now) {
        dsl.update(USERS)
                .set(USERS.PASSWORD, hash)
                .set(USERS.PASSWORD_MODIFIED, now)
                .set(USERS.PASSWORD_CHANGE_REQUIRED, false)
                .set(USERS.LAST_MODIFIED, now)
                .set(USERS.VERSION, USERS.VERSION.plus(1))
                .where(USERS.ID.eq(id))
                .execute();
        revise(dsl, id, revision);
    }

    /** Makes all tokens and sessions of a user void; false without such a user. */
    public static boolean revise(DSLContext dsl, String id, String revision) {
        dsl.deleteFrom(STORED_TOKEN).where(STORED_TOKEN.USER_ID.eq(id)).execute();
        dsl.deleteFrom(BROWSER_SESSION).where(BROWSER_SESSION.USER_ID.eq(id)).execute();
        return dsl.update(USERS).set(USERS.REVISION, revision).where(USERS.ID.eq(id)).execute()
                == 1;
    }

    private static User user(UsersRecord row) {
        return new User(
                row.getId(),
                row.getOrigin(),
                row.getUserName(),
                row.getExternalId(),
                row.getGivenName(),
                row.getFamilyName(),
                row.getEmail(),
                row.getPhoneNumber(),
                row.getPassword(),
                row.getPasswordModified(),
                row.getPasswordChangeRequired(),
                row.getActive(),
                row.getVerified(),
                row.getRevision(),
                row.getLastLogon(),
                row.getPreviousLogon(),
                row.getCreated(),
                row.getLastModified(),
                row.getVersion());
    }

    private static UsersRecord row(User user) {
        var row = new UsersRecord();
        row.setId(user.id());
        row.setOrigin(user.origin());
        row.setUserName(user.userName());
        row.setExternalId(user.externalId());
        row.setGivenName(user.givenName());
        row.setFamilyName(user.familyName());
        row.setEmail(user.email());
        row.setPhoneNumber(user.phoneNumber());
        row.setPassword(user.password());
        row.setPasswordModified(user.passwordModified());
        row.setPasswordChangeRequired(user.passwordChangeRequired());
        row.setActive(user.active());
        row.setVerified(user.verified());
        row.setRevision(user.revision());
        row.setLastLogon(user.lastLogon());
        row.setPreviousLogon(user.previousLogon());
        row.setCreated(user.created());
        row.setLastModified(user.lastModified());
        row.setVersion(user.version());
        return row;
    }
}

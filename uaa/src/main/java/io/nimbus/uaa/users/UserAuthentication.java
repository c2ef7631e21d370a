package io.nimbus.uaa.users;

import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.policy.LockoutPolicy;
import io.nimbus.uaa.secrets.PasswordHasher;
import io.nimbus.uaa.web.UaaError;
import java.time.InstantSource;

/**
 * Names and passwords. Unknown names take as long as known ones, and lock like them.
 *
 * <p>Whether a name is locked is read when it is the attempt's turn to hash (see {@link
 * PasswordHasher#inTurn}), so guesses sent at once overshoot the limit by no more than the
 * processors.
 */
public final class UserAuthentication {
    /** C6 compares the whole text. */
    public static final String LOCKED =
            "Your account has been locked because of too many failed attempts to login.";

    public static final String BAD = "Bad credentials";
    private static final int LONGEST_NAME = 255;
    private static final int LONGEST_PASSWORD = 1024;

    private final Database database;
    private final PasswordHasher hasher;
    private final Lockouts lockouts;
    private final InstantSource clock;

    public UserAuthentication(
            Database database, PasswordHasher hasher, LockoutPolicy policy, InstantSource clock) {
        this.database = database;
        this.hasher = hasher;
        this.lockouts = new Lockouts(policy);
        this.clock = clock;
    }

    /**
     * One of our own users, by password.
     *
     * @param address where the attempt comes from
     * @throws io.nimbus.uaa.web.UaaException unauthorized: bad credentials, or locked
     */
    public User authenticate(String name, String password, String address) {
        if (name.length() > LONGEST_NAME || password.length() > LONGEST_PASSWORD) {
            throw UaaError.UNAUTHORIZED.of(BAD);
        }
        var user = hasher.inTurn(() -> check(name, password, address));
        database.inTransaction(dsl -> UserStore.logon(dsl, user.id(), clock.instant()));
        Audit.event(
                "user_authenticated", user.userName(), address, "id", user.id(), "how", "password");
        return user;
    }

    private User check(String name, String password, String address) {
        var now = clock.instant();
        var failures = database.read(dsl -> lockouts.failures(dsl, User.OURS, name));
        if (lockouts.isLocked(failures, now)) {
            Audit.event("login_refused", name, address, "reason", "locked");
            throw UaaError.UNAUTHORIZED.of(LOCKED);
        }
        var user = database.read(dsl -> UserStore.findByName(dsl, User.OURS, name)).orElse(null);
        var hash = user == null || !user.active() ? null : user.password();
        if (user == null || hash == null) {
            hasher.matchNobody(password);
            throw failed(name, address, "no such active user");
        }
        if (!hasher.matches(password, hash)) {
            throw failed(name, address, "wrong password");
        }
        if (!failures.isEmpty()) {
            database.inTransaction(dsl -> lockouts.clear(dsl, User.OURS, name));
        }
        if (hasher.isOutdated(hash)) {
            var fresh = hasher.hash(password);
            database.inTransaction(dsl -> UserStore.rehash(dsl, user.id(), hash, fresh));
        }
        return user;
    }

    private RuntimeException failed(String name, String address, String reason) {
        database.inTransaction(dsl -> lockouts.failed(dsl, User.OURS, name, clock.instant()));
        Audit.event("login_failed", name, address, "reason", reason);
        return UaaError.UNAUTHORIZED.of(BAD);
    }

    /**
     * Whether this is the user's password, for changing it; failures count as those of a log-in.
     */
    boolean isPassword(User user, String password, String address) {
        if (user.password() == null) {
            return false;
        }
        try {
            hasher.inTurn(() -> check(user.userName(), password, address));
            return true;
        } catch (io.nimbus.uaa.web.UaaException e) {
            if (e.error() == UaaError.UNAUTHORIZED) {
                return false;
            }
            throw e;
        }
    }

    public void unlock(String name) {
        database.inTransaction(dsl -> lockouts.clear(dsl, User.OURS, name));
    }

    /** Forgets failures that no longer count. */
    public void prune() {
        database.inTransaction(dsl -> lockouts.prune(dsl, clock.instant()));
    }
}

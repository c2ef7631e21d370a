package io.nimbus.uaa.users;

import io.nimbus.database.Database;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.web.UaaError;
import java.time.InstantSource;

/** Gives a user another password; tokens and sessions of before become void. */
public final class PasswordChange {
    private final Database database;
    private final UserAuthentication authentication;
    private final NewPasswords passwords;
    private final Ids ids;
    private final InstantSource clock;

    public PasswordChange(
            Database database,
            UserAuthentication authentication,
            NewPasswords passwords,
            Ids ids,
            InstantSource clock) {
        this.database = database;
        this.authentication = authentication;
        this.passwords = passwords;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * @throws io.nimbus.uaa.web.UaaException unauthorized when the old one is wrong,
     *     invalid_password
     */
    public void byUser(User user, String old, String password, String address) {
        if (!authentication.isPassword(user, old, address)) {
            throw UaaError.UNAUTHORIZED.of(UserAuthentication.BAD);
        }
        byAdmin(user, password);
    }

    /** Without the old one. */
    void byAdmin(User user, String password) {
        if (user.password() != null && passwords.isSame(password, user.password())) {
            throw UaaError.SAME_PASSWORD.of("The new password is the same as the old one");
        }
        var hash = passwords.hash(password);
        database.inTransaction(
                dsl -> UserStore.password(dsl, user.id(), hash, ids.id(), clock.instant()));
        authentication.unlock(user.userName());
    }
}

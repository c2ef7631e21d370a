package io.nimbus.uaa.users;

import io.nimbus.uaa.policy.PasswordPolicy;
import io.nimbus.uaa.secrets.PasswordHasher;
import io.nimbus.uaa.web.UaaError;

/** Hashes of passwords that the policy allows. */
public final class NewPasswords {
    private final PasswordPolicy policy;
    private final PasswordHasher hasher;

    public NewPasswords(PasswordPolicy policy, PasswordHasher hasher) {
        this.policy = policy;
        this.hasher = hasher;
    }

    /**
     * @throws io.nimbus.uaa.web.UaaException invalid_password, with what the policy has against it
     */
    public String hash(String password) {
        var violations = policy.violations(password);
        if (!violations.isEmpty()) {
            throw UaaError.INVALID_PASSWORD.of(String.join(",", violations));
        }
        return hasher.inTurn(() -> hasher.hash(password));
    }

    boolean isSame(String password, String hash) {
        return hasher.inTurn(() -> hasher.matches(password, hash));
    }
}

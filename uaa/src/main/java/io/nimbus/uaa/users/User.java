package io.nimbus.uaa.users;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A user.
 *
 * @param origin {@code uaa}, or the identity provider that vouches for it
 * @param externalId what the provider calls it
 * @param password bcrypt hash; null for users of other providers
 * @param passwordChangeRequired nothing is granted until the password has been changed
 * @param revision changes with the password and with every revocation
 * @param version counts changes
 */
public record User(
        String id,
        String origin,
        String userName,
        @Nullable String externalId,
        @Nullable String givenName,
        @Nullable String familyName,
        String email,
        @Nullable String phoneNumber,
        @Nullable String password,
        Instant passwordModified,
        boolean passwordChangeRequired,
        boolean active,
        boolean verified,
        String revision,
        @Nullable Instant lastLogon,
        @Nullable Instant previousLogon,
        Instant created,
        Instant lastModified,
        int version) {
    /** The origin of our own users. */
    public static final String OURS = "uaa";

    @Override
    public String toString() {
        return "User[" + id + "]";
    }
}

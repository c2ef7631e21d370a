package io.nimbus.tokens;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a verified access token says.
 *
 * @param user the user's guid; null for a client's own token
 * @param userName null for a client's own token
 * @param client the client it was issued to
 */
public record Token(
        @Nullable String user,
        @Nullable String userName,
        @Nullable String email,
        String client,
        Set<String> scopes,
        Instant expires) {
    public Token {
        scopes = Set.copyOf(scopes);
    }

    /** Who acts: the user, or the client where there is none. */
    public String subject() {
        return user == null ? client : user;
    }

    public boolean isClient() {
        return user == null;
    }

    public boolean has(String scope) {
        return scopes.contains(scope);
    }
}

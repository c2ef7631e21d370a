package io.nimbus.uaa.web;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a valid access token.
 *
 * @param user the user's id; null when a client acts for itself
 * @param authTime when the user authenticated
 * @param address where the request came from
 */
public record Caller(
        @Nullable String user,
        @Nullable String userName,
        String client,
        Set<String> scope,
        @Nullable Instant authTime,
        String address) {
    public Caller {
        scope = Set.copyOf(scope);
    }

    public boolean has(String name) {
        return scope.contains(name);
    }

    public boolean isUser(String id) {
        return id.equals(user);
    }

    /** For the audit log. */
    public String name() {
        return userName == null ? client : userName;
    }
}

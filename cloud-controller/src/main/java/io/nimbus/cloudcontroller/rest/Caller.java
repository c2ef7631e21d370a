package io.nimbus.cloudcontroller.rest;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who asks.
 *
 * @param guid the user's guid, or the client's id; null when nobody logged in
 * @param email null for a client's own token
 * @param name the user name; the client's id for a client's own token
 */
public record Caller(
        @Nullable String guid, @Nullable String email, @Nullable String name, Set<String> scopes) {
    /** Nobody logged in, or an internal caller who proved itself by other means. */
    public static final Caller NOBODY = new Caller(null, null, null, Set.of());

    public Caller {
        scopes = Set.copyOf(scopes);
    }

    public boolean isKnown() {
        return guid != null;
    }

    /** The guid as SQL wants it; matches no role for nobody. */
    public String id() {
        return guid == null ? "" : guid;
    }

    public boolean isAdmin() {
        return scopes.contains("cloud_controller.admin");
    }

    private boolean isAdminReadOnly() {
        return scopes.contains("cloud_controller.admin_read_only");
    }

    /** Admins, read-only admins and global auditors see every resource. */
    public boolean seesEverything() {
        return isAdmin() || isAdminReadOnly() || scopes.contains("cloud_controller.global_auditor");
    }

    /** Admins and read-only admins see credentials and environments, too. */
    public boolean seesSecrets() {
        return isAdmin() || isAdminReadOnly();
    }

    boolean mayRead() {
        return seesEverything() || scopes.contains("cloud_controller.read");
    }

    boolean mayWrite() {
        return isAdmin() || scopes.contains("cloud_controller.write");
    }
}

package io.nimbus.router.policy;

import org.jspecify.annotations.Nullable;

/** How a route chooses among its endpoints. */
public enum Balancing {
    ROUND_ROBIN,
    LEAST_CONNECTION;

    /**
     * The wire's name; null for one that we do not know, which then leaves the router's default.
     */
    public static @Nullable Balancing of(@Nullable String name) {
        if (name == null) {
            return null;
        }
        return switch (name) {
            case "round-robin" -> ROUND_ROBIN;
            case "least-connection" -> LEAST_CONNECTION;
            default -> null;
        };
    }

    public String wireName() {
        return this == ROUND_ROBIN ? "round-robin" : "least-connection";
    }
}

package io.nimbus.uaa.policy;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which scopes a token gets, and for whom it is. Source: UAA documentation, OAuth2 scopes. */
public final class ScopePolicy {
    /** A client that never acts for anybody carries this as its only scope. */
    public static final String NONE = "uaa.none";

    private ScopePolicy() {}

    public sealed interface Decision {}

    public record Granted(List<String> scope) implements Decision {
        public Granted {
            scope = List.copyOf(scope);
        }
    }

    /**
     * @param reason for the client's developer
     */
    public record Refused(String reason) implements Decision {}

    /**
     * A user's token: what the client may have and the user is a member of. What the client asks
     * for beyond its own list is an error; what only the user lacks is left out.
     *
     * @param requested empty for all that is possible
     */
    public static Decision forUser(
            Collection<String> client, Collection<String> groups, Collection<String> requested) {
        var foreign = missing(requested, client);
        if (!foreign.isEmpty()) {
            return new Refused(
                    "Invalid scope: " + String.join(" ", foreign) + ". The client may not have it");
        }
        var scope = new TreeSet<>(requested.isEmpty() ? client : requested);
        scope.retainAll(Set.copyOf(groups));
        scope.remove(NONE);
        if (scope.isEmpty()) {
            return new Refused("Invalid scope: the user has none of the requested scopes");
        }
        return new Granted(List.copyOf(scope));
    }

    /**
     * A client's own token: its authorities.
     *
     * @param requested empty for all
     */
    public static Decision forClient(Collection<String> authorities, Collection<String> requested) {
        var foreign = missing(requested, authorities);
        if (!foreign.isEmpty()) {
            return new Refused(
                    "Invalid scope: "
                            + String.join(" ", foreign)
                            + ". The client has no such authority");
        }
        return new Granted(
                List.copyOf(new TreeSet<>(requested.isEmpty() ? authorities : requested)));
    }

    /**
     * A refreshed token: what the first one had, as far as client and user still have it.
     *
     * @param first the scopes of the token that was granted first
     * @param requested empty for all of them
     */
    public static Decision forRefresh(
            Collection<String> first,
            Collection<String> client,
            Collection<String> groups,
            Collection<String> requested) {
        var foreign = missing(requested, first);
        if (!foreign.isEmpty()) {
            return new Refused(
                    "Invalid scope: "
                            + String.join(" ", foreign)
                            + ". It was not granted in the first place");
        }
        var wanted = new TreeSet<>(requested.isEmpty() ? first : requested);
        wanted.retainAll(Set.copyOf(client));
        return wanted.isEmpty()
                ? new Refused("Invalid scope: the client has none of the scopes any longer")
                : forUser(client, groups, wanted);
    }

    private static Set<String> missing(Collection<String> wanted, Collection<String> have) {
        var missing = new TreeSet<>(wanted);
        missing.removeAll(Set.copyOf(have));
        return missing;
    }

    /**
     * The resources that a token is for: of each scope what stands before its last dot, and the
     * client.
     */
    public static List<String> audience(Collection<String> scope, String client) {
        var audience = new TreeSet<String>();
        for (var name : scope) {
            var dot = name.lastIndexOf('.');
            audience.add(dot <= 0 ? name : name.substring(0, dot));
        }
        audience.add(client);
        return List.copyOf(audience);
    }
}

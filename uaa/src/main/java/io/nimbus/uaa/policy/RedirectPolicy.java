package io.nimbus.uaa.policy;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a browser may be sent. A client's redirect URIs are compared as texts, whole: neither
 * patterns nor prefixes (RFC 9700, 2.1).
 */
public final class RedirectPolicy {
    /** Our own pages that a log-in may lead to. */
    private static final Set<String> PAGES =
            Set.of("/", "/oauth/authorize", "/passcode", "/change_password");

    private static final Set<String> NEVER = Set.of("javascript", "data", "vbscript", "file");

    private RedirectPolicy() {}

    /** Whether the client registered this very text. */
    public static boolean isRegistered(Collection<String> registered, String uri) {
        return registered.contains(uri);
    }

    /** What is wrong with a URI that a client wants to register; empty when nothing is. */
    public static Optional<String> fault(String uri) {
        try {
            var parsed = new URI(uri);
            if (uri.contains("*")) {
                return Optional.of("patterns are not supported, name each URI whole");
            }
            if (!parsed.isAbsolute() || parsed.isOpaque()) {
                return Optional.of("it is not absolute");
            }
            if (NEVER.contains(parsed.getScheme().toLowerCase(java.util.Locale.ROOT))) {
                return Optional.of("its scheme is not allowed");
            }
            if (parsed.getRawFragment() != null) {
                return Optional.of("it has a fragment");
            }
            if (parsed.getScheme().startsWith("http") && parsed.getHost() == null) {
                return Optional.of("it has no host");
            }
            return Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.of("it is not a URI");
        }
    }

    /**
     * A place of ours to go on to after a log-in, as path and query; the first page for anything
     * else, such as another site.
     */
    public static String ownPage(@Nullable String target) {
        if (target == null) {
            return "/";
        }
        try {
            var uri = new URI(target);
            if (uri.isAbsolute()
                    || uri.getRawAuthority() != null
                    || uri.getRawPath() == null
                    || !PAGES.contains(uri.getRawPath())) {
                return "/";
            }
            return uri.getRawQuery() == null
                    ? uri.getRawPath()
                    : uri.getRawPath() + "?" + uri.getRawQuery();
        } catch (URISyntaxException e) {
            return "/";
        }
    }
}

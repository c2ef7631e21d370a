package io.nimbus.router.proxy;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/** A route service: where its connections lead, and what it is asked for. */
record Service(Destination destination, byte[] target, byte[] host) {
    private static final int HTTPS = 443;

    /** Null for a URL that is none. */
    static @Nullable Service of(String url, int loops) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            return null;
        }
        var host = uri.getHost();
        if (host == null || !"https".equalsIgnoreCase(uri.getScheme())) {
            return null;
        }
        int port = uri.getPort() < 0 ? HTTPS : uri.getPort();
        return new Service(
                Destination.ofService(literal(host), port, loops),
                Wire.bytes(target(uri)),
                Wire.bytes(uri.getPort() < 0 ? host : host + ":" + port));
    }

    private static String literal(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static String target(URI uri) {
        var path = uri.getRawPath();
        var query = uri.getRawQuery();
        return (path == null || path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query);
    }
}

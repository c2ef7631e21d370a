package io.nimbus.uaa.web;

import io.javalin.http.Context;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The URL under which a caller reaches us, for documents and redirects: the host that it asked for
 * when that is loopback or one of our names, always with a port; else the configured URL, so that a
 * forged Host header leads nobody elsewhere.
 */
public final class PublicUrl {
    private static final Pattern HOST =
            Pattern.compile("([a-z0-9._-]+|\\[[0-9a-f:]+])(?::(\\d+))?");
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[::1]");

    private final String configured;
    private final Set<String> names;
    private final Callers callers;

    /**
     * @param names host names, in lower case, that are ours
     */
    public PublicUrl(URI configured, Set<String> names, Callers callers) {
        this.configured = withoutSlash(configured.toString());
        this.names = Set.copyOf(names);
        this.callers = callers;
    }

    private static String withoutSlash(String url) {
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /** Without a slash at its end. */
    public String base(Context ctx) {
        var header = ctx.header("Host");
        var host = HOST.matcher(header == null ? "" : header.toLowerCase(Locale.ROOT));
        if (!host.matches()) {
            return configured;
        }
        var name = host.group(1);
        if (!LOOPBACK.matcher(name).matches() && !names.contains(name)) {
            return configured;
        }
        var secure = callers.isSecure(ctx);
        var port = host.group(2) == null ? (secure ? "443" : "80") : host.group(2);
        return (secure ? "https://" : "http://") + name + ":" + port;
    }
}

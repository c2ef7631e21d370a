package io.nimbus.cloudcontroller.rest;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Under which address documents name this API: the request's host is repeated only when it is
 * loopback or a configured name, so that nobody can plant his own in a document. The port is always
 * explicit.
 */
public final class Origins {
    private static final Pattern HOST =
            Pattern.compile("(\\[[0-9a-f:.]+]|[a-z0-9.-]+)(?::(\\d{1,5}))?");
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|.+\\.localhost|127(\\.\\d{1,3}){3}|\\[::1]");

    private final URI external;
    private final Set<String> names;

    /**
     * @param external the address for callers whose own is not repeated
     */
    public Origins(URI external, List<String> names) {
        this.external = external;
        this.names =
                names.stream()
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .collect(Collectors.toSet());
    }

    /**
     * @param scheme http or https, as the caller used it
     * @param host the {@code Host} header, maybe empty
     */
    String of(String scheme, String host) {
        var match = HOST.matcher(host.toLowerCase(Locale.ROOT));
        if (match.matches()) {
            var name = match.group(1);
            if (LOOPBACK.matcher(name).matches() || names.contains(name)) {
                return scheme
                        + "://"
                        + name
                        + ":"
                        + (match.group(2) == null ? port(scheme) : match.group(2));
            }
        }
        var port = external.getPort();
        return external.getScheme()
                + "://"
                + external.getHost()
                + ":"
                + (port == -1 ? port(external.getScheme()) : Integer.toString(port));
    }

    private static String port(String scheme) {
        return scheme.equals("https") ? "443" : "80";
    }
}

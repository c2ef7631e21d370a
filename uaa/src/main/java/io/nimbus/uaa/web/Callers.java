package io.nimbus.uaa.web;

import io.javalin.http.Context;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where a request comes from. Forwarding headers count only when a proxy that we were told to trust
 * sent them; anybody can write them.
 */
public final class Callers {
    private final List<AddressRange> trusted;

    public Callers(List<AddressRange> trusted) {
        this.trusted = List.copyOf(trusted);
    }

    /** The address of the client itself, or of the first hop that we do not trust. */
    public String address(Context ctx) {
        var address = ctx.ip();
        var header = ctx.header("X-Forwarded-For");
        if (header == null) {
            return address;
        }
        var hops = Arrays.asList(header.split(","));
        for (var hop : hops.reversed()) {
            if (!isTrusted(address)) {
                return address;
            }
            var literal = literal(hop.strip());
            if (literal.isEmpty()) {
                return address;
            }
            address = literal.get().getHostAddress();
        }
        return address;
    }

    /** Whether the client spoke TLS to us or to a trusted proxy. */
    public boolean isSecure(Context ctx) {
        return "https".equals(ctx.scheme())
                || (isTrusted(ctx.ip())
                        && "https".equalsIgnoreCase(ctx.header("X-Forwarded-Proto")));
    }

    private boolean isTrusted(String address) {
        return literal(address)
                .filter(a -> trusted.stream().anyMatch(range -> range.contains(a)))
                .isPresent();
    }

    private static Optional<InetAddress> literal(String text) {
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}

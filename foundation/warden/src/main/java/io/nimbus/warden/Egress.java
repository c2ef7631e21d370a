package io.nimbus.warden;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Traffic that a container may send. What no rule names is rejected; the host's own addresses stay
 * closed whatever a rule says.
 *
 * @param destination an IPv4 address, a CIDR block, or {@code first-last}
 * @param ports for tcp and udp; empty: all
 * @param icmpType for icmp; -1 means any
 * @param icmpCode for icmp; -1 means any
 * @param log whether new connections are written to the kernel's log
 */
public record Egress(
        Protocol protocol,
        String destination,
        List<PortRange> ports,
        int icmpType,
        int icmpCode,
        boolean log) {
    private static final String ADDRESS =
            "(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
    private static final Pattern DESTINATION =
            Pattern.compile(ADDRESS + "(?:/(?:3[0-2]|[12]?\\d)|-" + ADDRESS + ")?");
    private static final Pattern RANGE =
            Pattern.compile("\\s*(\\d{1,5})(?:\\s*-\\s*(\\d{1,5}))?\\s*");

    public enum Protocol {
        TCP,
        UDP,
        ICMP,
        ALL
    }

    /** Both ends included. */
    public record PortRange(int first, int last) {
        public PortRange {
            if (first < 0 || last > 65535 || first > last) {
                throw new IllegalArgumentException("not a range of ports: " + first + "-" + last);
            }
        }
    }

    public Egress {
        if (!DESTINATION.matcher(destination).matches()) {
            throw new IllegalArgumentException("not an IPv4 destination: " + destination);
        }
        if (icmpType < -1 || icmpType > 255 || icmpCode < -1 || icmpCode > 255) {
            throw new IllegalArgumentException("icmp type and code are -1 to 255");
        }
        ports = List.copyOf(ports);
    }

    /** Everything everywhere, save the host itself. */
    public static Egress anywhere() {
        return new Egress(Protocol.ALL, "0.0.0.0/0", List.of(), -1, -1, false);
    }

    /**
     * A rule in the words of a security group.
     *
     * @param protocol {@code tcp}, {@code udp}, {@code icmp} or {@code all}
     * @param destination null: everywhere
     * @param ports {@code "80"}, {@code "80,443"}, {@code "8000-9000"}; null: all
     * @throws IllegalArgumentException naming what it does not understand
     */
    public static Egress parse(
            String protocol,
            @Nullable String destination,
            @Nullable String ports,
            @Nullable Integer icmpType,
            @Nullable Integer icmpCode,
            boolean log) {
        Protocol known;
        try {
            known = Protocol.valueOf(protocol.strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("unknown protocol " + protocol, e);
        }
        var ranges = new ArrayList<PortRange>();
        if (ports != null && !ports.isBlank()) {
            for (var item : ports.split(",")) {
                var match = RANGE.matcher(item);
                if (!match.matches()) {
                    throw new IllegalArgumentException("not ports: " + ports);
                }
                var first = Integer.parseInt(match.group(1));
                ranges.add(
                        new PortRange(
                                first,
                                match.group(2) == null ? first : Integer.parseInt(match.group(2))));
            }
        }
        return new Egress(
                known,
                destination == null ? "0.0.0.0/0" : destination.strip(),
                ranges,
                icmpType == null ? -1 : icmpType,
                icmpCode == null ? -1 : icmpCode,
                log);
    }
}

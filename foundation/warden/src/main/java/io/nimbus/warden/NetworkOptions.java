package io.nimbus.warden;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How containers are reached and what all of them may reach.
 *
 * @param mode whether a port is the container's own address or one of the host's
 * @param address the host's address that {@link Port#host} carries: in mode HOST and for plain
 *     processes
 * @param range IPv4 block of which each container gets a /30
 * @param firstPort least host port to hand out; 0: just above the kernel's ephemeral range
 * @param lastPort greatest host port to hand out
 * @param platformAddress the one address under which containers reach the platform, on an interface
 *     of its own; null: none
 * @param platformPorts the ports that are open there
 * @param allowed what every container may connect to, beside its own rules
 * @param nameServers for {@code /etc/resolv.conf}; empty: the host's
 */
public record NetworkOptions(
        Mode mode,
        String address,
        String range,
        int firstPort,
        int lastPort,
        @Nullable String platformAddress,
        List<Integer> platformPorts,
        List<Egress> allowed,
        List<String> nameServers) {

    public enum Mode {
        /** The container's own address, reachable from this host only. */
        DIRECT,
        /** A port of the host, forwarded. */
        HOST
    }

    public NetworkOptions {
        platformPorts = List.copyOf(platformPorts);
        allowed = List.copyOf(allowed);
        nameServers = List.copyOf(nameServers);
    }

    /** For one host: direct, no platform address. */
    public static NetworkOptions local() {
        return new NetworkOptions(
                Mode.DIRECT,
                "127.0.0.1",
                "10.254.0.0/16",
                0,
                65000,
                null,
                List.of(),
                List.of(),
                List.of());
    }

    public NetworkOptions withPlatform(String address, List<Integer> ports) {
        return new NetworkOptions(
                mode,
                this.address,
                range,
                firstPort,
                lastPort,
                address,
                ports,
                allowed,
                nameServers);
    }

    public NetworkOptions withMode(Mode mode, String address) {
        return new NetworkOptions(
                mode,
                address,
                range,
                firstPort,
                lastPort,
                platformAddress,
                platformPorts,
                allowed,
                nameServers);
    }
}

package io.nimbus.warden;

import java.nio.file.Path;
import java.util.List;

/**
 * @param depot the folder that holds everything of this owner's containers; made when it is not
 *     there. Others must be able to pass through the folders above it
 * @param owner who these containers belong to: six lower-case letters or digits, unique on this
 *     host, part of every name in the kernel, so that several owners share a host
 * @param stacks at least one
 * @param logBytes how much unread output of one container is kept
 */
public record WardenOptions(
        Path depot,
        String owner,
        Backend backend,
        List<Stack> stacks,
        NetworkOptions network,
        long logBytes) {

    public enum Backend {
        /** runc where it works, else plain processes. */
        AUTO,
        /** runc, or an error that says what is missing. */
        RUNC,
        /** Plain processes, even where more is possible. */
        PLAIN
    }

    public WardenOptions {
        depot = depot.toAbsolutePath().normalize();
        stacks = List.copyOf(stacks);
        if (stacks.isEmpty()) {
            throw new IllegalArgumentException("no stack");
        }
        if (!owner.matches("[a-z0-9]{6}")) {
            throw new IllegalArgumentException(
                    "an owner is six lower-case letters or digits, not " + owner);
        }
        if (depot.toString().chars().anyMatch(c -> c == ':' || c == ',' || c <= ' ' || c > '~')) {
            throw new IllegalArgumentException(
                    "the path of a depot has no blanks, colons, commas or special letters: "
                            + depot);
        }
    }

    /** A stack of this host's programs, local network, 10 MiB of log. */
    public static WardenOptions of(Path depot, String owner) {
        return new WardenOptions(
                depot,
                owner,
                Backend.AUTO,
                List.of(Stack.ofThisHost("cflinuxfs4")),
                NetworkOptions.local(),
                10L << 20);
    }

    public WardenOptions withBackend(Backend backend) {
        return new WardenOptions(depot, owner, backend, stacks, network, logBytes);
    }

    public WardenOptions withStacks(List<Stack> stacks) {
        return new WardenOptions(depot, owner, backend, stacks, network, logBytes);
    }

    public WardenOptions withNetwork(NetworkOptions network) {
        return new WardenOptions(depot, owner, backend, stacks, network, logBytes);
    }

    public WardenOptions withLogBytes(long logBytes) {
        return new WardenOptions(depot, owner, backend, stacks, network, logBytes);
    }
}

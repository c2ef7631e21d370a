package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.List;

/** Picks a backend. */
public final class Wardens {
    private Wardens() {}

    /**
     * The warden of a depot, by the best backend that the options allow and this host offers. What
     * it does not isolate is in its {@link Capabilities#warnings}; say that to people.
     *
     * @throws WardenException when the backend that was asked for does not work here, with what is
     *     missing
     */
    public static Warden open(WardenOptions options, InstantSource clock) throws WardenException {
        return switch (options.backend()) {
            case RUNC -> RuncWarden.open(options, clock);
            case PLAIN -> new PlainWarden(options, clock, List.of());
            case AUTO -> best(options, clock);
        };
    }

    private static Warden best(WardenOptions options, InstantSource clock) throws WardenException {
        try {
            return RuncWarden.open(options, clock);
        } catch (WardenException e) {
            if (hasContainers(options)) {
                // With another backend those that run would be out of our hands.
                throw e;
            }
            return new PlainWarden(
                    options, clock, List.of("no containers by runc: " + e.getMessage()));
        }
    }

    private static boolean hasContainers(WardenOptions options) throws WardenException {
        try {
            var depot = new Depot(options.depot());
            return depot.handles().stream()
                    .anyMatch(handle ->
                            depot.read(handle)
                                    .filter(m -> m.backend().equals(RuncWarden.NAME))
                                    .isPresent());
        } catch (IOException e) {
            throw new WardenException(
                    "the depot " + options.depot() + " cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * Destroys all containers of an owner that does not run any more, of whatever backend, and
     * takes away all else that the host keeps for it: firewall table, namespaces, links, mounts,
     * groups, the depot, and with the last owner on this host what they shared. Harmless when
     * repeated.
     *
     * @throws WardenException when something resists, with what it is
     */
    public static void purge(WardenOptions options, InstantSource clock) throws WardenException {
        if (!Files.isDirectory(options.depot()) && !Shell.isRoot()) {
            return;
        }
        var runc =
                Shell.isRoot()
                        && RuncWarden.TOOLS.stream().allMatch(t -> Shell.find(t).isPresent());
        try (var warden =
                runc
                        ? RuncWarden.openToPurge(options, clock)
                        : new PlainWarden(options, clock, List.of())) {
            for (var handle : warden.handles()) {
                warden.destroy(handle);
            }
            warden.purge();
        }
    }
}

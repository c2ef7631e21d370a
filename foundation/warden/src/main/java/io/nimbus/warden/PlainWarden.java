package io.nimbus.warden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Plain processes: each container is a session of its own with a folder. Nothing is kept apart, so
 * this is for trusted apps; as root, each container at least runs as a user without rights.
 */
final class PlainWarden extends BaseWarden {
    static final String NAME = "plain";

    private final Ports hostPorts;
    private final @Nullable Reservations users;
    private final Path script;
    private final InstantSource clock;
    private final List<String> notes;

    /**
     * @param notes why it is not a better backend
     */
    PlainWarden(WardenOptions options, InstantSource clock, List<String> notes)
            throws WardenException {
        super(options);
        this.clock = clock;
        this.notes = List.copyOf(notes);
        for (var tool : List.of("setsid", "tar", "fallocate", "cat", "mv")) {
            Shell.need(tool);
        }
        try {
            hostPorts = new Ports(options.network(), clock);
            users =
                    Shell.isRoot()
                            ? new Reservations(Reservations.shared("users"), 0, 0xffff, clock)
                            : null;
            script = script(depot);
            Files.createDirectories(depot.root().resolve("bin"));
            Files.writeString(script, script());
        } catch (IOException e) {
            throw new WardenException(
                    "the depot " + options.depot() + " cannot be used: " + e.getMessage(), e);
        }
    }

    static Path script(Depot depot) {
        return depot.root().resolve("bin").resolve("run.sh");
    }

    private static String script() throws IOException {
        try (var in = PlainWarden.class.getResourceAsStream("run.sh")) {
            if (in == null) {
                throw new IllegalStateException("run.sh is missing in this jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Override
    public Capabilities capabilities() {
        Set<Capability> offered = EnumSet.noneOf(Capability.class);
        if (users != null) {
            offered.add(Capability.USER);
        }
        return new Capabilities(
                NAME,
                offered,
                Stream.concat(
                                notes.stream(),
                                Stream.of(
                                        "plain processes do not isolate apps: run only those that you trust"))
                        .toList());
    }

    @Override
    Set<String> backends() {
        return Set.of(NAME);
    }

    @Override
    Meta reserve(ContainerSpec spec) throws WardenException, IOException {
        var holder = depot.folder(spec.handle());
        var ports = new ArrayList<Port>();
        var reserved = new ArrayList<Integer>();
        try {
            int slot = Meta.NO_SLOT;
            if (users != null) {
                slot =
                        users.take(holder, n -> true)
                                .orElseThrow(() -> new WardenException("no user id is free"));
            }
            for (int i = 0; i < spec.ports(); i++) {
                var port = hostPorts.take(holder);
                reserved.add(port);
                ports.add(new Port(options.network().address(), port, port));
            }
            return new Meta(NAME, spec, false, slot, ports, reserved);
        } catch (WardenException e) {
            release(new Meta(NAME, spec, false, Meta.NO_SLOT, ports, reserved));
            throw e;
        }
    }

    @Override
    void release(Meta meta) throws IOException {
        var holder = depot.folder(meta.spec().handle());
        for (var port : meta.reserved()) {
            hostPorts.release(port, holder);
        }
        if (users != null && meta.slot() != Meta.NO_SLOT) {
            users.release(meta.slot(), holder);
        }
    }

    @Override
    BaseContainer container(Meta meta) {
        return new PlainContainer(depot, meta, options, script, clock);
    }

    @Override
    void build(BaseContainer container) throws IOException {
        Trees.passable(container.root());
        container.makeHome();
    }

    @Override
    List<String> strays() {
        return List.of();
    }

    @Override
    void removeStray(String handle) {
        // A plain container is its folder and what runs; without a folder nothing tells it apart.
    }

    @Override
    public void purge() throws WardenException {
        try {
            hostPorts.forget(depot.root());
            if (users != null) {
                users.forget(depot.root());
            }
            Trees.delete(depot.root());
        } catch (IOException e) {
            throw new WardenException("the depot cannot be removed: " + e.getMessage(), e);
        }
    }

    /** Ports of the host that this machine's owners share. */
    static final class Ports {
        private static final Path EPHEMERAL = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
        private final Reservations reservations;

        Ports(NetworkOptions network, InstantSource clock) throws IOException {
            var first = network.firstPort() == 0 ? aboveEphemeral() : network.firstPort();
            reservations =
                    new Reservations(
                            Reservations.shared("ports"), first, network.lastPort(), clock);
        }

        private static int aboveEphemeral() throws IOException {
            var last = Integer.parseInt(Processes.kernelText(EPHEMERAL).split("\\s+")[1]) + 1;
            // A host that gives all ports to its clients: then from its middle on.
            return last > 64_000 ? 50_000 : last;
        }

        int take(Path holder) throws IOException, WardenException {
            return reservations
                    .take(holder, Ports::isFree)
                    .orElseThrow(() -> new WardenException("no host port is free"));
        }

        void release(int port, Path holder) throws IOException {
            reservations.release(port, holder);
        }

        void forget(Path holders) throws IOException {
            reservations.forget(holders);
        }

        private static boolean isFree(int port) {
            try (var probe = new ServerSocket()) {
                probe.setReuseAddress(true);
                probe.bind(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), port));
                return true;
            } catch (IOException | UncheckedIOException e) {
                return false;
            }
        }
    }
}

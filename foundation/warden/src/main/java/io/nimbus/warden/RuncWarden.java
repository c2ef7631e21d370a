package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/**
 * OCI containers: an own root file system, network, processes and limits each, run by runc and
 * watched by conmon. Every name in the kernel carries the owner: links, namespaces, firewall table,
 * groups; so several wardens share a host and each takes away its own only.
 *
 * <p>A container's user has another number per container and no rights at all: no capabilities, no
 * set-uid programs, a short list of system calls. It is not root in a user namespace either, so
 * that the kernel's paths for those stay closed.
 */
final class RuncWarden extends BaseWarden {
    static final String NAME = "runc";
    static final List<String> TOOLS =
            List.of("runc", "conmon", "ip", "nft", "setpriv", "tar", "fallocate");

    /** The usual one for apps in containers; each has its own address. */
    private static final int FIRST_PORT = 8080;

    private static final String PROBE = "probe";
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(60);

    final Runc runc;
    final Cgroups cgroups = new Cgroups();
    final Network network;
    final Bundle bundle = new Bundle(cgroups);
    private final Reservations users;
    private final PlainWarden.Ports hostPorts;
    private final Map<String, Base> bases = new HashMap<>();
    private final InstantSource clock;

    /**
     * What lies under the containers of a stack.
     *
     * @param usr whether the host's programs are to be mounted into it
     */
    record Base(Path root, boolean usr) {}

    private RuncWarden(WardenOptions options, InstantSource clock) throws WardenException {
        super(options);
        this.clock = clock;
        try {
            for (var tool : TOOLS) {
                Shell.need(tool);
            }
            runc = new Runc(options.owner());
            network = new Network(options.owner(), options.network());
            users =
                    new Reservations(
                            Reservations.shared("users"), 0, network.range().slots() - 1, clock);
            hostPorts = new PlainWarden.Ports(options.network(), clock);
        } catch (IOException e) {
            close();
            throw new WardenException("what owners share on this host is unusable: " + e, e);
        } catch (WardenException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * @throws WardenException when one cannot make containers here, with the reason; nothing is
     *     left of the attempt then
     */
    static RuncWarden open(WardenOptions options, InstantSource clock) throws WardenException {
        if (!Shell.isRoot()) {
            throw new WardenException("containers by runc need root");
        }
        var warden = new RuncWarden(options, clock);
        try {
            warden.prepare();
            warden.probe();
            return warden;
        } catch (WardenException | RuntimeException e) {
            try {
                if (warden.handles().isEmpty()) {
                    warden.leave();
                }
            } catch (WardenException again) {
                e.addSuppressed(again);
            }
            warden.close();
            throw e;
        }
    }

    /** For taking things away, whether containers could be made or not. */
    static RuncWarden openToPurge(WardenOptions options, InstantSource clock)
            throws WardenException {
        return new RuncWarden(options, clock);
    }

    private void prepare() throws WardenException {
        if (!cgroups.isUsable()) {
            throw new WardenException(
                    "the kernel's groups (memory, cpu, pids, devices, freezer) are not all mounted below /sys/fs/cgroup");
        }
        try {
            HostShare.enter(
                    options.owner(),
                    depot.root(),
                    () -> {
                        for (var stack : options.stacks()) {
                            bases.put(stack.name(), base(stack));
                        }
                        network.prepare();
                    });
        } catch (IOException e) {
            throw new WardenException("the stacks cannot be made: " + e, e);
        }
        var slots = new ArrayList<Integer>();
        depot.handles().forEach(handle -> depot.read(handle).ifPresent(m -> slots.add(m.slot())));
        network.sweep(slots);
    }

    private static Base base(Stack stack) throws IOException, WardenException {
        var rootfs = stack.rootfs();
        if (rootfs == null) {
            return new Base(Skeleton.get(), true);
        }
        if (!Files.isDirectory(rootfs.resolve("etc"))
                || rootfs.toString().chars().anyMatch(c -> c == ':' || c == ',' || c == '\\')) {
            throw new WardenException(
                    "stack "
                            + stack.name()
                            + ": "
                            + rootfs
                            + " is no root file system, or its path has a colon or comma");
        }
        return new Base(rootfs.toAbsolutePath(), false);
    }

    /** What fails here would fail with each app, and less clearly. */
    private void probe() throws WardenException {
        for (var handle : depot.handles()) {
            if (depot.read(handle).filter(m -> m.ready() && m.backend().equals(NAME)).isPresent()) {
                // It has worked, and those that run must not depend on a host's bad moment.
                return;
            }
        }
        try {
            var container = create(ContainerSpec.of(PROBE));
            container.start(ProcessSpec.of("true"));
            var exit = container.await(PROBE_LIMIT);
            if (exit.status() != 0) {
                var said = new ArrayList<String>();
                container.output().read(20, line -> said.add(line.string()));
                throw new WardenException("a container for trial ended with " + exit + " " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WardenException("interrupted", e);
        } catch (TimeoutException e) {
            throw new WardenException("a container for trial does not end", e);
        } finally {
            destroy(PROBE);
        }
    }

    @Override
    public Capabilities capabilities() {
        var offered = EnumSet.complementOf(EnumSet.of(Capability.DISK));
        var notes = new ArrayList<String>();
        if (!Seccomp.hasProfile()) {
            notes.add(
                    "only a short list of system calls is denied: "
                            + Seccomp.PROFILE
                            + " (Debian: golang-github-containers-common) is not there");
        }
        if (network.nameServers().isEmpty()) {
            notes.add(
                    "containers resolve no names: the host has no name server that they could reach; set network.name_servers");
        }
        return new Capabilities(NAME, offered, notes);
    }

    @Override
    Set<String> backends() {
        return Set.of(NAME, PlainWarden.NAME);
    }

    Base base(ContainerSpec spec) throws WardenException {
        var name = spec.stack() == null ? options.stacks().getFirst().name() : spec.stack();
        var base = bases.get(name);
        if (base == null) {
            throw new WardenException("unknown stack " + name);
        }
        return base;
    }

    @Override
    Meta reserve(ContainerSpec spec) throws WardenException, IOException {
        base(spec);
        var holder = depot.folder(spec.handle());
        var slot =
                users.take(holder, network::isFree)
                        .orElseThrow(
                                () -> new WardenException("no address is free in network.range"));
        var ports = new ArrayList<Port>();
        var reserved = new ArrayList<Integer>();
        try {
            for (int i = 0; i < spec.ports(); i++) {
                var inside = FIRST_PORT + i;
                switch (options.network().mode()) {
                    case DIRECT ->
                            ports.add(
                                    new Port(
                                            network.range().containerAddress(slot),
                                            inside,
                                            inside));
                    case HOST -> {
                        var port = hostPorts.take(holder);
                        reserved.add(port);
                        ports.add(new Port(options.network().address(), port, inside));
                    }
                }
            }
            return new Meta(NAME, spec, false, slot, ports, reserved);
        } catch (WardenException e) {
            release(new Meta(NAME, spec, false, slot, ports, reserved));
            throw e;
        }
    }

    @Override
    void release(Meta meta) throws IOException {
        var holder = depot.folder(meta.spec().handle());
        for (var port : meta.reserved()) {
            hostPorts.release(port, holder);
        }
        if (meta.slot() != Meta.NO_SLOT) {
            users.release(meta.slot(), holder);
        }
    }

    @Override
    BaseContainer container(Meta meta) {
        // Those of a time when this host could do no better.
        return meta.backend().equals(PlainWarden.NAME)
                ? new PlainContainer(depot, meta, options, PlainWarden.script(depot), clock)
                : new RuncContainer(depot, meta, this);
    }

    @Override
    void build(BaseContainer container) throws WardenException, IOException {
        if (container instanceof RuncContainer made) {
            made.furnish(base(made.spec()));
            network.create(made.meta);
        }
    }

    @Override
    List<String> strays() {
        var handles = new LinkedHashSet<>(runc.handles());
        handles.addAll(cgroups.children(Cgroups.path(options.owner())));
        return List.copyOf(handles);
    }

    @Override
    void removeStray(String handle) throws WardenException, IOException {
        var group = Cgroups.path(options.owner(), handle);
        RuncContainer.killAll(cgroups, group);
        runc.delete(handle);
        Runc.awaitConmon(depot.folder(handle));
        cgroups.remove(group);
        RuncContainer.unmount(depot.folder(handle));
    }

    @Override
    public void purge() throws WardenException {
        leave();
        try {
            hostPorts.forget(depot.root());
            users.forget(depot.root());
            Trees.delete(depot.root());
        } catch (IOException e) {
            throw new WardenException("the depot cannot be removed: " + e.getMessage(), e);
        }
    }

    /** Takes away what this owner has in the kernel, and with the last owner what all had. */
    private void leave() throws WardenException {
        network.purge();
        try {
            cgroups.remove(Cgroups.path(options.owner()));
            runc.purge();
            HostShare.leave(
                    options.owner(),
                    () -> {
                        cgroups.removeRoot();
                        Network.purgePlatform();
                        Trees.delete(HostShare.ROOT.resolve("skeletons"));
                    });
        } catch (IOException e) {
            throw new WardenException("not everything could be taken away: " + e, e);
        }
    }
}

package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * See {@link RuncWarden}. Beside what every container's folder has: {@code upper} and {@code work}
 * of its own layer, {@code rootfs} where that is mounted over the stack, {@code bundle}.
 */
final class RuncContainer extends BaseContainer {
    private static final Duration KILLED_WITHIN = Duration.ofSeconds(30);

    private final RuncWarden warden;
    private final DiskWatch disk;

    RuncContainer(Depot depot, Meta meta, RuncWarden warden) {
        super(depot, meta);
        this.warden = warden;
        this.disk = new DiskWatch(folder.resolve("upper"));
    }

    @Override
    Path root() {
        return folder.resolve("rootfs");
    }

    @Override
    Optional<Integer> user() {
        return Optional.of(id());
    }

    private int id() {
        return Privileges.FIRST_USER + meta.slot();
    }

    @Override
    public String inside(String path) {
        return Paths.inside(path).toString();
    }

    private String group() {
        return Cgroups.path(warden.options.owner(), handle());
    }

    /** Mounts the container's own layer over the stack and puts in what differs per container. */
    void furnish(RuncWarden.Base base) throws IOException {
        var upper = folder.resolve("upper");
        for (var name : List.of("upper", "work", "rootfs")) {
            Files.createDirectory(folder.resolve(name));
        }
        Files.setPosixFilePermissions(upper, PosixFilePermissions.fromString("rwxr-xr-x"));
        Posix.mount(
                "overlay",
                root(),
                "overlay",
                Posix.MS_NODEV,
                "lowerdir="
                        + base.root()
                        + ",upperdir="
                        + upper
                        + ",workdir="
                        + folder.resolve("work"));
        makeHome();
        put("hostname", handle() + "\n");
        put(
                "hosts",
                "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
                        + warden.network.range().containerAddress(meta.slot())
                        + " "
                        + handle()
                        + "\n");
        var resolver = new StringBuilder();
        warden.network
                .nameServers()
                .forEach(server -> resolver.append("nameserver ").append(server).append('\n'));
        put("resolv.conf", resolver.toString());
        put("passwd", account(base, "passwd", id() + ":" + id() + ":vcap:" + HOME + ":/bin/bash"));
        put("group", account(base, "group", id() + ":"));
    }

    /** The stack's accounts, with our user in the place of whomever it calls vcap. */
    private String account(RuncWarden.Base base, String file, String fields) throws IOException {
        var lines = new StringBuilder();
        if (base.usr()) {
            lines.append(
                    file.equals("passwd")
                            ? "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
                            : "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n");
        } else {
            try (var place = Posix.open(base.root(), Path.of("etc", file))) {
                Files.readString(place.path())
                        .lines()
                        .filter(line -> !line.startsWith("vcap:"))
                        .forEach(line -> lines.append(line).append('\n'));
            }
        }
        return lines.append("vcap:x:").append(fields).append('\n').toString();
    }

    /** A file of root's in /etc, in the place of whatever the stack has there, links included. */
    private void put(String name, String text) throws IOException {
        try (var etc = Posix.open(root(), Path.of("etc"))) {
            var file = etc.path().resolve(name);
            Files.deleteIfExists(file);
            Files.writeString(file, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private Path identity() {
        return folder.resolve("run").resolve("identity");
    }

    @Override
    void launch(ProcessSpec process) throws WardenException, IOException {
        Files.deleteIfExists(identity());
        var limits = meta.spec().limits();
        var hard = Processes.hardFilesLimit();
        warden.bundle.write(
                folder.resolve("bundle"),
                meta.spec(),
                process,
                new Bundle.Place(
                        root(),
                        warden.base(meta.spec()).usr(),
                        warden.network.namespaceFile(meta.slot()),
                        group(),
                        id(),
                        limits.files() == 0 ? hard : Math.min(hard, limits.files())),
                Variables.of(Variables.all(meta.spec(), process, HOME, "/tmp")));
        try {
            var pid = warden.runc.create(handle(), folder, depot.exits());
            // Read now: it may end before we get to it again.
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            warden.runc.start(handle());
            // Only now: what was not started yet would look alive for ever to who finds it.
            var text = identity().resolveSibling("identity.new");
            Files.writeString(text, stat + Processes.boot() + "\n");
            Files.move(text, identity(), StandardCopyOption.ATOMIC_MOVE);
        } catch (WardenException | IOException e) {
            try {
                afterEnd();
                Files.deleteIfExists(depot.exit(handle()));
            } catch (WardenException | IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private Optional<Processes.Stat> main() {
        try {
            var lines = Files.readString(identity()).split("\n");
            return lines.length == 2 && lines[1].equals(Processes.boot())
                    ? Optional.of(Processes.parse(lines[0]))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    boolean isAlive() {
        return main().filter(p -> Processes.isAlive(p.pid(), p.startTicks())).isPresent();
    }

    @Override
    boolean signal(int signal) {
        long first = main().map(Processes.Stat::pid).orElse(-1L);
        var pids = warden.cgroups.processes(group());
        for (var pid : pids) {
            // The first process ends with the app.
            if (signal == Posix.SIGKILL || pid != first) {
                Posix.kill(pid, signal);
            }
        }
        return !pids.isEmpty();
    }

    @Override
    Optional<Exit.Cause> kernelCause() {
        return warden.cgroups.oomKills(group()) > 0
                ? Optional.of(Exit.Cause.OUT_OF_MEMORY)
                : Optional.empty();
    }

    @Override
    void afterEnd() throws WardenException {
        killAll(warden.cgroups, group());
        warden.runc.delete(handle());
    }

    /** By their group: nothing leaves that. */
    static void killAll(Cgroups cgroups, String group) throws WardenException {
        var end = System.nanoTime() + KILLED_WITHIN.toNanos();
        for (var pids = cgroups.processes(group);
                !pids.isEmpty();
                pids = cgroups.processes(group)) {
            if (System.nanoTime() > end) {
                throw new WardenException("processes outlast being killed");
            }
            pids.forEach(pid -> Posix.kill(pid, Posix.SIGKILL));
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    void tearDown() throws WardenException, IOException {
        afterEnd();
        Runc.awaitConmon(folder);
        warden.cgroups.remove(group());
        warden.network.destroy(meta);
        unmount(folder);
    }

    /** The root file system, if it is mounted. */
    static void unmount(Path folder) throws IOException {
        var root = folder.resolve("rootfs");
        if (Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
            Posix.unmount(root);
        }
    }

    @Override
    void tick(Supplier<List<Processes.Stat>> processes) {
        if (kernelCause().isPresent()) {
            // A child may have been hit; the app is not itself any more.
            kill(Exit.Cause.OUT_OF_MEMORY);
        }
        var limit = meta.spec().limits().diskBytes();
        if (limit > 0) {
            disk.look(bytes -> {
                if (bytes > limit) {
                    kill(Exit.Cause.OUT_OF_DISK);
                }
            });
        }
    }

    @Override
    public Output output() {
        return new ConmonOutput(
                folder.resolve("log"), warden.options.logBytes(), () -> !isRunning());
    }

    @Override
    public Usage usage() {
        return isRunning() ? warden.cgroups.usage(group()) : Usage.NONE;
    }

    @Override
    public long diskBytes() {
        return disk.bytes();
    }
}

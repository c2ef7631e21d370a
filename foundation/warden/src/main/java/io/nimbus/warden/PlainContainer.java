package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** See {@link PlainWarden}. */
final class PlainContainer extends BaseContainer {
    private static final Duration EXISTS_WITHIN = Duration.ofSeconds(20);
    private static final String MARKER = "NIMBUS_CONTAINER";

    private final WardenOptions options;
    private final Path script;
    private final DiskWatch disk;
    private final InstantSource clock;
    private volatile long cpuNanos;

    PlainContainer(
            Depot depot, Meta meta, WardenOptions options, Path script, InstantSource clock) {
        super(depot, meta);
        this.options = options;
        this.script = script;
        this.clock = clock;
        this.disk = new DiskWatch(root());
    }

    @Override
    Path root() {
        return folder.resolve("root");
    }

    @Override
    Optional<Integer> user() {
        return meta.slot() == Meta.NO_SLOT
                ? Optional.empty()
                : Optional.of(Privileges.FIRST_USER + meta.slot());
    }

    @Override
    public String inside(String path) {
        return outside(path).toString();
    }

    /** What tells this container's processes apart, whatever sessions they open. */
    private String marker() {
        return options.owner() + ":" + folder;
    }

    private Path identity() {
        return folder.resolve("run").resolve("identity");
    }

    @Override
    void launch(ProcessSpec process) throws WardenException, IOException {
        Files.deleteIfExists(identity());
        cpuNanos = 0;
        var logs = folder.resolve("log");
        var command = new ArrayList<String>();
        // Not our child: nothing of ours waits for it, so nothing changes when we are gone.
        command.addAll(List.of(Shell.need("setsid"), "--fork", "/bin/sh", script.toString()));
        command.add(depot.exit(handle()).toString());
        command.add(identity().toString());
        command.add(logs.resolve("out").toString());
        command.add(logs.resolve("err").toString());
        command.add(Integer.toString(files()));
        command.add(outside(process.folder()).toString());
        command.add(marker());
        user().ifPresent(id -> command.addAll(Privileges.dropTo(id)));
        var variables = folder.resolve("run").resolve("variables");
        write(variables, variables(process));
        command.addAll(
                List.of(
                        "/bin/sh",
                        "-c",
                        ". \"$1\"; shift; exec \"$@\"",
                        "sh",
                        variables.toString()));
        command.addAll(process.command());
        var nowhere = Path.of("/dev/null").toFile();
        var complaints = folder.resolve("run").resolve("complaints");
        var builder =
                new ProcessBuilder(command)
                        .redirectInput(nowhere)
                        .redirectOutput(nowhere)
                        .redirectError(complaints.toFile());
        var environment = builder.environment();
        environment.clear();
        environment.put("PATH", Variables.PATH);
        environment.put("LC_ALL", "C.UTF-8");
        builder.start();
        var end = System.nanoTime() + EXISTS_WITHIN.toNanos();
        while (!Files.exists(identity()) && depot.status(handle()).isEmpty()) {
            if (System.nanoTime() > end) {
                throw new WardenException(
                        "the process did not come up: " + Files.readString(complaints).strip());
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** As a shell reads them; a name that it cannot say is left out. */
    private String variables(ProcessSpec process) {
        var environment = Variables.all(spec(), process, inside(HOME), inside("/tmp"));
        var script = new StringBuilder("unset LC_ALL\n");
        environment.forEach((name, value) -> {
            if (Variables.isSayable(name)) {
                script.append("export ")
                        .append(name)
                        .append("='")
                        .append(value.replace("'", "'\\''"))
                        .append("'\n");
            }
        });
        return script.toString();
    }

    /** For the container's user alone. */
    private void write(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
        if (user().isPresent()) {
            Posix.own(file, user().get());
        }
    }

    private int files() {
        var hard = Processes.hardFilesLimit();
        return meta.spec().limits().files() == 0
                ? hard
                : Math.min(hard, meta.spec().limits().files());
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

    /** By session and descent; found by their marker too, where that is worth reading it. */
    private List<Processes.Stat> family(List<Processes.Stat> all, boolean search) {
        var session = main().map(Processes.Stat::pid).orElse(-1L);
        var variable = MARKER + "=" + marker();
        Predicate<Processes.Stat> marked =
                search ? p -> Processes.hasVariable(p.pid(), variable) : p -> false;
        return Processes.family(all, session, marked);
    }

    @Override
    boolean signal(int signal) {
        var family = family(Processes.all(), true);
        family.forEach(process -> Posix.kill(process.pid(), signal));
        return !family.isEmpty();
    }

    @Override
    Optional<Exit.Cause> kernelCause() {
        return Optional.empty();
    }

    @Override
    void afterEnd() throws WardenException {
        var end = System.nanoTime() + EXISTS_WITHIN.toNanos();
        while (signal(Posix.SIGKILL)) {
            if (System.nanoTime() > end) {
                throw new WardenException("processes outlast being killed");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    void tearDown() throws WardenException {
        afterEnd();
    }

    @Override
    void tick(Supplier<List<Processes.Stat>> processes) {
        var limits = meta.spec().limits();
        if (limits.memoryBytes() > 0) {
            var used =
                    family(processes.get(), false).stream()
                            .mapToLong(p -> Processes.ownBytes(p.pid()))
                            .sum();
            if (used > limits.memoryBytes()) {
                kill(Exit.Cause.OUT_OF_MEMORY);
            }
        }
        if (limits.diskBytes() > 0) {
            disk.look(bytes -> {
                if (bytes > limits.diskBytes()) {
                    kill(Exit.Cause.OUT_OF_DISK);
                }
            });
        }
    }

    @Override
    public Output output() {
        return new RawOutput(folder.resolve("log"), options.logBytes(), () -> !isRunning(), clock);
    }

    @Override
    public Usage usage() {
        if (!isRunning()) {
            return Usage.NONE;
        }
        var family = family(Processes.all(), false);
        // What ended has taken its time with it; the sum must not fall.
        cpuNanos = Math.max(cpuNanos, family.stream().mapToLong(Processes.Stat::cpuNanos).sum());
        return new Usage(
                cpuNanos,
                family.stream().mapToLong(p -> Processes.ownBytes(p.pid())).sum(),
                family.size());
    }

    @Override
    public long diskBytes() {
        return disk.bytes();
    }
}

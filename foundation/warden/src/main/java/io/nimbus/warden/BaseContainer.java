package io.nimbus.warden;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all backends share: files, exits, stopping. One lock lets one start or destruction at a time
 * through; the end of a process is noticed beside it.
 */
abstract class BaseContainer implements Container {
    private static final Logger log = LoggerFactory.getLogger(BaseContainer.class);

    /** How long the watcher of a dead process may take to write its status. */
    private static final Duration STATUS_GRACE = Duration.ofSeconds(2);

    private static final Duration KILL_PATIENCE = Duration.ofSeconds(30);
    private static final Duration UNPACK_LIMIT = Duration.ofMinutes(10);

    final Depot depot;
    final Meta meta;
    final Path folder;
    private final ReentrantLock operation = new ReentrantLock();
    private volatile @Nullable Run run;
    private volatile boolean destroyed;

    /** One main process, from its start to its end. */
    private static final class Run {
        final Instant startedAt;
        final CompletableFuture<Exit> end = new CompletableFuture<>();
        final AtomicBoolean ending = new AtomicBoolean();
        volatile boolean launched;
        volatile boolean stopping;
        volatile boolean killed;
        volatile Exit.@Nullable Cause cause;
        volatile long deadSince;

        Run(Instant startedAt) {
            this.startedAt = startedAt;
        }
    }

    BaseContainer(Depot depot, Meta meta) {
        this.depot = depot;
        this.meta = meta;
        this.folder = depot.folder(meta.spec().handle());
    }

    /** The folder that is {@code /} inside, as far as mounts do not cover it. */
    abstract Path root();

    /** The host's id of the container's user and group; empty when it is this process's own. */
    abstract Optional<Integer> user();

    /** Starts the main process and returns when it exists. */
    abstract void launch(ProcessSpec process) throws WardenException, IOException;

    /** Whether the main process that was launched lives. */
    abstract boolean isAlive();

    /** To every process inside; zombies aside. False when there was none. */
    abstract boolean signal(int signal);

    /** Why it ended, when the kernel knows more than the status says. */
    abstract Optional<Exit.Cause> kernelCause();

    /** Kills what the main process left behind and forgets it. */
    abstract void afterEnd() throws WardenException;

    /** Takes away what was made, but the folder. Must work on remains of a half-made container. */
    abstract void tearDown() throws WardenException, IOException;

    /** Called each second while the process runs; may {@link #kill} it. */
    abstract void tick(Supplier<List<Processes.Stat>> processes);

    @Override
    public String handle() {
        return meta.spec().handle();
    }

    @Override
    public ContainerSpec spec() {
        return meta.spec();
    }

    @Override
    public List<Port> ports() {
        return meta.ports();
    }

    @Override
    public Path outside(String path) {
        var inside = Paths.inside(path);
        var mount = mountOf(inside);
        if (mount != null) {
            var rest = Path.of(mount.target()).relativize(inside).toString();
            return rest.isEmpty() ? mount.source() : mount.source().resolve(rest);
        }
        return root().resolve(Paths.relative(inside));
    }

    /** The mount with the longest target that covers the path. */
    @Nullable Mount mountOf(Path inside) {
        Mount best = null;
        for (var mount : meta.spec().mounts()) {
            if (inside.startsWith(mount.target())
                    && (best == null || mount.target().length() > best.target().length())) {
                best = mount;
            }
        }
        return best;
    }

    /** Root and the path below it, for access that no link leads out of. */
    private Posix.InRoot open(String path) throws IOException {
        var inside = Paths.inside(path);
        var mount = mountOf(inside);
        return mount == null
                ? Posix.open(root(), Paths.relative(inside))
                : Posix.open(mount.source(), Path.of(mount.target()).relativize(inside));
    }

    @Override
    public void write(String path, byte[] content, int mode) throws IOException {
        var inside = Paths.inside(path);
        var parent = inside.getParent();
        if (parent == null) {
            throw new IOException("not a file: " + path);
        }
        try (var place = folder(parent)) {
            var file = place.path().resolve(String.valueOf(inside.getFileName()));
            Files.deleteIfExists(file);
            try (var out =
                    Files.newByteChannel(
                            file,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
                var buffer = java.nio.ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
            }
            allow(file, mode);
            if (user().isPresent()) {
                Posix.own(file, user().get());
            }
        }
    }

    @Override
    public void makeFolder(String path) throws IOException {
        folder(Paths.inside(path)).close();
    }

    /** The folder, made if it is not there, with all above it. */
    private Posix.InRoot folder(Path inside) throws IOException {
        try {
            var place = open(inside.toString());
            if (!place.isDirectory()) {
                place.close();
                throw new NotDirectoryException(inside.toString());
            }
            return place;
        } catch (NoSuchFileException e) {
            var parent = inside.getParent();
            if (parent == null) {
                throw e;
            }
            try (var above = folder(parent)) {
                var folder = above.path().resolve(String.valueOf(inside.getFileName()));
                Files.createDirectory(folder);
                allow(folder, 0755);
                if (user().isPresent()) {
                    Posix.own(folder, user().get());
                }
            } catch (FileAlreadyExistsException raced) {
                // By the process inside.
            }
            return open(inside.toString());
        }
    }

    /** Not through a link, by which the process inside could have replaced the file. */
    private static void allow(Path file, int mode) throws IOException {
        var permissions = EnumSet.noneOf(PosixFilePermission.class);
        var all = PosixFilePermission.values();
        for (int bit = 0; bit < all.length; bit++) {
            if ((mode & (0400 >> bit)) != 0) {
                permissions.add(all[bit]);
            }
        }
        Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setPermissions(permissions);
    }

    @Override
    public InputStream read(String path) throws IOException {
        try (var place = open(path)) {
            if (!place.isRegularFile()) {
                throw new IOException("not a regular file: " + path);
            }
            return Files.newInputStream(place.path());
        }
    }

    @Override
    public void copyOut(String path, Path target, long limit) throws IOException {
        try (var place = open(path)) {
            Trees.copy(place.real(), target, limit);
        }
    }

    @Override
    public void own(String path) throws IOException {
        var user = user();
        if (user.isPresent()) {
            try (var place = open(path)) {
                Trees.own(place.real(), user.get());
            }
        }
    }

    @Override
    public void unpack(Path archive, String folder) throws WardenException, InterruptedException {
        Path target;
        try (var place = folder(Paths.inside(folder))) {
            target = place.real();
        } catch (IOException e) {
            throw new WardenException("no folder to unpack to: " + e.getMessage(), e);
        }
        var command = new ArrayList<String>();
        user().ifPresent(id -> command.addAll(Privileges.dropTo(id)));
        // GNU tar itself refuses ".." and makes links that point upwards only when all else is
        // done; it runs with the user's rights, so that nothing outside could be written anyway.
        command.addAll(
                List.of(
                        "tar",
                        "--extract",
                        "--gzip",
                        "--file=-",
                        "--no-same-owner",
                        "--preserve-permissions",
                        "--directory=" + target));
        var outcome = Shell.run(UNPACK_LIMIT, archive, command);
        if (!outcome.ok()) {
            var said = outcome.output();
            throw new WardenException(
                    "the archive cannot be unpacked: "
                            + said.substring(0, Math.min(500, said.length())));
        }
    }

    @Override
    public void start(ProcessSpec process) throws WardenException {
        operation.lock();
        try {
            if (destroyed) {
                throw new WardenException("container " + handle() + " is destroyed");
            }
            if (isRunning()) {
                throw new WardenException("container " + handle() + " already runs a process");
            }
            var next = new Run(Instant.now());
            Files.deleteIfExists(depot.exit(handle()));
            Files.deleteIfExists(causeFile());
            Files.writeString(startedFile(), Long.toString(next.startedAt.toEpochMilli()));
            run = next;
            try {
                launch(process);
                next.launched = true;
            } catch (WardenException | IOException | RuntimeException e) {
                Files.deleteIfExists(startedFile());
                run = null;
                throw e;
            }
        } catch (IOException e) {
            throw new WardenException("the process cannot be started: " + e.getMessage(), e);
        } finally {
            operation.unlock();
        }
        checkEnd();
    }

    private Path startedFile() {
        return folder.resolve("run").resolve("started");
    }

    /** Why it ended or is ending, when that is known: the kernel forgets it, and so do we. */
    private Path causeFile() {
        return folder.resolve("run").resolve("cause");
    }

    private void note(Exit.Cause cause) {
        try {
            Files.writeString(causeFile(), cause.name());
        } catch (IOException e) {
            log.warn("{}: why it ends cannot be written: {}", handle(), e.getMessage());
        }
    }

    private Exit.@Nullable Cause notedCause() {
        try {
            return Exit.Cause.valueOf(Files.readString(causeFile()));
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }

    /** Takes up what another process left. */
    void attach() {
        try {
            var millis = Long.parseLong(Files.readString(startedFile()).strip());
            var found = new Run(Instant.ofEpochMilli(millis));
            found.launched = true;
            found.cause = notedCause();
            run = found;
            checkEnd();
        } catch (NoSuchFileException e) {
            // No process was ever started.
        } catch (IOException | NumberFormatException e) {
            log.warn("{}: when its process was started is unreadable", handle(), e);
        }
    }

    @Override
    public boolean isRunning() {
        var current = run;
        return current != null && !current.end.isDone();
    }

    @Override
    public Optional<Exit> exit() {
        var current = run;
        return current == null ? Optional.empty() : Optional.ofNullable(current.end.getNow(null));
    }

    @Override
    public Optional<Instant> startedAt() {
        var current = run;
        return current == null ? Optional.empty() : Optional.of(current.startedAt);
    }

    @Override
    public void onExit(Consumer<Exit> listener) {
        var current = run;
        if (current != null) {
            var _ =
                    current.end.whenCompleteAsync(
                            (exit, fault) -> listener.accept(exit),
                            task -> Thread.ofVirtual().name("exit-" + handle()).start(task));
        }
    }

    @Override
    public Exit await(Duration limit) throws InterruptedException, TimeoutException {
        var current = run;
        if (current == null) {
            throw new IllegalStateException("no process was started in " + handle());
        }
        try {
            return current.end.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("an end is never exceptional", e);
        }
    }

    /** Looks whether the process has ended, and deals with it; from any thread, at any time. */
    void checkEnd() {
        var current = run;
        if (current == null || current.end.isDone()) {
            return;
        }
        var status = depot.status(handle());
        if (status.isEmpty() && !isLost(current)) {
            return;
        }
        if (!current.ending.compareAndSet(false, true)) {
            return;
        }
        var exit = exitOf(current, status);
        note(exit.cause());
        try {
            afterEnd();
        } catch (WardenException | RuntimeException e) {
            // Destroying it does this again.
            log.warn("{}: not cleared away after its end: {}", handle(), e.getMessage());
        }
        current.end.complete(exit);
    }

    /** Dead, and whoever watched it had the time to say how. */
    private boolean isLost(Run current) {
        if (!current.launched || isAlive()) {
            current.deadSince = 0;
            return false;
        }
        var now = System.nanoTime();
        if (current.deadSince == 0) {
            current.deadSince = now;
        }
        return now - current.deadSince > STATUS_GRACE.toNanos() && depot.status(handle()).isEmpty();
    }

    private Exit exitOf(Run current, Optional<Integer> status) {
        var chosen = current.cause;
        if (chosen == null) {
            chosen = kernelCause().orElse(null);
        }
        if (chosen == null && current.stopping) {
            chosen = Exit.Cause.STOPPED;
        }
        if (status.isPresent()) {
            return new Exit(status.get(), chosen == null ? Exit.Cause.EXITED : chosen);
        }
        return current.killed
                ? new Exit(128 + Posix.SIGKILL, chosen == null ? Exit.Cause.LOST : chosen)
                : new Exit(Exit.UNKNOWN, chosen == null ? Exit.Cause.LOST : chosen);
    }

    /** Kills everything inside for a reason that the exit will carry. */
    final void kill(Exit.Cause cause) {
        var current = run;
        if (current != null && !current.end.isDone()) {
            log.info("{}: killed, {}", handle(), cause);
            if (current.cause == null) {
                current.cause = cause;
                note(cause);
            }
            current.killed = true;
            signal(Posix.SIGKILL);
        }
    }

    @Override
    public void stop(Duration grace) throws WardenException, InterruptedException {
        var current = run;
        if (current == null || current.end.isDone()) {
            return;
        }
        current.stopping = true;
        var now = System.nanoTime();
        var killAt = now + grace.toNanos();
        var giveUpAt = killAt + KILL_PATIENCE.toNanos();
        for (var signalAt = now; ; now = System.nanoTime()) {
            checkEnd();
            if (current.end.isDone()) {
                return;
            }
            if (now >= giveUpAt) {
                throw new WardenException(
                        "processes of container " + handle() + " outlast being killed");
            }
            var killing = now >= killAt;
            if (now >= signalAt || (killing && !current.killed)) {
                current.killed |= killing;
                signal(killing ? Posix.SIGKILL : Posix.SIGTERM);
                signalAt = now + Duration.ofSeconds(1).toNanos();
            }
            try {
                var wait = Math.min(signalAt, killing ? giveUpAt : killAt) - System.nanoTime();
                current.end.get(
                        Math.max(1_000_000, Math.min(wait, 250_000_000)), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                // Look and signal again.
            } catch (ExecutionException e) {
                throw new IllegalStateException("an end is never exceptional", e);
            }
        }
    }

    /** Takes everything away. Again and again, if need be. */
    final void destroy() throws WardenException {
        var interrupted = false;
        operation.lock();
        try {
            destroyed = true;
            while (true) {
                // Put back below: what is half destroyed helps nobody.
                interrupted |= Thread.interrupted();
                try {
                    stop(Duration.ZERO);
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            tearDown();
            Files.deleteIfExists(depot.exit(handle()));
            Trees.delete(folder);
            var current = run;
            if (current != null) {
                current.end.complete(new Exit(Exit.UNKNOWN, Exit.Cause.STOPPED));
            }
        } catch (IOException e) {
            throw new WardenException("container " + handle() + " cannot be cleared away: " + e, e);
        } finally {
            operation.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Makes what every container has inside: home and temporary folder. */
    final void makeHome() throws IOException {
        for (var path : List.of(HOME, "/tmp")) {
            try (var place = folder(Path.of(path))) {
                var real = place.real();
                allow(real, 0755);
                if (user().isPresent()) {
                    Posix.own(real, user().get());
                }
            }
        }
        for (var mount : meta.spec().mounts()) {
            if (!Files.isDirectory(mount.source(), LinkOption.NOFOLLOW_LINKS)) {
                throw new NoSuchFileException(
                        mount.source().toString(), null, "is no folder that could be mounted");
            }
            if (mount.writable() && user().isPresent()) {
                Posix.own(mount.source(), user().get());
            }
        }
    }
}

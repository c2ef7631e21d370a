package io.nimbus.warden;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * One container: a file system, limits and a network, in which one main process at a time runs, as
 * often as wanted one after the other. When the main process ends, all its children end.
 *
 * <p>Paths inside are absolute ({@code /home/vcap/app}). A backend without a file system of its own
 * keeps them under a folder of the host: tell the process {@link #inside} paths, and reach the
 * files through {@link #outside} or, once a process has run that nobody trusts, only through {@link
 * #write}, {@link #read} and {@link #copyOut}, which no link inside leads astray.
 */
public interface Container {
    /** The home of the container's user; the only folder it owns besides {@code /tmp}. */
    String HOME = "/home/vcap";

    String handle();

    ContainerSpec spec();

    /** As many as the spec asked for. */
    List<Port> ports();

    /** What the process inside calls this path. */
    String inside(String path);

    /**
     * Where this path lies on the host: below a mount in its source, else in the writable layer.
     */
    Path outside(String path);

    /**
     * Writes a file owned by the container's user, over what is there; folders above it are made.
     *
     * @param mode such as {@code 0644}
     */
    void write(String path, byte[] content, int mode) throws IOException;

    /** Makes a folder, and those above it, for the container's user; nothing if it is there. */
    void makeFolder(String path) throws IOException;

    /** Reads a regular file. Links are followed as the process inside would, never out of it. */
    InputStream read(String path) throws IOException;

    /**
     * Unpacks a gzipped tar as the container's user into a folder, which is made.
     *
     * @throws WardenException with what tar said
     */
    void unpack(Path archive, String folder) throws WardenException, InterruptedException;

    /**
     * Copies a file or a whole folder out, owned by this process's user; links as links, devices
     * and sockets not at all.
     *
     * @param target must not exist
     * @param limit bytes; when there is more, the copy ends with an {@link IOException}
     */
    void copyOut(String path, Path target, long limit) throws IOException;

    /** Gives a file or a folder with all that is in it to the container's user. */
    void own(String path) throws IOException;

    /**
     * Starts the main process and returns when it exists.
     *
     * @throws WardenException when it cannot be started, or one runs already
     */
    void start(ProcessSpec process) throws WardenException;

    boolean isRunning();

    /** How the last main process ended; empty while it runs and before there was one. */
    Optional<Exit> exit();

    /** When the main process was started last. */
    Optional<Instant> startedAt();

    /**
     * Calls once, on a thread of its own, when the main process has ended; soon if it has already.
     * Says nothing when there was none.
     */
    void onExit(Consumer<Exit> listener);

    /**
     * Waits for the main process's end.
     *
     * @throws TimeoutException when it still runs then; it goes on
     */
    Exit await(Duration limit) throws InterruptedException, TimeoutException;

    /**
     * What the main processes write, from where the last {@link Output#commit} left it, be that in
     * another process. One reader at a time.
     */
    Output output();

    /** What it uses now; zeros when nothing runs. Cheap. */
    Usage usage();

    /** Bytes in the writable layer. May walk through all files. */
    long diskBytes();

    /**
     * Asks all processes to end (SIGTERM, again each second), kills them after the grace, and
     * returns when none is left. Zero grace kills at once.
     *
     * @throws WardenException when they outlast SIGKILL by half a minute
     */
    void stop(Duration grace) throws WardenException, InterruptedException;

    /**
     * Runs a process to its end and hands over its lines as they come, for scripts.
     *
     * @throws TimeoutException when the limit is over; it is killed, and its lines so far were
     *     handed over
     */
    default Exit run(ProcessSpec process, Duration limit, Consumer<Line> lines)
            throws WardenException, InterruptedException, TimeoutException {
        var output = output();
        start(process);
        var end = System.nanoTime() + limit.toNanos();
        try {
            while (true) {
                var exit = exit();
                output.read(Integer.MAX_VALUE, lines);
                output.commit();
                if (exit.isPresent()) {
                    return exit.get();
                }
                var left = Duration.ofNanos(end - System.nanoTime());
                if (!left.isPositive()) {
                    throw new TimeoutException("not done after " + limit.toSeconds() + " s");
                }
                try {
                    var poll = Duration.ofMillis(100);
                    await(left.compareTo(poll) < 0 ? left : poll);
                } catch (TimeoutException stillRunning) {
                    // Look for its lines again.
                }
            }
        } finally {
            stop(Duration.ZERO);
            output.read(Integer.MAX_VALUE, lines);
            output.commit();
        }
    }
}

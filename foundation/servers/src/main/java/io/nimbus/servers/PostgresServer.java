package io.nimbus.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL server on loopback with a data folder that is kept. It is a child in the foreground,
 * outlives its parent on purpose, and is {@link #adopt found again} by the pid file in its data
 * folder.
 */
public final class PostgresServer implements AutoCloseable {
    /** The superuser of the cluster. */
    public static final String USER = "postgres";

    private static final Duration READY = Duration.ofSeconds(60);
    private static final Map<String, String> LOCALE = Map.of("LC_ALL", "C.UTF-8");

    private final ProcessHandle process;
    private final int port;

    private PostgresServer(ProcessHandle process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * @param data the data folder, made when it is not there
     * @param log where the server writes what it has to say
     * @param password of {@link #USER}, set when the folder is made
     * @param owner the account that runs the server when this process is root, which PostgreSQL
     *     refuses
     * @param durable false only for tests: no fsync
     */
    public record Options(
            Path binaries,
            Path data,
            Path log,
            int port,
            String password,
            String owner,
            boolean durable) {}

    /** Starts the server and waits until it accepts connections. */
    public static PostgresServer start(Options options)
            throws IOException, ServerUnavailableException {
        var data = options.data();
        var fresh = !Files.exists(data.resolve("PG_VERSION"));
        if (fresh) {
            initialize(options);
        }
        var port = options.port() == 0 ? freePort() : options.port();
        var command = new ArrayList<>(as(options.owner()));
        command.addAll(
                List.of(
                        options.binaries().resolve("bin/postgres").toString(),
                        "-D",
                        data.toString(),
                        "-p",
                        String.valueOf(port),
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories=" + data,
                        "-c",
                        "max_connections=200",
                        "-c",
                        "log_timezone=UTC",
                        "-c",
                        "timezone=UTC"));
        if (!options.durable()) {
            command.addAll(
                    List.of(
                            "-c",
                            "fsync=off",
                            "-c",
                            "synchronous_commit=off",
                            "-c",
                            "full_page_writes=off"));
        }
        var builder =
                new ProcessBuilder(command)
                        .directory(data.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(options.log().toFile()));
        builder.environment().putAll(LOCALE);
        var process = builder.start();
        var deadline = Instant.now().plus(READY);
        while (Instant.now().isBefore(deadline) && process.isAlive()) {
            // The last line of the pid file says "ready" once recovery is over.
            if (isReady(data) && accepts(port)) {
                return new PostgresServer(process.toHandle(), port);
            }
            sleep();
        }
        process.destroyForcibly();
        throw new ServerUnavailableException("PostgreSQL did not start; see " + options.log());
    }

    /** The server that runs on this data folder, if one does. */
    public static Optional<PostgresServer> adopt(Path data) {
        try {
            var lines = Files.readAllLines(data.resolve("postmaster.pid"));
            if (lines.size() < 4) {
                return Optional.empty();
            }
            var port = Integer.parseInt(lines.get(3).strip());
            return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                    .filter(handle -> handle.isAlive() && accepts(port))
                    .map(handle -> new PostgresServer(handle, port));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static void initialize(Options options) throws IOException, ServerUnavailableException {
        var data = options.data();
        Files.createDirectories(data);
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        var password =
                Files.createTempFile(
                        "nimbus",
                        ".pw",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(password, options.password());
            if (Command.isRoot()) {
                chown(options.owner(), data);
                chown(options.owner(), password);
                if (Files.notExists(options.log())) {
                    Files.createFile(options.log());
                }
            }
            var command = new ArrayList<>(as(options.owner()));
            command.addAll(
                    List.of(
                            options.binaries().resolve("bin/initdb").toString(),
                            "-D",
                            data.toString(),
                            "-U",
                            USER,
                            "-A",
                            "scram-sha-256",
                            "--pwfile",
                            password.toString(),
                            "-E",
                            "UTF8",
                            "--locale=C.UTF-8"));
            if (!options.durable()) {
                command.add("--no-sync");
            }
            var outcome = Command.run(Duration.ofMinutes(2), LOCALE, command);
            if (!outcome.ok()) {
                Folders.delete(data);
                throw new ServerUnavailableException(
                        "PostgreSQL's data folder cannot be made: "
                                + outcome.output()
                                        .lines()
                                        .reduce((a, b) -> b)
                                        .orElse("initdb failed"));
            }
        } finally {
            Files.deleteIfExists(password);
        }
    }

    private static void chown(String owner, Path path) throws IOException {
        var lookup = path.getFileSystem().getUserPrincipalLookupService();
        Files.setOwner(path, lookup.lookupPrincipalByName(owner));
    }

    /** PostgreSQL refuses to run as root. */
    private static List<String> as(String owner) {
        return Command.isRoot()
                ? List.of(
                        "setpriv",
                        "--reuid",
                        owner,
                        "--regid",
                        group(owner),
                        "--clear-groups",
                        "--")
                : List.of();
    }

    private static String group(String owner) {
        try {
            var outcome = Command.run(Duration.ofSeconds(10), "id", "-g", owner);
            return outcome.ok() ? outcome.output() : owner;
        } catch (IOException e) {
            return owner;
        }
    }

    private static boolean isReady(Path data) {
        try (Stream<String> lines =
                Files.lines(data.resolve("postmaster.pid"), StandardCharsets.UTF_8)) {
            return lines.skip(7).findFirst().map(String::strip).filter("ready"::equals).isPresent();
        } catch (IOException | java.io.UncheckedIOException e) {
            return false;
        }
    }

    private static boolean accepts(int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Free now; PostgreSQL cannot choose a port itself. */
    static int freePort() throws IOException {
        try (var socket = new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void sleep() throws IOException {
        try {
            Thread.sleep(15);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    public int port() {
        return port;
    }

    /** Of the database {@code name}. */
    public String jdbcUrl(String name) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + name;
    }

    public ProcessHandle process() {
        return process;
    }

    /** Ends it as a power cut would. */
    public void kill() {
        process.destroyForcibly();
        await();
    }

    /** Fast shutdown: clients are cut off, nothing is lost. */
    @Override
    public void close() {
        signal("INT");
        if (!await()) {
            signal("QUIT");
            await();
        }
    }

    private void signal(String name) {
        try {
            Command.run(Duration.ofSeconds(10), "kill", "-" + name, String.valueOf(process.pid()));
        } catch (IOException e) {
            process.destroy();
        }
    }

    private boolean await() {
        try {
            process.onExit().get(20, TimeUnit.SECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (Exception e) {
            return false;
        }
    }
}

package io.nimbus.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Servers for tests: real ones, on free ports, in folders under the temporary folder, ended with
 * the JVM. They are not durable, and their users may do anything.
 */
public final class TestServers {
    /** The superuser's password, of clusters that live as long as a test. */
    public static final String PASSWORD = "test";

    /**
     * The account for PostgreSQL when the tests run as root: it exists everywhere and owns nothing.
     */
    private static final String NOBODY = "nobody";

    private TestServers() {}

    /** Where binaries are unpacked once per machine and account. */
    public static Path cache() {
        return Path.of(
                System.getProperty("java.io.tmpdir"),
                "nimbus-servers-" + System.getProperty("user.name"));
    }

    public static NatsServer nats() {
        return nats(folder("nats"), 0, List.of());
    }

    /** On a given folder and port, so that a test can end it and bring it back. */
    public static NatsServer nats(Path folder, int port, List<NatsServer.User> users) {
        try {
            var server =
                    NatsServer.start(
                            NatsBinary.find(cache(), System.err::println), folder, port, users);
            Runtime.getRuntime().addShutdownHook(new Thread(server::kill));
            return server;
        } catch (IOException | ServerUnavailableException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    public static PostgresServer postgres() {
        return postgres(folder("postgres"), 0);
    }

    /** On a given folder and port, so that a test can end it and bring it back. */
    public static PostgresServer postgres(Path folder, int port) {
        try {
            var server =
                    PostgresServer.start(
                            new PostgresServer.Options(
                                    binaries(),
                                    folder.resolve("data"),
                                    folder.resolve("log"),
                                    port,
                                    PASSWORD,
                                    NOBODY,
                                    false));
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(() -> {
                                server.kill();
                                deleteQuietly(folder);
                            }));
            return server;
        } catch (IOException | ServerUnavailableException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Two test JVMs may come here at once; the second waits for the first. */
    private static Path binaries() throws IOException, ServerUnavailableException {
        Files.createDirectories(cache());
        try (var channel =
                        java.nio.channels.FileChannel.open(
                                cache().resolve("lock"),
                                java.nio.file.StandardOpenOption.CREATE,
                                java.nio.file.StandardOpenOption.WRITE);
                var lock = channel.lock()) {
            return PostgresBinaries.find(cache(), System.err::println);
        }
    }

    /** A folder that other accounts can pass through. */
    public static Path folder(String name) {
        try {
            var folder = Files.createTempDirectory("nimbus-test-" + name);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            return folder;
        } catch (IOException e) {
            throw new IllegalStateException("no temporary folder: " + e.getMessage(), e);
        }
    }

    private static void deleteQuietly(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            System.err.println("left behind: " + folder);
        }
    }
}

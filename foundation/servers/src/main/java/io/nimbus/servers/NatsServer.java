package io.nimbus.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A nats-server with JetStream, on loopback, as a child process that outlives its parent on
 * purpose.
 */
public final class NatsServer implements AutoCloseable {
    private static final Duration READY = Duration.ofSeconds(20);

    private final ProcessHandle process;
    private final int port;

    private NatsServer(ProcessHandle process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * One user of the server.
     *
     * @param replies replies that it may send to one request; 0 for none
     * @param repliesWithin in the server's notation, such as {@code 1m}
     */
    public record User(
            String name,
            String password,
            List<String> publishes,
            List<String> subscribes,
            int replies,
            String repliesWithin) {}

    /**
     * Starts a server and waits until it accepts connections.
     *
     * @param folder its streams, configuration, log and ports file
     * @param port 0 for a free one
     * @param users empty: anybody may do anything, for tests
     */
    public static NatsServer start(Path binary, Path folder, int port, List<User> users)
            throws IOException, ServerUnavailableException {
        Files.createDirectories(folder);
        deletePortsFiles(folder);
        var configuration = folder.resolve("nats.conf");
        writePrivately(configuration, configuration(folder, users));
        var process =
                new ProcessBuilder(
                                binary.toString(),
                                "-c",
                                configuration.toString(),
                                "-a",
                                "127.0.0.1",
                                "-p",
                                port == 0 ? "-1" : String.valueOf(port),
                                "--ports_file_dir",
                                folder.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        folder.resolve("nats-server.log").toFile()))
                        .start();
        var deadline = Instant.now().plus(READY);
        while (Instant.now().isBefore(deadline) && process.isAlive()) {
            var reported = reportedPort(folder, process.pid());
            if (reported != null && accepts(reported)) {
                return new NatsServer(process.toHandle(), reported);
            }
            sleep();
        }
        process.destroyForcibly();
        throw new ServerUnavailableException(
                "nats-server did not start; see " + folder.resolve("nats-server.log"));
    }

    private static String configuration(Path folder, List<User> users) {
        var text = new StringBuilder();
        text.append("server_name: nimbus\n");
        text.append("jetstream { store_dir: \"")
                .append(folder.resolve("jetstream"))
                .append("\" }\n");
        text.append("max_payload: 1MB\nwrite_deadline: \"5s\"\n");
        if (!users.isEmpty()) {
            text.append("authorization {\n  users = [\n");
            for (var user : users) {
                text.append("    { user: \"")
                        .append(user.name())
                        .append("\", password: \"")
                        .append(user.password());
                text.append("\", permissions: {\n");
                text.append("      publish: ").append(array(user.publishes())).append('\n');
                text.append("      subscribe: ").append(array(user.subscribes())).append('\n');
                if (user.replies() > 0) {
                    text.append("      allow_responses: { max: ").append(user.replies());
                    text.append(", expires: \"").append(user.repliesWithin()).append("\" }\n");
                }
                text.append("    } }\n");
            }
            text.append("  ]\n}\n");
        }
        return text.toString();
    }

    private static String array(List<String> subjects) {
        return "[\"" + String.join("\", \"", subjects) + "\"]";
    }

    private static void writePrivately(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }

    private static void deletePortsFiles(Path folder) throws IOException {
        var stale = new ArrayList<Path>();
        try (var files = Files.newDirectoryStream(folder, "nats-server_*.ports")) {
            files.forEach(stale::add);
        }
        for (var file : stale) {
            Files.delete(file);
        }
    }

    private static @Nullable Integer reportedPort(Path folder, long pid) {
        var file = folder.resolve("nats-server_" + pid + ".ports");
        try {
            var address =
                    JsonMapper.shared()
                            .readTree(Files.readString(file))
                            .path("nats")
                            .path(0)
                            .asString("");
            return address.isEmpty()
                    ? null
                    : Integer.valueOf(address.substring(address.lastIndexOf(':') + 1));
        } catch (IOException | JacksonException e) {
            return null; // not written yet, or half
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

    private static void sleep() throws IOException {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    public int port() {
        return port;
    }

    public String url() {
        return "nats://127.0.0.1:" + port;
    }

    public ProcessHandle process() {
        return process;
    }

    /** Ends it as kill -9 would. */
    public void kill() {
        process.destroyForcibly();
        await();
    }

    /** Ends it in good order. */
    @Override
    public void close() {
        process.destroy();
        if (!await()) {
            process.destroyForcibly();
        }
    }

    private boolean await() {
        try {
            process.onExit().get(10, TimeUnit.SECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (Exception e) {
            return false;
        }
    }
}

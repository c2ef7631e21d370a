package io.nimbus.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The platform as {@code ./nimbus up --bare} starts it, in a state folder and on ports of its own.
 */
final class TestPlatform implements AutoCloseable {
    private static final Path ROOT = Path.of(System.getProperty("nimbus.root"));
    private static final Path DISTRIBUTION = ROOT.resolve("target/dist");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final Map<String, Integer> ports = new LinkedHashMap<>();

    /** What a command printed, both outputs in one, and how it ended. */
    record Outcome(int status, String output) {
        Outcome succeeded() {
            assertThat(status).as(output).isZero();
            return this;
        }
    }

    /** An answer of an app; the status is 0 when there was none. */
    record Answer(int status, String head, String body) {}

    private TestPlatform() throws IOException {
        // Database and containers run as other users, who must be able to pass.
        folder =
                Files.createTempDirectory(
                        "nimbus-system",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx--x--x")));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        var held = new ArrayList<ServerSocket>();
        for (var name : List.of("api", "router", "router-status", "uaa", "logs")) {
            var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket); // all at once, so that no two are the same
            ports.put(name, socket.getLocalPort());
        }
        for (var socket : held) {
            socket.close();
        }
    }

    static TestPlatform up() throws IOException, InterruptedException {
        var platform = new TestPlatform();
        var command = new ArrayList<>(List.of("up", "--bare"));
        platform.ports.forEach(
                (name, port) -> command.addAll(List.of("--" + name + "-port", port.toString())));
        platform.launcher(command.toArray(String[]::new)).succeeded();
        return platform;
    }

    /** {@code ./nimbus up|down|status|…}. */
    Outcome launcher(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("launcher.jar"));
        command.addAll(Arrays.asList(arguments));
        command.addAll(List.of("--state", state().toString()));
        return command(command.toArray(String[]::new));
    }

    /** {@code ./nimbus push|apps|…}. */
    Outcome client(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("cli.jar"));
        command.addAll(Arrays.asList(arguments));
        return command(command.toArray(String[]::new));
    }

    /** A jar of the distribution with its arguments. */
    Outcome command(String... arguments) throws IOException, InterruptedException {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-Dnimbus.home=" + ROOT,
                                "-jar",
                                DISTRIBUTION.resolve(arguments[0]).toString()));
        command.addAll(Arrays.asList(arguments).subList(1, arguments.length));
        var output = Files.createTempFile(folder, "command", ".out");
        var builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(output.toFile());
        builder.environment().put("NIMBUS_CLI_HOME", folder.resolve("cli").toString());
        var process = builder.start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(
                    Arrays.toString(arguments) + " hangs: " + Files.readString(output));
        }
        return new Outcome(process.exitValue(), Files.readString(output));
    }

    Path state() {
        return folder.resolve("state");
    }

    int port(String name) {
        return ports.getOrDefault(name, 0);
    }

    String password() throws IOException {
        return Files.readString(state().resolve("admin-password")).strip();
    }

    /** Of a process, as the supervisor keeps it; empty while it is down. */
    OptionalLong pid(String process) throws IOException {
        var pid = JSON.readTree(state().resolve("run/" + process + ".json").toFile()).path("pid");
        return pid.isNumber()
                        && ProcessHandle.of(pid.asLong()).filter(ProcessHandle::isAlive).isPresent()
                ? OptionalLong.of(pid.asLong())
                : OptionalLong.empty();
    }

    /** As {@code kill -9} does it. */
    void kill(String process) throws IOException {
        kill(pid(process).orElseThrow(() -> new AssertionError(process + " does not run")));
    }

    static void kill(long pid) {
        assertThat(ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly)).contains(true);
    }

    /** GET through the router; names below the domain need no resolver this way. */
    Answer get(String host, String path) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port("router"))) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write(
                            ("GET "
                                            + path
                                            + " HTTP/1.1\r\nHost: "
                                            + host
                                            + ".localhost\r\n"
                                            + "Connection: close\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            var end = answer.indexOf("\r\n\r\n");
            return end < 12
                    ? new Answer(0, answer, "")
                    : new Answer(
                            Integer.parseInt(answer.substring(9, 12)),
                            answer.substring(0, end),
                            answer.substring(end + 4));
        } catch (java.net.ConnectException e) {
            return new Answer(0, String.valueOf(e.getMessage()), "");
        }
    }

    /**
     * The process of an instance, seen from the host: the first of the container whose command line
     * holds {@code command}.
     */
    static Optional<Long> instanceProcess(String app, int index, String command)
            throws IOException {
        try (var processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("\\d+"))
                    .filter(process ->
                            read(process.resolve("environ")).contains("\"application_id\":\"" + app)
                                    && read(process.resolve("environ"))
                                            .contains("CF_INSTANCE_INDEX=" + index + "\0")
                                    && read(process.resolve("cmdline"))
                                            .replace('\0', ' ')
                                            .startsWith(command))
                    .map(process -> Long.valueOf(process.getFileName().toString()))
                    .sorted()
                    .findFirst();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended meanwhile
        }
    }

    /** The end of every log, for the message of a test that fails. */
    String logs() throws IOException {
        var text = new StringBuilder();
        try (var logs = Files.list(state().resolve("log"))) {
            for (var log : logs.sorted().toList()) {
                var lines = Files.readAllLines(log);
                text.append("\n== ").append(log.getFileName()).append('\n');
                lines.subList(Math.max(0, lines.size() - 15), lines.size())
                        .forEach(line -> text.append(line).append('\n'));
            }
        }
        return text.toString();
    }

    /**
     * Agents of this platform that have networks, tables, namespaces or cgroups in the kernel: each
     * is noted with its folder as long as anything of it is there.
     */
    private List<Path> kernelOwners() throws IOException {
        var owners = Path.of("/run/nimbus/owners");
        if (!Files.isDirectory(owners)) {
            return List.of();
        }
        try (var all = Files.list(owners)) {
            return all.filter(owner -> read(owner).startsWith(folder.toString())).toList();
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        launcher("down", "--reset", "--yes").succeeded();
        assertThat(state()).doesNotExist();
        assertThat(kernelOwners()).isEmpty();
        assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(folder.toString());
        try (var rest = Files.walk(folder)) {
            for (var path : rest.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}

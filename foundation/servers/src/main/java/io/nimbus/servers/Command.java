package io.nimbus.servers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program run to its end, or looked for. */
public final class Command {
    private Command() {}

    /** What it printed on both streams; {@code status} as of the shell. */
    public record Outcome(int status, String output) {
        public boolean ok() {
            return status == 0;
        }
    }

    /**
     * Runs and waits.
     *
     * @throws IOException when it cannot be started or does not end in time; it is killed then
     */
    public static Outcome run(Duration limit, Map<String, String> environment, List<String> command)
            throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        var output = Files.createTempFile("nimbus-command", ".out");
        try {
            // To a file: a daemon that inherits a pipe would keep us reading for ever.
            var process =
                    builder.redirectOutput(output.toFile())
                            .redirectInput(
                                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                            .start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException(
                        command.getFirst() + " did not end within " + limit.toSeconds() + " s");
            }
            return new Outcome(
                    process.exitValue(), Files.readString(output, StandardCharsets.UTF_8).strip());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running " + command.getFirst(), e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    public static Outcome run(Duration limit, String... command) throws IOException {
        return run(limit, Map.of(), List.of(command));
    }

    /**
     * The program on this process's PATH, or in the folders of root's PATH that a plain user's
     * lacks.
     */
    public static Optional<Path> find(String program) {
        var path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(
                        Stream.of(path.split(":")),
                        Stream.of("/usr/local/sbin", "/usr/sbin", "/sbin"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder).resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Whether this process may do everything. */
    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }
}

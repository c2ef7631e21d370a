package io.nimbus.warden;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Programs of the host, run to their end. */
final class Shell {
    /** What a program that answers at once may take on a machine with no time. */
    private static final Duration SOON = Duration.ofSeconds(60);

    private Shell() {}

    record Outcome(int status, String output) {
        boolean ok() {
            return status == 0;
        }
    }

    /**
     * Runs a program that ends soon; an interruption waits until it has, since half of a mount or
     * of a network helps nobody.
     *
     * @throws WardenException when it cannot be started, or does not end and is killed
     */
    static Outcome run(String... command) throws WardenException {
        return feed("", command);
    }

    /** The same with a text on standard input. */
    static Outcome feed(String input, String... command) throws WardenException {
        var interrupted = false;
        var end = System.nanoTime() + SOON.toNanos();
        try (var running = new Running(List.of(command), null, input)) {
            while (true) {
                try {
                    return running.outcome(Duration.ofNanos(end - System.nanoTime()));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (IOException e) {
            throw cannotRun(List.of(command), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Runs a program that may take a while; an interruption kills it. */
    static Outcome run(Duration limit, Path input, List<String> command)
            throws WardenException, InterruptedException {
        try (var running = new Running(command, input, "")) {
            return running.outcome(limit);
        } catch (IOException e) {
            throw cannotRun(command, e);
        }
    }

    /** Runs; what it said becomes the exception when it fails. */
    static String must(String... command) throws WardenException {
        var outcome = run(command);
        if (!outcome.ok()) {
            throw new WardenException(
                    String.join(" ", command)
                            + " ended with "
                            + outcome.status()
                            + ": "
                            + outcome.output());
        }
        return outcome.output();
    }

    private static WardenException cannotRun(List<String> command, IOException e) {
        return new WardenException(command.getFirst() + " cannot be run: " + e.getMessage(), e);
    }

    private static final class Running implements AutoCloseable {
        private final String name;
        private final Path output;
        private final Process process;

        Running(List<String> command, @Nullable Path input, String text) throws IOException {
            name = command.getFirst();
            // A file: what daemonises keeps a pipe open, and its reader waits for ever.
            output = Files.createTempFile("nimbus-warden", ".out");
            var builder =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C.UTF-8");
            if (input != null) {
                builder.redirectInput(input.toFile());
            }
            try {
                process = builder.start();
            } catch (IOException e) {
                Files.deleteIfExists(output);
                throw e;
            }
            try (var in = process.getOutputStream()) {
                in.write(text.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // It ended without reading; its status says why.
            }
        }

        Outcome outcome(Duration limit) throws WardenException, InterruptedException, IOException {
            if (!process.waitFor(Math.max(0, limit.toMillis()), TimeUnit.MILLISECONDS)) {
                throw new WardenException(name + " did not end in time");
            }
            return new Outcome(
                    process.exitValue(),
                    new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip());
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            Files.deleteIfExists(output);
        }
    }

    /** On the PATH, or in the folders of root's PATH that a plain user's lacks. */
    static Optional<Path> find(String program) {
        var path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(
                        Stream.of(path.split(":")),
                        Stream.of("/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"))
                .filter(folder -> folder.startsWith("/"))
                .map(folder -> Path.of(folder).resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static String need(String program) throws WardenException {
        return find(program)
                .orElseThrow(() -> new WardenException(program + " is not installed"))
                .toString();
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }
}

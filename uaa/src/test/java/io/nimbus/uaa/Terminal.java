package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A program at a terminal, since some ask for passwords nowhere else: {@code script} makes it. */
final class Terminal implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Path output;

    Terminal(Map<String, String> environment, String command) throws IOException {
        output = Files.createTempFile("nimbus-terminal", ".out");
        var builder =
                // One without a width is taken for one column wide.
                new ProcessBuilder("script", "-qfec", "stty cols 200; " + command, "/dev/null")
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
    }

    /** Waits for a question, and types the answer. */
    Terminal answer(String question, String text) throws IOException {
        try {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> output().contains(question) || !process.isAlive());
        } catch (ConditionTimeoutException e) {
            throw new IllegalStateException("no " + question + " but: " + output(), e);
        }
        process.getOutputStream().write((text + "\r").getBytes(UTF_8));
        process.getOutputStream().flush();
        return this;
    }

    String output() throws IOException {
        return Files.readString(output, UTF_8);
    }

    /** The exit status. */
    int await() throws InterruptedException, IOException {
        if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("still runs: " + output());
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        Files.deleteIfExists(output);
    }
}

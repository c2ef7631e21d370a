package io.nimbus.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** A process of ours: a jar of the distribution with its YAML. */
final class JavaService implements Service {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final State state;
    private final Path distribution;
    private final String name;
    private final int heapMb;
    private final Map<String, Object> config;
    private final Duration stopWithin;

    /**
     * @param config its YAML but for {@code status.file}, which is the supervisor's
     */
    JavaService(
            State state,
            Path distribution,
            String name,
            int heapMb,
            Duration stopWithin,
            Map<String, Object> config) {
        this.state = state;
        this.distribution = distribution;
        this.name = name;
        this.heapMb = heapMb;
        this.stopWithin = stopWithin;
        this.config = config;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration stopWithin() {
        return stopWithin;
    }

    List<String> command() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMb + "m",
                "-XX:+UseG1GC",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:TieredStopAtLevel=4",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.jooq.no-logo=true",
                "-Dorg.jooq.no-tips=true",
                "-jar",
                distribution.resolve(name + ".jar").toString(),
                state.config(name).toString());
    }

    /** Writes the YAML. */
    void configure() throws Trouble {
        try {
            State.writePrivately(state.config(name), new YAMLMapper().writeValueAsString(config));
        } catch (IOException e) {
            throw Preflight.notWritten(state, e);
        }
    }

    @Override
    public Procs.Running start() throws Trouble {
        try {
            configure();
            Files.deleteIfExists(state.status(name));
            var builder =
                    new ProcessBuilder(new ArrayList<>(command()))
                            .directory(state.folder().toFile())
                            .redirectInput(
                                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                            .redirectErrorStream(true)
                            .redirectOutput(
                                    ProcessBuilder.Redirect.appendTo(state.log(name).toFile()));
            // What was meant for the launcher (NIMBUS_ROUTER_PORT …) has become configuration by
            // now.
            builder.environment()
                    .keySet()
                    .removeIf(key -> key.startsWith("NIMBUS_") && !key.equals("NIMBUS_LOG_LEVEL"));
            var process = builder.start();
            return Procs.of(process.pid())
                    .orElseThrow(
                            () -> new Trouble(name + " ended at once; see " + state.log(name)));
        } catch (IOException e) {
            throw new Trouble(name + " cannot be started: " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<String> fault() {
        try {
            var status = JsonMapper.shared().readTree(Files.readString(state.status(name)));
            var request =
                    HttpRequest.newBuilder(
                                    URI.create(
                                            "http://127.0.0.1:"
                                                    + status.path("port").asInt()
                                                    + "/healthz"))
                            .timeout(Duration.ofSeconds(5))
                            .build();
            var response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200
                    ? Optional.empty()
                    : Optional.of(String.join(", ", response.body().lines().toList()));
        } catch (IOException | JacksonException e) {
            return Optional.of("starting");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted");
        }
    }
}

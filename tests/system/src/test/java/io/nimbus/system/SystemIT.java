package io.nimbus.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.cloudfoundry.doppler.LogMessage;
import org.cloudfoundry.operations.CloudFoundryOperations;
import org.cloudfoundry.operations.DefaultCloudFoundryOperations;
import org.cloudfoundry.operations.applications.ApplicationDetail;
import org.cloudfoundry.operations.applications.ApplicationSummary;
import org.cloudfoundry.operations.applications.DeleteApplicationRequest;
import org.cloudfoundry.operations.applications.GetApplicationRequest;
import org.cloudfoundry.operations.applications.InstanceDetail;
import org.cloudfoundry.operations.applications.LogsRequest;
import org.cloudfoundry.operations.applications.PushApplicationRequest;
import org.cloudfoundry.operations.applications.RestartApplicationRequest;
import org.cloudfoundry.operations.applications.ScaleApplicationRequest;
import org.cloudfoundry.operations.applications.SetEnvironmentVariableApplicationRequest;
import org.cloudfoundry.operations.applications.StartApplicationRequest;
import org.cloudfoundry.operations.applications.StopApplicationRequest;
import org.cloudfoundry.reactor.ConnectionContext;
import org.cloudfoundry.reactor.DefaultConnectionContext;
import org.cloudfoundry.reactor.client.ReactorCloudFoundryClient;
import org.cloudfoundry.reactor.doppler.ReactorDopplerClient;
import org.cloudfoundry.reactor.tokenprovider.PasswordGrantTokenProvider;
import org.cloudfoundry.reactor.uaa.ReactorUaaClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/**
 * The way of an app through the real processes. The official Java client is the judge; our own
 * client does the same once more. Each test has an app of its own, so that their order is of no
 * matter.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(SystemIT.ShowLogs.class)
class SystemIT {
    private static final Path SAMPLES = Path.of(System.getProperty("nimbus.root"), "samples");
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private TestPlatform platform;
    private DefaultConnectionContext connection;
    private CloudFoundryOperations cf;

    /** A failure without the processes' logs would tell nothing. */
    static final class ShowLogs implements TestWatcher {
        @Override
        public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
            try {
                System.err.println(((SystemIT) context.getRequiredTestInstance()).platform.logs());
            } catch (IOException e) {
                System.err.println("no logs: " + e.getMessage());
            }
        }
    }

    @BeforeAll
    void start() throws Exception {
        platform = TestPlatform.up();
        connection =
                DefaultConnectionContext.builder()
                        .apiHost("localhost")
                        .port(platform.port("api"))
                        .secure(false)
                        .build();
        cf = operations(connection);
        platform.client(
                        "login",
                        "-a",
                        "http://localhost:" + platform.port("api"),
                        "-u",
                        "admin",
                        "-p",
                        platform.password(),
                        "-o",
                        "nimbus",
                        "-s",
                        "dev")
                .succeeded();
    }

    @AfterAll
    void stop() throws Exception {
        if (connection != null) {
            connection.dispose();
        }
        if (platform != null) {
            platform.close();
        }
    }

    private CloudFoundryOperations operations(ConnectionContext context) throws IOException {
        var tokens =
                PasswordGrantTokenProvider.builder()
                        .username("admin")
                        .password(platform.password())
                        .build();
        return DefaultCloudFoundryOperations.builder()
                .cloudFoundryClient(
                        ReactorCloudFoundryClient.builder()
                                .connectionContext(context)
                                .tokenProvider(tokens)
                                .build())
                .dopplerClient(
                        ReactorDopplerClient.builder()
                                .connectionContext(context)
                                .tokenProvider(tokens)
                                .build())
                .uaaClient(
                        ReactorUaaClient.builder()
                                .connectionContext(context)
                                .tokenProvider(tokens)
                                .build())
                .organization("nimbus")
                .space("dev")
                .build();
    }

    private static <T> @Nullable T result(Mono<T> mono) {
        return mono.block(PATIENCE);
    }

    private static Path sample(String name) {
        return switch (name) {
            case "java-hello" -> SAMPLES.resolve("java-hello/target/java-hello.jar");
            default -> SAMPLES.resolve(name);
        };
    }

    private void push(String name, String sample, int instances) {
        result(
                cf.applications()
                        .push(
                                PushApplicationRequest.builder()
                                        .name(name)
                                        .path(sample(sample))
                                        .memory(128)
                                        .diskQuota(512)
                                        .instances(instances)
                                        .stagingTimeout(PATIENCE)
                                        .startupTimeout(PATIENCE)
                                        .build()));
    }

    private ApplicationDetail app(String name) {
        var app = result(cf.applications().get(GetApplicationRequest.builder().name(name).build()));
        assertThat(app).isNotNull();
        return app;
    }

    private List<String> states(String name) {
        return app(name).getInstanceDetails().stream().map(InstanceDetail::getState).toList();
    }

    private void awaitRunning(String name, int instances) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(states(name)).hasSize(instances).containsOnly("RUNNING"));
    }

    private void delete(String name) {
        result(
                cf.applications()
                        .delete(
                                DeleteApplicationRequest.builder()
                                        .name(name)
                                        .deleteRoutes(true)
                                        .build()));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(platform.get(name, "/").status()).isEqualTo(404));
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello", "command", "java-hello", "node-hello"})
    void the_official_client_pushes_each_sample(String sample) throws Exception {
        var name = "official-" + sample;
        push(name, sample, 1);

        var answer = platform.get(name, "/");

        assertThat(answer.status()).as(answer.head()).isEqualTo(200);
        assertThat(answer.body()).containsIgnoringCase("hello");
        assertThat(app(name).getUrls()).containsExactly(name + ".localhost");
        assertThat(result(cf.applications().list().map(ApplicationSummary::getName).collectList()))
                .contains(name);
        var lines =
                result(
                        cf.applications()
                                .logs(LogsRequest.builder().name(name).recent(true).build())
                                .map(LogMessage::getMessage)
                                .collectList());
        assertThat(lines).anyMatch(line -> line.contains("Uploading droplet"));
        delete(name);
        assertThat(result(cf.applications().list().map(ApplicationSummary::getName).collectList()))
                .doesNotContain(name);
    }

    @Test
    void an_app_is_scaled_stopped_started_and_gets_its_environment() throws Exception {
        push("life", "command", 1);
        result(
                cf.applications()
                        .scale(
                                ScaleApplicationRequest.builder()
                                        .name("life")
                                        .instances(3)
                                        .build()));
        awaitRunning("life", 3);
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(IntStream.range(0, 6).mapToObj(i -> body("life")).distinct())
                                .hasSize(3));

        result(
                cf.applications()
                        .setEnvironmentVariable(
                                SetEnvironmentVariableApplicationRequest.builder()
                                        .name("life")
                                        .variableName("GREETING")
                                        .variableValue("it's \"so\"")
                                        .build()));
        result(cf.applications().restart(RestartApplicationRequest.builder().name("life").build()));
        assertThat(body("life")).contains("greeting 'it's \"so\"'");

        result(cf.applications().stop(StopApplicationRequest.builder().name("life").build()));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(platform.get("life", "/").status()).isEqualTo(404));
        result(cf.applications().start(StartApplicationRequest.builder().name("life").build()));
        awaitRunning("life", 3);
        assertThat(platform.get("life", "/").status()).isEqualTo(200);
        delete("life");
    }

    private String body(String name) {
        try {
            return platform.get(name, "/").body();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void an_instance_that_is_killed_or_crashes_comes_back() throws Exception {
        push("mortal", "command", 2);
        awaitRunning("mortal", 2);
        var id = app("mortal").getId();
        var first = TestPlatform.instanceProcess(id, 0, "perl server.pl").orElseThrow();

        TestPlatform.kill(first);

        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(TestPlatform.instanceProcess(id, 0, "perl server.pl"))
                                .isPresent()
                                .get()
                                .isNotEqualTo(first));
        awaitRunning("mortal", 2);

        var crashing = platform.get("mortal", "/crash");
        assertThat(crashing.status()).isNotEqualTo(200);
        awaitRunning("mortal", 2);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(platform.get("mortal", "/").status()).isEqualTo(200));
        var lines = platform.client("logs", "mortal", "--recent").succeeded().output();
        assertThat(lines).contains("crashed");
        delete("mortal");
    }

    @Test
    void every_process_may_be_killed_and_the_app_goes_on_answering() throws Exception {
        push("steady", "command", 2);
        awaitRunning("steady", 2);
        var id = app("steady").getId();
        var before =
                List.of(
                        TestPlatform.instanceProcess(id, 0, "perl server.pl").orElseThrow(),
                        TestPlatform.instanceProcess(id, 1, "perl server.pl").orElseThrow());
        var failed = new AtomicInteger();
        var answered = new AtomicInteger();
        var routerIsDown = new AtomicBoolean();
        var over = new AtomicBoolean();
        var user =
                Thread.ofVirtual()
                        .start(() -> {
                            while (!over.get()) {
                                try {
                                    if (platform.get("steady", "/").status() == 200) {
                                        answered.incrementAndGet();
                                    } else if (!routerIsDown.get()) {
                                        failed.incrementAndGet();
                                    }
                                } catch (IOException e) {
                                    if (!routerIsDown.get()) {
                                        failed.incrementAndGet();
                                    }
                                }
                            }
                        });
        for (var process :
                List.of(
                        "dea-agent",
                        "cloud-controller",
                        "health-manager",
                        "stager",
                        "loggregator",
                        "uaa",
                        "nats",
                        "postgres",
                        "router")) {
            routerIsDown.set(process.equals("router"));
            var pid = platform.pid(process).orElseThrow();
            platform.kill(process);
            await(process).atMost(PATIENCE).until(() -> platform.pid(process).orElse(pid) != pid);
            await().atMost(PATIENCE).untilAsserted(() -> platform.launcher("status").succeeded());
        }
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(platform.get("steady", "/").status()).isEqualTo(200));
        over.set(true);
        user.join();

        assertThat(failed).hasValue(0);
        assertThat(answered).hasPositiveValue();
        awaitRunning("steady", 2);
        assertThat(
                        List.of(
                                TestPlatform.instanceProcess(id, 0, "perl server.pl").orElseThrow(),
                                TestPlatform.instanceProcess(id, 1, "perl server.pl")
                                        .orElseThrow()))
                .as("the instances are the same as before")
                .isEqualTo(before);
        delete("steady");
    }

    @Test
    void a_websocket_passes_the_router() throws Exception {
        push("sockets", "node-hello", 1);
        var echoed = new CompletableFuture<String>();

        // The resolver knows no names below localhost: the address is the router's, the Host the
        // app's.
        var socket =
                HttpClient.newHttpClient()
                        .newWebSocketBuilder()
                        .header("Host", "sockets.localhost")
                        .buildAsync(
                                URI.create("ws://127.0.0.1:" + platform.port("router") + "/"),
                                new WebSocket.Listener() {
                                    @Override
                                    public @Nullable CompletionStage<?> onText(
                                            WebSocket webSocket, CharSequence data, boolean last) {
                                        echoed.complete(data.toString());
                                        return null;
                                    }
                                })
                        .get(30, TimeUnit.SECONDS);
        socket.request(1);
        socket.sendText("echo", true).join();

        assertThat(echoed.get(30, TimeUnit.SECONDS)).isEqualTo("echo");
        socket.abort();
        delete("sockets");
    }

    @Test
    void our_client_does_the_same() throws Exception {
        var folder = Files.createTempDirectory("app");
        for (var file : List.of("index.html", "Staticfile")) {
            Files.copy(SAMPLES.resolve("hello").resolve(file), folder.resolve(file));
        }
        var pushed = platform.client("push", "ours", "-p", folder.toString(), "-m", "64M");
        assertThat(pushed.succeeded().output()).contains("Uploading droplet");
        assertThat(platform.get("ours", "/").status()).isEqualTo(200);

        assertThat(platform.client("apps").succeeded().output()).contains("ours");
        platform.client("set-env", "ours", "COLOUR", "blue").succeeded();
        assertThat(platform.client("env", "ours").succeeded().output()).contains("blue");
        platform.client("scale", "ours", "-i", "2").succeeded();
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(platform.client("app", "ours").output())
                                .containsPattern("#1 +running"));
        assertThat(platform.client("logs", "ours", "--recent").succeeded().output())
                .contains("Uploading droplet");
        assertThat(platform.client("routes").succeeded().output()).contains("ours");
        platform.client("restart", "ours").succeeded();
        platform.client("stop", "ours").succeeded();
        platform.client("start", "ours").succeeded();
        platform.client("delete", "ours", "-f", "-r").succeeded();
        assertThat(platform.client("apps").succeeded().output()).doesNotContain("ours");
    }

    @Test
    void what_the_user_does_wrong_is_told_to_him() throws Exception {
        var empty = Files.createTempDirectory("empty");
        var noApp = platform.client("app", "nothing");
        var nothingToPush = platform.client("push", "nothing", "-p", empty.toString());
        var notes = Files.createTempDirectory("unknown");
        Files.writeString(notes.resolve("notes.txt"), "x");
        var undetected = platform.client("push", "unknown", "-p", notes.toString());

        var unasked = platform.launcher("down", "--reset");
        var taken =
                platform.command(
                        "launcher.jar",
                        "up",
                        "--state",
                        platform.state().resolveSibling("second").toString(),
                        "--api-port",
                        Integer.toString(platform.port("api")));

        assertThat(unasked.status()).isEqualTo(1);
        assertThat(unasked.output()).contains("--yes");
        assertThat(taken.status()).isEqualTo(1);
        assertThat(taken.output()).contains("is taken by", "--api-port");
        assertThat(noApp.status()).isNotZero();
        assertThat(noApp.output()).contains("nothing");
        assertThat(nothingToPush.status()).isNotZero();
        assertThat(undetected.status()).isNotZero();
        assertThat(undetected.output()).containsIgnoringCase("buildpack");
        platform.client("delete", "unknown", "-f", "-r").succeeded();
        platform.client("delete", "nothing", "-f", "-r");
    }
}

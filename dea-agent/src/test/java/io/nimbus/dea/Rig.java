package io.nimbus.dea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.SystemTimers;
import io.nimbus.component.Component;
import io.nimbus.dea.policy.Starts;
import io.nimbus.servers.Folders;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.InstanceState;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.Subject;
import io.nimbus.subjects.log.Log;
import io.nimbus.warden.Warden;
import io.nimbus.warden.WardenOptions;
import io.nimbus.warden.Wardens;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A bus, a droplet server, an agent on real containers, and a peer that hears everything. */
final class Rig implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(60);

    final Path folder = TestServers.folder("dea");
    final NatsServer nats = TestServers.nats();
    final Droplets droplets;
    final SystemTimers timers = new SystemTimers();
    final NatsBus bus;
    final WardenOptions.Backend backend;
    final List<Heard> heard = new CopyOnWriteArrayList<>();
    private final Map<String, String> keys = new LinkedHashMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private @Nullable Component agent;
    private @Nullable Warden warden;
    private @Nullable NatsBus agentBus;
    @Nullable Process process;

    /** A message, in the order of its arrival. */
    record Heard(String subject, Object message) {}

    /** A line of an app's log. */
    record LogLine(String source, boolean error, String text) {}

    Rig(WardenOptions.Backend backend, Map<String, String> more) throws Exception {
        this.backend = backend;
        droplets = new Droplets(folder);
        keys.put("id", "0-" + UUID.randomUUID().toString().replace("-", ""));
        keys.put("backend", backend.name().toLowerCase(Locale.ROOT));
        keys.put("memory_mb", "4096");
        keys.put("disk_mb", "20000");
        keys.putAll(more);
        bus = connect("peer");
        hear(RouterRegister.REGISTER);
        hear(RouterRegister.UNREGISTER);
        hear(DeaHeartbeat.SUBJECT);
        hear(DeaAdvertise.SUBJECT);
        hear(DeaShutdown.SUBJECT);
        hear(DropletExited.SUBJECT);
        hear(Logs.ALL_APPS);
        await().atMost(LONG).until(bus::isConnected);
    }

    private NatsBus connect(String name) {
        return NatsBus.open(
                new NatsConfig(List.of(nats.url()), name, "any", "any", "_INBOX_" + name + "."),
                timers);
    }

    private <T> void hear(Subject<T> subject) {
        bus.subscribe(subject, message -> heard.add(new Heard(subject.name(), message)));
    }

    String id() {
        return keys.getOrDefault("id", "");
    }

    Path state() {
        return folder.resolve("state");
    }

    DeaConfig config() {
        return DeaConfig.of(state(), keys);
    }

    /** In this process. */
    Rig start() throws Exception {
        var own = connect("dea");
        var made = Wardens.open(DeaMain.options(config(), id()), timers);
        var assembled =
                DeaMain.assemble(
                        config(),
                        own,
                        timers,
                        () -> UUID.randomUUID().toString().replace("-", ""),
                        made,
                        () -> {});
        await().atMost(LONG).until(own::isConnected);
        assembled.component().start();
        agent = assembled.component();
        warden = made;
        agentBus = own;
        return this;
    }

    /** As a process of its own, which can be killed. */
    void launch() throws IOException {
        var yaml = new StringBuilder("state: " + state() + "\n");
        keys.forEach((key, value) -> yaml.append(key).append(": ").append(value).append('\n'));
        yaml.append("nats: {servers: [\"").append(nats.url()).append("\"], password: any}\n");
        var file = folder.resolve("dea.yml");
        Files.writeString(file, yaml);
        process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "io.nimbus.dea.DeaMain",
                                file.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        folder.resolve("agent.log").toFile()))
                        .start();
    }

    void signal(String name) throws Exception {
        var running = process;
        assertThat(running).isNotNull();
        new ProcessBuilder("kill", "-" + name, Long.toString(running.pid())).start().waitFor();
    }

    /** The whole way: a start message for a droplet, until it runs. */
    FindDroplet.Found run(Starts start, Droplets.Droplet droplet) {
        send(start.droplet(droplet.sha1(), droplet.address()));
        return running(start.app(), start.index());
    }

    void send(Starts start) {
        bus.publish(DeaStart.to(id()), start.message());
    }

    FindDroplet.Found running(String app, int index) {
        await("running " + app + "/" + index)
                .atMost(LONG)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    assertThat(exits(app)).as(() -> log(app).toString()).isEmpty();
                    var beats = all(DeaHeartbeat.SUBJECT);
                    return !beats.isEmpty()
                            && beats.getLast().instances().stream()
                                    .anyMatch(i ->
                                            i.app().equals(app)
                                                    && i.index() == index
                                                    && i.state() == InstanceState.RUNNING);
                });
        return find(app, index, InstanceState.RUNNING).getFirst();
    }

    /** Asks until there is an answer: on a busy machine silence says nothing. */
    List<FindDroplet.Found> find(String app, int index, InstanceState state) {
        return await("find " + app + "/" + index)
                .atMost(LONG)
                .until(
                        () ->
                                ask(
                                        new FindDroplet(
                                                app,
                                                null,
                                                null,
                                                null,
                                                List.of(index),
                                                List.of(state),
                                                true,
                                                null)),
                        found -> !found.isEmpty());
    }

    private List<FindDroplet.Found> ask(FindDroplet question) {
        return bus.gather(FindDroplet.SUBJECT, question, 1, Duration.ofMillis(500));
    }

    /** Neither in what the agent answers nor in what it has written down. */
    void gone(String app) {
        var snapshot = state().resolve("db/instances.json");
        await("gone " + app)
                .atMost(LONG)
                .until(() ->
                        ask(new FindDroplet(app, null, null, null, null, null, null, null))
                                        .isEmpty()
                                && !Files.readString(snapshot).contains("\"" + app + "\""));
    }

    <T> List<T> all(Subject<T> subject) {
        return heard.stream()
                .filter(h -> h.subject().equals(subject.name()))
                .map(h -> subject.type().cast(h.message()))
                .toList();
    }

    List<RouterRegister> routes(Subject<RouterRegister> subject, String app) {
        return all(subject).stream().filter(r -> app.equals(r.app())).toList();
    }

    List<DropletExited> exits(String app) {
        return all(DropletExited.SUBJECT).stream().filter(e -> e.app().equals(app)).toList();
    }

    DropletExited exit(String app) {
        await("exit of " + app).atMost(LONG).until(() -> !exits(app).isEmpty());
        return exits(app).getFirst();
    }

    List<LogLine> log(String app) {
        var lines = new ArrayList<LogLine>();
        for (var batch : all(Logs.ALL_APPS)) {
            for (var envelope : batch.getBatchList()) {
                if (envelope.getSourceId().equals(app)) {
                    lines.add(
                            new LogLine(
                                    envelope.getTagsOrDefault(Logs.SOURCE_TYPE, ""),
                                    envelope.getLog().getType() == Log.Type.ERR,
                                    envelope.getLog().getPayload().toStringUtf8()));
                }
            }
        }
        return lines;
    }

    /** The route under which it is registered now. */
    RouterRegister route(String app) {
        await("route of " + app)
                .atMost(LONG)
                .until(() -> !routes(RouterRegister.REGISTER, app).isEmpty());
        return routes(RouterRegister.REGISTER, app).getLast();
    }

    String get(RouterRegister route, String path) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://"
                                                + route.host()
                                                + ":"
                                                + route.effectivePort()
                                                + path))
                        .timeout(Duration.ofSeconds(10))
                        .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    MessageBus peer() {
        return bus;
    }

    /** Ends the agent as SIGTERM does. */
    void stop() {
        if (agent != null) {
            agent.close();
            agent = null;
        }
        if (agentBus != null) {
            agentBus.close();
            agentBus = null;
        }
        if (warden != null) {
            warden.close();
            warden = null;
        }
    }

    /** Ends everything and asserts that nothing is left. */
    @Override
    public void close() throws Exception {
        stop();
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
        Wardens.purge(DeaMain.options(config(), id()), timers);
        bus.close();
        droplets.close();
        nats.close();
        timers.close();
        assertThat(state().resolve("depot")).doesNotExist();
        try (var processes = ProcessHandle.allProcesses()) {
            assertThat(
                            processes
                                    .map(p -> p.info().commandLine().orElse(""))
                                    .filter(line -> line.contains(folder.toString())))
                    .isEmpty();
        }
        Folders.delete(folder);
    }
}

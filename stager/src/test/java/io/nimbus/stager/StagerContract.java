package io.nimbus.stager;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.SystemTimers;
import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import io.nimbus.subjects.BusUser;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.Limits;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.ServiceBinding;
import io.nimbus.subjects.StagingAdvertise;
import io.nimbus.subjects.StagingReply;
import io.nimbus.subjects.StagingStart;
import io.nimbus.subjects.StagingStop;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The real stager on a real bus, with a controller's HTTP side made here. */
abstract class StagerContract {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static @Nullable NatsServer nats;
    private static @Nullable SystemTimers timers;
    private static final Map<String, byte[]> FILES = new ConcurrentHashMap<>();
    private static final Map<String, byte[]> UPLOADS = new ConcurrentHashMap<>();
    private static final Map<String, String> COMPLETIONS = new ConcurrentHashMap<>();
    private static @Nullable HttpServer http;

    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private final List<StagingAdvertise> adverts = Collections.synchronizedList(new ArrayList<>());
    private final Path base = TestServers.folder("stager");
    private MessageBus controller = bus(BusUser.CLOUD_CONTROLLER);
    private Component stager = Component.inOrder();
    private int tasks;
    private String target = "s1";

    @BeforeAll
    static void serve() throws IOException {
        nats = TestServers.nats();
        timers = new SystemTimers();
        var server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", StagerContract::handle);
        server.start();
        http = server;
    }

    @AfterAll
    static void end() {
        if (http != null) {
            http.stop(0);
        }
        nats().close();
        timers().close();
    }

    private static NatsServer nats() {
        return Objects.requireNonNull(nats);
    }

    private static SystemTimers timers() {
        return Objects.requireNonNull(timers);
    }

    private static void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            var authorized =
                    "Basic dTpwQHc=".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            var body = exchange.getRequestBody().readAllBytes();
            if (!authorized) {
                exchange.sendResponseHeaders(401, -1);
            } else if (path.startsWith("/upload/")) {
                UPLOADS.put(path.substring(8), part(body));
                exchange.sendResponseHeaders(200, -1);
            } else if (path.startsWith("/completed/")) {
                COMPLETIONS.put(path.substring(11), new String(body, UTF_8));
                exchange.sendResponseHeaders(200, -1);
            } else if (FILES.containsKey(path)) {
                var file = FILES.getOrDefault(path, new byte[0]);
                exchange.sendResponseHeaders(200, file.length);
                exchange.getResponseBody().write(file);
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
        }
    }

    /** The content of the one part. */
    private static byte[] part(byte[] multipart) {
        var text = new String(multipart, ISO_8859_1);
        assertThat(text).contains("name=\"upload[droplet]\"");
        var start = text.indexOf("\r\n\r\n") + 4;
        return text.substring(start, text.lastIndexOf("\r\n--")).getBytes(ISO_8859_1);
    }

    private static String url(String path) {
        // A blank in a password would be %20, an at sign is %40.
        return "http://u:p%40w@127.0.0.1:"
                + (http == null ? 0 : http.getAddress().getPort())
                + path;
    }

    private MessageBus bus(BusUser user) {
        var bus =
                NatsBus.open(
                        new NatsConfig(
                                List.of(nats().url()),
                                user.user(),
                                user.user(),
                                "x",
                                user.inboxPrefix()),
                        timers());
        await().atMost(LONG).until(bus::isConnected);
        return bus;
    }

    @BeforeEach
    void start() throws Exception {
        controller.subscribe(
                Logs.app("app-1"),
                batch ->
                        batch.getBatchList()
                                .forEach(line -> {
                                    assertThat(line.getTagsOrThrow("source_type")).isEqualTo("STG");
                                    log.add(line.getLog().getPayload().toStringUtf8());
                                }));
        controller.subscribe(StagingAdvertise.SUBJECT, adverts::add);
        stager = stager("s1", base, "5m");
        await().atMost(LONG).until(() -> !adverts.isEmpty());
    }

    /** Of the warden. */
    abstract String backend();

    private final List<Config> used = new ArrayList<>();

    private Component stager(String id, Path base, String limit) throws Exception {
        var config = config(id, base, limit);
        used.add(config(id, base, limit));
        var made = StagerMain.assemble(config);
        made.start();
        return made;
    }

    private Config config(String id, Path base, String limit) throws ConfigException {
        return Config.parse(
                """
                base: %s
                id: %s
                backend: %s
                memory_mb: 2048
                least_memory_mb: 256
                least_disk_mb: 256
                script_limit: %s
                advertise_period: 1s
                nats: {servers: ["%s"], password: x}
                """
                        .formatted(base, id, backend(), limit, nats().url()),
                "stager.yml",
                "stager",
                Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        stager.close();
        controller.close();
        for (var config : used) {
            StagerMain.purge(config.complete(StagerConfig.read(config)));
        }
        assertThat(base.resolve("depot")).doesNotExist();
    }

    private static byte[] zip(Map<String, String> files) {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipArchiveOutputStream(bytes)) {
            for (var file : files.entrySet()) {
                var entry = new ZipArchiveEntry(file.getKey());
                entry.setUnixMode(0100755);
                zip.putArchiveEntry(entry);
                zip.write(file.getValue().getBytes(UTF_8));
                zip.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }

    private static String script(String body) {
        return "#!/bin/bash\n" + body + "\n";
    }

    /** A buildpack that serves every app with a file {@code marker}. */
    private static Map<String, String> buildpack(String compile) {
        return new TreeMap<>(
                Map.of(
                        "bin/detect", script("[ -f \"$1/marker\" ] && echo Marked"),
                        "bin/compile", script(compile),
                        "bin/release", script("echo 'default_process_types: {web: ./go}'")));
    }

    private record Outcome(List<StagingReply> replies) {
        StagingReply first() {
            return replies.getFirst();
        }

        StagingReply last() {
            return replies.getLast();
        }
    }

    private Outcome stage(
            Map<String, String> app, List<Map<String, String>> packs, List<String> environment) {
        return stage(
                app,
                packs,
                new StagingStart.Properties(
                        List.of(
                                new ServiceBinding(
                                        "db",
                                        "pg",
                                        Map.of("uri", "postgres://u:p@h/d"),
                                        null,
                                        null,
                                        null,
                                        null,
                                        null,
                                        null)),
                        new StagingStart.Resources(128, 128, 1024),
                        environment,
                        Map.of(),
                        null,
                        null,
                        null,
                        List.of()));
    }

    private Outcome stage(
            Map<String, String> app,
            List<Map<String, String>> packs,
            StagingStart.Properties properties) {
        var task = "t" + ++tasks + "x" + base.getFileName().toString().replaceAll("\\D", "");
        var replies = Collections.synchronizedList(new ArrayList<StagingReply>());
        controller.request(
                StagingStart.to(target),
                request(task, app, packs, properties),
                2,
                LONG,
                replies::add);
        await().atMost(LONG)
                .until(() ->
                        replies.size() == 2
                                || (replies.size() == 1 && replies.getFirst().isFailure()));
        await().atMost(LONG).until(() -> replies.size() == 1 || COMPLETIONS.containsKey(task));
        return new Outcome(List.copyOf(replies));
    }

    private static StagingStart request(
            String task,
            Map<String, String> app,
            List<Map<String, String>> packs,
            StagingStart.Properties properties) {
        FILES.put("/app/" + task, zip(app));
        var admin = new ArrayList<StagingStart.Buildpack>();
        for (var pack : packs) {
            var key = "pack-" + task + "-" + admin.size();
            FILES.put("/pack/" + key, zip(pack));
            admin.add(new StagingStart.Buildpack(key, url("/pack/" + key)));
        }
        return new StagingStart(
                "app-1",
                task,
                properties,
                url("/app/" + task),
                url("/upload/droplet-" + task),
                FILES.containsKey("/cache") ? url("/cache") : null,
                url("/upload/cache-" + task),
                new DeaStart(
                        "app-1",
                        "shop",
                        List.of(),
                        false,
                        null,
                        DeaStart.DEPRECATED,
                        null,
                        "v",
                        0,
                        List.of(),
                        new Limits(128, 128, 1024),
                        List.of(),
                        "default",
                        false,
                        null,
                        null,
                        null,
                        Map.of("name", "shop"),
                        List.of(),
                        null,
                        null,
                        null,
                        Map.of()),
                admin,
                List.of(),
                "cflinuxfs4",
                null,
                null,
                url("/completed/" + task));
    }

    private static Map<String, String> droplet(String task) throws IOException {
        return archive(UPLOADS.getOrDefault("droplet-" + task, new byte[0]));
    }

    private static Map<String, String> archive(byte[] tgz) throws IOException {
        var files = new TreeMap<String, String>();
        try (var tar =
                new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(tgz)))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile()) {
                    files.put(entry.getName(), new String(tar.readAllBytes(), UTF_8));
                }
            }
        }
        return files;
    }

    @Test
    void an_app_that_a_buildpack_detects_becomes_a_droplet_and_its_log_streams() throws Exception {
        var outcome =
                stage(
                        Map.of("marker", "", "static/page", "hello"),
                        List.of(
                                Map.of(
                                        "bin/detect",
                                        script("exit 1"),
                                        "bin/compile",
                                        script("exit 1")),
                                buildpack(
                                        "echo '-----> Building'; echo trouble >&2; cp -r \"$1/static\" \"$1/out\";"
                                                + " echo \"$GREETING $CF_STACK $DATABASE_URL $MEMORY_LIMIT\" > \"$1/env\"; echo kept > \"$2/state\"")),
                        List.of("GREETING=it's \"$HOME\" & so=on", "EMPTY="));
        assertThat(outcome.first().isFailure()).isFalse();
        var result = outcome.last();
        assertThat(result.error()).isNull();
        assertThat(result.detectedBuildpack()).isEqualTo("Marked");
        assertThat(result.buildpackKey()).isEqualTo("pack-" + result.task() + "-1");
        assertThat(result.detectedStartCommand()).isEqualTo("./go");
        assertThat(result.dropletSha1()).as("set by those who have started instance 0").isNull();

        var droplet = droplet(result.task());
        assertThat(droplet).containsEntry("./app/out/page", "hello");
        assertThat(droplet)
                .containsEntry(
                        "./app/env", "it's \"$HOME\" & so=on cflinuxfs4 postgres://u:p@h/d 256m\n");
        assertThat(droplet.get("./staging_info.yml")).contains("start_command: \"./go\"", "Marked");
        assertThat(droplet.get("./logs/staging_task.log")).contains("-----> Building", "trouble");
        assertThat(archive(UPLOADS.getOrDefault("cache-" + result.task(), new byte[0])))
                .containsEntry("./state", "kept\n");
        await().atMost(LONG)
                .until(() -> log.stream().anyMatch(l -> l.startsWith("-----> Uploading droplet")));
        assertThat(log).contains("-----> Building", "trouble");
        assertThat(COMPLETIONS.get(result.task())).contains("\"detected_buildpack\":\"Marked\"");
    }

    @Test
    void a_cache_comes_back_to_the_next_staging() throws Exception {
        var pack = buildpack("cat \"$2/state\" 2>/dev/null; echo remembered > \"$2/state\"");
        var first = stage(Map.of("marker", ""), List.of(pack), List.of());
        FILES.put("/cache", UPLOADS.getOrDefault("cache-" + first.last().task(), new byte[0]));
        try {
            stage(Map.of("marker", ""), List.of(pack), List.of());
            await().atMost(LONG).until(() -> log.contains("remembered"));
        } finally {
            FILES.remove("/cache");
        }
    }

    @Test
    void an_app_that_nobody_detects_is_told_so() {
        var outcome = stage(Map.of("x", ""), List.of(buildpack("exit 0")), List.of());
        assertThat(outcome.last().errorInfo()).isNotNull();
        assertThat(String.valueOf(outcome.last().errorInfo())).contains("NoAppDetectedError");
    }

    @Test
    void a_compile_that_fails_fails_the_staging_with_its_own_error() {
        var outcome =
                stage(Map.of("marker", ""), List.of(buildpack("echo no way; exit 7")), List.of());
        assertThat(String.valueOf(outcome.last().errorInfo())).contains("BuildpackCompileFailed");
        await().atMost(LONG).until(() -> log.contains("no way"));
    }

    @Test
    void a_script_that_does_not_end_is_ended_at_the_limit() throws Exception {
        var hasty = stager("hasty", TestServers.folder("hasty"), "2s");
        try {
            target = "hasty";
            await().atMost(LONG)
                    .until(() -> adverts.stream().anyMatch(a -> a.id().equals("hasty")));
            var outcome =
                    stage(Map.of("marker", ""), List.of(buildpack("exec sleep 1000")), List.of());
            assertThat(String.valueOf(outcome.last().error())).contains("timed out");
        } finally {
            hasty.close();
        }
    }

    @Test
    void a_procfile_and_a_command_of_the_user_come_before_the_buildpacks_own() {
        var procfile = Map.of("marker", "", "Procfile", "web: run this\nworker: and that\n");
        assertThat(
                        stage(procfile, List.of(buildpack("true")), List.of())
                                .last()
                                .detectedStartCommand())
                .isEqualTo("run this");
        var broken = Map.of("marker", "", "Procfile", "no colon here");
        assertThat(
                        String.valueOf(
                                stage(broken, List.of(buildpack("true")), List.of())
                                        .last()
                                        .error()))
                .contains("Procfile");
        var given =
                new StagingStart.Properties(
                        List.of(),
                        new StagingStart.Resources(128, 128, 1024),
                        List.of(),
                        Map.of("command", "mine"),
                        null,
                        null,
                        null,
                        List.of());
        assertThat(stage(procfile, List.of(buildpack("true")), given).last().detectedStartCommand())
                .isEqualTo("mine");
    }

    @Test
    void several_buildpacks_supply_and_the_last_one_finishes() throws Exception {
        var supplying = Map.of("bin/supply", script("echo \"tool $4\" > \"$3/$4/tool\""));
        var last =
                Map.of(
                        "bin/finalize", script("cat \"$3\"/*/tool > \"$1/tools\""),
                        "bin/release", script("echo 'default_process_types: {web: go}'"));
        var task = "t" + (tasks + 1) + "x" + base.getFileName().toString().replaceAll("\\D", "");
        var properties =
                new StagingStart.Properties(
                        List.of(),
                        new StagingStart.Resources(128, 128, 1024),
                        List.of(),
                        Map.of(),
                        null,
                        null,
                        null,
                        List.of(
                                new StagingStart.NamedBuildpack("a", "pack-" + task + "-0", null),
                                new StagingStart.NamedBuildpack("b", "pack-" + task + "-1", null)));
        var outcome = stage(Map.of("x", ""), List.of(supplying, last), properties);
        assertThat(outcome.last().error()).isNull();
        assertThat(droplet(outcome.last().task())).containsEntry("./app/tools", "tool 0\n");
    }

    @Test
    void a_package_that_is_gone_or_no_zip_fails_clearly() {
        var bad = stage(Map.of("../evil", "x"), List.of(buildpack("true")), List.of());
        assertThat(String.valueOf(bad.last().error()))
                .contains("The app package cannot be unpacked");
    }

    @Test
    void a_task_that_does_not_fit_is_refused_at_once() {
        var huge =
                new StagingStart.Properties(
                        List.of(),
                        new StagingStart.Resources(4096, 128, 1024),
                        List.of(),
                        Map.of(),
                        null,
                        null,
                        null,
                        List.of());
        var outcome = stage(Map.of("marker", ""), List.of(buildpack("true")), huge);
        assertThat(outcome.replies()).hasSize(1);
        assertThat(outcome.last().error()).isEqualTo("Not enough memory resources available");
    }

    @Test
    void a_task_that_is_stopped_says_so_and_gives_its_memory_back() {
        var replies = Collections.synchronizedList(new ArrayList<StagingReply>());
        var properties =
                new StagingStart.Properties(
                        List.of(),
                        new StagingStart.Resources(1024, 128, 1024),
                        List.of(),
                        Map.of(),
                        null,
                        null,
                        null,
                        List.of());
        controller.request(
                StagingStart.to("s1"),
                request(
                        "stopme" + System.nanoTime(),
                        Map.of("marker", ""),
                        List.of(buildpack("echo waiting; sleep 1000")),
                        properties),
                2,
                LONG,
                replies::add);
        await().atMost(LONG).until(() -> log.contains("waiting"));
        await().atMost(LONG).until(() -> adverts.getLast().availableMemoryMb() == 1024);
        controller.publish(StagingStop.SUBJECT, new StagingStop("app-1"));
        await().atMost(LONG).until(() -> replies.size() == 2);
        assertThat(replies.getLast().error()).isEqualTo("Error staging: task stopped");
        await().atMost(LONG).until(() -> adverts.getLast().availableMemoryMb() == 2048);
    }

    @Test
    void a_task_that_was_lost_with_its_stager_is_reported_at_the_next_start() throws Exception {
        stager.close();
        java.nio.file.Files.writeString(
                base.resolve("tasks/lost1"),
                "{\"app\":\"app-1\",\"task\":\"lost1\",\"completionUrl\":\""
                        + url("/completed/lost1")
                        + "\"}");
        stager = stager("s1", base, "5m");
        await().atMost(LONG).until(() -> COMPLETIONS.containsKey("lost1"));
        assertThat(COMPLETIONS.get("lost1")).contains("restarted");
        await().atMost(LONG)
                .until(() -> java.nio.file.Files.notExists(base.resolve("tasks/lost1")));
    }
}

package io.nimbus.cloudcontroller;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.NatsConfig;
import io.nimbus.bus.SystemTimers;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.database.DatabaseConfig;
import io.nimbus.database.TestDatabases;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jooq.ExecuteListenerProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A real controller on a real database and a real bus, with fakes for the processes around it. */
final class TestCloud implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(40);
    static final String ADMIN = "admin";

    final FakeUaa uaa = new FakeUaa();
    final SystemTimers timers = new SystemTimers();
    final NatsServer nats;
    final DatabaseConfig database;
    final TestRows rows;
    final Path folder = TestServers.folder("cloud-controller");
    final int port = freePort();
    CloudController controller;
    private NatsBus controllerBus;
    private final List<MessageBus> buses = new ArrayList<>();
    private final HttpClient http = HttpClient.newBuilder().connectTimeout(LONG).build();
    private final ExecuteListenerProvider[] listeners;
    private final Path natsFolder = TestServers.folder("nats");

    private static @Nullable TestCloud shared;
    private @Nullable FakeDea dea;
    private @Nullable FakeStager stager;

    /**
     * One for all tests that leave nothing behind which others would stumble over. It ends with the
     * JVM.
     */
    static synchronized TestCloud shared() {
        if (shared == null) {
            var made = new TestCloud();
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(() -> {
                                // The servers end at the same time, which is nobody's news.
                                ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
                                made.close();
                            }));
            made.dea();
            made.stager();
            shared = made;
        }
        return shared;
    }

    synchronized FakeDea dea() {
        if (dea == null) {
            dea = new FakeDea("d1", bus("dea"), timers);
        }
        return dea;
    }

    synchronized FakeStager stager() {
        if (stager == null) {
            stager = new FakeStager("s1", bus("stager"), timers);
        }
        return stager;
    }

    TestCloud(ExecuteListenerProvider... listeners) {
        this(TestDatabases.fresh(), listeners);
    }

    TestCloud(DatabaseConfig database, ExecuteListenerProvider... listeners) {
        this.database = database;
        this.rows = new TestRows(database);
        this.listeners = listeners;
        nats = TestServers.nats(natsFolder, 0, List.of());
        uaa.user(ADMIN, true);
        controllerBus = bus("cloud-controller");
        controller = controller(controllerBus, port);
        controller.start();
        awaitReady(port);
    }

    static int freePort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    NatsBus bus(String name) {
        var bus =
                NatsBus.open(
                        new NatsConfig(
                                List.of(nats.url()), name, "any", "any", "_INBOX_" + name + "."),
                        timers);
        buses.add(bus);
        await().atMost(LONG).until(bus::isConnected);
        return bus;
    }

    /** Another controller on the same database, bus and blobs. */
    CloudController controller(MessageBus bus, int onPort) {
        try {
            var yaml = Config.parse(yaml(onPort), "test", "cloud-controller", Map.of());
            return new CloudController(
                    CloudControllerConfig.read(yaml),
                    bus,
                    timers,
                    RandomGenerator.getDefault(),
                    CloudControllerMain.uuids(),
                    listeners);
        } catch (ConfigException e) {
            throw new IllegalStateException(String.join("\n", e.faults()), e);
        }
    }

    String yaml(int onPort) {
        return """
        host: 127.0.0.1
        port: %d
        controller_url: http://127.0.0.1:%d
        external: {url: "http://localhost:%d"}
        domain: localhost
        uaa: {url: "%s", client_secret: secret}
        logs: {log_cache_url: "http://127.0.0.1:1", doppler_url: "ws://127.0.0.1:1"}
        database: {url: "%s", user: %s, password: "%s", acquire_timeout: 2s}
        nats: {servers: ["%s"], password: any}
        blobstore: {folder: "%s"}
        staging: {password: "s p/c:t", minimum_memory_mb: 256, minimum_disk_mb: 256}
        internal: {password: internal}
        bulk: {password: bulk}
        encryption: {key: "%s"}
        buildpacks: {folder: "%s"}
        """
                .formatted(
                        onPort,
                        onPort,
                        onPort,
                        uaa.url(),
                        database.url(),
                        database.user(),
                        database.password(),
                        nats.url(),
                        folder.resolve("blobs"),
                        TestRows.KEY,
                        buildpacks());
    }

    private Path buildpacks() {
        var made = folder.resolve("buildpacks");
        try {
            Files.createDirectories(made);
            var zip = made.resolve("fake_buildpack.zip");
            if (!Files.exists(zip)) {
                Zips.write(zip, Map.of("bin/detect", "exit 0"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return made;
    }

    void awaitReady(int onPort) {
        await().atMost(LONG)
                .ignoreExceptions()
                .until(() ->
                        send("GET", "/v2/stacks", uaa.header(ADMIN), null, onPort)
                                                .json()
                                                .path("total_results")
                                                .asInt()
                                        > 0
                                && send("GET", "/v2/buildpacks", uaa.header(ADMIN), null, onPort)
                                                .json()
                                                .path("total_results")
                                                .asInt()
                                        > 0);
    }

    // --- HTTP
    // ----------------------------------------------------------------------------------------

    record Answer(int status, Map<String, List<String>> headers, String body) {
        JsonNode json() {
            return Json.read(body.isEmpty() ? "null" : body);
        }

        JsonNode entity() {
            return json().path("entity");
        }

        String guid() {
            return json().path("metadata").path("guid").asString();
        }

        /** Fails with the whole answer when the status is another. */
        Answer expect(int wanted) {
            if (status != wanted) {
                throw new AssertionError("expected " + wanted + " but was " + status + ": " + body);
            }
            return this;
        }

        /** Fails unless it is this error of the catalogue. */
        Answer error(int wanted, String code) {
            expect(wanted);
            if (!json().path("error_code").asString("").equals(code)) {
                throw new AssertionError("expected " + code + " but was " + body);
            }
            return this;
        }

        /** Of a list. */
        List<String> guids() {
            return json().path("resources")
                    .valueStream()
                    .map(resource -> resource.path("metadata").path("guid").asString())
                    .toList();
        }

        String header(String name) {
            return headers.entrySet().stream()
                    .filter(e -> e.getKey().equalsIgnoreCase(name))
                    .map(e -> e.getValue().getFirst())
                    .findFirst()
                    .orElse("");
        }
    }

    /** One user's view of the API. */
    final class As {
        private final String header;

        As(String header) {
            this.header = header;
        }

        String header() {
            return header;
        }

        Answer get(String path) {
            return send("GET", path, header, null, port);
        }

        Answer post(String path, Object body) {
            return send("POST", path, header, body, port);
        }

        Answer put(String path, Object body) {
            return send("PUT", path, header, body, port);
        }

        Answer patch(String path, Object body) {
            return send("PATCH", path, header, body, port);
        }

        Answer delete(String path) {
            return send("DELETE", path, header, null, port);
        }

        Answer upload(String path, Map<String, Object> parts) {
            var boundary = "b-o-u-n-d";
            var bytes = new ByteArrayOutputStream();
            parts.forEach((name, content) -> {
                var file = content instanceof byte[];
                bytes.writeBytes(
                        ("--"
                                        + boundary
                                        + "\r\nContent-Disposition: form-data; name=\""
                                        + name
                                        + "\""
                                        + (file ? "; filename=\"" + name + ".zip\"" : "")
                                        + "\r\n\r\n")
                                .getBytes(StandardCharsets.UTF_8));
                bytes.writeBytes(
                        file
                                ? (byte[]) content
                                : content.toString().getBytes(StandardCharsets.UTF_8));
                bytes.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
            });
            bytes.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
            var request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .header("Authorization", header)
                            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                            .PUT(BodyPublishers.ofByteArray(bytes.toByteArray()))
                            .build();
            return exchange(request);
        }
    }

    As as(String name) {
        return new As(uaa.header(name));
    }

    As admin() {
        return as(ADMIN);
    }

    Answer send(
            String method,
            String path,
            @Nullable String header,
            @Nullable Object body,
            int onPort) {
        return send(method, path, header, body, onPort, "application/json");
    }

    Answer send(
            String method,
            String path,
            @Nullable String header,
            @Nullable Object body,
            int onPort,
            String type) {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + onPort + path))
                        .method(
                                method,
                                body == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(
                                                body instanceof String text
                                                        ? text
                                                        : Json.write(body)));
        if (body != null) {
            request.header("Content-Type", type);
        }
        if (header != null) {
            request.header("Authorization", header);
        }
        return exchange(request.build());
    }

    /** As a stager. */
    byte[] download(String url) {
        var request =
                HttpRequest.newBuilder(URI.create(url))
                        .header("Authorization", basic("staging", "s p/c:t"))
                        .build();
        try {
            return http.send(request, BodyHandlers.ofByteArray()).body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private Answer exchange(HttpRequest request) {
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.headers().map(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    // --- Things that most tests need
    // -----------------------------------------------------------------

    static String basic(String user, String password) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** The domain that everybody shares. */
    String domain() {
        return admin().get("/v2/shared_domains").expect(200).guids().getFirst();
    }

    String route(As as, Space in, String host) {
        return as.post(
                        "/v2/routes",
                        Map.of("host", host, "domain_guid", domain(), "space_guid", in.space()))
                .expect(201)
                .guid();
    }

    record Space(String organization, String space) {}

    Space space(String name) {
        var organization =
                admin().post("/v2/organizations", Map.of("name", name)).expect(201).guid();
        var space =
                admin().post("/v2/spaces", Map.of("name", "dev", "organization_guid", organization))
                        .expect(201)
                        .guid();
        return new Space(organization, space);
    }

    /** A user who develops in the space. */
    As developer(String name, Space in) {
        var guid = uaa.user(name, false);
        admin().put("/v2/organizations/" + in.organization() + "/users/" + guid, "{}").expect(201);
        admin().put("/v2/spaces/" + in.space() + "/developers/" + guid, "{}").expect(201);
        return as(name);
    }

    String app(As as, Space in, String name, Map<String, Object> more) {
        var body = new LinkedHashMap<String, Object>(more);
        body.put("name", name);
        body.put("space_guid", in.space());
        return as.post("/v2/apps", body).expect(201).guid();
    }

    /** Uploads bits and waits until they are the app's package. */
    void upload(As as, String app) {
        var job =
                as.upload(
                                "/v2/apps/" + app + "/bits?async=true",
                                Map.of(
                                        "resources",
                                        "[]",
                                        "application",
                                        Zips.of(Map.of("index.html", "hello " + app))))
                        .expect(201);
        awaitJob(as, job);
    }

    JsonNode awaitJob(As as, Answer job) {
        var url = job.json().path("metadata").path("url").asString();
        await().atMost(LONG)
                .until(() ->
                        List.of("finished", "failed")
                                .contains(as.get(url).entity().path("status").asString()));
        return as.get(url).entity();
    }

    static ObjectNode json(String text) {
        return (ObjectNode) Json.read(text);
    }

    @Override
    public void close() {
        controller.close();
        buses.forEach(MessageBus::close);
        nats.kill();
        uaa.close();
        timers.close();
    }
}

package io.nimbus.subjects;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every message as it stands on the wire, written and read: src/test/resources/golden. Rewritten by
 * {@code -Dgolden.update}; the difference is then the change of the contract.
 */
class GoldenMessagesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final JsonMapper PRETTY =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private static final String APP = "5d1b6c0e-8a0f-4f57-9d0c-2f4b0d1c7e11";
    private static final String VERSION = "b1c8c4f2-0f5a-44a1-9f3c-1f3a8a7c2d90";
    private static final String INSTANCE = "1f0c66b0a1b74a0f9a3c7d8e5b2f4c60";
    private static final String DEA = "0-9f1c7a52b4de4d0f8a6b3c21e7d05f44";
    private static final double SINCE = 1406635201.48;

    record Sample(String name, Object message) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Sample> samples() {
        return List.of(
                new Sample("dea.start", new DeaHello(DEA, "10.10.16.20", "0.1.0")),
                new Sample(
                        "dea.advertise",
                        new DeaAdvertise(
                                DEA,
                                List.of("cflinuxfs4"),
                                3328,
                                28672,
                                Map.of(APP, 2),
                                new DeaAdvertise.Placement("z1"))),
                new Sample(
                        "dea.shutdown",
                        new DeaShutdown(DEA, "10.10.16.20", "0.1.0", Map.of(APP, 2))),
                new Sample("dea.id.start", start()),
                new Sample("dea.stop.app", DeaStop.app(APP)),
                new Sample("dea.stop.indices", DeaStop.indices(APP, VERSION, List.of(2, 3))),
                new Sample("dea.stop.instances", DeaStop.instances(APP, List.of(INSTANCE))),
                new Sample(
                        "dea.update",
                        new DeaUpdate(
                                APP,
                                List.of("shop.apps.example.org", "www.shop.example.org"),
                                VERSION,
                                Map.of("www.shop.example.org", "https://waf.example.org"))),
                new Sample("dea.find.droplet", FindDroplet.stats(APP, VERSION)),
                new Sample("dea.find.droplet.reply", found()),
                new Sample(
                        "dea.status.reply",
                        new DeaStatus(DEA, "10.10.16.20", "0.1.0", 4096, 768, 310, null)),
                new Sample(
                        "dea.discover",
                        new DeaDiscover(APP, "shop", new Limits(256, 1024, 16384), "0c619e")),
                new Sample(
                        "dea.heartbeat",
                        new DeaHeartbeat(
                                DEA,
                                List.of(
                                        new DeaHeartbeat.Instance(
                                                "default",
                                                APP,
                                                VERSION,
                                                INSTANCE,
                                                0,
                                                InstanceState.RUNNING,
                                                SINCE)))),
                new Sample("dea.heartbeat.empty", new DeaHeartbeat(DEA, List.of())),
                new Sample(
                        "droplet.exited.crash",
                        new DropletExited(
                                "default",
                                APP,
                                VERSION,
                                INSTANCE,
                                0,
                                "CRASHED",
                                255,
                                "out of memory",
                                1406640522L)),
                new Sample(
                        "droplet.exited.evacuation",
                        new DropletExited(
                                "default",
                                APP,
                                VERSION,
                                INSTANCE,
                                0,
                                DropletExited.DEA_EVACUATION,
                                -1,
                                null,
                                null)),
                new Sample("droplet.updated", new DropletUpdated(APP, "default")),
                new Sample(
                        "staging.advertise",
                        new StagingAdvertise("0-stager", List.of("cflinuxfs4"), 3328, 28672)),
                new Sample("staging.id.start", staging()),
                new Sample(
                        "staging.reply.accepted",
                        StagingReply.accepted(
                                "c2b9", "http://127.0.0.1:9/staging_tasks/c2b9/file_path?hmac=1")),
                new Sample(
                        "staging.reply.done",
                        new StagingReply(
                                "c2b9",
                                null,
                                "Node.js",
                                "8a7e_nodejs",
                                null,
                                "npm start",
                                Map.of("web", "npm start"),
                                APP,
                                null,
                                null)),
                new Sample(
                        "staging.reply.failed",
                        StagingReply.failed(
                                "c2b9",
                                APP,
                                "BuildpackCompileFailed",
                                "the compile script ended with 1")),
                new Sample("staging.stop", new StagingStop(APP)),
                new Sample("app.state.query", new AppState.Query(APP, VERSION)),
                new Sample(
                        "app.state.bulk.query",
                        new AppState.Queries(List.of(new AppState.Query(APP, VERSION)))),
                new Sample("app.state.reply", appState()),
                new Sample("app.state.reply.unknown", AppState.UNKNOWN),
                new Sample("hm9000.start", new InstanceStartRequest("6f0e", APP, VERSION, 1)),
                new Sample(
                        "hm9000.stop",
                        new InstanceStopRequest("6f0e", APP, VERSION, INSTANCE, 0, true)),
                new Sample(
                        "cloudcontroller.bulk.credentials.reply",
                        new BulkCredentials("bulk_api", "s3cr3t")),
                new Sample(
                        "router.start", new RouterStart("0-4f6d", List.of("10.10.16.15"), 20, 120)),
                new Sample(
                        "stat.router",
                        new RouterStatistics(
                                "0-4f6d",
                                1_406_628_000_000L,
                                5.0,
                                0,
                                1,
                                List.of(
                                        new RouterStatistics.App(
                                                APP,
                                                3,
                                                7,
                                                250,
                                                1,
                                                12.5,
                                                80.0,
                                                0,
                                                Map.of(INSTANCE, 3))))),
                new Sample("router.register.instance", register()),
                new Sample(
                        "router.register.component",
                        RouterRegister.component(
                                "CloudController", "10.10.16.5", 9022, List.of("api.example.org"))),
                new Sample(
                        "vcap.component.announce",
                        new ComponentAnnounce(
                                "DEA",
                                0,
                                DEA,
                                "10.10.16.20:34501",
                                List.of("varz", "pw"),
                                "2014-07-29 10:00:00 +0000",
                                "0d:2h:40m:1s")),
                new Sample("poke", Poke.POKE));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void a_message_is_written_as_the_golden_file_says(Sample sample) throws IOException {
        var file = GOLDEN.resolve(sample.name() + ".json");
        var written = PRETTY.readTree(WireFormat.encode(sample.message()));
        if (System.getProperty("golden.update") != null) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, PRETTY.writeValueAsString(written) + "\n");
        }
        assertThat(PRETTY.writeValueAsString(written)).isEqualTo(Files.readString(file).strip());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void a_golden_file_reads_as_the_same_message(Sample sample) throws Exception {
        var body = Files.readAllBytes(GOLDEN.resolve(sample.name() + ".json"));
        assertThat(WireFormat.decode(sample.name(), body, sample.message().getClass()))
                .isEqualTo(sample.message());
    }

    @Test
    void every_golden_file_is_used() throws IOException {
        try (var files = Files.list(GOLDEN)) {
            assertThat(files.map(f -> f.getFileName().toString()).collect(Collectors.toSet()))
                    .isEqualTo(
                            samples().stream()
                                    .map(s -> s.name() + ".json")
                                    .collect(Collectors.toSet()));
        }
    }

    @Test
    void every_json_message_of_the_catalogue_has_a_golden_file() {
        var sampled =
                samples().stream()
                        .map(s -> s.message().getClass().getSimpleName())
                        .collect(Collectors.toSet());
        assertThat(
                        Catalogue.ENTRIES.stream()
                                .flatMap(e -> List.of(e.message(), e.reply()).stream())
                                .map(Class::getSimpleName)
                                .filter(name ->
                                        !List.of("Void", "EnvelopeBatch", "States").contains(name)))
                .isSubsetOf(sampled);
    }

    @Test
    void a_log_batch_keeps_the_field_numbers_of_the_original() throws Exception {
        var bytes =
                new byte[] {
                    // batch = 1 { timestamp = 1: 5, source_id = 2: "a", log = 4 { payload = 1: "x",
                    // type = 2: ERR },
                    // instance_id = 8: "0" }
                    0x0a,
                    0x0f,
                    0x08,
                    0x05,
                    0x12,
                    0x01,
                    'a',
                    0x22,
                    0x05,
                    0x0a,
                    0x01,
                    'x',
                    0x10,
                    0x01,
                    0x42,
                    0x01,
                    '0'
                };
        var batch = Logs.app(APP).decode(bytes);
        assertThat(batch.getBatch(0).getSourceId()).isEqualTo("a");
        assertThat(batch.getBatch(0).getLog().getPayload().toString(UTF_8)).isEqualTo("x");
        assertThat(batch.getBatch(0).getLog().getType().name()).isEqualTo("ERR");
        assertThat(Logs.app(APP).encode(batch)).isEqualTo(bytes);
    }

    static DeaStart start() {
        return new DeaStart(
                APP,
                "shop",
                List.of("shop.apps.example.org"),
                false,
                "0c619e",
                DeaStart.DEPRECATED,
                "http://u:p@10.10.16.5:9022/staging/droplets/5d1b6c0e/download",
                VERSION,
                0,
                List.of(
                        new ServiceBinding(
                                "shop-db",
                                "postgresql-18",
                                Map.of("uri", "postgres://a:b@10.10.16.9:5432/d1"),
                                List.of("postgresql"),
                                Map.of(),
                                "100",
                                "core",
                                null,
                                null)),
                new Limits(256, 1024, 16384),
                List.of("RACK_ENV=production"),
                "default",
                false,
                null,
                null,
                null,
                Map.of("name", "shop"),
                List.of(new EgressRule("tcp", "0.0.0.0/0", "80,443", null, null, null, null)),
                "cflinuxfs4",
                "http",
                "/health",
                Map.of());
    }

    private static FindDroplet.Found found() {
        return new FindDroplet.Found(
                DEA,
                APP,
                VERSION,
                INSTANCE,
                0,
                InstanceState.RUNNING,
                SINCE,
                "/" + INSTANCE,
                null,
                new InstanceStats(
                        "shop",
                        List.of("shop.apps.example.org"),
                        "10.10.16.20",
                        61014,
                        5321,
                        268435456,
                        1073741824,
                        16384,
                        new InstanceStats.Usage(
                                "2014-07-29 12:40:01 +0000", 0.014, 71540736, 58421248)));
    }

    private static StagingStart staging() {
        return new StagingStart(
                APP,
                "c2b9",
                new StagingStart.Properties(
                        List.of(),
                        new StagingStart.Resources(256, 1024, 16384),
                        List.of("RACK_ENV=production"),
                        Map.of(),
                        null,
                        null,
                        "8a7e_nodejs",
                        List.of(new StagingStart.NamedBuildpack("nodejs", "8a7e_nodejs", null))),
                "http://u:p@10.10.16.5:9022/staging/apps/5d1b6c0e",
                "http://u:p@10.10.16.5:9022/staging/droplets/5d1b6c0e/upload?async=true",
                null,
                "http://u:p@10.10.16.5:9022/staging/buildpack_cache/5d1b6c0e/upload",
                start(),
                List.of(
                        new StagingStart.Buildpack(
                                "8a7e_nodejs",
                                "http://u:p@10.10.16.5:9022/v2/buildpacks/8a7e/download")),
                List.of(),
                "cflinuxfs4",
                1024,
                4096,
                "http://u:p@10.10.16.5:9022/internal/dea/staging/5d1b6c0e/completed");
    }

    private static AppState appState() {
        return new AppState(
                APP,
                VERSION,
                new AppState.Desired(APP, VERSION, 1, "STARTED", "STAGED"),
                List.of(
                        new AppState.Heartbeat(
                                APP, VERSION, INSTANCE, 0, InstanceState.RUNNING, SINCE, DEA)),
                List.of(new AppState.CrashCount(APP, VERSION, 0, 3, 1406640522)));
    }

    private static RouterRegister register() {
        return new RouterRegister(
                "10.10.16.20",
                61014,
                List.of("shop.apps.example.org"),
                APP,
                DEA,
                Map.of("component", "dea-0"),
                "7b1e",
                "0",
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }
}

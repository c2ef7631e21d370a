package io.nimbus.dea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.dea.Rig.LogLine;
import io.nimbus.dea.policy.Starts;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaDiscover;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaStatus;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DeaUpdate;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.InstanceState;
import io.nimbus.subjects.InstanceStats;
import io.nimbus.subjects.Limits;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.warden.WardenOptions;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The agent on a real bus with real containers, by each backend. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class DeaContract {
    private static final AtomicInteger APPS = new AtomicInteger();

    private Rig rig;
    private Droplets.Droplet server;
    private final String app = "app-" + APPS.incrementAndGet();

    DeaContract(WardenOptions.Backend backend) throws Exception {
        rig =
                new Rig(
                        backend,
                        Map.of("grace", "2s", "drain", "500ms", "download_inactivity", "1s"));
        server = rig.droplets.server();
    }

    @BeforeAll
    void start() throws Exception {
        rig.start();
    }

    @AfterAll
    void nothing_is_left() throws Exception {
        rig.close();
    }

    /** Another one for each test. */
    private static String fresh() {
        return "app-" + APPS.incrementAndGet();
    }

    private void stop(String app) {
        rig.peer().publish(DeaStop.SUBJECT, DeaStop.app(app));
        rig.gone(app);
    }

    @Test
    void an_app_starts_runs_is_routed_and_stops() throws Exception {
        var found = rig.run(Starts.app(app).index(2), server);
        var route = rig.route(app);
        assertThat(rig.get(route, "/")).isEqualTo("hello from 2\n");
        assertThat(route.uris()).containsExactly(app + ".localhost");
        assertThat(route.instance()).hasSize(64);
        assertThat(route.index()).isEqualTo("2");
        assertThat(found.dea()).isEqualTo(rig.id());
        assertThat(found.instance()).matches("[0-9a-f]{32}");
        assertThat(rig.all(DeaHeartbeat.SUBJECT).getLast().instances())
                .filteredOn(i -> i.guid().equals(found.instance()))
                .extracting(DeaHeartbeat.Instance::state)
                .containsExactly(InstanceState.RUNNING);
        await().atMost(Rig.LONG)
                .untilAsserted(() ->
                        assertThat(rig.log(app))
                                .contains(
                                        new LogLine("APP/PROC/WEB", false, "listening"),
                                        new LogLine("APP/PROC/WEB", true, "on the error stream")));

        var since = System.nanoTime();
        stop(app);
        assertThat(Duration.ofNanos(System.nanoTime() - since))
                .isGreaterThan(Duration.ofMillis(450));
        assertThat(rig.routes(RouterRegister.UNREGISTER, app))
                .isNotEmpty()
                .allMatch(r ->
                        r.host().equals(route.host())
                                && route.effectivePort() == r.effectivePort());
        assertThat(rig.exits(app)).isEmpty();
        await().atMost(Rig.LONG)
                .untilAsserted(() ->
                        assertThat(rig.log(app).stream().map(LogLine::text))
                                .contains(
                                        "got TERM",
                                        "Starting app instance (index 2) with guid "
                                                + found.instance(),
                                        "Stopping app instance (index 2) with guid "
                                                + found.instance(),
                                        "Stopped app instance (index 2) with guid "
                                                + found.instance()));
        assertThat(rig.state().resolve("depot/c")).isEmptyDirectory();
    }

    @Test
    void the_app_sees_the_environment_of_the_contract() throws Exception {
        var name = fresh();
        rig.run(
                Starts.app(name)
                        .environment(
                                "USER_SET=with \"quotes\" and 'others'",
                                "EXPANDED=$USER_SET on $PORT",
                                "LINES=one\ntwo",
                                "BACKQUOTE=pass`word",
                                "BRACES=${",
                                "BACKSLASH=ends with \\",
                                "COMMAND=$(echo run)",
                                "dotted.name=kept",
                                "PATH=$PATH:/extra",
                                "EMPTY="),
                server);
        var environment = new HashMap<String, String>();
        for (var entry : rig.get(rig.route(name), "/env").split("\0")) {
            environment.put(
                    entry.substring(0, entry.indexOf('=')),
                    entry.substring(entry.indexOf('=') + 1));
        }
        assertThat(environment)
                .containsEntry("USER_SET", "with \"quotes\" and 'others'")
                .containsEntry("EMPTY", "")
                .containsEntry("LINES", "one\ntwo")
                .containsEntry("BACKQUOTE", "pass`word")
                .containsEntry("BRACES", "${")
                .containsEntry("BACKSLASH", "ends with \\")
                .containsEntry("COMMAND", "run")
                .containsEntry("MEMORY_LIMIT", "64m")
                .containsEntry("USER", "vcap")
                .containsEntry("VCAP_APP_HOST", "0.0.0.0")
                .containsEntry(
                        "EXPANDED", "with \"quotes\" and 'others' on " + environment.get("PORT"))
                .doesNotContainKeys("GEM_PATH", "NIMBUS_OK", "JAVA_HOME");
        if (rig.backend == WardenOptions.Backend.RUNC) {
            assertThat(environment).containsEntry("dotted.name", "kept");
        }
        assertThat(environment.get("HOME")).endsWith("/home/vcap/app");
        assertThat(environment.get("TMPDIR")).endsWith("/home/vcap/tmp");
        assertThat(environment.get("PATH")).endsWith(":/extra");
        assertThat(environment.get("FROM_PROFILE"))
                .startsWith("with \"quotes\"")
                .endsWith("/home/vcap/app");
        assertThat(environment.get("VCAP_APPLICATION")).contains("\"instance_index\":0");
        stop(name);
    }

    @Test
    void crashes_are_told_apart() throws Exception {
        var exit = fresh();
        rig.run(Starts.app(exit), server);
        rig.get(rig.route(exit), "/exit/7");
        assertThat(rig.exit(exit).exitDescription()).isEqualTo("app instance exited");
        assertThat(rig.exit(exit).exitStatus()).isEqualTo(7);
        assertThat(rig.exit(exit).crashedAt()).isPositive();
        assertThat(rig.routes(RouterRegister.UNREGISTER, exit)).hasSize(1);
        assertThat(rig.find(exit, 0, InstanceState.CRASHED)).hasSize(1);
        var guid = rig.exit(exit).instance();
        await().atMost(Rig.LONG)
                .untilAsserted(() ->
                        assertThat(
                                        rig.state()
                                                .resolve(
                                                        "crashes/"
                                                                + guid
                                                                + "/logs/staging_task.log"))
                                .hasContent("staged\n"));

        var killed = fresh();
        rig.run(Starts.app(killed), server);
        rig.get(rig.route(killed), "/die");
        assertThat(rig.exit(killed).exitDescription())
                .isEqualTo("app instance exited on signal 9 (KILL)");
        assertThat(rig.exit(killed).exitStatus()).isEqualTo(137);

        var eater = fresh();
        rig.run(Starts.app(eater), server);
        rig.get(rig.route(eater), "/eat");
        assertThat(rig.exit(eater).exitDescription()).isEqualTo("out of memory");

        var silent = fresh();
        var quiet = rig.droplets.of(Map.of("staging_info.yml", "start_command: sleep 1000\n"));
        rig.send(Starts.app(silent).health("port", null, 1).droplet(quiet.sha1(), quiet.address()));
        assertThat(rig.exit(silent).exitDescription()).contains("health check timeout of 1 s");
        await().atMost(Rig.LONG)
                .until(() ->
                        rig.log(silent).stream()
                                .anyMatch(l -> l.source().equals("HEALTH") && l.error()));
        assertThat(rig.find(silent, 0, InstanceState.CRASHED)).hasSize(1);
    }

    @Test
    void an_app_that_fills_its_disk_is_ended() throws Exception {
        var name = fresh();
        rig.run(Starts.app(name).limits(64, 20), server);
        rig.get(rig.route(name), "/fill");
        assertThat(rig.exit(name).exitDescription()).isEqualTo("out of disk");
    }

    @Test
    void what_cannot_be_started_says_why() throws Exception {
        var cases =
                Map.of(
                        "mismatch", "SHA1 mismatch",
                        "missing", "answered 404",
                        "cut", "cannot be fetched",
                        "hang", "nothing came for 1 s",
                        "junk", "cannot be unpacked",
                        "nocommand", "missing start command");
        var good = rig.droplets.of(Map.of("app/x", "y"));
        rig.droplets.serve("/mismatch", Droplets.bytes("something else"));
        var cut = rig.droplets.serve("/cut", new byte[1 << 20]);
        var hang = rig.droplets.serve("/hang", new byte[1 << 20]);
        var junk = rig.droplets.serve("/junk", Droplets.bytes("no archive"));
        var sent =
                Map.of(
                        "mismatch",
                                new Droplets.Droplet(
                                        "0".repeat(40), rig.droplets.address("/mismatch")),
                        "missing",
                                new Droplets.Droplet(
                                        "1".repeat(40), rig.droplets.address("/nowhere")),
                        "cut", cut,
                        "hang", hang,
                        "junk", junk,
                        "nocommand", good);
        sent.forEach((name, droplet) ->
                rig.send(Starts.app("bad-" + name).droplet(droplet.sha1(), droplet.address())));
        cases.forEach((name, text) -> {
            var exited = rig.exit("bad-" + name);
            assertThat(exited.exitDescription())
                    .startsWith("failed to start")
                    .contains(text)
                    .doesNotContain("u:p@");
            assertThat(exited.exitStatus()).isEqualTo(-1);
        });
    }

    @Test
    void one_download_serves_many_instances() throws Exception {
        var name = fresh();
        var droplet = rig.droplets.of(Map.of("app/server.pl", Droplets.SERVER, "app/unique", name));
        var before = rig.droplets.requests.get();
        rig.droplets.delay = Duration.ofMillis(300);
        var start =
                Starts.app(name)
                        .command("perl server.pl")
                        .droplet(droplet.sha1(), droplet.address());
        for (int i = 0; i < 3; i++) {
            rig.send(start.index(i));
        }
        for (int i = 0; i < 3; i++) {
            rig.running(name, i);
        }
        rig.droplets.delay = Duration.ZERO;
        assertThat(rig.droplets.requests.get() - before).isEqualTo(1);
        var seen = new HashSet<String>();
        for (var route : rig.routes(RouterRegister.REGISTER, name)) {
            seen.add(rig.get(route, "/"));
        }
        assertThat(seen)
                .containsExactlyInAnyOrder("hello from 0\n", "hello from 1\n", "hello from 2\n");
        stop(name);
    }

    @Test
    void a_stop_finds_a_start_that_waits_for_its_droplet() throws Exception {
        var name = fresh();
        var droplet = rig.droplets.of(Map.of("app/unique", name));
        rig.droplets.delay = Duration.ofSeconds(3);
        rig.send(Starts.app(name).command("sleep 1000").droplet(droplet.sha1(), droplet.address()));
        await().atMost(Rig.LONG).until(() -> !rig.find(name, 0, InstanceState.STARTING).isEmpty());
        var since = System.nanoTime();
        stop(name);
        rig.droplets.delay = Duration.ZERO;
        assertThat(Duration.ofNanos(System.nanoTime() - since)).isLessThan(Duration.ofMillis(2900));
        assertThat(rig.exits(name)).isEmpty();
    }

    @Test
    void http_and_process_health_checks() throws Exception {
        var http = fresh();
        rig.run(Starts.app(http).health("http", "/up", null), server);
        stop(http);
        var down = fresh();
        rig.send(
                Starts.app(down)
                        .health("http", "/down", 1)
                        .droplet(server.sha1(), server.address()));
        assertThat(rig.exit(down).exitDescription()).contains("health check");
        var process = fresh();
        var quiet = rig.droplets.of(Map.of("staging_info.yml", "start_command: sleep 1000\n"));
        rig.run(Starts.app(process).health("process", null, null), quiet);
        stop(process);
        var worker = fresh();
        rig.run(Starts.app(worker).noUris(), quiet);
        assertThat(rig.routes(RouterRegister.REGISTER, worker)).isEmpty();
        stop(worker);
    }

    @Test
    void a_stubborn_app_is_killed_after_the_grace() throws Exception {
        var name = fresh();
        rig.run(Starts.app(name).environment("STUBBORN=1"), server);
        var since = System.nanoTime();
        stop(name);
        assertThat(Duration.ofNanos(System.nanoTime() - since))
                .isBetween(Duration.ofMillis(2400), Duration.ofSeconds(20));
        assertThat(rig.exits(name)).isEmpty();
    }

    @Test
    void an_update_moves_routes_and_renames_the_instance() throws Exception {
        var name = fresh();
        var before = rig.run(Starts.app(name), server);
        rig.peer()
                .publish(
                        DeaUpdate.SUBJECT,
                        new DeaUpdate(name, List.of("other.localhost"), "v2", Map.of()));
        await().atMost(Rig.LONG)
                .untilAsserted(() -> {
                    assertThat(rig.routes(RouterRegister.UNREGISTER, name))
                            .extracting(RouterRegister::uris)
                            .containsExactly(List.of(name + ".localhost"));
                    assertThat(rig.route(name).uris()).containsExactly("other.localhost");
                    assertThat(rig.all(DeaHeartbeat.SUBJECT).getLast().instances())
                            .filteredOn(i -> i.app().equals(name))
                            .extracting(DeaHeartbeat.Instance::version)
                            .containsExactly("v2");
                });
        assertThat(rig.running(name, 0).instance()).isNotEqualTo(before.instance());
        assertThat(rig.get(rig.route(name), "/")).startsWith("hello");
        stop(name);
    }

    @Test
    void statistics_say_what_it_uses() throws Exception {
        var name = fresh();
        rig.run(Starts.app(name), server);
        await().atMost(Rig.LONG).until(() -> stats(name).usage() != null);
        var stats = stats(name);
        var usage = Objects.requireNonNull(stats.usage());
        assertThat(stats.memoryQuotaBytes()).isEqualTo(64L << 20);
        assertThat(usage.memoryBytes()).isBetween(500_000L, 64_000_000L);
        assertThat(usage.diskBytes()).isBetween(1_000L, 1_000_000L);
        assertThat(usage.cpu()).isBetween(0.0, 2.0);
        assertThat(stats.host()).isEqualTo(rig.route(name).host());
        stop(name);
    }

    private InstanceStats stats(String name) {
        return Objects.requireNonNull(rig.find(name, 0, InstanceState.RUNNING).getFirst().stats());
    }

    @Test
    void it_advertises_what_is_left_and_answers_when_asked() throws Exception {
        var advert = rig.all(DeaAdvertise.SUBJECT).getLast();
        assertThat(advert.stacks()).containsExactly("cflinuxfs4");
        assertThat(advert.availableMemoryMb()).isBetween(0, 4096);
        var count = rig.all(DeaAdvertise.SUBJECT).size();
        rig.peer().publish(DeaAdvertise.LOCATE, Poke.POKE);
        await().atMost(Rig.LONG).until(() -> rig.all(DeaAdvertise.SUBJECT).size() > count);
        var beats = rig.all(DeaHeartbeat.SUBJECT).size();
        rig.peer().publish(DeaHeartbeat.WANTED, Poke.POKE);
        await().atMost(Rig.LONG).until(() -> rig.all(DeaHeartbeat.SUBJECT).size() > beats);
        var status =
                rig.peer()
                        .gather(DeaStatus.SUBJECT, Poke.POKE, 1, Duration.ofSeconds(5))
                        .getFirst();
        assertThat(status.maxMemoryMb()).isEqualTo(4096);
        assertThat(
                        rig.peer()
                                .gather(
                                        DeaDiscover.SUBJECT,
                                        new DeaDiscover("x", null, new Limits(64, 64, 1), null),
                                        1,
                                        Duration.ofSeconds(5)))
                .hasSize(1);
        assertThat(
                        rig.peer()
                                .gather(
                                        DeaDiscover.SUBJECT,
                                        new DeaDiscover("x", null, new Limits(9999, 64, 1), null),
                                        1,
                                        Duration.ofSeconds(1)))
                .isEmpty();
    }

    @Test
    void much_output_arrives_whole_or_is_counted() throws Exception {
        var name = fresh();
        rig.run(Starts.app(name), server);
        rig.get(rig.route(name), "/say/5000");
        await().atMost(Rig.LONG)
                .until(() -> rig.log(name).stream().anyMatch(l -> l.text().equals("line 5000")));
        assertThat(rig.log(name).stream().filter(l -> l.text().startsWith("line "))).hasSize(5000);
        stop(name);
    }

    @Test
    void the_snapshot_is_only_for_its_owner() throws Exception {
        var name = fresh();
        rig.run(Starts.app(name).environment("SECRET=x"), server);
        var file = rig.state().resolve("db/instances.json");
        assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
        assertThat(Files.readString(file)).contains(name);
        stop(name);
        assertThat(Files.readString(file)).doesNotContain("\"" + name + "\"");
    }

    @Test
    void instances_outlive_a_killed_agent() throws Exception {
        try (var other = new Rig(rig.backend, Map.of("grace", "2s", "drain", "0s"))) {
            var droplet = other.droplets.server();
            other.launch();
            await().atMost(Rig.LONG).until(() -> !other.all(DeaAdvertise.SUBJECT).isEmpty());
            var stays = fresh();
            var found = other.run(Starts.app(stays), droplet);
            var ends = fresh();
            other.run(Starts.app(ends), droplet);
            var route = other.route(stays);
            var pid = other.get(route, "/pid");
            other.get(route, "/say/200");
            other.signal("KILL");
            assertThat(other.process).isNotNull();
            assertThat(other.process.waitFor()).isEqualTo(137);

            other.get(other.route(ends), "/exit/7");
            other.get(route, "/say/300");
            var registered = other.routes(RouterRegister.REGISTER, stays).size();
            other.launch();
            assertThat(other.exit(ends).exitStatus()).isEqualTo(7);
            await().atMost(Rig.LONG)
                    .until(() -> other.routes(RouterRegister.REGISTER, stays).size() > registered);
            var again = other.route(stays);
            assertThat(again.host()).isEqualTo(route.host());
            assertThat(again.effectivePort()).isEqualTo(route.effectivePort());
            assertThat(again.instance()).isEqualTo(route.instance());
            assertThat(other.find(stays, 0, InstanceState.RUNNING))
                    .extracting(FindDroplet.Found::instance)
                    .containsExactly(found.instance());
            assertThat(other.get(again, "/pid")).isEqualTo(pid);
            assertThat(other.exits(stays)).isEmpty();
            // Those of the last round before the end may come twice; none is missing.
            await().atMost(Rig.LONG)
                    .untilAsserted(() ->
                            assertThat(
                                            other.log(stays).stream()
                                                    .map(LogLine::text)
                                                    .filter(l -> l.startsWith("line "))
                                                    .distinct())
                                    .hasSize(300));

            other.signal("TERM");
            // As every Java process that SIGTERM has ended in good order.
            assertThat(other.process.waitFor()).isEqualTo(143);
            assertThat(other.state().resolve("depot/c")).isEmptyDirectory();
        }
    }
}

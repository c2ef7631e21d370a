package io.nimbus.dea.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaDiscover;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DeaUpdate;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.FindDroplet;
import io.nimbus.subjects.InstanceState;
import io.nimbus.subjects.InstanceStats;
import io.nimbus.subjects.Limits;
import io.nimbus.subjects.RouterRegister;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AgentTest {
    private static final Address ADDRESS = new Address("10.254.0.2", 8080, 8080);
    private static final AgentSettings SETTINGS =
            new AgentSettings(
                    "0-dea",
                    7,
                    "10.0.0.1",
                    "z1",
                    List.of("cflinuxfs4", "other"),
                    new Capacity(256, 1024),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(2),
                    Duration.ofHours(1),
                    Duration.ofMinutes(10));

    private final AtomicInteger ids = new AtomicInteger();
    private final Agent agent = agent();
    private Instant now = Instant.parse("2026-01-01T00:00:00.250Z");

    private Agent agent() {
        return new Agent(SETTINGS, () -> String.format("%032x", ids.incrementAndGet()));
    }

    private static <T> List<T> said(List<Effect> effects, Class<T> type) {
        return effects.stream()
                .flatMap(e -> e instanceof Effect.Say<?> say ? Stream.of(say) : Stream.empty())
                .map(Effect.Say::message)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    private static List<String> routes(List<Effect> effects) {
        return effects.stream()
                .flatMap(e -> e instanceof Effect.Say<?> say ? Stream.of(say) : Stream.empty())
                .filter(say -> say.message() instanceof RouterRegister)
                .map(say ->
                        (say.subject().equals(RouterRegister.REGISTER) ? "+" : "-")
                                + ((RouterRegister) say.message()).uris())
                .toList();
    }

    private static <E extends Effect> List<E> of(List<Effect> effects, Class<E> type) {
        return effects.stream().filter(type::isInstance).map(type::cast).toList();
    }

    private String starting(Starts start) {
        var effects = agent.start(start.message(), now);
        return of(effects, Effect.Launch.class).getFirst().handle();
    }

    private String running(Starts start) {
        var handle = starting(start);
        agent.launched(handle, ADDRESS);
        agent.healthy(handle, now);
        return handle;
    }

    private Lifecycle state(String handle) {
        return agent.instance(handle).orElseThrow().state();
    }

    @Test
    void a_start_is_saved_before_it_is_carried_out_and_counts_at_once() {
        var effects = agent.start(Starts.app("a").message(), now);
        assertThat(effects.stream().map(e -> e.getClass().getSimpleName()))
                .containsSubsequence("Save", "Launch");
        var advert = said(effects, DeaAdvertise.class).getFirst();
        assertThat(advert.availableMemoryMb()).isEqualTo(256 - 64);
        assertThat(advert.availableDiskMb()).isEqualTo(1024 - 128);
        assertThat(advert.instancesByApp()).containsExactly(Map.entry("a", 1));
        assertThat(advert.zone()).isEqualTo("z1");
        assertThat(agent.heartbeat().instances())
                .extracting(DeaHeartbeat.Instance::state)
                .containsExactly(InstanceState.STARTING);
    }

    @Test
    void a_healthy_instance_is_routed_and_heartbeated_at_once() {
        var handle = starting(Starts.app("a").uris("a.localhost", "b.localhost"));
        var check = of(agent.launched(handle, ADDRESS), Effect.Check.class).getFirst();
        assertThat(check.check()).isEqualTo(new HealthCheck.Port(Duration.ofSeconds(60)));
        now = now.plusSeconds(1);
        var effects = agent.healthy(handle, now);
        var route = said(effects, RouterRegister.class).getFirst();
        assertThat(route.uris()).containsExactly("a.localhost", "b.localhost");
        assertThat(route.host()).isEqualTo("10.254.0.2");
        assertThat(route.port()).isEqualTo(8080);
        assertThat(route.app()).isEqualTo("a");
        assertThat(route.tags()).containsEntry("component", "dea-7");
        assertThat(route.instance()).hasSize(64);
        var beat = said(effects, DeaHeartbeat.class).getFirst().instances().getFirst();
        assertThat(beat.state()).isEqualTo(InstanceState.RUNNING);
        assertThat(beat.since()).isEqualTo(now.toEpochMilli() / 1000.0);
        assertThat(beat.partition()).isEqualTo("default");
        assertThat(of(effects, Effect.Save.class)).isNotEmpty();
    }

    @Test
    void an_app_without_uris_is_never_routed() {
        var handle = starting(Starts.app("a").noUris());
        var check = of(agent.launched(handle, ADDRESS), Effect.Check.class).getFirst();
        assertThat(check.check()).isEqualTo(new HealthCheck.Started());
        assertThat(routes(agent.healthy(handle, now))).isEmpty();
        assertThat(agent.endpoints()).isEmpty();
        var stop = of(agent.stop(DeaStop.app("a"), now), Effect.Stop.class).getFirst();
        assertThat(stop.delay()).isZero();
    }

    @Test
    void what_does_not_fit_is_reported_as_crashed_with_the_resource_that_is_short() {
        var effects = agent.start(Starts.app("a").limits(257, 100).message(), now);
        var exited = said(effects, DropletExited.class).getFirst();
        assertThat(exited.exitDescription()).isEqualTo("Not enough memory resource available.");
        assertThat(exited.isCrash()).isTrue();
        assertThat(exited.crashedAt()).isEqualTo(now.getEpochSecond());
        assertThat(of(effects, Effect.Launch.class)).isEmpty();
        assertThat(of(effects, Effect.KeepCrash.class)).isEmpty();
        assertThat(
                        said(
                                agent.start(Starts.app("b").limits(257, 1025).message(), now),
                                DropletExited.class))
                .extracting(DropletExited::exitDescription)
                .containsExactly("Not enough disk resource available.");
        assertThat(agent.start(Starts.app("c").limits(256, 100).message(), now))
                .anyMatch(e -> e instanceof Effect.Launch);
    }

    @Test
    void an_unknown_stack_is_refused() {
        var effects = agent.start(Starts.app("a").stack("windows").message(), now);
        assertThat(said(effects, DropletExited.class).getFirst().exitDescription())
                .contains("windows");
        assertThat(agent.start(Starts.app("b").stack("other").message(), now))
                .anyMatch(e -> e instanceof Effect.Launch);
    }

    @Test
    void a_repeated_start_changes_nothing() {
        var handle = starting(Starts.app("a"));
        assertThat(agent.start(Starts.app("a").message(), now)).isEmpty();
        agent.launched(handle, ADDRESS);
        agent.healthy(handle, now);
        assertThat(agent.start(Starts.app("a").message(), now))
                .hasSize(1)
                .allMatch(e ->
                        e instanceof Effect.Say<?>(var subject, _)
                                && subject.equals(DeaHeartbeat.SUBJECT));
        assertThat(agent.instances()).hasSize(1);
        starting(Starts.app("a").index(1));
        starting(Starts.app("a").version("v2"));
        assertThat(agent.instances()).hasSize(3);
    }

    @Test
    void a_start_for_the_index_of_one_that_is_ending_is_another_instance() {
        var handle = running(Starts.app("a"));
        agent.stop(DeaStop.app("a"), now);
        assertThat(starting(Starts.app("a"))).isNotEqualTo(handle);
    }

    @Test
    void stopping_unregisters_then_drains_then_ends() {
        var handle = running(Starts.app("a"));
        var effects = agent.stop(DeaStop.app("a"), now);
        assertThat(routes(effects)).containsExactly("-[a.localhost]");
        assertThat(of(effects, Effect.Stop.class))
                .containsExactly(new Effect.Stop(handle, Duration.ofSeconds(2)));
        assertThat(said(effects, DropletExited.class)).isEmpty();
        assertThat(agent.endpoints()).isEmpty();
        assertThat(agent.heartbeat().instances()).isEmpty();
        assertThat(agent.isEmpty()).isFalse();
        assertThat(agent.exited(handle, Ending.exited(143), now)).isEmpty();
        var gone = agent.stopped(handle, now);
        assertThat(agent.instances()).isEmpty();
        assertThat(said(gone, DeaAdvertise.class).getFirst().availableMemoryMb()).isEqualTo(256);
        assertThat(agent.stopped(handle, now)).isEmpty();
    }

    @Test
    void a_stop_finds_just_those_it_means() {
        var zero = running(Starts.app("a"));
        var one = running(Starts.app("a").index(1));
        var other = running(Starts.app("b"));
        assertThat(agent.stop(new DeaStop("a", null, List.of(), null, null, null), now)).isEmpty();
        assertThat(agent.stop(new DeaStop("a", "v9", null, null, null, null), now)).isEmpty();
        agent.stop(DeaStop.indices("a", "v1", List.of(1)), now);
        assertThat(state(zero)).isEqualTo(Lifecycle.RUNNING);
        assertThat(state(one)).isEqualTo(Lifecycle.STOPPING);
        agent.stop(DeaStop.instances("a", List.of(agent.instance(zero).orElseThrow().guid())), now);
        assertThat(state(zero)).isEqualTo(Lifecycle.STOPPING);
        assertThat(state(other)).isEqualTo(Lifecycle.RUNNING);
    }

    @Test
    void a_stop_overtakes_a_start_under_way() {
        var handle = starting(Starts.app("a"));
        var effects = agent.stop(DeaStop.app("a"), now);
        assertThat(of(effects, Effect.Stop.class))
                .containsExactly(new Effect.Stop(handle, Duration.ZERO));
        assertThat(agent.launched(handle, ADDRESS)).isEmpty();
        assertThat(agent.healthy(handle, now)).isEmpty();
        assertThat(agent.unhealthy(handle, now)).isEmpty();
        assertThat(agent.startFailed(handle, "x", now)).isEmpty();
        assertThat(state(handle)).isEqualTo(Lifecycle.STOPPING);
    }

    @Test
    void a_crash_is_reported_and_its_files_kept() {
        var handle = running(Starts.app("a"));
        now = now.plusSeconds(100);
        var effects = agent.exited(handle, Ending.outOfMemory(137), now);
        assertThat(routes(effects)).containsExactly("-[a.localhost]");
        var exited = said(effects, DropletExited.class).getFirst();
        assertThat(exited.exitDescription()).isEqualTo("out of memory");
        assertThat(exited.exitStatus()).isEqualTo(137);
        assertThat(exited.reason()).isEqualTo("CRASHED");
        assertThat(of(effects, Effect.KeepCrash.class)).hasSize(1);
        assertThat(agent.heartbeat().instances())
                .extracting(DeaHeartbeat.Instance::state)
                .containsExactly(InstanceState.CRASHED);
        assertThat(said(effects, DeaAdvertise.class).getFirst().availableMemoryMb()).isEqualTo(256);
        assertThat(agent.exited(handle, Ending.lost(), now)).isEmpty();
        assertThat(agent.stop(DeaStop.app("a"), now)).isEmpty();
    }

    @Test
    void endings_are_told_apart() {
        assertThat(Ending.exited(3)).isEqualTo(new Ending(3, "app instance exited"));
        assertThat(Ending.exited(137).description())
                .isEqualTo("app instance exited on signal 9 (KILL)");
        assertThat(Ending.exited(128 + 40).description())
                .isEqualTo("app instance exited on signal 40");
        assertThat(Ending.outOfDisk(137).description()).isEqualTo("out of disk");
        assertThat(Ending.lost()).isEqualTo(new Ending(-1, "cannot be determined"));
        assertThat(Ending.failedToStart("").description()).isEqualTo("failed to start");
    }

    @Test
    void one_that_never_becomes_healthy_has_crashed() {
        var handle = starting(Starts.app("a").health(null, null, 5));
        agent.launched(handle, ADDRESS);
        var effects = agent.unhealthy(handle, now);
        assertThat(said(effects, DropletExited.class).getFirst().exitDescription())
                .isEqualTo("failed to accept connections within health check timeout of 5 s");
        assertThat(of(effects, Effect.Tell.class))
                .anyMatch(t ->
                        t.text()
                                .equals(
                                        "Instance (index 0) failed to start accepting connections"));
    }

    @Test
    void health_checks_are_what_the_message_asks_for() {
        var fallback = Duration.ofSeconds(60);
        assertThat(HealthCheck.of(Starts.app("a").health("http", "/up", 9).message(), fallback))
                .isEqualTo(new HealthCheck.Http("/up", Duration.ofSeconds(9)));
        assertThat(HealthCheck.of(Starts.app("a").health("http", null, 0).message(), fallback))
                .isEqualTo(new HealthCheck.Http("/", fallback));
        assertThat(
                        HealthCheck.of(
                                Starts.app("a").health("process", null, null).message(), fallback))
                .isEqualTo(new HealthCheck.Started());
        assertThat(HealthCheck.of(Starts.app("a").health("none", null, null).message(), fallback))
                .isEqualTo(new HealthCheck.Started());
        assertThat(HealthCheck.of(Starts.app("a").health("port", null, null).message(), fallback))
                .isEqualTo(new HealthCheck.Port(fallback));
        assertThat(
                        HealthCheck.of(
                                Starts.app("a").noUris().health("port", null, null).message(),
                                fallback))
                .isEqualTo(new HealthCheck.Started());
    }

    @Test
    void an_update_registers_what_is_new_and_unregisters_what_is_gone() {
        var handle = running(Starts.app("a").uris("a.localhost", "b.localhost"));
        var before = agent.instance(handle).orElseThrow().guid();
        var effects =
                agent.update(
                        new DeaUpdate("a", List.of("b.localhost", "c.localhost"), "v2", Map.of()),
                        now);
        assertThat(routes(effects))
                .containsExactly("-[a.localhost]", "+[b.localhost, c.localhost]");
        var beat = said(effects, DeaHeartbeat.class).getFirst().instances().getFirst();
        assertThat(beat.version()).isEqualTo("v2");
        assertThat(beat.guid()).isNotEqualTo(before).hasSize(32);
        assertThat(of(effects, Effect.Save.class)).hasSize(1);
        assertThat(agent.instance(handle).orElseThrow().handle()).isEqualTo(handle);

        var same =
                agent.update(
                        new DeaUpdate("a", List.of("b.localhost", "c.localhost"), null, Map.of()),
                        now);
        assertThat(said(same, DeaHeartbeat.class)).isEmpty();
        assertThat(agent.heartbeat().instances().getFirst().guid()).isEqualTo(beat.guid());
        assertThat(agent.update(new DeaUpdate("unknown", List.of(), "v2", Map.of()), now))
                .isEmpty();
    }

    @Test
    void an_update_reaches_a_starting_instance_too() {
        var handle = starting(Starts.app("a"));
        agent.launched(handle, ADDRESS);
        assertThat(
                        routes(
                                agent.update(
                                        new DeaUpdate(
                                                "a", List.of("new.localhost"), "v2", Map.of()),
                                        now)))
                .isEmpty();
        assertThat(routes(agent.healthy(handle, now))).containsExactly("+[new.localhost]");
    }

    @Test
    void uris_with_a_route_service_are_registered_apart() {
        var handle =
                running(
                        Starts.app("a")
                                .uris("plain.localhost", "guarded.localhost")
                                .routeServices(
                                        Map.of("guarded.localhost", "https://guard.example")));
        assertThat(agent.endpoints())
                .extracting(RouterRegister::uris)
                .containsExactly(List.of("plain.localhost"), List.of("guarded.localhost"));
        assertThat(agent.endpoints().getLast().routeServiceUrl())
                .isEqualTo("https://guard.example");
        assertThat(routes(agent.stop(DeaStop.app("a"), now))).hasSize(2);
        assertThat(state(handle)).isEqualTo(Lifecycle.STOPPING);
    }

    @Test
    void it_is_found_with_statistics_only_while_running() {
        var handle = starting(Starts.app("a"));
        assertThat(agent.find(FindDroplet.stats("a", "v1"), now)).isEmpty();
        agent.launched(handle, ADDRESS);
        agent.healthy(handle, now.plusSeconds(1));
        agent.sampled(
                handle, new InstanceStats.Usage("2026-01-01 00:00:05 +0000", 0.5, 1000, 2000));
        var found = agent.find(FindDroplet.stats("a", "v1"), now.plusSeconds(30)).getFirst();
        assertThat(found.staged()).isEqualTo("/" + found.instance());
        var stats = found.stats();
        assertThat(stats).isNotNull();
        assertThat(stats.uptimeSeconds()).isEqualTo(30);
        assertThat(stats.memoryQuotaBytes()).isEqualTo(64L << 20);
        assertThat(stats.usage()).isNotNull();
        assertThat(
                        agent.find(FindDroplet.inStates("a", "v1", InstanceState.RUNNING), now)
                                .getFirst()
                                .stats())
                .isNull();
        assertThat(agent.find(FindDroplet.stats("a", "v2"), now)).isEmpty();
    }

    @Test
    void the_emptier_answer_sooner_and_the_full_not_at_all() {
        assertThat(agent.discover(new DeaDiscover("a", null, new Limits(64, 64, 1), null)))
                .contains(Duration.ZERO);
        running(Starts.app("a"));
        assertThat(agent.discover(new DeaDiscover("a", null, new Limits(64, 64, 1), null)))
                .contains(Duration.ofMillis(35));
        assertThat(agent.discover(new DeaDiscover("a", null, new Limits(640, 64, 1), null)))
                .isEmpty();
    }

    @Test
    void only_the_newest_crash_of_an_app_is_kept_and_for_an_hour() {
        for (int i = 0; i < 3; i++) {
            var handle = running(Starts.app("a").index(i));
            now = now.plusSeconds(1);
            agent.exited(handle, Ending.exited(i), now);
        }
        var other = running(Starts.app("b"));
        agent.exited(other, Ending.exited(0), now);
        var reaped = of(agent.reap(false, now), Effect.DropCrash.class);
        assertThat(reaped).hasSize(2);
        assertThat(agent.heartbeat().instances())
                .extracting(DeaHeartbeat.Instance::index)
                .containsExactly(2, 0);
        assertThat(agent.reap(false, now.plus(Duration.ofHours(1)))).isEmpty();
        assertThat(
                        of(
                                agent.reap(false, now.plus(Duration.ofHours(1)).plusSeconds(1)),
                                Effect.DropCrash.class))
                .hasSize(2);
        assertThat(agent.instances()).isEmpty();
    }

    @Test
    void under_pressure_the_oldest_crash_goes_at_each_look() {
        for (var app : List.of("a", "b", "c")) {
            now = now.plusSeconds(1);
            agent.exited(running(Starts.app(app).limits(1, 1)), Ending.exited(1), now);
        }
        agent.reap(true, now);
        assertThat(agent.instances()).extracting(Instance::app).containsExactly("b", "c");
        agent.reap(true, now);
        assertThat(agent.instances()).extracting(Instance::app).containsExactly("c");
    }

    @Test
    void a_stop_that_hangs_is_tried_again() {
        var handle = running(Starts.app("a"));
        agent.stop(DeaStop.app("a"), now);
        assertThat(agent.reap(false, now.plusSeconds(60))).isEmpty();
        assertThat(of(agent.reap(false, now.plusSeconds(61)), Effect.Stop.class))
                .containsExactly(new Effect.Stop(handle, Duration.ZERO));
    }

    @Test
    void evacuating_instances_serve_until_they_are_told_to_stop() {
        var serving = running(Starts.app("a"));
        var coming = starting(Starts.app("b"));
        agent.launched(coming, ADDRESS);
        var effects = agent.evacuate(now);
        assertThat(said(effects, DeaShutdown.class).getFirst().instancesByApp())
                .containsOnlyKeys("a", "b");
        assertThat(said(effects, DropletExited.class))
                .extracting(DropletExited::reason)
                .containsExactly("DEA_EVACUATION", "DEA_EVACUATION");
        assertThat(said(effects, DeaHeartbeat.class).getFirst().instances())
                .extracting(DeaHeartbeat.Instance::state)
                .containsOnly(InstanceState.EVACUATING);
        assertThat(routes(effects)).isEmpty();
        assertThat(agent.advertise()).isEmpty();
        assertThat(agent.start(Starts.app("c").message(), now)).isEmpty();
        assertThat(routes(agent.healthy(coming, now))).containsExactly("+[b.localhost]");
        assertThat(agent.endpoints()).hasSize(2);
        assertThat(said(agent.evacuate(now), DropletExited.class)).isEmpty();
        assertThat(said(agent.evacuation(now), DeaHeartbeat.class)).hasSize(1);

        agent.stop(DeaStop.app("a"), now);
        agent.stopped(serving, now);
        agent.exited(coming, Ending.exited(1), now);
        assertThat(agent.evacuation(now)).containsExactly(new Effect.Leave());
    }

    @Test
    void an_evacuation_that_takes_too_long_ends() {
        running(Starts.app("a"));
        agent.evacuate(now);
        assertThat(said(agent.evacuation(now.plus(Duration.ofMinutes(9))), DeaHeartbeat.class))
                .hasSize(1);
        assertThat(agent.evacuation(now.plus(Duration.ofMinutes(10))))
                .containsExactly(new Effect.Leave());
    }

    @Test
    void a_retired_one_runs_on_but_asks_for_nothing() {
        running(Starts.app("a"));
        assertThat(said(agent.retire(), DeaShutdown.class)).hasSize(1);
        assertThat(agent.advertise()).isEmpty();
        assertThat(agent.heartbeat().instances()).hasSize(1);
        assertThat(agent.evacuation(now)).isEmpty();
    }

    @Test
    void a_shutdown_stops_everything_once() {
        var one = running(Starts.app("a"));
        var two = starting(Starts.app("b"));
        var effects = agent.shutdown(now);
        assertThat(effects.getFirst()).isInstanceOf(Effect.Say.class);
        assertThat(said(effects, DeaShutdown.class)).hasSize(1);
        assertThat(of(effects, Effect.Stop.class))
                .extracting(Effect.Stop::handle)
                .containsExactly(one, two);
        assertThat(agent.shutdown(now)).isEmpty();
        agent.stopped(one, now);
        agent.stopped(two, now);
        assertThat(agent.isEmpty()).isTrue();
    }

    @Test
    void the_next_agent_goes_on_where_this_one_was_killed() {
        var running = running(Starts.app("run"));
        var stopping = running(Starts.app("stop").limits(1, 1));
        agent.stop(DeaStop.app("stop"), now);
        var starting = starting(Starts.app("start").limits(1, 1));
        var early = starting(Starts.app("early").limits(1, 1));
        var gone = running(Starts.app("gone").limits(1, 1));
        var crashed = running(Starts.app("crash").limits(1, 1));
        agent.exited(crashed, Ending.exited(9), now);
        var saved = agent.snapshot();
        assertThat(saved).hasSize(6);

        var next = agent();
        saved.forEach(next::resume);
        assertThat(next.resuming()).hasSize(5);
        assertThat(next.snapshot()).isEqualTo(saved);
        assertThat(next.heartbeat().instances())
                .extracting(DeaHeartbeat.Instance::app)
                .containsExactly("crash");
        var later = now.plusSeconds(5);
        var effects = new ArrayList<>(next.reattached(running, ADDRESS, later));
        assertThat(routes(effects)).containsExactly("+[run.localhost]");
        assertThat(of(next.reattached(stopping, ADDRESS, later), Effect.Stop.class)).hasSize(1);
        assertThat(of(next.reattached(starting, ADDRESS, later), Effect.Check.class)).hasSize(1);
        assertThat(of(next.relaunch(early, later), Effect.Launch.class)).hasSize(1);
        assertThat(said(next.exited(gone, Ending.lost(), later), DropletExited.class))
                .extracting(DropletExited::exitDescription)
                .containsExactly("cannot be determined");
        assertThat(next.resuming()).isEmpty();
        assertThat(next.reattached(running, ADDRESS, later)).isEmpty();
        var beats = next.heartbeat().instances();
        var before = agent.heartbeat().instances();
        assertThat(beats.getFirst()).isEqualTo(before.getFirst());
        assertThat(beats)
                .extracting(DeaHeartbeat.Instance::state)
                .containsExactly(
                        InstanceState.RUNNING,
                        InstanceState.STARTING,
                        InstanceState.STARTING,
                        InstanceState.CRASHED,
                        InstanceState.CRASHED);
    }
}

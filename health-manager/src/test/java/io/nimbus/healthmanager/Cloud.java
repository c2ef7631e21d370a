package io.nimbus.healthmanager;

import static java.util.Objects.requireNonNull;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.healthmanager.policy.DesiredApp;
import io.nimbus.healthmanager.policy.DesiredState;
import io.nimbus.healthmanager.policy.DesiredStateSource;
import io.nimbus.healthmanager.policy.DesiredStateUnavailableException;
import io.nimbus.subjects.AppState;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.DropletUpdated;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceState;
import io.nimbus.subjects.InstanceStopRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A health manager with a controller that knows what is wanted and DEAs that report what the test
 * puts on them. Nobody obeys: what is asked for is written down with the time, in seconds since the
 * last {@link #mark}.
 */
final class Cloud {
    static final String V1 = "v1";
    static final String V2 = "v2";

    final VirtualTime time = new VirtualTime();
    final InMemoryBus bus = new InMemoryBus(time, new Random(1));
    final Map<String, DesiredApp> wanted = new LinkedHashMap<>();
    final List<Start> starts = new ArrayList<>();
    final List<Stop> stops = new ArrayList<>();
    final InMemoryBus.Endpoint observer = bus.connect("observer");
    final Map<String, Integer> fetches = new LinkedHashMap<>();
    Consumer<Start> onStart = start -> {};
    boolean controllerAnswers = true;

    private final String yaml;
    private Instant mark = time.instant();
    private int ids;
    private int guids;

    record Start(double at, String app, String version, int index) {}

    record Stop(double at, String instance, int index, boolean duplicate) {}

    Cloud() {
        this("");
    }

    /**
     * @param yaml configuration that differs from the defaults
     */
    Cloud(String yaml) {
        this.yaml = yaml;
        observer.subscribe(
                InstanceStartRequest.SUBJECT,
                m -> {
                    var start = new Start(since(), m.app(), m.version(), m.index());
                    starts.add(start);
                    onStart.accept(start);
                });
        observer.subscribe(
                InstanceStopRequest.SUBJECT,
                m -> stops.add(new Stop(since(), m.instance(), m.index(), m.duplicate())));
    }

    HealthManagerConfig config() {
        try {
            return HealthManagerConfig.read(
                    Config.parse(
                            "nats: {password: none}\n" + withController(yaml),
                            "test",
                            "health-manager",
                            Map.of()));
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static String withController(String yaml) {
        return yaml.contains("controller:")
                ? yaml
                : "controller: {url: 'http://localhost:8181'}\n" + yaml;
    }

    /** A health manager with a connection of its own. */
    final class Manager {
        final InMemoryBus.Endpoint connection;
        final HealthManager process;

        Manager(String name) {
            connection = bus.connect(name);
            process =
                    new HealthManager(
                            config(), connection, time, source(name), () -> "id-" + ids++);
            process.start();
        }

        long figure(String name) {
            return ((Number) requireNonNull(process.varz().get(name), name)).longValue();
        }

        boolean leads() {
            return Boolean.TRUE.equals(process.varz().get("leader"));
        }

        /** As kill -9 would: it says nothing any more and hears nothing. */
        void kill() {
            connection.disconnect();
        }
    }

    Manager manager() {
        return manager("hm");
    }

    Manager manager(String name) {
        return new Manager(name);
    }

    private DesiredStateSource source(String name) {
        return () -> {
            fetches.merge(name, 1, Integer::sum);
            if (!controllerAnswers) {
                throw new DesiredStateUnavailableException("the controller answers 500");
            }
            return new DesiredState(wanted);
        };
    }

    /** What a controller is told of an app's first version. */
    AppState ask(String app) {
        return observer.gather(
                        AppState.SUBJECT, new AppState.Query(app, V1), 1, Duration.ofSeconds(2))
                .getFirst();
    }

    /** How often the health manager has asked the controller. */
    int fetches() {
        return fetches.getOrDefault("hm", 0);
    }

    /** Wanted from the next fetch on. */
    void app(String app, int instances) {
        app(app, V1, instances, "STARTED", "STAGED");
    }

    void app(String app, String version, int instances, String state, String packageState) {
        wanted.put(app, new DesiredApp(app, version, instances, 64, state, packageState));
    }

    void updated(String app) {
        observer.publish(DropletUpdated.SUBJECT, new DropletUpdated(app, null));
        time.settle();
    }

    Dea dea(String id) {
        return new Dea(id);
    }

    /** Beats at once and then every 10 s. */
    final class Dea {
        final String id;
        final InMemoryBus.Endpoint connection;
        final List<Running> instances = new ArrayList<>();
        private boolean alive = true;

        Dea(String id) {
            this.id = id;
            connection = bus.connect("dea-" + id);
            connection.subscribe(DeaHeartbeat.WANTED, poke -> beat());
            time.every(Duration.ofSeconds(10), this::beat);
            beat();
        }

        void beat() {
            if (alive) {
                connection.publish(
                        DeaHeartbeat.SUBJECT,
                        new DeaHeartbeat(
                                id,
                                instances.stream()
                                        .map(i ->
                                                new DeaHeartbeat.Instance(
                                                        "default", i.app, i.version, i.guid,
                                                        i.index, i.state, i.since))
                                        .toList()));
            }
        }

        void die() {
            alive = false;
        }

        void live() {
            alive = true;
        }

        Running runs(String app, int index) {
            return has(app, V1, index, InstanceState.RUNNING);
        }

        Running has(String app, String version, int index, InstanceState state) {
            var instance = new Running(this, app, version, "guid-" + guids++, index);
            instance.state = state;
            instance.since = seconds();
            instances.add(instance);
            return instance;
        }
    }

    /** An instance as its DEA reports it. */
    final class Running {
        final Dea dea;
        final String app;
        final String version;
        final String guid;
        final int index;
        InstanceState state = InstanceState.STARTING;
        double since;

        Running(Dea dea, String app, String version, String guid, int index) {
            this.dea = dea;
            this.app = app;
            this.version = version;
            this.guid = guid;
            this.index = index;
        }

        void becomes(InstanceState next) {
            state = next;
            since = seconds();
            dea.beat();
            time.settle();
        }

        void vanishes() {
            dea.instances.remove(this);
            dea.beat();
            time.settle();
        }

        void exits(String reason) {
            dea.connection.publish(
                    DropletExited.SUBJECT,
                    new DropletExited(
                            "default", app, version, guid, index, reason, 1, "exited", null));
            time.settle();
        }
    }

    private double seconds() {
        return time.instant().toEpochMilli() / 1000.0;
    }

    private double since() {
        return Duration.between(mark, time.instant()).toMillis() / 1000.0;
    }

    /** Long enough for everything to be fresh; then nothing has been asked for yet. */
    void warmUp() {
        run(41);
        mark();
    }

    void mark() {
        mark = time.instant();
        starts.clear();
        stops.clear();
    }

    void run(double seconds) {
        time.advance(Duration.ofMillis((long) (seconds * 1000)));
    }

    /** Until that many seconds after the mark. */
    void runUntil(double seconds) {
        run(seconds - since());
    }
}

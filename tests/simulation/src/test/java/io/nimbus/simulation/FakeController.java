package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.Timers;
import io.nimbus.healthmanager.policy.DesiredState;
import io.nimbus.healthmanager.policy.DesiredStateUnavailableException;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.DeaStop;
import io.nimbus.subjects.DropletUpdated;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import io.nimbus.subjects.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** Obeys the health manager by the {@link RequestRules} and puts instances on DEAs at random. */
final class FakeController implements Controller {
    private static final Duration ADVERT_LIFE = Duration.ofSeconds(10);

    private final InMemoryBus.Endpoint bus;
    private final Timers timers;
    private final RandomGenerator random;
    private final Database database;
    private final RequestRules rules;
    private final Consumer<InstanceStopRequest> onStop;
    private final Map<String, Instant> adverts = new LinkedHashMap<>();
    private boolean down;

    /**
     * @param onStop hears of each stop that is obeyed, before it is carried out
     */
    FakeController(
            InMemoryBus.Endpoint bus,
            Timers timers,
            RandomGenerator random,
            Database database,
            RequestRules rules,
            Consumer<InstanceStopRequest> onStop) {
        this.bus = bus;
        this.timers = timers;
        this.random = random;
        this.database = database;
        this.rules = rules;
        this.onStop = onStop;
        bus.subscribe(DeaAdvertise.SUBJECT, m -> adverts.put(m.id(), timers.instant()));
        bus.subscribe(DeaShutdown.SUBJECT, m -> adverts.remove(m.id()));
        bus.subscribe(InstanceStartRequest.SUBJECT, "cc", this::start);
        bus.subscribe(InstanceStopRequest.SUBJECT, "cc", this::stop);
    }

    private void start(InstanceStartRequest request) {
        var app = database.app(request.app());
        if (rules.obeys(request, app)) {
            app.ifPresent(a -> place(a, request.index()));
        }
    }

    private void stop(InstanceStopRequest request) {
        if (rules.obeys(request, database.app(request.app()))) {
            onStop.accept(request);
            bus.publish(
                    DeaStop.SUBJECT,
                    DeaStop.instances(request.app(), List.of(request.instance())));
        }
    }

    private void place(Database.App app, int index) {
        var before = timers.instant().minus(ADVERT_LIFE);
        adverts.values().removeIf(at -> at.isBefore(before));
        if (!adverts.isEmpty()) {
            var deas = new ArrayList<>(adverts.keySet());
            bus.publish(
                    DeaStart.to(deas.get(random.nextInt(deas.size()))),
                    message(app.guid(), app.version(), index));
        }
    }

    private static DeaStart message(String app, String version, int index) {
        return new DeaStart(
                app, app, List.of(), false, null, null, null, version, index, List.of(),
                new Limits(64, 64, 64), List.of(), "default", false, null, null, null, Map.of(),
                List.of(), null, null, null, Map.of());
    }

    @Override
    public void tellOf(String app, int from) {
        database.app(app)
                .filter(Database.App::isStartable)
                .ifPresent(
                        a -> {
                            for (int index = from; index < a.instances(); index++) {
                                place(a, index);
                            }
                        });
        bus.publish(DropletUpdated.SUBJECT, new DropletUpdated(app, null));
    }

    @Override
    public void stopAll(String app) {
        bus.publish(DeaStop.SUBJECT, DeaStop.app(app));
        bus.publish(DropletUpdated.SUBJECT, new DropletUpdated(app, null));
    }

    @Override
    public void goDown() {
        down = true;
        bus.disconnect();
    }

    @Override
    public void comeUp() {
        down = false;
        bus.reconnect();
    }

    @Override
    public DesiredState fetch() throws DesiredStateUnavailableException {
        if (down) {
            throw new DesiredStateUnavailableException("the controller does not answer");
        }
        return database.state();
    }
}

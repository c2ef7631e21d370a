package io.nimbus.healthmanager;

import io.nimbus.bus.BucketSpec;
import io.nimbus.bus.BusUnavailableException;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.component.Health;
import io.nimbus.healthmanager.crashes.CrashCountStore;
import io.nimbus.healthmanager.desired.DesiredStateFetcher;
import io.nimbus.healthmanager.lease.LeaderLease;
import io.nimbus.healthmanager.policy.CrashCount;
import io.nimbus.healthmanager.policy.DesiredStateSource;
import io.nimbus.healthmanager.policy.DesiredStateUnavailableException;
import io.nimbus.healthmanager.policy.HealthPolicy;
import io.nimbus.healthmanager.policy.HealthRequest;
import io.nimbus.subjects.AppState;
import io.nimbus.subjects.DeaAdvertise;
import io.nimbus.subjects.DeaHeartbeat;
import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.DropletUpdated;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.EnvelopeBatch;
import io.nimbus.subjects.log.Gauge;
import io.nimbus.subjects.log.GaugeValue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shell around {@link HealthPolicy}: hands it what the bus and the controller say, asks it each
 * second what to send, and sends that if this health manager holds the lease.
 *
 * <p>The policy has one lock, taken for each call and never while anything blocks: fetching, saving
 * and sending happen outside it.
 */
final class HealthManager implements Component {
    private static final Logger log = LoggerFactory.getLogger(HealthManager.class);

    /** As the original: all health managers share the questions. */
    private static final String QUEUE = "hm9000";

    private static final String SOURCE = "health-manager";

    /** Between two looks at what is due: an urgent start waits no longer. */
    private static final Duration TICK = Duration.ofSeconds(1);

    private static final Duration FIGURES = Duration.ofSeconds(15);

    private final HealthManagerConfig config;
    private final MessageBus bus;
    private final Timers timers;
    private final DesiredStateSource source;
    private final Supplier<String> ids;
    private final HealthPolicy policy;
    private final LeaderLease lease;
    private final CrashCountStore crashes;
    private final DesiredStateFetcher fetcher;
    private final List<AutoCloseable> parts = new ArrayList<>();
    private volatile Optional<String> controllerFault = Optional.of("not asked yet");
    private volatile Optional<String> storeFault = Optional.empty();
    private volatile long fetchMillis;
    private boolean connectedBefore;

    /**
     * @param ids a new message id at each call
     */
    HealthManager(
            HealthManagerConfig config,
            MessageBus bus,
            Timers timers,
            DesiredStateSource source,
            Supplier<String> ids) {
        this.config = config;
        this.bus = bus;
        this.timers = timers;
        this.source = source;
        this.ids = ids;
        policy = new HealthPolicy(config.policy(), config.partition());
        var bucket = bus.bucket(new BucketSpec("health_manager", config.policy().crashMemory()));
        lease = new LeaderLease(bucket, ids.get(), config.lease(), timers);
        crashes = new CrashCountStore(bucket);
        fetcher =
                new DesiredStateFetcher(
                        timers,
                        config.fetchPeriod(),
                        config.fetchSpacing(),
                        config.fetchRetry(),
                        this::fetch);
    }

    void reportTo(Health health) {
        health.check("controller", () -> controllerFault);
        health.check("lease", () -> storeFault);
    }

    @Override
    public void start() {
        // One lane, so that what one DEA says is taken in the order in which it was said.
        var lane = bus.lane("health");
        parts.add(lane);
        hear(lane.subscribe(DeaHeartbeat.SUBJECT, m -> tell(p -> p.heartbeat(m, now()))));
        hear(lane.subscribe(DeaAdvertise.SUBJECT, m -> tell(p -> p.advertised(m, now()))));
        hear(lane.subscribe(DeaShutdown.SUBJECT, m -> tell(p -> p.leaving(m.id()))));
        hear(lane.subscribe(DropletExited.SUBJECT, m -> tell(p -> p.exited(m, now()))));
        hear(lane.subscribe(DropletUpdated.SUBJECT, this::updated));
        hear(
                bus.answer(
                        AppState.SUBJECT,
                        QUEUE,
                        (query, replier) -> replier.reply(ask(p -> p.state(query, now())))));
        hear(
                bus.answer(
                        AppState.BULK,
                        QUEUE,
                        (queries, replier) -> replier.reply(ask(p -> p.states(queries, now())))));
        every(lease.period(), this::lease);
        every(config.policy().analysis(), this::analyse);
        every(TICK, this::tick);
        every(FIGURES, this::publishFigures);
        fetcher.start();
        bus.onConnect(this::connected);
    }

    private void hear(MessageBus.Subscription subscription) {
        parts.add(subscription);
    }

    private void every(Duration period, Runnable task) {
        var repeating = timers.every(period, task);
        parts.add(repeating::cancel);
    }

    private Instant now() {
        return timers.instant();
    }

    private void tell(Consumer<HealthPolicy> event) {
        synchronized (policy) {
            event.accept(policy);
        }
    }

    private <T> T ask(Function<HealthPolicy, T> question) {
        synchronized (policy) {
            return question.apply(policy);
        }
    }

    private void connected() {
        boolean first;
        synchronized (policy) {
            first = !connectedBefore;
            connectedBefore = true;
            policy.busBack(now());
        }
        if (first) {
            // Saves the wait for each DEA's next heartbeat.
            bus.publish(DeaHeartbeat.WANTED, Poke.POKE);
        }
        timers.after(Duration.ZERO, this::lease);
        if (controllerFault.isPresent()) {
            fetcher.soon();
        }
    }

    private void updated(DropletUpdated message) {
        tell(p -> p.updated(message.app()));
        fetcher.soon();
    }

    /**
     * @return whether it succeeded
     */
    private boolean fetch() {
        var begun = now();
        var fetch = ask(p -> p.fetchBegins(begun));
        try {
            var state = source.fetch();
            tell(p -> p.desired(fetch, state, now()));
            fetchMillis = Duration.between(begun, now()).toMillis();
            if (controllerFault.isPresent()) {
                log.info("desired state is known: {} apps", state.apps().size());
            }
            controllerFault = Optional.empty();
            learnCrashes();
            return true;
        } catch (DesiredStateUnavailableException e) {
            var fault = Optional.of(String.valueOf(e.getMessage()));
            if (!controllerFault.equals(fault)) {
                log.warn("desired state cannot be fetched: {}", e.getMessage());
            }
            controllerFault = fault;
            return false;
        }
    }

    /** One who does not act answers questions all the same. */
    private void learnCrashes() {
        if (!lease.isHeld()) {
            try {
                var saved = crashes.load();
                tell(p -> p.learn(saved));
            } catch (BusUnavailableException e) {
                log.debug("the crash counts are not known here", e);
            }
        }
    }

    private void lease() {
        try {
            lease.renew();
            if (lease.isHeld() && !ask(HealthPolicy::isLeading)) {
                var counts = crashes.load();
                tell(p -> p.lead(counts));
            }
            storeFault = Optional.empty();
        } catch (BusUnavailableException e) {
            log.debug("no lease", e);
            storeFault =
                    Optional.of(
                            "the bus does not keep who acts, so nobody does: " + e.getMessage());
        }
        resignIfLost();
    }

    private void resignIfLost() {
        tell(p -> {
            if (p.isLeading() && !lease.isHeld()) {
                log.warn("this health manager acts no longer");
                p.follow();
            }
        });
    }

    private void analyse() {
        tell(p -> p.analyse(now()));
    }

    private void tick() {
        if (!bus.isConnected()) {
            tell(HealthPolicy::busAway);
            return;
        }
        resignIfLost();
        List<HealthRequest> requests;
        List<CrashCount> unsaved;
        synchronized (policy) {
            policy.watch(now()).forEach(log::warn);
            requests = policy.send(now());
            unsaved = policy.takeUnsaved();
        }
        // Saved first: a crash that was answered and not counted would be answered again.
        try {
            crashes.save(unsaved);
        } catch (BusUnavailableException e) {
            log.warn("crash counts are not saved yet: {}", e.getMessage());
            tell(p -> p.notSaved(unsaved));
        }
        requests.forEach(this::send);
    }

    private void send(HealthRequest request) {
        switch (request) {
            case HealthRequest.Start start -> {
                log.info(
                        "asks to start app {} version {} index {}: {}",
                        start.key().app(),
                        start.key().version(),
                        start.index(),
                        start.reason());
                bus.publish(
                        InstanceStartRequest.SUBJECT,
                        new InstanceStartRequest(
                                ids.get(),
                                start.key().app(),
                                start.key().version(),
                                start.index()));
            }
            case HealthRequest.Stop stop -> {
                log.info(
                        "asks to stop app {} version {} index {} instance {}: {}",
                        stop.key().app(),
                        stop.key().version(),
                        stop.index(),
                        stop.instance(),
                        stop.reason());
                bus.publish(
                        InstanceStopRequest.SUBJECT,
                        new InstanceStopRequest(
                                ids.get(),
                                stop.key().app(),
                                stop.key().version(),
                                stop.instance(),
                                stop.index(),
                                stop.reason().isDuplicate()));
            }
        }
    }

    /** For the firehose: the gauges of the last analysis, by the one who acts. */
    private void publishFigures() {
        if (!ask(HealthPolicy::isLeading)) {
            return;
        }
        var gauge = Gauge.newBuilder();
        ask(HealthPolicy::figures)
                .gauges()
                .forEach((name, value) ->
                        gauge.putMetrics(
                                name,
                                GaugeValue.newBuilder().setUnit("Metric").setValue(value).build()));
        var time = now();
        bus.publish(
                Logs.platform(SOURCE),
                EnvelopeBatch.newBuilder()
                        .addBatch(
                                Envelope.newBuilder()
                                        .setTimestamp(
                                                time.getEpochSecond() * 1_000_000_000L
                                                        + time.getNano())
                                        .setSourceId(SOURCE)
                                        .setInstanceId(String.valueOf(config.index()))
                                        .setGauge(gauge))
                        .build());
    }

    /** What this process adds to {@code /varz}. */
    Map<String, Object> varz() {
        synchronized (policy) {
            var fields = new LinkedHashMap<String, Object>();
            var figures = policy.figures();
            fields.putAll(figures.gauges());
            fields.putAll(figures.counters());
            fields.put("DesiredStateSyncTimeInMilliseconds", fetchMillis);
            fields.put("leader", policy.isLeading());
            fields.put("actual_state_fresh", policy.isActualFresh(now()));
            fields.put("desired_state_fresh", policy.isDesiredFresh(now()));
            fields.put("deas", policy.deas());
            fields.put("mass_failure_hold", policy.isHolding());
            fields.put("waiting_starts", policy.waitingStarts());
            fields.put("waiting_stops", policy.waitingStops());
            return fields;
        }
    }

    @Override
    public void close() {
        fetcher.close();
        for (var part : parts.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                log.debug("not closed in good order", e);
            }
        }
        tell(HealthPolicy::follow);
        lease.release();
    }
}

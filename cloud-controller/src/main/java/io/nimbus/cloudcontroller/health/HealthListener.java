package io.nimbus.cloudcontroller.health;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SPACES;

import io.nimbus.bus.BusUnavailableException;
import io.nimbus.bus.MessageBus;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.cloudcontroller.events.Audit;
import io.nimbus.cloudcontroller.policy.HealthPolicy;
import io.nimbus.cloudcontroller.running.Deas;
import io.nimbus.cloudcontroller.running.RunnableApp;
import io.nimbus.cloudcontroller.running.RunnableApps;
import io.nimbus.component.Component;
import io.nimbus.database.Database;
import io.nimbus.database.DatabaseUnavailableException;
import io.nimbus.subjects.BulkCredentials;
import io.nimbus.subjects.DropletExited;
import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears the health manager's requests and the DEAs' crash reports. They are taken by a few threads
 * from a bounded queue: a storm of requests must neither exhaust the database's connections nor
 * grow without end, and what is dropped the health manager asks for again.
 */
public final class HealthListener implements Component {
    private static final Logger log = LoggerFactory.getLogger(HealthListener.class);

    /** Every controller hears each crash; one of them notes it. */
    private static final String CRASH_QUEUE = "crash_event_registration";

    private static final String QUEUE = "cc";
    private static final int WORKERS = 4;
    private static final int WAITING = 20_000;

    private final MessageBus bus;
    private final Database database;
    private final RunnableApps apps;
    private final Deas deas;
    private final Audit audit;
    private final BulkCredentials credentials;
    private final String partition;
    private final BlockingQueue<Runnable> waiting = new ArrayBlockingQueue<>(WAITING);
    private final AtomicLong dropped = new AtomicLong();
    private @Nullable List<Thread> workers;

    public HealthListener(
            MessageBus bus,
            Database database,
            RunnableApps apps,
            Deas deas,
            Audit audit,
            BulkCredentials credentials,
            String partition) {
        this.bus = bus;
        this.database = database;
        this.apps = apps;
        this.deas = deas;
        this.audit = audit;
        this.credentials = credentials;
        this.partition = partition;
    }

    @Override
    public void start() {
        workers =
                IntStream.range(0, WORKERS)
                        .mapToObj(i -> Thread.ofVirtual().name("health-" + i).start(this::work))
                        .toList();
        bus.subscribe(InstanceStartRequest.SUBJECT, QUEUE, request -> take(() -> start(request)));
        bus.subscribe(InstanceStopRequest.SUBJECT, QUEUE, request -> take(() -> stop(request)));
        bus.subscribe(
                DropletExited.SUBJECT,
                CRASH_QUEUE,
                exited -> {
                    if (exited.isCrash()) {
                        take(() -> crashed(exited));
                    }
                });
        bus.answer(
                BulkCredentials.of(partition), (question, replier) -> replier.reply(credentials));
    }

    private void take(Runnable work) {
        if (!waiting.offer(work) && dropped.getAndIncrement() % 1000 == 0) {
            log.warn(
                    "more requests of the health manager than can be taken; {} dropped so far",
                    dropped.get());
        }
    }

    /** Requests that were not taken. */
    public long dropped() {
        return dropped.get();
    }

    private void work() {
        while (true) {
            try {
                waiting.take().run();
            } catch (InterruptedException e) {
                return;
            } catch (DatabaseUnavailableException | BusUnavailableException e) {
                log.warn("a request of the health manager is lost: {}", e.getMessage());
            } catch (RuntimeException e) {
                log.error("a request of the health manager failed", e);
            }
        }
    }

    private static HealthPolicy.Desired desired(RunnableApp app) {
        return new HealthPolicy.Desired(
                app.version(),
                app.instances(),
                app.started(),
                app.staged(),
                app.failed(),
                app.dropletHash() != null);
    }

    private Optional<RunnableApp> find(String guid) {
        return database.read(dsl -> apps.find(dsl, guid));
    }

    private void start(InstanceStartRequest request) {
        var app = find(request.app());
        if (!HealthPolicy.allowsStart(app.map(HealthListener::desired), request)) {
            log.info(
                    "app {}: refused to start instance {} of version {} ({})",
                    request.app(),
                    request.index(),
                    request.version(),
                    request.message());
            return;
        }
        try {
            app.ifPresent(found -> deas.startWhatFits(found, List.of(request.index())));
        } catch (CloudException e) {
            log.warn(
                    "app {}: instance {} cannot be started: {}",
                    request.app(),
                    request.index(),
                    e.description());
        }
    }

    private void stop(InstanceStopRequest request) {
        if (!HealthPolicy.allowsStop(find(request.app()).map(HealthListener::desired), request)) {
            log.info(
                    "app {}: refused to stop instance {} at index {} ({})",
                    request.app(),
                    request.instance(),
                    request.index(),
                    request.message());
            return;
        }
        deas.stopInstance(request.app(), request.instance());
    }

    private void crashed(DropletExited exited) {
        database.inTransaction(tx ->
                tx.select(APPS.NAME, APPS.SPACE_GUID, SPACES.ORGANIZATION_GUID)
                        .from(APPS)
                        .join(SPACES)
                        .on(SPACES.GUID.eq(APPS.SPACE_GUID))
                        .where(APPS.GUID.eq(exited.app()))
                        .fetchOptional()
                        .ifPresent(app -> {
                            var metadata = new LinkedHashMap<String, @Nullable Object>();
                            metadata.put("instance", exited.instance());
                            metadata.put("index", exited.index());
                            metadata.put("exit_status", exited.exitStatus());
                            metadata.put("exit_description", exited.exitDescription());
                            metadata.put("reason", exited.reason());
                            audit.happened(
                                    tx,
                                    "app.crash",
                                    new Audit.Actee(exited.app(), "app", app.value1()),
                                    new Audit.Place(app.value2(), app.value3()),
                                    metadata);
                        }));
    }

    @Override
    public void close() {
        if (workers != null) {
            workers.forEach(Thread::interrupt);
        }
    }
}

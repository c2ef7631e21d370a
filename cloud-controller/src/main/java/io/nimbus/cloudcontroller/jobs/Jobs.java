package io.nimbus.cloudcontroller.jobs;

import static io.nimbus.cloudcontroller.ccdb.Tables.JOBS;
import static org.jooq.JSONB.jsonb;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.cloudcontroller.rest.Caller;
import io.nimbus.cloudcontroller.rest.Endpoints;
import io.nimbus.cloudcontroller.rest.Engine;
import io.nimbus.cloudcontroller.rest.HttpApi;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.Route;
import io.nimbus.component.Component;
import io.nimbus.database.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Work that any controller does, once, and that a killed controller does not take with it. What is
 * wanted is written in the transaction that wants it; an error of the catalogue ends a job as
 * failed, anything else is tried again with a growing pause, {@value #ATTEMPTS} times in all.
 */
public final class Jobs implements Component, Engine.Background, Endpoints {
    private static final Logger log = LoggerFactory.getLogger(Jobs.class);
    private static final String TASK = "job";
    private static final int ATTEMPTS = 8;
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final int MISSED_HEARTBEATS = 4;
    private static final Duration KEEP_FAILED = Duration.ofDays(31);
    private static final String DELETE = "delete";

    /** Does a kind of job. It may run more than once. */
    public interface Work<T> {
        void run(T data) throws Exception;
    }

    /**
     * What the scheduler keeps of a job.
     *
     * @param data JSON
     * @param tracked whether a client polls it
     */
    record Order(String operation, String data, boolean tracked) {}

    /** A delete that goes on after its request. */
    record DeleteOrder(
            String resource,
            String guid,
            boolean recursive,
            @Nullable String caller,
            @Nullable String email,
            @Nullable String name,
            Set<String> scopes) {}

    private record Kind<T>(Class<T> type, Work<T> work) {
        void run(String data) throws Exception {
            work.run(Json.MAPPER.readValue(data, type));
        }
    }

    private final Database database;
    private final InstantSource clock;
    private final Supplier<String> guids;
    private final int threads;
    private final Map<String, Kind<?>> kinds = new LinkedHashMap<>();
    private final List<RecurringTask<?>> recurring = new ArrayList<>();
    private final Map<String, CountDownLatch> watched = new ConcurrentHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final OneTimeTask<Order> task;
    private volatile @Nullable Scheduler scheduler;

    public Jobs(Database database, InstantSource clock, Supplier<String> guids, int threads) {
        this.database = database;
        this.clock = clock;
        this.guids = guids;
        this.threads = threads;
        this.task =
                Tasks.oneTime(TASK, Order.class)
                        .onFailure(new Retry())
                        .onDeadExecutionRevive()
                        .execute(this::execute);
        every("jobs.forget", Duration.ofHours(6), this::forgetFailed);
    }

    /** Names a kind of job and who does it; before the start. */
    public <T> void register(String operation, Class<T> type, Work<T> work) {
        kinds.put(operation, new Kind<>(type, work));
    }

    /** Makes deletes possible; before the start. */
    public void deletesBy(Engine engine) {
        register(
                DELETE,
                DeleteOrder.class,
                order -> {
                    var caller =
                            new Caller(order.caller(), order.email(), order.name(), order.scopes());
                    try {
                        engine.delete(
                                engine.resources().named(order.resource()),
                                order.guid(),
                                order.recursive(),
                                caller,
                                (name, value) -> {});
                    } catch (CloudException e) {
                        if (e.error() != engine.resources().named(order.resource()).notFound()) {
                            throw e;
                        }
                        log.debug("{} {} is gone already", order.resource(), order.guid());
                    }
                });
    }

    /** Something to do on one controller, again and again; before the start. */
    public void every(String name, Duration pause, Runnable work) {
        recurring.add(
                Tasks.recurring(name, FixedDelay.of(pause))
                        .execute((instance, context) -> work.run()));
    }

    // --- Wanting
    // -------------------------------------------------------------------------------------

    /** A job that a client polls: its document. */
    public Map<String, Object> enqueue(DSLContext tx, String operation, Object data) {
        var guid = guids.get();
        var now = clock.instant();
        tx.insertInto(JOBS)
                .set(JOBS.GUID, guid)
                .set(JOBS.OPERATION, operation)
                .set(JOBS.CREATED_AT, now)
                .execute();
        schedule(tx, guid, operation, data, true, now);
        return document(guid, now, "queued", null);
    }

    /** A job that nobody asks for. */
    public void run(DSLContext tx, String operation, Object data) {
        schedule(tx, guids.get(), operation, data, false, clock.instant());
    }

    /** The same, not before this time. */
    public void runAt(DSLContext tx, String operation, Object data, Instant time) {
        schedule(tx, guids.get(), operation, data, false, time);
    }

    private void schedule(
            DSLContext tx,
            String guid,
            String operation,
            Object data,
            boolean tracked,
            Instant time) {
        if (!kinds.containsKey(operation)) {
            throw new IllegalStateException("nobody does " + operation);
        }
        tx.connection(connection ->
                SchedulerClient.Builder.create(new BorrowedConnection(connection), task)
                        .serializer(new JsonSerializer())
                        .jdbcCustomization(new PostgreSqlJdbcCustomization(false, true))
                        .build()
                        .schedule(
                                new TaskInstance<>(
                                        TASK,
                                        guid,
                                        new Order(operation, Json.write(data), tracked)),
                                time,
                                SchedulerClient.ScheduleOptions.defaultOptions()));
    }

    @Override
    public Map<String, Object> delete(
            DSLContext tx, Resource resource, String guid, boolean recursive, Caller caller) {
        return enqueue(
                tx,
                DELETE,
                new DeleteOrder(
                        resource.name(),
                        guid,
                        recursive,
                        caller.guid(),
                        caller.email(),
                        caller.name(),
                        caller.scopes()));
    }

    /**
     * Gives a job that was just stored a moment to end, so that its client's first look finds it
     * done. Most jobs are quick, and clients look again only after seconds.
     */
    public void settle(Map<String, Object> document) {
        if (!(document.get("metadata") instanceof Map<?, ?> metadata)
                || !(metadata.get("guid") instanceof String guid)) {
            return;
        }
        var running = scheduler;
        if (running == null) {
            return;
        }
        var done = watched.computeIfAbsent(guid, g -> new CountDownLatch(1));
        try {
            running.triggerCheckForDueExecutions();
            if (!done.await(1, TimeUnit.SECONDS)) {
                log.debug("job {} goes on", guid);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watched.remove(guid);
        }
    }

    // --- Doing
    // ---------------------------------------------------------------------------------------

    @Override
    public void start() {
        Thread.ofVirtual()
                .name("jobs-start")
                .start(() -> {
                    while (!database.isReady()) {
                        if (closed.get()) {
                            return;
                        }
                        try {
                            Thread.sleep(POLL);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            return;
                        }
                    }
                    begin();
                });
    }

    private synchronized void begin() {
        if (closed.get()) {
            return;
        }
        var started =
                Scheduler.create(database.dataSource(), task)
                        .startTasks(recurring)
                        .serializer(new JsonSerializer())
                        .jdbcCustomization(new PostgreSqlJdbcCustomization(false, true))
                        .pollUsingLockAndFetch(0.5, 1.0)
                        .pollingInterval(POLL)
                        .heartbeatInterval(HEARTBEAT)
                        .missedHeartbeatsLimit(MISSED_HEARTBEATS)
                        .threads(threads)
                        .shutdownMaxWait(Duration.ofSeconds(5))
                        .build();
        started.start();
        scheduler = started;
    }

    private void execute(TaskInstance<Order> instance, ExecutionContext context) {
        var guid = instance.getId();
        var order = instance.getData();
        var kind = kinds.get(order.operation());
        if (kind == null) {
            throw new IllegalStateException("nobody does " + order.operation());
        }
        try {
            if (order.tracked()) {
                database.read(dsl ->
                        dsl.update(JOBS)
                                .set(JOBS.STARTED_AT, clock.instant())
                                .where(JOBS.GUID.eq(guid))
                                .execute());
            }
            kind.run(order.data());
            if (order.tracked()) {
                database.read(dsl -> dsl.deleteFrom(JOBS).where(JOBS.GUID.eq(guid)).execute());
            }
            ended(guid);
        } catch (CloudException e) {
            log.info(
                    "job {} ({}) failed: {} {}",
                    guid,
                    order.operation(),
                    e.error(),
                    e.description());
            fail(guid, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException(e);
        }
    }

    private void fail(String guid, CloudException e) {
        database.read(dsl ->
                dsl.update(JOBS)
                        .set(JOBS.FAILED_AT, clock.instant())
                        .set(JOBS.ERROR, jsonb(Json.write(HttpApi.body(e))))
                        .where(JOBS.GUID.eq(guid))
                        .execute());
        ended(guid);
    }

    private void ended(String guid) {
        var latch = watched.get(guid);
        if (latch != null) {
            latch.countDown();
        }
    }

    private void forgetFailed() {
        database.read(dsl ->
                dsl.deleteFrom(JOBS)
                        .where(JOBS.FAILED_AT.lt(clock.instant().minus(KEEP_FAILED)))
                        .execute());
    }

    /** Waits twice as long each time, then gives up and says so in the job. */
    private final class Retry implements FailureHandler<Order> {
        @Override
        public void onFailure(ExecutionComplete complete, ExecutionOperations<Order> operations) {
            var execution = complete.getExecution();
            var failures = execution.consecutiveFailures + 1;
            var guid = execution.taskInstance.getId();
            if (failures >= ATTEMPTS) {
                log.error(
                        "job {} is given up after {} attempts",
                        guid,
                        failures,
                        complete.getCause().orElse(null));
                fail(guid, CloudError.SERVER_ERROR.of());
                operations.stop();
                return;
            }
            log.warn("job {} failed, will be tried again", guid, complete.getCause().orElse(null));
            operations.reschedule(
                    complete,
                    complete.getTimeDone().plus(FIRST_PAUSE.multipliedBy(1L << (failures - 1))));
        }
    }

    @Override
    public void close() {
        closed.set(true);
        synchronized (this) {
            var running = scheduler;
            if (running != null) {
                running.stop();
            }
        }
    }

    // --- Asking
    // --------------------------------------------------------------------------------------

    @Override
    public List<Route> routes() {
        return List.of(
                Route.get(
                        "/v2/jobs/:guid",
                        request -> {
                            Engine.requireScope(request.caller(), Resource.Right.READ);
                            return ApiResponse.ok(show(request.part("guid")));
                        }),
                new Route(
                        "GET",
                        "/staging/jobs/:guid",
                        Route.Login.STAGING,
                        request -> ApiResponse.ok(show(request.part("guid")))));
    }

    /** The job's document; one that is not there (any more) is finished, as in CF. */
    public Map<String, Object> show(String guid) {
        var found =
                database.read(
                        dsl -> dsl.selectFrom(JOBS).where(JOBS.GUID.eq(guid)).fetchOptional());
        if (found.isEmpty()) {
            return document("0", Instant.EPOCH, "finished", null);
        }
        var row = found.get();
        var error = row.getError();
        return document(
                guid,
                row.getCreatedAt(),
                error != null ? "failed" : row.getStartedAt() != null ? "running" : "queued",
                error == null ? null : Json.read(error.data()));
    }

    private static Map<String, Object> document(
            String guid, Instant createdAt, String status, @Nullable JsonNode error) {
        var entity = new LinkedHashMap<String, Object>();
        entity.put("guid", guid);
        entity.put("status", status);
        if (error != null) {
            entity.put("error", "This field is no longer filled; see error_details.");
            entity.put("error_details", error);
        }
        var metadata = new LinkedHashMap<String, Object>();
        metadata.put("guid", guid);
        metadata.put("created_at", Objects.requireNonNull(Json.time(createdAt)));
        metadata.put("url", "/v2/jobs/" + guid);
        var document = new LinkedHashMap<String, Object>();
        document.put("metadata", metadata);
        document.put("entity", entity);
        return document;
    }

    /** How the scheduler keeps its orders. */
    private static final class JsonSerializer implements Serializer {
        @Override
        public byte[] serialize(@Nullable Object data) {
            return data == null ? new byte[0] : Json.MAPPER.writeValueAsBytes(data);
        }

        @Override
        public <T> T deserialize(Class<T> type, byte[] bytes) {
            return Json.MAPPER.readValue(bytes, type);
        }
    }
}

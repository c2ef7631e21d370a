package io.nimbus.stager;

import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.stager.policy.Capacity;
import io.nimbus.subjects.StagingAdvertise;
import io.nimbus.subjects.StagingReply;
import io.nimbus.subjects.StagingStart;
import io.nimbus.subjects.StagingStop;
import io.nimbus.warden.Stack;
import io.nimbus.warden.Warden;
import io.nimbus.warden.WardenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Takes tasks as long as there is room, runs each on a virtual thread, and tells how it ended: on
 * the request's inbox and, until it is taken, at the request's {@code completion_uri}. What runs is
 * also noted on disk, so that a stager that was killed reports those tasks as failed when it is
 * back.
 *
 * <p>One lock guards tasks and capacity.
 */
final class Stager implements Component {
    private static final Logger log = LoggerFactory.getLogger(Stager.class);
    private static final Duration DELIVERY = Duration.ofMinutes(15);
    private static final Duration END = Duration.ofSeconds(20);

    private final String id;
    private final StagerConfig config;
    private final MessageBus bus;
    private final Timers timers;
    private final Warden warden;
    private final Transfers transfers;
    private final BuildpackStore buildpacks;
    private final LogEmitter logs;
    private final Path notes;
    private final Map<String, Running> tasks = new LinkedHashMap<>();
    private Capacity capacity;
    private boolean closing;
    private long done;
    private long failed;
    private Timers.@Nullable Task advertising;

    private record Running(StagingTask task, Thread thread) {}

    /** What is kept of a running task. */
    record Note(String app, String task, @Nullable String completionUrl) {}

    Stager(
            String id,
            StagerConfig config,
            MessageBus bus,
            Timers timers,
            Warden warden,
            LogEmitter logs)
            throws IOException {
        this.id = id;
        this.config = config;
        this.bus = bus;
        this.timers = timers;
        this.warden = warden;
        this.transfers = new Transfers();
        this.buildpacks =
                new BuildpackStore(
                        StagingTask.passable(config.base().resolve("buildpacks")), transfers);
        this.logs = logs;
        this.notes = Files.createDirectories(config.base().resolve("tasks"));
        this.capacity = new Capacity(config.memoryMb(), config.diskMb());
    }

    /** The id of this stager: configured, or made once and kept. */
    static String id(StagerConfig config, java.util.function.Supplier<UUID> ids)
            throws IOException {
        if (config.id() != null) {
            return config.id();
        }
        var file = Files.createDirectories(config.base()).resolve("id");
        if (!Files.exists(file)) {
            Files.writeString(
                    file, config.status().index() + "-" + ids.get().toString().replace("-", ""));
        }
        return Files.readString(file).strip();
    }

    @Override
    public void start() {
        reportTheLost();
        // In one lane: a stop that was sent before a start must not end what the start began.
        var lane = bus.lane("staging");
        lane.answer(StagingStart.to(id), this::accept);
        lane.subscribe(StagingStop.SUBJECT, stop -> stopApp(stop.app()));
        bus.subscribe(StagingAdvertise.LOCATE, poke -> advertise());
        advertising = timers.every(config.advertisePeriod(), this::advertise);
        bus.onConnect(this::advertise);
    }

    private void accept(StagingStart request, MessageBus.Replier<StagingReply> replier) {
        var task = new StagingTask(request, config, warden, buildpacks, transfers, logs, timers);
        synchronized (this) {
            if (closing) {
                return; // the controller hears nothing and asks another
            }
            if (tasks.containsKey(task.id())) {
                log.info("task {} came twice", task.id());
                return;
            }
            var fit = capacity.fits(task.memoryMb(), task.diskMb());
            if (fit != Capacity.Fit.FITS) {
                log.info("no room for task {}: {}", task.id(), fit.refusal());
                replier.reply(
                        StagingReply.failed(
                                task.id(), request.app(), "InsufficientResources", fit.refusal()));
                return;
            }
            capacity = capacity.reserve(task.memoryMb(), task.diskMb());
            var thread =
                    Thread.ofVirtual()
                            .name("task-" + task.id())
                            .unstarted(() -> run(task, request, replier));
            tasks.put(task.id(), new Running(task, thread));
            note(request);
            // Before any download: the request that started this waits for it.
            replier.reply(StagingReply.accepted(task.id(), null));
            thread.start();
        }
        advertise();
    }

    private void run(
            StagingTask task, StagingStart request, MessageBus.Replier<StagingReply> replier) {
        log.info("staging app {}, task {}", task.app(), task.id());
        var result = task.run();
        synchronized (this) {
            capacity = capacity.release(task.memoryMb(), task.diskMb());
            tasks.remove(task.id());
            done++;
            failed += result.isFailure() ? 1 : 0;
        }
        log.info(
                "task {} of app {} {}",
                task.id(),
                task.app(),
                result.isFailure() ? "failed: " + result.error() : "is done");
        logs.flush(); // what it said is on the bus before its result is
        advertise();
        replier.reply(result);
        deliver(request.app(), request.task(), request.completionUrl(), result);
    }

    private void deliver(String app, String task, @Nullable String url, StagingReply result) {
        try {
            if (url != null
                    && !transfers.deliver(
                            url, JsonMapper.shared().writeValueAsString(result), DELIVERY)) {
                log.warn("the result of task {} of app {} was not taken", task, app);
            }
            Files.deleteIfExists(notes.resolve(task));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the note stays: reported at the next start
        } catch (IOException e) {
            log.warn("the note of task {} cannot be deleted", task, e);
        }
    }

    private void note(StagingStart request) {
        try {
            var file = notes.resolve(io.nimbus.subjects.Subject.token(request.task()));
            var temporary = notes.resolve(".new-" + file.getFileName());
            Files.write(
                    temporary,
                    JsonMapper.shared()
                            .writeValueAsBytes(
                                    new Note(
                                            request.app(),
                                            request.task(),
                                            request.completionUrl())));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            log.warn(
                    "task {} is not noted: if this stager is killed, nobody hears of it",
                    request.task(),
                    e);
        }
    }

    /** Tasks of a stager that was killed: their containers go, their failure is told. */
    private void reportTheLost() {
        for (var handle : warden.handles()) {
            try {
                warden.destroy(handle);
            } catch (WardenException e) {
                log.warn("remains of {} resist: {}", handle, e.getMessage());
            }
        }
        try {
            BuildpackStore.Trees.delete(config.base().resolve("work"));
            StagingTask.passable(config.base().resolve("work"));
            var lost = new ArrayList<Path>();
            try (var files = Files.list(notes)) {
                files.forEach(lost::add);
            }
            for (var file : lost) {
                var note = JsonMapper.shared().readValue(Files.readAllBytes(file), Note.class);
                log.warn("task {} of app {} was lost with the stager", note.task(), note.app());
                var result =
                        StagingReply.failed(
                                note.task(),
                                note.app(),
                                StagingFailure.STAGING,
                                "The stager was restarted while it staged the app");
                Thread.ofVirtual()
                        .name("lost-" + note.task())
                        .start(() ->
                                deliver(note.app(), note.task(), note.completionUrl(), result));
            }
        } catch (IOException | JacksonException e) {
            log.warn("what an earlier stager left cannot be read", e);
        }
    }

    private void stopApp(String app) {
        List<Running> stopping;
        synchronized (this) {
            stopping = tasks.values().stream().filter(r -> r.task().app().equals(app)).toList();
        }
        stopping.forEach(running -> {
            log.info("stopping task {} of app {}", running.task().id(), app);
            running.task().stop();
        });
    }

    private void advertise() {
        StagingAdvertise advert;
        synchronized (this) {
            if (closing) {
                return;
            }
            advert =
                    new StagingAdvertise(
                            id,
                            config.stacks().stream().map(Stack::name).toList(),
                            capacity.freeMemoryMb(),
                            capacity.freeDiskMb());
        }
        bus.publish(StagingAdvertise.SUBJECT, advert);
    }

    /** For {@code /varz}. */
    synchronized Map<String, Object> varz() {
        return Map.of(
                "stacks",
                config.stacks().stream().map(Stack::name).toList(),
                "running_tasks",
                tasks.size(),
                "done_tasks",
                done,
                "failed_tasks",
                failed,
                "available_memory_mb",
                capacity.freeMemoryMb(),
                "available_disk_mb",
                capacity.freeDiskMb());
    }

    @Override
    public void close() {
        List<Running> stopping;
        synchronized (this) {
            closing = true;
            if (advertising != null) {
                advertising.cancel();
            }
            stopping = List.copyOf(tasks.values());
        }
        stopping.forEach(running -> running.task().stop());
        for (var running : stopping) {
            try {
                running.thread().join(END);
                // What is still delivering its result has its note; the next start goes on.
                running.thread().interrupt();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}

package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.stager.policy.Capacity;
import io.nimbus.subjects.StagingAdvertise;
import io.nimbus.subjects.StagingReply;
import io.nimbus.subjects.StagingStart;
import io.nimbus.subjects.StagingStop;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.random.RandomGenerator;

/** Accepts what it has room for, takes its time, and says so twice: on the bus and by HTTP. */
final class Stager {
    private final String id;
    private final Bus bus;
    private final VirtualTime time;
    private final RandomGenerator random;
    private final BiPredicate<String, StagingReply> completion;
    private final Map<String, Task> tasks = new LinkedHashMap<>();
    private Capacity capacity = empty();
    private InMemoryBus.Endpoint connection;
    private MortalTimers timers;

    private record Task(StagingStart request, MessageBus.Replier<StagingReply> replier) {}

    /**
     * @param completion the controllers' address for results: whether one of them took this one
     */
    Stager(
            String id,
            Bus bus,
            VirtualTime time,
            RandomGenerator random,
            BiPredicate<String, StagingReply> completion) {
        this.id = id;
        this.bus = bus;
        this.time = time;
        this.random = random;
        this.completion = completion;
        this.connection = bus.connect(id);
        this.timers = new MortalTimers(time);
        start();
    }

    private static Capacity empty() {
        return new Capacity(4096, 16_384);
    }

    private void start() {
        tasks.clear();
        capacity = empty();
        connection.answer(StagingStart.to(id), this::accept);
        connection.subscribe(StagingStop.SUBJECT, this::stop);
        connection.onConnect(this::advertise);
        timers.every(Duration.ofSeconds(5), this::advertise);
    }

    private void advertise() {
        connection.publish(
                StagingAdvertise.SUBJECT,
                new StagingAdvertise(
                        id, List.of(Dea.STACK), capacity.freeMemoryMb(), capacity.freeDiskMb()));
    }

    private void accept(StagingStart request, MessageBus.Replier<StagingReply> replier) {
        var need = request.properties().resources();
        var fit = capacity.fits(need.memoryMb(), need.diskMb());
        if (fit != Capacity.Fit.FITS) {
            replier.reply(failed(request, fit.refusal()));
            return;
        }
        if (tasks.putIfAbsent(request.task(), new Task(request, replier)) != null) {
            return; // repeated on its way
        }
        capacity = capacity.reserve(need.memoryMb(), need.diskMb());
        replier.reply(StagingReply.accepted(request.task(), null));
        timers.after(
                Duration.ofSeconds(5 + random.nextInt(40)),
                () -> {
                    if (tasks.containsKey(request.task())) {
                        finish(request, StagingReply.accepted(request.task(), null));
                    }
                });
    }

    private static StagingReply failed(StagingStart request, String why) {
        return StagingReply.failed(request.task(), request.app(), "StagingError", why);
    }

    private void stop(StagingStop message) {
        for (var task : List.copyOf(tasks.values())) {
            if (task.request().app().equals(message.app())) {
                finish(task.request(), failed(task.request(), "stopped"));
            }
        }
    }

    private void finish(StagingStart request, StagingReply result) {
        var task = tasks.remove(request.task());
        if (task != null) {
            var need = request.properties().resources();
            capacity = capacity.release(need.memoryMb(), need.diskMb());
            task.replier().reply(result);
            complete(request.app(), result);
        }
    }

    private void complete(String app, StagingReply result) {
        if (!completion.test(app, result)) {
            timers.after(Duration.ofSeconds(5), () -> complete(app, result));
        }
    }

    /** kill -9, and a new one, which reports what the old one had begun as failed. */
    void restart() {
        timers.die();
        connection.close();
        connection = bus.connect(id);
        timers = new MortalTimers(time);
        var lost = List.copyOf(tasks.values());
        start();
        for (var task : lost) {
            complete(task.request().app(), failed(task.request(), "the stager was restarted"));
        }
    }

    void cutOff() {
        connection.disconnect();
    }

    void rejoin() {
        connection.reconnect();
    }
}

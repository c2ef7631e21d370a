package io.nimbus.dea;

import io.nimbus.bus.LogEmitter;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.log.Log;
import io.nimbus.warden.Container;
import io.nimbus.warden.Line;
import io.nimbus.warden.Output;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Carries what the apps write to the log bus. Lines are final only when they had the time to leave
 * this process, one round after they were read, so that none is lost with it. While the bus is away
 * nothing is read: the lines wait in their files.
 *
 * <p>One round at a time; an output is read under its own lock.
 */
final class LogPump {
    /** Lines of one app in one round; what the emitter takes between two flushes. */
    private static final int LINES = 1_500;

    private final LogEmitter emitter;
    private final BooleanSupplier connected;
    private final Map<String, Source> sources = new ConcurrentHashMap<>();

    private record Source(String app, int index, Output output) {}

    LogPump(LogEmitter emitter, BooleanSupplier connected) {
        this.emitter = emitter;
        this.connected = connected;
    }

    void follow(String app, int index, Container container) {
        sources.put(container.handle(), new Source(app, index, container.output()));
    }

    /** One round; called more seldom than the emitter flushes. */
    void pump() {
        if (!connected.getAsBoolean()) {
            return;
        }
        // On a busy machine its own flush may be late: then a round would push out what the last
        // brought. What was read before is on its way now, so that it may be committed.
        emitter.flush();
        var perApp = new HashMap<String, Integer>();
        sources.values().forEach(source -> perApp.merge(source.app(), 1, Integer::sum));
        for (var source : List.copyOf(sources.values())) {
            synchronized (source) {
                source.output().commit();
                read(source, LINES / perApp.getOrDefault(source.app(), 1));
            }
        }
    }

    /** What is left of an app that has ended, and no more. */
    void finish(String handle) {
        var source = sources.remove(handle);
        if (source != null) {
            synchronized (source) {
                emitter.flush();
                source.output().commit();
                // Its last words, rather than all of them, when it has shouted to the end.
                var last = new ArrayDeque<Line>();
                var lines =
                        source.output()
                                .read(
                                        Integer.MAX_VALUE,
                                        line -> {
                                            last.addLast(line);
                                            if (last.size() > LINES) {
                                                last.removeFirst();
                                            }
                                        });
                if (lines > last.size()) {
                    drop(source, lines - last.size() + " lines");
                }
                last.forEach(emit(source));
                source.output().commit();
            }
        }
    }

    private void read(Source source, int limit) {
        source.output().read(Math.max(1, limit), emit(source));
        var dropped = source.output().dropped();
        if (dropped > 0) {
            drop(source, dropped + " bytes");
        }
    }

    private void drop(Source source, String what) {
        emitter.err(
                source.app(),
                "LGR",
                Integer.toString(source.index()),
                "dropped " + what + ": the app logs faster than they can be taken");
    }

    private Consumer<Line> emit(Source source) {
        return line ->
                emitter.emit(
                        source.app(),
                        Logs.APP,
                        Integer.toString(source.index()),
                        line.error() ? Log.Type.ERR : Log.Type.OUT,
                        line.time(),
                        line.text());
    }
}

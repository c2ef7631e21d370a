package io.nimbus.loggregator.cache;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.StreamSpec;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.subjects.Logs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Fills the cache from the bus's stream of {@code log.app.*}, from its oldest message on. */
public final class StreamReader implements Component {
    private static final Duration SWEEP = Duration.ofMinutes(1);

    private final MessageBus bus;
    private final Timers timers;
    private final StreamSpec stream;
    private final LogCache cache;
    private final List<AutoCloseable> parts = new ArrayList<>();

    public StreamReader(MessageBus bus, Timers timers, StreamSpec stream, LogCache cache) {
        this.bus = bus;
        this.timers = timers;
        this.stream = stream;
        this.cache = cache;
    }

    @Override
    public void start() {
        parts.add(
                bus.follow(
                        stream,
                        Logs.ALL_APPS,
                        (subject, sequence, stored, batch) ->
                                cache.add(
                                        subject.substring(subject.lastIndexOf('.') + 1),
                                        stored,
                                        batch)));
        parts.add(bus.subscribe(Logs.ALL_PLATFORM, cache::pass));
        var sweeping = timers.every(SWEEP, () -> cache.expire(timers.instant()));
        parts.add(sweeping::cancel);
    }

    @Override
    public void close() {
        for (var part : parts.reversed()) {
            Component.closing(part).close();
        }
    }
}

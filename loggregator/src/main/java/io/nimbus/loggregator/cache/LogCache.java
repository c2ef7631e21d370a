package io.nimbus.loggregator.cache;

import io.nimbus.subjects.log.EnvelopeBatch;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The newest envelopes of every source, within limits per source and a budget for all: who logs
 * most loses first. Rebuilt from the bus's stream at each start, so nothing is lost with it.
 *
 * <p>Each source has its own lock; only the reader of the stream adds.
 */
public final class LogCache {
    private final Limits limits;
    private final Map<String, SourceLog> sources = new ConcurrentHashMap<>();
    private final CopyOnWriteArraySet<SourceLog.Listener> everything = new CopyOnWriteArraySet<>();
    private final AtomicLong bytes = new AtomicLong();
    private final LongAdder received = new LongAdder();

    /**
     * @param logs lines kept of one source
     * @param metrics other envelopes kept of one source
     * @param bytes memory for all of them, roughly
     * @param age at which anything is dropped
     */
    public record Limits(int logs, int metrics, long bytes, Duration age) {}

    public LogCache(Limits limits) {
        this.limits = limits;
    }

    /**
     * @param stored when the bus took it in
     */
    public void add(String source, Instant stored, EnvelopeBatch batch) {
        received.add(batch.getBatchCount());
        var added = log(source).add(stored, batch);
        for (var envelope : added.envelopes()) {
            everything.forEach(listener -> listener.envelope(envelope));
        }
        if (bytes.addAndGet(added.bytes()) > limits.bytes()) {
            makeRoom();
        }
    }

    /** What is passed on but not kept: the platform's own envelopes. */
    public void pass(EnvelopeBatch batch) {
        received.add(batch.getBatchCount());
        for (var envelope : batch.getBatchList()) {
            everything.forEach(listener -> listener.envelope(envelope));
        }
    }

    /** The greatest gives a tenth of its own, or of the whole budget if that is less work. */
    private void makeRoom() {
        while (bytes.get() > limits.bytes()) {
            var greatest =
                    sources.values().stream().max(Comparator.comparingLong(SourceLog::bytes));
            if (greatest.isEmpty()) {
                return;
            }
            var gone = greatest.get().shrink(Math.max(1, greatest.get().bytes() / 10));
            if (gone == 0) {
                return;
            }
            bytes.addAndGet(-gone);
        }
    }

    private SourceLog log(String source) {
        var log =
                sources.computeIfAbsent(
                        source, s -> new SourceLog(s, limits.logs(), limits.metrics()));
        while (log.isRetired()) {
            sources.remove(source, log);
            log =
                    sources.computeIfAbsent(
                            source, s -> new SourceLog(s, limits.logs(), limits.metrics()));
        }
        return log;
    }

    /**
     * What is kept of a source; also of one that has said nothing yet, so that it can be awaited.
     */
    public SourceLog of(String source) {
        return log(source);
    }

    public Optional<SourceLog> known(String source) {
        return Optional.ofNullable(sources.get(source));
    }

    public Iterable<String> sources() {
        return sources.keySet();
    }

    /** Hears a source from now on, until the returned handle is closed. */
    public Listening listen(String source, SourceLog.Listener listener) {
        while (true) {
            var log = log(source);
            if (log.listen(listener)) {
                return () -> log.leave(listener);
            }
        }
    }

    /** Hears every source and the platform. */
    public Listening listenToAll(SourceLog.Listener listener) {
        everything.add(listener);
        return () -> everything.remove(listener);
    }

    /** Ends it. */
    public interface Listening extends AutoCloseable {
        @Override
        void close();
    }

    /** Forgets what is too old, and sources of which nothing is left. */
    public void expire(Instant now) {
        var before = now.minus(limits.age());
        sources.values()
                .removeIf(log -> {
                    bytes.addAndGet(-log.expire(before));
                    return log.retire();
                });
    }

    public long bytes() {
        return bytes.get();
    }

    public int size() {
        return sources.size();
    }

    /** Envelopes taken in since the start. */
    public long received() {
        return received.sum();
    }
}

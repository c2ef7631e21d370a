package io.nimbus.loggregator.cache;

import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.EnvelopeBatch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What is kept of one source: log lines and metrics apart, so that an app that only measures does
 * not push its own lines out. Times grow strictly, since log-cache's clients go on one nanosecond
 * after the last they saw, and would otherwise miss its twin.
 *
 * <p>One lock; listeners are called with it held, so that they hear envelopes in order, and must
 * not block.
 */
public final class SourceLog {
    /** An envelope beside its bytes: object, map of tags, place in the ring. */
    private static final int OVERHEAD = 250;

    /**
     * How far an emitter's own time may lie before the time at which the bus took the line in. What
     * is older was held up, and readers have passed its time already.
     */
    private static final Duration PLAUSIBLE = Duration.ofSeconds(2);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final String source;
    private final Ring logs;
    private final Ring metrics;
    private final Set<Listener> listeners = new CopyOnWriteArraySet<>();
    private long last = Long.MIN_VALUE;
    private long bytes;
    private long expired;
    private long version;
    private boolean retired;

    SourceLog(String source, int logs, int metrics) {
        this.source = source;
        this.logs = new Ring(logs);
        this.metrics = new Ring(metrics);
    }

    /** Hears every envelope from now on. */
    public interface Listener {
        void envelope(Envelope envelope);
    }

    /**
     * @param stored when the bus took the batch in
     * @return by how many bytes this grew, and the envelopes as they are kept
     */
    Added add(Instant stored, EnvelopeBatch batch) {
        var latest = nanos(stored);
        var earliest = latest - PLAUSIBLE.toNanos();
        var added = new ArrayList<Envelope>(batch.getBatchCount());
        lock.lock();
        try {
            var before = bytes;
            for (var envelope : batch.getBatchList()) {
                if (EnvelopeType.of(envelope).isEmpty()) {
                    continue;
                }
                // The emitter's time if it can be believed; never before what readers have seen.
                var time =
                        Math.max(last + 1, Math.clamp(envelope.getTimestamp(), earliest, latest));
                last = time;
                var kept = envelope.toBuilder().setTimestamp(time).setSourceId(source).build();
                keep(kept);
                added.add(kept);
                listeners.forEach(listener -> listener.envelope(kept));
            }
            version++;
            changed.signalAll();
            return new Added(bytes - before, added);
        } finally {
            lock.unlock();
        }
    }

    record Added(long bytes, List<Envelope> envelopes) {}

    private void keep(Envelope envelope) {
        var ring = envelope.hasLog() ? logs : metrics;
        if (ring.isFull()) {
            drop(ring);
        }
        ring.add(envelope);
        bytes += size(envelope);
    }

    private void drop(Ring ring) {
        bytes -= size(ring.removeOldest());
        expired++;
    }

    private static int size(Envelope envelope) {
        return envelope.getSerializedSize() + OVERHEAD;
    }

    static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    /**
     * In order of time, or against it.
     *
     * @param most bytes of the result; there is always one envelope if any matches
     */
    public List<Envelope> read(LogQuery query, long most) {
        var found = new ArrayList<Envelope>();
        lock.lock();
        try {
            var walk = new Walk(query);
            long size = 0;
            for (var next = walk.next(); next != null; next = walk.next()) {
                if (!query.matches(next)) {
                    continue;
                }
                size += next.getSerializedSize();
                if (found.size() == query.limit() || (size > most && !found.isEmpty())) {
                    break;
                }
                found.add(next);
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** Both rings as one, in the order of the query. */
    private final class Walk {
        private final boolean descending;
        private final int[] next;
        private final int[] end;
        private final Ring[] rings = {logs, metrics};

        Walk(LogQuery query) {
            descending = query.descending();
            next = new int[rings.length];
            end = new int[rings.length];
            for (int r = 0; r < rings.length; r++) {
                var from = rings[r].from(query.start());
                var to = Math.max(from, rings[r].from(query.end()));
                next[r] = descending ? to - 1 : from;
                end[r] = descending ? from - 1 : to;
            }
        }

        @org.jspecify.annotations.Nullable
        Envelope next() {
            Envelope best = null;
            int from = 0;
            for (int r = 0; r < rings.length; r++) {
                if (next[r] == end[r]) {
                    continue;
                }
                var candidate = rings[r].get(next[r]);
                if (best == null
                        || descending == (candidate.getTimestamp() > best.getTimestamp())) {
                    best = candidate;
                    from = r;
                }
            }
            if (best != null) {
                next[from] += descending ? -1 : 1;
            }
            return best;
        }
    }

    /** Grows with each batch that comes in. */
    public long version() {
        lock.lock();
        try {
            return version;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something has come in since that version, at most so long. */
    public void awaitChange(long since, Duration most) throws InterruptedException {
        lock.lock();
        try {
            var left = most.toNanos();
            while (version == since && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * @return false when this source was forgotten meanwhile: ask the cache again
     */
    boolean listen(Listener listener) {
        lock.lock();
        try {
            return !retired && listeners.add(listener);
        } finally {
            lock.unlock();
        }
    }

    void leave(Listener listener) {
        listeners.remove(listener);
    }

    /** Drops the oldest lines (or metrics, where they are more) until so many bytes are gone. */
    long shrink(long wanted) {
        lock.lock();
        try {
            var before = bytes;
            while (before - bytes < wanted && logs.size() + metrics.size() > 0) {
                drop(logs.size() >= metrics.size() ? logs : metrics);
            }
            return before - bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Drops what is older. */
    long expire(Instant before) {
        var limit = nanos(before);
        lock.lock();
        try {
            var held = bytes;
            for (var ring : List.of(logs, metrics)) {
                while (ring.size() > 0 && ring.get(0).getTimestamp() < limit) {
                    drop(ring);
                }
            }
            return held - bytes;
        } finally {
            lock.unlock();
        }
    }

    /** Marks this as forgotten if nobody needs it. */
    boolean retire() {
        lock.lock();
        try {
            retired = logs.size() + metrics.size() == 0 && listeners.isEmpty();
            return retired;
        } finally {
            lock.unlock();
        }
    }

    boolean isRetired() {
        lock.lock();
        try {
            return retired;
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /**
     * What {@code /api/v1/meta} says of a source.
     *
     * @param expired envelopes dropped so far
     */
    public record Meta(long count, long expired, long oldest, long newest) {}

    public Meta meta() {
        lock.lock();
        try {
            var oldest = Long.MAX_VALUE;
            var newest = Long.MIN_VALUE;
            for (var ring : List.of(logs, metrics)) {
                if (ring.size() > 0) {
                    oldest = Math.min(oldest, ring.get(0).getTimestamp());
                    newest = Math.max(newest, ring.get(ring.size() - 1).getTimestamp());
                }
            }
            var count = logs.size() + metrics.size();
            return new Meta(count, expired, count == 0 ? 0 : oldest, count == 0 ? 0 : newest);
        } finally {
            lock.unlock();
        }
    }
}

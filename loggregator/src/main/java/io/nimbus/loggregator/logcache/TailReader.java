package io.nimbus.loggregator.logcache;

import io.nimbus.loggregator.cache.LogQuery;
import io.nimbus.loggregator.cache.SourceLog;
import io.nimbus.subjects.log.Envelope;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Reads for a client that follows a log by asking again and again. cf CLI 6 does so without a
 * pause: an empty answer, or one that holds only lines too young for its taste, is asked for anew
 * at once. So such an answer is kept back for a while. And it begins with the newest envelope that
 * is at least a second old: an app that logs all the time would never have one if the newest were
 * all it got.
 *
 * <p>Blocks the calling thread, a virtual one.
 */
final class TailReader {
    /** Younger ones cf leaves for its next read. */
    private static final Duration TOO_YOUNG = Duration.ofSeconds(2);

    /** At least as old must be the one that it begins with. */
    private static final Duration BEGINNING = Duration.ofSeconds(1);

    private final InstantSource clock;
    private final Duration hold;
    private final long bytes;

    /**
     * @param hold longest time for which an answer is kept back; a client may give up after 2 s
     * @param bytes most of one answer
     */
    TailReader(InstantSource clock, Duration hold, long bytes) {
        this.clock = clock;
        this.hold = hold;
        this.bytes = bytes;
    }

    List<Envelope> read(SourceLog log, LogQuery query) throws InterruptedException {
        var beginning = isBeginning(query);
        var isOpen = query.end() == Long.MAX_VALUE;
        if (!isOpen || (query.descending() && !beginning)) {
            return log.read(query, bytes); // asked once, not again and again
        }
        var deadline = System.nanoTime() + hold.toNanos();
        while (true) {
            var version = log.version();
            var found = beginning ? begin(log, query) : log.read(query, bytes);
            var left = deadline - System.nanoTime();
            if (left <= 0 || !isTooYoung(found, beginning ? BEGINNING : TOO_YOUNG)) {
                return found;
            }
            if (found.isEmpty()) {
                log.awaitChange(version, Duration.ofNanos(left));
            } else {
                Thread.sleep(Duration.ofNanos(left));
            }
        }
    }

    private static boolean isBeginning(LogQuery query) {
        return query.descending() && query.limit() == 1 && query.types().isEmpty();
    }

    private List<Envelope> begin(SourceLog log, LogQuery query) {
        var before = nanos(clock.instant().minus(BEGINNING));
        var old =
                log.read(
                        new LogQuery(
                                query.start(),
                                Math.min(query.end(), before),
                                query.limit(),
                                query.types(),
                                true,
                                query.name()),
                        bytes);
        return old.isEmpty() ? log.read(query, bytes) : old;
    }

    /** Whether the client would leave some of these, or has none, and ask again at once. */
    private boolean isTooYoung(List<Envelope> found, Duration age) {
        return found.isEmpty()
                || found.getLast().getTimestamp() > nanos(clock.instant().minus(age));
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }
}

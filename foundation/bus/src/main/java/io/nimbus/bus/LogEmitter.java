package io.nimbus.bus;

import com.google.protobuf.UnsafeByteOperations;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.EnvelopeBatch;
import io.nimbus.subjects.log.Log;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sends log lines to the bus in batches, per app. Never blocks and never grows: an app that writes
 * faster than {@value #QUEUE} lines per flush loses its oldest lines and gets a line that says how
 * many. Lines written while the bus is away are kept within the same bound.
 *
 * <p>One lock guards the queues; safe from any thread.
 */
public final class LogEmitter implements AutoCloseable {
    /** Lines kept of one app between two flushes. */
    static final int QUEUE = 2_000;

    /** A longer line is cut into pieces: loggregator's own limit. */
    static final int LINE = 60 * 1024;

    private static final Duration FLUSH = Duration.ofMillis(100);
    private static final String DROPPED = "LGR";

    private final MessageBus bus;
    private final Timers timers;
    private final Timers.Task flushing;
    private final Map<String, Queue> queues = new LinkedHashMap<>();

    public LogEmitter(MessageBus bus, Timers timers) {
        this.bus = bus;
        this.timers = timers;
        this.flushing = timers.every(FLUSH, this::flush);
    }

    /** One line of text, stamped now. */
    public void out(String app, String source, String instance, String line) {
        emit(
                app,
                source,
                instance,
                Log.Type.OUT,
                timers.instant(),
                line.getBytes(StandardCharsets.UTF_8));
    }

    /** One line of text on the error stream, stamped now. */
    public void err(String app, String source, String instance, String line) {
        emit(
                app,
                source,
                instance,
                Log.Type.ERR,
                timers.instant(),
                line.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * @param source a source type of {@link Logs}
     * @param instance the index as text
     * @param line without the line end; belongs to the emitter from now on
     */
    public void emit(
            String app, String source, String instance, Log.Type type, Instant time, byte[] line) {
        if (line.length <= LINE) {
            add(app, envelope(app, source, instance, type, time, line, 0, line.length));
            return;
        }
        for (int start = 0; start < line.length; start += LINE) {
            add(
                    app,
                    envelope(
                            app,
                            source,
                            instance,
                            type,
                            time,
                            line,
                            start,
                            Math.min(LINE, line.length - start)));
        }
    }

    private static Envelope envelope(
            String app,
            String source,
            String instance,
            Log.Type type,
            Instant time,
            byte[] line,
            int from,
            int length) {
        return Envelope.newBuilder()
                .setTimestamp(
                        Math.addExact(
                                Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L),
                                time.getNano()))
                .setSourceId(app)
                .setInstanceId(instance)
                .putTags(Logs.SOURCE_TYPE, source)
                .setLog(
                        Log.newBuilder()
                                .setPayload(UnsafeByteOperations.unsafeWrap(line, from, length))
                                .setType(type))
                .build();
    }

    private void add(String app, Envelope envelope) {
        synchronized (queues) {
            queues.computeIfAbsent(app, a -> new Queue()).add(envelope);
        }
    }

    /** Sends what is queued; called by itself every 100 ms. */
    public void flush() {
        if (!bus.isConnected()) {
            return;
        }
        Map<String, Queue> taken;
        synchronized (queues) {
            taken = new LinkedHashMap<>(queues);
            queues.clear();
        }
        taken.forEach((app, queue) -> {
            if (queue.dropped > 0) {
                var notice =
                        "dropped "
                                + queue.dropped
                                + " lines: the app logs faster than they can be taken";
                queue.lines.addFirst(
                        envelope(
                                app,
                                DROPPED,
                                "0",
                                Log.Type.ERR,
                                timers.instant(),
                                notice.getBytes(StandardCharsets.UTF_8),
                                0,
                                notice.length()));
            }
            for (var batch : batches(queue.lines)) {
                bus.publish(Logs.app(app), batch);
            }
        });
    }

    private static List<EnvelopeBatch> batches(Iterable<Envelope> lines) {
        var batches = new ArrayList<EnvelopeBatch>();
        var batch = EnvelopeBatch.newBuilder();
        int bytes = 0;
        for (var line : lines) {
            var size = line.getSerializedSize();
            if (batch.getBatchCount() == Logs.MAX_ENVELOPES
                    || (bytes + size > Logs.MAX_BYTES && bytes > 0)) {
                batches.add(batch.build());
                batch = EnvelopeBatch.newBuilder();
                bytes = 0;
            }
            batch.addBatch(line);
            bytes += size;
        }
        if (batch.getBatchCount() > 0) {
            batches.add(batch.build());
        }
        return batches;
    }

    @Override
    public void close() {
        flushing.cancel();
        flush();
    }

    private static final class Queue {
        final ArrayDeque<Envelope> lines = new ArrayDeque<>();
        long dropped;

        void add(Envelope line) {
            if (lines.size() == QUEUE) {
                lines.removeFirst();
                dropped++;
            }
            lines.addLast(line);
        }
    }
}

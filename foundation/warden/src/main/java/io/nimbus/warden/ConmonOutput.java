package io.nimbus.warden;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * conmon's log: {@code TIME stdout|stderr F|P TEXT}, a line each. A long or unfinished line of the
 * process comes in pieces marked P, the last of them F; they are joined here.
 */
final class ConmonOutput implements Output {
    private final LogFile file;
    private final Bookmark bookmark;
    private final BooleanSupplier ended;
    private final Pending out = new Pending(false);
    private final Pending error = new Pending(true);

    /** After the last raw line of which nothing is pending: where a restart has to go on. */
    private long settled;

    /** A line of which only pieces came yet. */
    private static final class Pending {
        final boolean error;
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        Instant time = Instant.EPOCH;

        Pending(boolean error) {
            this.error = error;
        }

        Line take() {
            var line = new Line(time, error, text.toByteArray());
            text.reset();
            return line;
        }
    }

    ConmonOutput(Path folder, long budget, BooleanSupplier ended) {
        this.bookmark = new Bookmark(folder.resolve("read"), 1);
        this.settled = bookmark.offset(0);
        this.file = new LogFile(folder.resolve("out"), settled, budget);
        this.ended = ended;
    }

    @Override
    public int read(int limit, Consumer<Line> sink) {
        var last = ended.getAsBoolean();
        var count = new int[1];
        while (count[0] < limit) {
            var raw =
                    file.read(
                            limit - count[0],
                            last,
                            (text, end) -> {
                                count[0] += piece(text, sink);
                                if (out.text.size() + error.text.size() == 0) {
                                    settled = end;
                                }
                            });
            if (raw == 0) {
                break;
            }
        }
        if (last && count[0] < limit) {
            for (var pending : new Pending[] {out, error}) {
                if (pending.text.size() > 0) {
                    sink.accept(pending.take());
                    count[0]++;
                }
            }
            settled = file.position();
        }
        return count[0];
    }

    /** How many whole lines it completes: 0 or 1. */
    private int piece(byte[] raw, Consumer<Line> sink) {
        int time = indexOf(raw, 0);
        int stream = time < 0 ? -1 : indexOf(raw, time + 1);
        if (stream < 0
                || raw.length < stream + 3
                || raw[stream + 2] != ' '
                || raw[time + 1] != 's') {
            // Not conmon's: the rest of a line that the reader was too slow for.
            return 0;
        }
        var pending = raw[time + 4] == 'e' ? error : out;
        if (pending.text.size() == 0) {
            pending.time = time(new String(raw, 0, time, StandardCharsets.US_ASCII));
        }
        pending.text.write(raw, stream + 3, raw.length - stream - 3);
        var partial = raw[stream + 1] == 'P';
        if (partial && pending.text.size() < LogFile.PIECE - 8192) {
            return 0;
        }
        sink.accept(pending.take());
        return 1;
    }

    private static int indexOf(byte[] raw, int from) {
        // Both blanks come early; a line that was cut in its middle may have none for long.
        for (int i = from; i < Math.min(raw.length, from + 64); i++) {
            if (raw[i] == ' ') {
                return i;
            }
        }
        return -1;
    }

    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }

    @Override
    public void commit() {
        if (bookmark.move(settled)) {
            file.free(settled);
        }
    }

    @Override
    public long dropped() {
        return file.dropped();
    }
}

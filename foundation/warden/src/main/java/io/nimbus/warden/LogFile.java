package io.nimbus.warden;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that somebody else appends to for months, read line by line. What is read is given back to
 * the file system by punching holes: offsets stay true for ever, the writer needs no signal, and no
 * line is lost or doubled, which no kind of rotation grants.
 */
final class LogFile {
    private static final Logger log = LoggerFactory.getLogger(LogFile.class);

    /** A longer line comes in pieces, as the log system would cut it anyway. */
    static final int PIECE = 60 * 1024;

    private static final int CHUNK = 256 * 1024;

    /** Holes are made of whole blocks, and seldom. */
    private static final long HOLE = 1L << 20;

    private final Path file;
    private final long budget;
    private long position;
    private long freed;
    private long dropped;

    interface Sink {
        /**
         * @param end offset after the line and its line end
         */
        void line(byte[] text, long end);
    }

    LogFile(Path file, long position, long budget) {
        this.file = file;
        this.position = position;
        this.budget = budget;
        this.freed = position - position % HOLE;
    }

    /**
     * @param ended whether nobody writes any more, so that an unfinished last line is complete
     * @return lines handed over
     */
    int read(int limit, boolean ended, Sink sink) {
        try {
            var size = Files.size(file);
            if (size < position) {
                // The process itself has cut its output short; it may.
                position = 0;
                freed = 0;
            }
            if (size - position > budget) {
                dropped += size - budget - position;
                position = size - budget;
            }
            return size == position ? 0 : read(size, limit, ended, sink);
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            log.warn("output {} cannot be read: {}", file, e.getMessage());
            return 0;
        }
    }

    private int read(long size, int limit, boolean ended, Sink sink) throws IOException {
        int count = 0;
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            var buffer = ByteBuffer.allocate((int) Math.min(CHUNK, size - position));
            while (count < limit && position < size) {
                buffer.clear();
                if (channel.read(buffer, position) <= 0) {
                    break;
                }
                var bytes = buffer.array();
                var filled = buffer.position();
                int start = 0;
                while (count < limit) {
                    var end = indexOfLineEnd(bytes, start, filled);
                    if (end >= 0) {
                        start = hand(bytes, start, end, end + 1, sink);
                    } else if (filled - start >= PIECE) {
                        start = hand(bytes, start, start + PIECE, start + PIECE, sink);
                    } else if (ended && position + filled - start >= size && filled > start) {
                        start = hand(bytes, start, filled, filled, sink);
                    } else {
                        break;
                    }
                    count++;
                }
                if (start == 0) {
                    break;
                }
                if (buffer.capacity() < CHUNK && size - position > buffer.capacity()) {
                    buffer = ByteBuffer.allocate((int) Math.min(CHUNK, size - position));
                }
            }
        }
        return count;
    }

    private int hand(byte[] bytes, int start, int end, int next, Sink sink) {
        position += next - start;
        var text = end > start && bytes[end - 1] == '\r' ? end - 1 : end;
        sink.line(Arrays.copyOfRange(bytes, start, text), position);
        return next;
    }

    private static int indexOfLineEnd(byte[] bytes, int from, int to) {
        var limit = Math.min(to, from + PIECE);
        for (int i = from; i < limit; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    /** Offset after the last line handed over. */
    long position() {
        return position;
    }

    long dropped() {
        var sum = dropped;
        dropped = 0;
        return sum;
    }

    /** Gives the space before this offset back. */
    void free(long upTo) {
        var end = upTo - upTo % HOLE;
        if (end <= freed) {
            return;
        }
        try {
            Shell.must(
                    "fallocate",
                    "--punch-hole",
                    "--offset",
                    Long.toString(freed),
                    "--length",
                    Long.toString(end - freed),
                    file.toString());
        } catch (WardenException e) {
            // A file system without holes: its log grows with all that is written.
            log.warn("no space can be given back: {}", e.getMessage());
        }
        freed = end;
    }
}

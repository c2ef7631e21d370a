package io.nimbus.router.log;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's way into the access log. A line is begun, written value by value and ended; it
 * never waits: when the disk is too slow for {@value #BLOCKS} blocks, lines are dropped and
 * counted.
 */
public final class LogLane {
    private static final int BLOCKS = 8;

    /** Bytes of one value; longer ones are cut. */
    public static final int MOST_VALUE = 8 * 1024;

    /** A line of this many values at their longest, each byte of them escaped, still fits. */
    private static final int ROOM = LogBlock.BYTES / 2;

    private static final byte[] HEX =
            "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private final AccessLog log;
    private final Queue<LogBlock> free = new ConcurrentLinkedQueue<>();
    private @Nullable LogBlock current;
    private byte[] bytes = {};
    private int made;
    private int at;
    private int lineStart;
    private int limit;

    LogLane(AccessLog log) {
        this.log = log;
    }

    /** False when there is no room: the line is lost. */
    public boolean begin() {
        var block = current;
        if (block != null && block.bytes.length - block.used < ROOM) {
            handOver();
            block = null;
        }
        if (block == null) {
            block = free.poll();
            if (block == null) {
                if (made == BLOCKS) {
                    return false;
                }
                made++;
                block = new LogBlock(this, LogBlock.BYTES);
            }
            current = block;
            bytes = block.bytes;
        }
        lineStart = block.used;
        at = lineStart;
        limit = lineStart + ROOM - 4096;
        return true;
    }

    /**
     * @param app whose stream gets the line, or null
     * @param file whether the file gets it
     */
    public void end(long epochNanos, @Nullable String app, boolean file) {
        var block = current;
        if (block == null) {
            throw new IllegalStateException("no line was begun");
        }
        block.line(lineStart, at, epochNanos, app, file);
        bytes[at++] = '\n';
        block.used = at;
        if (block.lines >= 1024) {
            handOver();
        }
    }

    /** Gives what there is to the writer. */
    public void handOver() {
        var block = current;
        if (block != null && block.lines > 0) {
            current = null;
            log.take(block);
        }
    }

    void recycle(LogBlock block) {
        block.clear();
        free.add(block);
    }

    public LogLane raw(byte[] text) {
        System.arraycopy(text, 0, bytes, at, text.length);
        at += text.length;
        return this;
    }

    public LogLane raw(char c) {
        bytes[at++] = (byte) c;
        return this;
    }

    /** Without quotes, as it came; control characters and what is not ASCII escaped. */
    public LogLane value(byte[] source, int from, int to) {
        int end = Math.min(to, from + MOST_VALUE);
        for (int i = from; i < end && at < limit - 16; i++) {
            byte b = source[i];
            if (b >= ' ' && b < 0x7f && b != '"' && b != '\\') {
                bytes[at++] = b;
            } else {
                escape(b);
            }
        }
        return this;
    }

    private void escape(byte b) {
        if (b == '"' || b == '\\') {
            bytes[at++] = '\\';
            bytes[at++] = b;
            return;
        }
        // As JSON would have it, which readers of the text form understand as well.
        bytes[at++] = '\\';
        bytes[at++] = 'u';
        bytes[at++] = '0';
        bytes[at++] = '0';
        bytes[at++] = HEX[(b >> 4) & 15];
        bytes[at++] = HEX[b & 15];
    }

    public LogLane value(String source) {
        int end = Math.min(source.length(), MOST_VALUE);
        for (int i = 0; i < end && at < limit - 16; i++) {
            char c = source.charAt(i);
            if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
                bytes[at++] = (byte) c;
            } else {
                escape((byte) c);
            }
        }
        return this;
    }

    public LogLane decimal(long value) {
        if (value < 0) {
            bytes[at++] = '-';
            return decimal(-value);
        }
        int digits = 1;
        for (long power = 10; digits < 19 && value >= power; power *= 10) {
            digits++;
        }
        padded(value, digits);
        return this;
    }

    private void padded(long value, int digits) {
        long rest = value;
        for (int i = at + digits - 1; i >= at; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        at += digits;
    }

    /** Seconds with six decimals. */
    public LogLane seconds(long nanos) {
        long micros = nanos / 1000;
        decimal(micros / 1_000_000);
        bytes[at++] = '.';
        padded(micros % 1_000_000, 6);
        return this;
    }

    public LogLane padded9(long value) {
        padded(value, 9);
        return this;
    }

    /** Writes at a place that the caller fills himself. */
    public int reserve(int length) {
        int from = at;
        at += length;
        return from;
    }

    public byte[] bytes() {
        return bytes;
    }
}

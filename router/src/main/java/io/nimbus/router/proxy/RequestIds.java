package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;
import java.util.UUID;

/** A request's id: a random UUID in its usual form, without a string being made of it. */
final class RequestIds {
    private static final byte[] HEX =
            "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private RequestIds() {}

    static long high(long random) {
        return (random & ~0xf000L) | 0x4000L;
    }

    static long low(long random) {
        return (random & 0x3fffffffffffffffL) | 0x8000000000000000L;
    }

    static void write(ByteBuf out, long high, long low) {
        out.ensureWritable(36);
        int at = out.writerIndex();
        at = hex(out, at, high >>> 32, 8);
        out.setByte(at++, '-');
        at = hex(out, at, high >>> 16, 4);
        out.setByte(at++, '-');
        at = hex(out, at, high, 4);
        out.setByte(at++, '-');
        at = hex(out, at, low >>> 48, 4);
        out.setByte(at++, '-');
        at = hex(out, at, low, 12);
        out.writerIndex(at);
    }

    static int write(byte[] out, int from, long high, long low) {
        int at = hex(out, from, high >>> 32, 8);
        out[at++] = '-';
        at = hex(out, at, high >>> 16, 4);
        out[at++] = '-';
        at = hex(out, at, high, 4);
        out[at++] = '-';
        at = hex(out, at, low >>> 48, 4);
        out[at++] = '-';
        return hex(out, at, low, 12);
    }

    private static int hex(ByteBuf out, int from, long value, int digits) {
        for (int i = digits - 1; i >= 0; i--) {
            out.setByte(from + digits - 1 - i, HEX[(int) (value >>> (4 * i)) & 15]);
        }
        return from + digits;
    }

    private static int hex(byte[] out, int from, long value, int digits) {
        for (int i = digits - 1; i >= 0; i--) {
            out[from + digits - 1 - i] = HEX[(int) (value >>> (4 * i)) & 15];
        }
        return from + digits;
    }

    static String text(long high, long low) {
        return new UUID(high, low).toString();
    }
}

package io.nimbus.router.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;

/** Pieces of HTTP/1 as it is written. */
final class Wire {
    static final byte[] CRLF = bytes("\r\n");
    static final byte[] COLON = bytes(": ");
    static final byte[] HTTP_1_1 = bytes("HTTP/1.1 ");
    static final byte[] REQUEST_END = bytes(" HTTP/1.1\r\nHost: ");
    static final byte[] CHUNKED = bytes("Transfer-Encoding: chunked\r\n");
    static final byte[] CONTENT_LENGTH = bytes("Content-Length: ");
    static final byte[] CLOSE = bytes("Connection: close\r\n");
    static final byte[] KEEP_ALIVE = bytes("Connection: keep-alive\r\n");
    static final byte[] UPGRADE = bytes("Connection: Upgrade\r\nUpgrade: ");
    static final byte[] REQUEST_ID = bytes("X-Vcap-Request-Id: ");
    static final byte[] REQUEST_START = bytes("X-Request-Start: ");
    static final byte[] FORWARDED_FOR = bytes("X-Forwarded-For: ");
    static final byte[] PROTO_HTTP = bytes("X-Forwarded-Proto: http\r\n");
    static final byte[] PROTO_HTTPS = bytes("X-Forwarded-Proto: https\r\n");
    static final byte[] TE_TRAILERS = bytes("TE: trailers\r\n");
    static final byte[] CONTINUE = bytes("HTTP/1.1 100 Continue\r\n\r\n");
    static final byte[] LAST_CHUNK = bytes("0\r\n");

    private Wire() {}

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    static void decimal(ByteBuf out, long value) {
        if (value < 10) {
            out.writeByte('0' + (int) value);
            return;
        }
        long power = 1;
        while (value / power >= 10) {
            power *= 10;
        }
        for (; power > 0; power /= 10) {
            out.writeByte('0' + (int) (value / power % 10));
        }
    }

    static void hex(ByteBuf out, int value) {
        int shift = 28;
        while (shift > 0 && (value >>> shift) == 0) {
            shift -= 4;
        }
        for (; shift >= 0; shift -= 4) {
            int digit = (value >>> shift) & 15;
            out.writeByte(digit < 10 ? '0' + digit : 'a' + digit - 10);
        }
    }

    static void text(ByteBuf out, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Registrations and route services are not written by us: no line may end in them.
            out.writeByte(c < ' ' || c == 0x7f || c > 0xff ? '?' : c);
        }
    }

    static void field(ByteBuf out, String name, String value) {
        text(out, name);
        out.writeBytes(COLON);
        text(out, value);
        out.writeBytes(CRLF);
    }
}

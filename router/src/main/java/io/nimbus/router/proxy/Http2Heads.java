package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2Headers;
import io.nimbus.router.http.MalformedException;

/**
 * Heads of HTTP/2 written down as HTTP/1 has them. What could change their meaning on the way is
 * refused: control characters, fields about a connection, two opinions about the host.
 */
final class Http2Heads {
    private Http2Heads() {}

    static ByteBuf request(Http2Headers headers, boolean ends, ByteBufAllocator memory)
            throws MalformedException {
        var method = headers.method();
        var authority = headers.authority();
        var path = headers.path();
        if (method == null) {
            throw MalformedException.of("no method");
        }
        boolean connect = method.toString().equals("CONNECT");
        if (connect ? authority == null || path != null : path == null || path.isEmpty()) {
            throw MalformedException.of("no target");
        }
        var host = headers.get("host");
        if (authority != null && host != null && !same(authority, host)) {
            throw MalformedException.of("two hosts");
        }
        var out = memory.buffer(1024);
        try {
            word(out, method);
            out.writeByte(' ');
            word(out, connect ? authority : path);
            out.writeBytes(Wire.REQUEST_END);
            value(out, authority == null ? host == null ? "" : host : authority);
            out.writeBytes(Wire.CRLF);
            boolean length = fields(out, headers);
            if (!ends && !length) {
                out.writeBytes(Wire.CHUNKED);
            }
            out.writeBytes(Wire.CRLF);
            return out;
        } catch (MalformedException | RuntimeException e) {
            out.release();
            throw e;
        }
    }

    private static boolean same(CharSequence one, CharSequence other) {
        return one.toString().equalsIgnoreCase(other.toString());
    }

    /** Returns whether the body's length is among them. */
    private static boolean fields(ByteBuf out, Http2Headers headers) throws MalformedException {
        boolean length = false;
        StringBuilder cookies = null;
        for (var entry : headers) {
            var name = entry.getKey();
            if (name.isEmpty() || name.charAt(0) == ':') {
                continue;
            }
            switch (name.toString()) {
                case "host" -> {}
                case "cookie" -> {
                    // RFC 9113 §8.2.3: crumbs of one line.
                    if (cookies == null) {
                        cookies = new StringBuilder();
                    } else {
                        cookies.append("; ");
                    }
                    cookies.append(entry.getValue());
                }
                case "connection",
                        "keep-alive",
                        "proxy-connection",
                        "transfer-encoding",
                        "upgrade",
                        "http2-settings" ->
                        throw MalformedException.of("a field about a connection");
                default -> {
                    length |= name.toString().equals("content-length");
                    word(out, name);
                    out.writeBytes(Wire.COLON);
                    value(out, entry.getValue());
                    out.writeBytes(Wire.CRLF);
                }
            }
        }
        if (cookies != null) {
            out.writeBytes(Wire.bytes("Cookie: "));
            value(out, cookies);
            out.writeBytes(Wire.CRLF);
        }
        return length;
    }

    static ByteBuf response(Http2Headers headers, ByteBufAllocator memory)
            throws MalformedException {
        var status = headers.status();
        if (status == null || status.length() != 3) {
            throw MalformedException.of("no status");
        }
        var out = memory.buffer(1024);
        try {
            out.writeBytes(Wire.HTTP_1_1);
            word(out, status);
            out.writeBytes(Wire.CRLF);
            lines(out, headers);
            out.writeBytes(Wire.CRLF);
            return out;
        } catch (MalformedException | RuntimeException e) {
            out.release();
            throw e;
        }
    }

    /** The lines of a trailer, with the empty one at their end. */
    static ByteBuf trailer(Http2Headers headers, ByteBufAllocator memory)
            throws MalformedException {
        var out = memory.buffer(256);
        try {
            lines(out, headers);
            out.writeBytes(Wire.CRLF);
            return out;
        } catch (MalformedException | RuntimeException e) {
            out.release();
            throw e;
        }
    }

    private static void lines(ByteBuf out, Http2Headers headers) throws MalformedException {
        for (var entry : headers) {
            var name = entry.getKey();
            if (name.isEmpty() || name.charAt(0) == ':') {
                continue;
            }
            word(out, name);
            out.writeBytes(Wire.COLON);
            value(out, entry.getValue());
            out.writeBytes(Wire.CRLF);
        }
    }

    /** Without blanks, so that it stays one word. */
    private static void word(ByteBuf out, CharSequence text) throws MalformedException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c == 0x7f || c > 0xff) {
                throw MalformedException.of("a blank or control character");
            }
            out.writeByte(c);
        }
    }

    private static void value(ByteBuf out, CharSequence text) throws MalformedException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
                throw MalformedException.of("a control character");
            }
            out.writeByte(c);
        }
    }
}

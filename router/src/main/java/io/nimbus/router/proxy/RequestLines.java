package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.nimbus.router.http.Field;
import io.nimbus.router.http.RequestHead;

/**
 * A request's head as the backend gets it: the client's lines as they came, in runs as long as
 * possible, less what ends at this hop and what only the router may say; then what the router says.
 */
final class RequestLines {
    /** A body up to this size leaves in one piece with its head. */
    private static final int JOINED = 8 * 1024;

    private RequestLines() {}

    static ByteBuf write(Exchange exchange, Destination to, ByteBufAllocator memory) {
        var head = exchange.request;
        int body = (int) Math.min(JOINED, Math.max(0, head.bodyLength()));
        var out = memory.ioBuffer(head.length() + 448 + to.identity().length + body);
        var service = exchange.service();
        if (service == null) {
            out.writeBytes(head.bytes(), 0, head.targetEnd());
            out.writeBytes(Wire.REQUEST_END);
            out.writeBytes(head.bytes(), head.host(), head.hostEnd() - head.host());
        } else {
            out.writeBytes(head.bytes(), 0, head.target());
            out.writeBytes(service.target());
            out.writeBytes(Wire.REQUEST_END);
            out.writeBytes(service.host());
        }
        out.writeBytes(Wire.CRLF);
        fields(out, exchange, head);
        forwarded(out, exchange, head);
        if (service != null) {
            sealed(out, exchange);
        }
        out.writeBytes(to.identity());
        framing(out, exchange, head);
        out.writeBytes(Wire.CRLF);
        return out;
    }

    private static void fields(ByteBuf out, Exchange exchange, RequestHead head) {
        var bytes = head.bytes();
        int run = -1;
        for (int i = 0; i < head.count(); i++) {
            if (drops(exchange, head, i)) {
                if (run >= 0) {
                    out.writeBytes(bytes, run, head.name(i) - run);
                    run = -1;
                }
            } else if (run < 0) {
                run = head.name(i);
            }
        }
        if (run >= 0) {
            out.writeBytes(bytes, run, head.blockEnd() - run);
        }
    }

    private static void sealed(ByteBuf out, Exchange exchange) {
        var url = exchange.forwardedUrl();
        var sealed = exchange.sealed(url);
        Wire.field(out, Field.name(Field.X_CF_FORWARDED_URL), url);
        Wire.field(out, Field.name(Field.X_CF_PROXY_SIGNATURE), sealed.signature());
        Wire.field(out, Field.name(Field.X_CF_PROXY_METADATA), sealed.metadata());
    }

    private static boolean drops(Exchange exchange, RequestHead head, int field) {
        return switch (head.id(field)) {
            case Field.HOST,
                    Field.CONTENT_LENGTH,
                    Field.TRANSFER_ENCODING,
                    Field.CONNECTION,
                    Field.KEEP_ALIVE,
                    Field.PROXY_CONNECTION,
                    Field.PROXY_AUTHENTICATE,
                    Field.PROXY_AUTHORIZATION,
                    Field.TE,
                    Field.TRAILER,
                    Field.UPGRADE,
                    Field.HTTP2_SETTINGS,
                    Field.X_FORWARDED_FOR,
                    Field.X_FORWARDED_PROTO,
                    Field.X_VCAP_REQUEST_ID,
                    Field.X_CF_APPLICATION_ID,
                    Field.X_CF_INSTANCE_ID,
                    Field.X_CF_INSTANCE_INDEX,
                    Field.X_CF_APP_INSTANCE,
                    Field.X_CF_PROCESS_INSTANCE ->
                    true;
            case Field.X_CF_FORWARDED_URL, Field.X_CF_PROXY_SIGNATURE, Field.X_CF_PROXY_METADATA ->
                    exchange.dropsSeal();
            case Field.B3,
                    Field.X_B3_TRACE_ID,
                    Field.X_B3_SPAN_ID,
                    Field.TRACEPARENT,
                    Field.TRACESTATE ->
                    exchange.trace != null && exchange.trace.replaces(head.id(field));
            case Field.USER_AGENT -> head.value(field) == head.valueEnd(field);
            case Field.X_FORWARDED_CLIENT_CERT -> exchange.dropsClientCertificate();
            default -> false;
        };
    }

    private static void forwarded(ByteBuf out, Exchange exchange, RequestHead head) {
        out.writeBytes(Wire.FORWARDED_FOR);
        for (int i = head.first(Field.X_FORWARDED_FOR); i >= 0; i = head.next(i)) {
            if (head.value(i) < head.valueEnd(i)) {
                out.writeBytes(head.bytes(), head.value(i), head.valueEnd(i) - head.value(i));
                out.writeByte(',');
                out.writeByte(' ');
            }
        }
        Wire.text(out, exchange.client.clientHost());
        out.writeBytes(Wire.CRLF);
        proto(out, exchange, head);
        if (!head.has(Field.X_REQUEST_START)) {
            out.writeBytes(Wire.REQUEST_START);
            Wire.decimal(out, exchange.loop.epochNanos(exchange.started) / 1_000_000);
            out.writeBytes(Wire.CRLF);
        }
        out.writeBytes(Wire.REQUEST_ID);
        RequestIds.write(out, exchange.idHigh, exchange.idLow);
        out.writeBytes(Wire.CRLF);
        if (exchange.trace != null) {
            exchange.trace.lines().forEach((name, value) -> Wire.field(out, name, value));
        }
        var certificate = exchange.clientCertificate();
        if (certificate != null) {
            Wire.field(out, Field.name(Field.X_FORWARDED_CLIENT_CERT), certificate);
        }
    }

    private static void proto(ByteBuf out, Exchange exchange, RequestHead head) {
        int own = exchange.forwardedProtoOfClient();
        if (own >= 0) {
            out.writeBytes(head.bytes(), head.name(own), head.lineEnd(own) - head.name(own));
        } else {
            out.writeBytes(
                    exchange.settings.forwarding().forceHttps() || exchange.client.isTls()
                            ? Wire.PROTO_HTTPS
                            : Wire.PROTO_HTTP);
        }
    }

    private static void framing(ByteBuf out, Exchange exchange, RequestHead head) {
        if (head.isChunked()) {
            out.writeBytes(Wire.CHUNKED);
        } else if (head.bodyLength() >= 0) {
            out.writeBytes(Wire.CONTENT_LENGTH);
            Wire.decimal(out, head.bodyLength());
            out.writeBytes(Wire.CRLF);
        }
        int te = head.first(Field.TE);
        if (te >= 0 && head.valueIs(te, "trailers")) {
            out.writeBytes(Wire.TE_TRAILERS);
        }
        if (exchange.isUpgrading()) {
            int protocol = head.first(Field.UPGRADE);
            out.writeBytes(Wire.UPGRADE);
            out.writeBytes(
                    head.bytes(),
                    head.value(protocol),
                    head.valueEnd(protocol) - head.value(protocol));
            out.writeBytes(Wire.CRLF);
        } else if (!exchange.isReusable()) {
            out.writeBytes(Wire.CLOSE);
        }
    }
}

package io.nimbus.router.proxy;

import io.nimbus.router.http.Field;
import io.nimbus.router.http.RequestHead;
import io.nimbus.router.log.AccessLogConfig;
import io.nimbus.router.log.LogLane;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Writes an exchange's line into the access log. Contract: router.md §13. */
final class AccessLine {
    private static final DateTimeFormatter SECOND =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.").withZone(ZoneOffset.UTC);
    private static final byte[] DASH = Wire.bytes("\"-\"");
    private static final byte[] FORWARDED_FOR = Wire.bytes(" x_forwarded_for:");
    private static final byte[] FORWARDED_PROTO = Wire.bytes(" x_forwarded_proto:");
    private static final byte[] REQUEST_ID = Wire.bytes(" vcap_request_id:\"");
    private static final byte[] RESPONSE_TIME = Wire.bytes("\" response_time:");
    private static final byte[] ROUTER_TIME = Wire.bytes(" gorouter_time:");
    private static final byte[] APP_ID = Wire.bytes(" app_id:");
    private static final byte[] APP_INDEX = Wire.bytes(" app_index:");
    private static final byte[] INSTANCE_ID = Wire.bytes(" instance_id:");
    private static final byte[] ROUTER_ERROR = Wire.bytes(" x_cf_routererror:");

    private AccessLine() {}

    static void write(Exchange exchange, long now) {
        var config = exchange.proxy().accessLog().config();
        if (!config.isOn()) {
            return;
        }
        var backend = exchange.backend();
        var app = backend == null || backend.app().isEmpty() ? null : backend.app();
        boolean file = config.file() != null || config.syslog() != null;
        boolean stream = config.apps() && app != null;
        if (!file && !stream) {
            return;
        }
        var lane = exchange.loop.log();
        long epoch = exchange.loop.epochNanos(exchange.started);
        boolean both = file && stream && config.json();
        if ((file && config.json())
                && !line(lane, exchange, config, now, epoch, null, true, true)) {
            dropped(exchange);
            return;
        }
        if (!config.json() || both || stream) {
            boolean toFile = file && !config.json();
            if (!line(lane, exchange, config, now, epoch, stream ? app : null, toFile, false)) {
                dropped(exchange);
            }
        }
    }

    private static void dropped(Exchange exchange) {
        exchange.loop.traffic().count(io.nimbus.router.metrics.Count.ACCESS_LOG_DROPPED);
    }

    private static boolean line(
            LogLane lane,
            Exchange exchange,
            AccessLogConfig config,
            long now,
            long epoch,
            @Nullable String app,
            boolean file,
            boolean json) {
        if (!lane.begin()) {
            return false;
        }
        if (json) {
            JsonLine.write(lane, exchange, config, now, epoch);
        } else {
            text(lane, exchange, config, now, epoch);
        }
        lane.end(epoch, app, file);
        return true;
    }

    private static void text(
            LogLane lane, Exchange exchange, AccessLogConfig config, long now, long epoch) {
        var request = exchange.request;
        var bytes = request.bytes();
        if (request.host() >= 0 && request.host() < request.hostEnd()) {
            lane.value(bytes, request.host(), request.hostEnd());
        } else {
            lane.raw('-');
        }
        lane.raw(' ').raw('-').raw(' ').raw('[');
        time(lane, exchange.loop, epoch);
        lane.raw(']').raw(' ').raw('"');
        lane.value(bytes, 0, request.methodEnd()).raw(' ');
        target(lane, request, config);
        lane.raw(' ').value(exchange.client.protocol()).raw('"').raw(' ');
        if (exchange.status == 0) {
            lane.raw(DASH);
        } else {
            lane.decimal(exchange.status);
        }
        lane.raw(' ').decimal(exchange.requestBytes);
        lane.raw(' ').decimal(exchange.responseBytes).raw(' ');
        header(lane, request, Field.REFERER);
        lane.raw(' ');
        header(lane, request, Field.USER_AGENT);
        lane.raw(' ');
        quoted(lane, config.source() ? exchange.client.clientAddress() : "");
        lane.raw(' ');
        quoted(lane, exchange.backendAddress());
        lane.raw(FORWARDED_FOR);
        forwardedFor(lane, exchange, config);
        lane.raw(FORWARDED_PROTO);
        forwardedProto(lane, exchange);
        lane.raw(REQUEST_ID);
        requestId(lane, exchange);
        lane.raw(RESPONSE_TIME).seconds(now - exchange.started);
        lane.raw(ROUTER_TIME);
        long backend = exchange.backendNanos();
        if (backend < 0) {
            lane.raw(DASH);
        } else {
            lane.seconds(Math.max(0, now - exchange.started - backend));
        }
        var to = exchange.backend();
        lane.raw(APP_ID);
        quoted(lane, to == null ? "" : to.app());
        lane.raw(APP_INDEX);
        quoted(lane, to == null ? "" : to.index());
        lane.raw(INSTANCE_ID);
        quoted(lane, to == null ? "" : to.instance());
        for (var field : config.extraFields()) {
            extra(lane, exchange, field);
        }
        lane.raw(ROUTER_ERROR);
        quoted(lane, exchange.routerErrorForLog());
        for (var name : config.extraHeaders()) {
            lane.raw(' ').value(name.replace('-', '_')).raw(':');
            var value = exchange.headerForLog(name);
            quoted(lane, value == null ? "" : value);
        }
    }

    static void time(LogLane lane, Loop loop, long epoch) {
        lane.raw(loop.second(epoch / 1_000_000_000L, SECOND));
        lane.padded9(epoch % 1_000_000_000L).raw('Z');
    }

    static void target(LogLane lane, RequestHead request, AccessLogConfig config) {
        int end = request.targetEnd();
        boolean query = request.pathEnd() < end;
        if (!query
                || config.redactQuery() == AccessLogConfig.Redaction.NONE
                || !request.isMethod("GET")) {
            lane.value(request.bytes(), request.target(), end);
            return;
        }
        lane.value(request.bytes(), request.target(), request.pathEnd());
        if (config.redactQuery() == AccessLogConfig.Redaction.HASH) {
            lane.raw('?').value(sha1(request.bytes(), request.pathEnd() + 1, end));
        }
    }

    private static String sha1(byte[] bytes, int from, int to) {
        try {
            var digest = MessageDigest.getInstance("SHA-1");
            digest.update(bytes, from, to - from);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    private static void header(LogLane lane, RequestHead request, int id) {
        int field = request.first(id);
        if (field < 0 || request.value(field) == request.valueEnd(field)) {
            lane.raw(DASH);
            return;
        }
        lane.raw('"');
        lane.value(request.bytes(), request.value(field), request.valueEnd(field));
        lane.raw('"');
    }

    private static void quoted(LogLane lane, String value) {
        if (value.isEmpty()) {
            lane.raw(DASH);
        } else {
            lane.raw('"').value(value).raw('"');
        }
    }

    private static void forwardedFor(LogLane lane, Exchange exchange, AccessLogConfig config) {
        if (!config.forwardedFor()) {
            lane.raw(DASH);
            return;
        }
        lane.raw('"');
        forwardedForValue(lane, exchange);
        lane.raw('"');
    }

    /** As it was sent to the backend. */
    static void forwardedForValue(LogLane lane, Exchange exchange) {
        var request = exchange.request;
        for (int i = request.first(Field.X_FORWARDED_FOR); i >= 0; i = request.next(i)) {
            if (request.value(i) < request.valueEnd(i)) {
                lane.value(request.bytes(), request.value(i), request.valueEnd(i));
                lane.raw(',').raw(' ');
            }
        }
        lane.value(exchange.client.clientHost());
    }

    private static void forwardedProto(LogLane lane, Exchange exchange) {
        lane.raw('"');
        forwardedProtoValue(lane, exchange);
        lane.raw('"');
    }

    static void forwardedProtoValue(LogLane lane, Exchange exchange) {
        int own = exchange.forwardedProtoOfClient();
        if (own >= 0) {
            var request = exchange.request;
            lane.value(request.bytes(), request.value(own), request.valueEnd(own));
        } else {
            lane.value(
                    exchange.settings.forwarding().forceHttps() || exchange.client.isTls()
                            ? "https"
                            : "http");
        }
    }

    static void requestId(LogLane lane, Exchange exchange) {
        int from = lane.reserve(36);
        RequestIds.write(lane.bytes(), from, exchange.idHigh, exchange.idLow);
    }

    private static void extra(LogLane lane, Exchange exchange, AccessLogConfig.ExtraField field) {
        lane.raw(' ').value(field.name().toLowerCase(java.util.Locale.ROOT)).raw(':');
        switch (field) {
            case FAILED_ATTEMPTS -> lane.decimal(exchange.failedAttempts);
            case FAILED_ATTEMPTS_TIME -> duration(lane, exchange.failedNanos);
            case DNS_TIME -> duration(lane, exchange.dnsNanos);
            case DIAL_TIME -> duration(lane, exchange.dialNanos);
            case TLS_TIME -> duration(lane, exchange.tlsNanos);
            case BACKEND_TIME -> duration(lane, exchange.backendNanos());
            case LOCAL_ADDRESS -> quoted(lane, exchange.localAddress());
        }
    }

    static void duration(LogLane lane, long nanos) {
        if (nanos < 0) {
            lane.raw(DASH);
        } else {
            lane.seconds(nanos);
        }
    }

    static byte[] second(long epochSecond, DateTimeFormatter format) {
        return format.format(Instant.ofEpochSecond(epochSecond))
                .getBytes(StandardCharsets.US_ASCII);
    }
}

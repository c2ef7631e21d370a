package io.nimbus.router.proxy;

import io.nimbus.router.http.Field;
import io.nimbus.router.log.AccessLogConfig;
import io.nimbus.router.log.LogLane;
import java.util.Locale;

/** The access log's line as a JSON object: the same names and order, absent values left out. */
final class JsonLine {
    private JsonLine() {}

    static void write(
            LogLane lane, Exchange exchange, AccessLogConfig config, long now, long epoch) {
        var request = exchange.request;
        lane.raw('{');
        name(lane, "host").raw('"');
        if (request.host() >= 0) {
            lane.value(request.bytes(), request.host(), request.hostEnd());
        }
        lane.raw('"');
        comma(lane, "time").raw('"');
        AccessLine.time(lane, exchange.loop, epoch);
        lane.raw('"');
        comma(lane, "method").raw('"').value(request.bytes(), 0, request.methodEnd()).raw('"');
        comma(lane, "uri").raw('"');
        AccessLine.target(lane, request, config);
        lane.raw('"');
        text(lane, "protocol", exchange.client.protocol());
        comma(lane, "status").decimal(exchange.status);
        comma(lane, "request_bytes").decimal(exchange.requestBytes);
        comma(lane, "response_bytes").decimal(exchange.responseBytes);
        header(lane, exchange, "referer", Field.REFERER);
        header(lane, exchange, "user_agent", Field.USER_AGENT);
        text(lane, "client", config.source() ? exchange.client.clientAddress() : "");
        text(lane, "backend", exchange.backendAddress());
        if (config.forwardedFor()) {
            comma(lane, "x_forwarded_for").raw('"');
            AccessLine.forwardedForValue(lane, exchange);
            lane.raw('"');
        }
        comma(lane, "x_forwarded_proto").raw('"');
        AccessLine.forwardedProtoValue(lane, exchange);
        lane.raw('"');
        comma(lane, "vcap_request_id").raw('"');
        AccessLine.requestId(lane, exchange);
        lane.raw('"');
        comma(lane, "response_time").seconds(now - exchange.started);
        long backend = exchange.backendNanos();
        if (backend >= 0) {
            comma(lane, "gorouter_time").seconds(Math.max(0, now - exchange.started - backend));
        }
        var to = exchange.backend();
        if (to != null) {
            text(lane, "app_id", to.app());
            text(lane, "app_index", to.index());
            text(lane, "instance_id", to.instance());
        }
        for (var field : config.extraFields()) {
            extra(lane, exchange, field);
        }
        text(lane, "x_cf_routererror", exchange.routerErrorForLog());
        for (var header : config.extraHeaders()) {
            var value = exchange.headerForLog(header);
            text(lane, header.replace('-', '_'), value == null ? "" : value);
        }
        lane.raw('}');
    }

    private static LogLane name(LogLane lane, String name) {
        return lane.raw('"').value(name).raw('"').raw(':');
    }

    private static LogLane comma(LogLane lane, String name) {
        return name(lane.raw(','), name);
    }

    private static void text(LogLane lane, String name, String value) {
        if (!value.isEmpty()) {
            comma(lane, name).raw('"').value(value).raw('"');
        }
    }

    private static void header(LogLane lane, Exchange exchange, String name, int id) {
        var request = exchange.request;
        int field = request.first(id);
        if (field >= 0) {
            comma(lane, name).raw('"');
            lane.value(request.bytes(), request.value(field), request.valueEnd(field)).raw('"');
        }
    }

    private static void extra(LogLane lane, Exchange exchange, AccessLogConfig.ExtraField field) {
        var name = field.name().toLowerCase(Locale.ROOT);
        switch (field) {
            case FAILED_ATTEMPTS -> comma(lane, name).decimal(exchange.failedAttempts);
            case LOCAL_ADDRESS -> text(lane, name, exchange.localAddress());
            case FAILED_ATTEMPTS_TIME -> duration(lane, name, exchange.failedNanos);
            case DNS_TIME -> duration(lane, name, exchange.dnsNanos);
            case DIAL_TIME -> duration(lane, name, exchange.dialNanos);
            case TLS_TIME -> duration(lane, name, exchange.tlsNanos);
            case BACKEND_TIME -> duration(lane, name, exchange.backendNanos());
        }
    }

    private static void duration(LogLane lane, String name, long nanos) {
        if (nanos >= 0) {
            comma(lane, name).seconds(nanos);
        }
    }
}

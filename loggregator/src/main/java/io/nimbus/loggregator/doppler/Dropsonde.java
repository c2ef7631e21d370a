package io.nimbus.loggregator.doppler;

import io.nimbus.loggregator.dropsonde.ContainerMetric;
import io.nimbus.loggregator.dropsonde.CounterEvent;
import io.nimbus.loggregator.dropsonde.Envelope;
import io.nimbus.loggregator.dropsonde.Envelope.EventType;
import io.nimbus.loggregator.dropsonde.HttpStartStop;
import io.nimbus.loggregator.dropsonde.LogMessage;
import io.nimbus.loggregator.dropsonde.Method;
import io.nimbus.loggregator.dropsonde.PeerType;
import io.nimbus.loggregator.dropsonde.UUID;
import io.nimbus.loggregator.dropsonde.ValueMetric;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.log.GaugeValue;
import io.nimbus.subjects.log.Log;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Envelopes in the form of the older clients; one gauge may become several. */
final class Dropsonde {
    private static final String ORIGIN = "nimbus";

    private Dropsonde() {}

    /** Empty for what that form has no word for. */
    static List<Envelope> of(io.nimbus.subjects.log.Envelope envelope) {
        return switch (envelope.getMessageCase()) {
            case LOG -> List.of(log(envelope));
            case COUNTER -> List.of(counter(envelope));
            case GAUGE -> gauge(envelope);
            case TIMER -> timer(envelope);
            case EVENT, MESSAGE_NOT_SET -> List.of();
        };
    }

    /** Whether it says what one instance uses. */
    static boolean isContainerMetric(io.nimbus.subjects.log.Envelope envelope) {
        var metrics = envelope.getGauge().getMetricsMap();
        return metrics.containsKey("cpu")
                && metrics.containsKey("memory")
                && metrics.containsKey("disk");
    }

    private static Envelope.Builder wrapped(
            io.nimbus.subjects.log.Envelope envelope, EventType type) {
        var wrapped =
                Envelope.newBuilder()
                        .setOrigin(envelope.getTagsOrDefault("origin", ORIGIN))
                        .setEventType(type)
                        .setTimestamp(envelope.getTimestamp());
        envelope.getTagsMap()
                .forEach((name, value) -> {
                    switch (name) {
                        case "origin" -> {}
                        case "deployment" -> wrapped.setDeployment(value);
                        case "job" -> wrapped.setJob(value);
                        case "index" -> wrapped.setIndex(value);
                        case "ip" -> wrapped.setIp(value);
                        default -> wrapped.putTags(name, value);
                    }
                });
        return wrapped;
    }

    private static Envelope log(io.nimbus.subjects.log.Envelope envelope) {
        var line = envelope.getLog();
        return wrapped(envelope, EventType.LogMessage)
                .setLogMessage(
                        LogMessage.newBuilder()
                                .setMessage(line.getPayload())
                                .setMessageType(
                                        line.getType() == Log.Type.ERR
                                                ? LogMessage.MessageType.ERR
                                                : LogMessage.MessageType.OUT)
                                .setTimestamp(envelope.getTimestamp())
                                .setAppId(envelope.getSourceId())
                                .setSourceType(envelope.getTagsOrDefault(Logs.SOURCE_TYPE, ""))
                                .setSourceInstance(envelope.getInstanceId()))
                .build();
    }

    private static Envelope counter(io.nimbus.subjects.log.Envelope envelope) {
        return wrapped(envelope, EventType.CounterEvent)
                .setCounterEvent(
                        CounterEvent.newBuilder()
                                .setName(envelope.getCounter().getName())
                                .setDelta(envelope.getCounter().getDelta())
                                .setTotal(envelope.getCounter().getTotal()))
                .build();
    }

    private static List<Envelope> gauge(io.nimbus.subjects.log.Envelope envelope) {
        if (isContainerMetric(envelope)) {
            return List.of(container(envelope));
        }
        var values = new ArrayList<Envelope>();
        envelope.getGauge()
                .getMetricsMap()
                .forEach((name, metric) ->
                        values.add(
                                wrapped(envelope, EventType.ValueMetric)
                                        .setValueMetric(
                                                ValueMetric.newBuilder()
                                                        .setName(name)
                                                        .setValue(metric.getValue())
                                                        .setUnit(metric.getUnit()))
                                        .build()));
        return values;
    }

    private static Envelope container(io.nimbus.subjects.log.Envelope envelope) {
        var metrics = envelope.getGauge().getMetricsMap();
        var container =
                ContainerMetric.newBuilder()
                        .setApplicationId(envelope.getSourceId())
                        .setInstanceIndex(number(envelope.getInstanceId()))
                        .setCpuPercentage(value(metrics, "cpu"))
                        .setMemoryBytes((long) value(metrics, "memory"))
                        .setDiskBytes((long) value(metrics, "disk"));
        if (metrics.containsKey("memory_quota")) {
            container.setMemoryBytesQuota((long) value(metrics, "memory_quota"));
        }
        if (metrics.containsKey("disk_quota")) {
            container.setDiskBytesQuota((long) value(metrics, "disk_quota"));
        }
        return wrapped(envelope, EventType.ContainerMetric).setContainerMetric(container).build();
    }

    private static double value(Map<String, GaugeValue> metrics, String name) {
        return metrics.getOrDefault(name, GaugeValue.getDefaultInstance()).getValue();
    }

    /** A request that a router served; other timers have no older form. */
    private static List<Envelope> timer(io.nimbus.subjects.log.Envelope envelope) {
        if (!envelope.getTimer().getName().equals("http")) {
            return List.of();
        }
        var tags = envelope.getTagsMap();
        var http =
                HttpStartStop.newBuilder()
                        .setStartTimestamp(envelope.getTimer().getStart())
                        .setStopTimestamp(envelope.getTimer().getStop())
                        .setRequestId(uuid(tags.getOrDefault("request_id", "")))
                        .setPeerType(
                                tags.getOrDefault("peer_type", "Client").equals("Server")
                                        ? PeerType.Server
                                        : PeerType.Client)
                        .setMethod(method(tags.getOrDefault("method", "GET")))
                        .setUri(tags.getOrDefault("uri", ""))
                        .setRemoteAddress(tags.getOrDefault("remote_address", ""))
                        .setUserAgent(tags.getOrDefault("user_agent", ""))
                        .setStatusCode(number(tags.getOrDefault("status_code", "0")))
                        .setContentLength(number(tags.getOrDefault("content_length", "0")))
                        .setApplicationId(uuid(envelope.getSourceId()))
                        .setInstanceIndex(number(envelope.getInstanceId()));
        var instance = tags.get("routing_instance_id");
        if (instance != null) {
            http.setInstanceId(instance);
        }
        return List.of(wrapped(envelope, EventType.HttpStartStop).setHttpStartStop(http).build());
    }

    private static Method method(String name) {
        var wanted = name.toUpperCase(Locale.ROOT).replace('-', '_');
        for (var method : Method.values()) {
            if (method.name().equals(wanted)) {
                return method;
            }
        }
        return Method.GET;
    }

    /** 0 for what is none. */
    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** All zeroes for what is none. */
    private static UUID uuid(String text) {
        try {
            var uuid = java.util.UUID.fromString(text);
            return UUID.newBuilder()
                    .setLow(Long.reverseBytes(uuid.getMostSignificantBits()))
                    .setHigh(Long.reverseBytes(uuid.getLeastSignificantBits()))
                    .build();
        } catch (IllegalArgumentException e) {
            return UUID.newBuilder().setLow(0).setHigh(0).build();
        }
    }
}

package io.nimbus.loggregator.logcache;

import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.Value;
import java.io.OutputStream;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.json.JsonFactory;

/**
 * Envelopes as the JSON form of proto3 has them: 64-bit integers as text, bytes in base64, names as
 * in the schema. cf CLI's decoder refuses a whole read for one field it does not know, so nothing
 * is added here.
 */
final class EnvelopeJson {
    private static final JsonFactory JSON = new JsonFactory();

    private EnvelopeJson() {}

    /** {@code {"envelopes":{"batch":[…]}}}. */
    static void write(List<Envelope> envelopes, OutputStream to) {
        try (var json = JSON.createGenerator(tools.jackson.core.ObjectWriteContext.empty(), to)) {
            json.writeStartObject();
            json.writeObjectPropertyStart("envelopes");
            json.writeArrayPropertyStart("batch");
            for (var envelope : envelopes) {
                envelope(json, envelope);
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeEndObject();
        }
    }

    private static void envelope(JsonGenerator json, Envelope envelope) {
        json.writeStartObject();
        json.writeStringProperty("timestamp", Long.toString(envelope.getTimestamp()));
        json.writeStringProperty("source_id", envelope.getSourceId());
        json.writeStringProperty("instance_id", envelope.getInstanceId());
        json.writeObjectPropertyStart("deprecated_tags");
        envelope.getDeprecatedTagsMap().forEach((name, value) -> value(json, name, value));
        json.writeEndObject();
        json.writeObjectPropertyStart("tags");
        envelope.getTagsMap().forEach(json::writeStringProperty);
        json.writeEndObject();
        message(json, envelope);
        json.writeEndObject();
    }

    private static void value(JsonGenerator json, String name, Value value) {
        json.writeObjectPropertyStart(name);
        switch (value.getDataCase()) {
            case TEXT -> json.writeStringProperty("text", value.getText());
            case INTEGER -> json.writeStringProperty("integer", Long.toString(value.getInteger()));
            case DECIMAL -> decimal(json, "decimal", value.getDecimal());
            case DATA_NOT_SET -> {}
        }
        json.writeEndObject();
    }

    private static void message(JsonGenerator json, Envelope envelope) {
        switch (envelope.getMessageCase()) {
            case LOG -> {
                json.writeObjectPropertyStart("log");
                json.writeName("payload");
                json.writeBinary(envelope.getLog().getPayload().toByteArray());
                json.writeStringProperty("type", envelope.getLog().getType().name());
                json.writeEndObject();
            }
            case COUNTER -> {
                var counter = envelope.getCounter();
                json.writeObjectPropertyStart("counter");
                json.writeStringProperty("name", counter.getName());
                json.writeStringProperty("delta", Long.toUnsignedString(counter.getDelta()));
                json.writeStringProperty("total", Long.toUnsignedString(counter.getTotal()));
                json.writeEndObject();
            }
            case GAUGE -> {
                json.writeObjectPropertyStart("gauge");
                json.writeObjectPropertyStart("metrics");
                envelope.getGauge()
                        .getMetricsMap()
                        .forEach((name, metric) -> {
                            json.writeObjectPropertyStart(name);
                            json.writeStringProperty("unit", metric.getUnit());
                            decimal(json, "value", metric.getValue());
                            json.writeEndObject();
                        });
                json.writeEndObject();
                json.writeEndObject();
            }
            case TIMER -> {
                var timer = envelope.getTimer();
                json.writeObjectPropertyStart("timer");
                json.writeStringProperty("name", timer.getName());
                json.writeStringProperty("start", Long.toString(timer.getStart()));
                json.writeStringProperty("stop", Long.toString(timer.getStop()));
                json.writeEndObject();
            }
            case EVENT -> {
                json.writeObjectPropertyStart("event");
                json.writeStringProperty("title", envelope.getEvent().getTitle());
                json.writeStringProperty("body", envelope.getEvent().getBody());
                json.writeEndObject();
            }
            case MESSAGE_NOT_SET -> {}
        }
    }

    /** JSON has no number for these; proto3 writes them as text. */
    private static void decimal(JsonGenerator json, String name, double value) {
        if (Double.isNaN(value)) {
            json.writeStringProperty(name, "NaN");
        } else if (Double.isInfinite(value)) {
            json.writeStringProperty(name, value > 0 ? "Infinity" : "-Infinity");
        } else {
            json.writeNumberProperty(name, value);
        }
    }
}

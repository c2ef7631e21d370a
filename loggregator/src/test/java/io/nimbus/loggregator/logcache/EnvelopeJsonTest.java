package io.nimbus.loggregator.logcache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.nimbus.subjects.log.Counter;
import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.Event;
import io.nimbus.subjects.log.Gauge;
import io.nimbus.subjects.log.GaugeValue;
import io.nimbus.subjects.log.Log;
import io.nimbus.subjects.log.Timer;
import io.nimbus.subjects.log.Value;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EnvelopeJsonTest {
    private static String json(Envelope... envelopes) {
        var bytes = new ByteArrayOutputStream();
        EnvelopeJson.write(Arrays.asList(envelopes), bytes);
        return bytes.toString(UTF_8);
    }

    private static final String BEGINNING =
            "{\"envelopes\":{\"batch\":[{\"timestamp\":\"-5\",\"source_id\":\"app\","
                    + "\"instance_id\":\"0\",\"deprecated_tags\":{},\"tags\":{},";

    private static Envelope.Builder envelope() {
        return Envelope.newBuilder().setTimestamp(-5).setSourceId("app").setInstanceId("0");
    }

    @Test
    void nothing_is_an_empty_batch() {
        assertThat(json()).isEqualTo("{\"envelopes\":{\"batch\":[]}}");
    }

    @Test
    void a_line_is_base64() {
        assertThat(
                        json(
                                Envelope.newBuilder()
                                        .setTimestamp(1_767_225_600_123_456_789L)
                                        .setSourceId("app")
                                        .setInstanceId("1")
                                        .putTags("source_type", "APP/PROC/WEB")
                                        .putDeprecatedTags(
                                                "a", Value.newBuilder().setInteger(7).build())
                                        .setLog(
                                                Log.newBuilder()
                                                        .setPayload(
                                                                ByteString.copyFromUtf8("héllo?>"))
                                                        .setType(Log.Type.ERR))
                                        .build()))
                .isEqualTo(
                        "{\"envelopes\":{\"batch\":[{\"timestamp\":\"1767225600123456789\","
                                + "\"source_id\":\"app\",\"instance_id\":\"1\","
                                + "\"deprecated_tags\":{\"a\":{\"integer\":\"7\"}},"
                                + "\"tags\":{\"source_type\":\"APP/PROC/WEB\"},"
                                + "\"log\":{\"payload\":\"aMOpbGxvPz4=\",\"type\":\"ERR\"}}]}}");
    }

    @Test
    void numbers_of_64_bits_are_text() {
        assertThat(
                        json(
                                envelope()
                                        .setCounter(
                                                Counter.newBuilder()
                                                        .setName("c")
                                                        .setDelta(1)
                                                        .setTotal(-1))
                                        .build()))
                .isEqualTo(
                        BEGINNING
                                + "\"counter\":{\"name\":\"c\",\"delta\":\"1\","
                                + "\"total\":\"18446744073709551615\"}}]}}");
        assertThat(
                        json(
                                envelope()
                                        .setTimer(
                                                Timer.newBuilder()
                                                        .setName("http")
                                                        .setStart(1)
                                                        .setStop(2))
                                        .build()))
                .isEqualTo(
                        BEGINNING
                                + "\"timer\":{\"name\":\"http\",\"start\":\"1\",\"stop\":\"2\"}}]}}");
    }

    @Test
    void gauges_and_events_are_objects() {
        assertThat(json(envelope().setGauge(gauge(0.25)).build()))
                .isEqualTo(
                        BEGINNING
                                + "\"gauge\":{\"metrics\":{\"cpu\":{\"unit\":\"percentage\","
                                + "\"value\":0.25}}}}]}}");
        assertThat(json(envelope().setGauge(gauge(Double.NaN)).build()))
                .contains("\"value\":\"NaN\"");
        assertThat(json(envelope().setGauge(gauge(Double.NEGATIVE_INFINITY)).build()))
                .contains("\"value\":\"-Infinity\"");
        assertThat(json(envelope().setEvent(Event.newBuilder().setTitle("t").setBody("b")).build()))
                .isEqualTo(BEGINNING + "\"event\":{\"title\":\"t\",\"body\":\"b\"}}]}}");
    }

    private static Gauge.Builder gauge(double value) {
        return Gauge.newBuilder()
                .putMetrics(
                        "cpu",
                        GaugeValue.newBuilder().setUnit("percentage").setValue(value).build());
    }
}

package io.nimbus.loggregator.doppler;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.nimbus.loggregator.dropsonde.Envelope.EventType;
import io.nimbus.loggregator.dropsonde.LogMessage;
import io.nimbus.loggregator.dropsonde.Method;
import io.nimbus.subjects.log.Counter;
import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.Event;
import io.nimbus.subjects.log.Gauge;
import io.nimbus.subjects.log.GaugeValue;
import io.nimbus.subjects.log.Log;
import io.nimbus.subjects.log.Timer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class DropsondeTest {
    private static final String APP = "00112233-4455-6677-8899-aabbccddeeff";

    private static Envelope.Builder envelope() {
        return Envelope.newBuilder().setTimestamp(42).setSourceId(APP).setInstanceId("3");
    }

    private static Gauge.Builder gauge(String... names) {
        var gauge = Gauge.newBuilder();
        for (var name : names) {
            gauge.putMetrics(
                    name, GaugeValue.newBuilder().setUnit("unit").setValue(name.length()).build());
        }
        return gauge;
    }

    @Test
    void a_line_keeps_text_stream_source_and_time() {
        var converted =
                Dropsonde.of(
                        envelope()
                                .putTags("source_type", "APP/PROC/WEB")
                                .putTags("deployment", "d")
                                .setLog(
                                        Log.newBuilder()
                                                .setType(Log.Type.ERR)
                                                .setPayload(ByteString.copyFromUtf8("hello")))
                                .build());
        assertThat(converted)
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.getEventType()).isEqualTo(EventType.LogMessage);
                    assertThat(e.getOrigin()).isEqualTo("nimbus");
                    assertThat(e.getDeployment()).isEqualTo("d");
                    assertThat(e.getTagsMap()).containsOnlyKeys("source_type");
                    assertThat(e.getLogMessage())
                            .isEqualTo(
                                    LogMessage.newBuilder()
                                            .setMessage(ByteString.copyFromUtf8("hello"))
                                            .setMessageType(LogMessage.MessageType.ERR)
                                            .setTimestamp(42)
                                            .setAppId(APP)
                                            .setSourceType("APP/PROC/WEB")
                                            .setSourceInstance("3")
                                            .build());
                });
    }

    @Test
    void what_an_instance_uses_is_a_container_metric() {
        var converted =
                Dropsonde.of(
                        envelope()
                                .setGauge(gauge("cpu", "memory", "disk", "memory_quota"))
                                .build());
        assertThat(converted)
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.getContainerMetric().getApplicationId()).isEqualTo(APP);
                    assertThat(e.getContainerMetric().getInstanceIndex()).isEqualTo(3);
                    assertThat(e.getContainerMetric().getCpuPercentage()).isEqualTo(3.0);
                    assertThat(e.getContainerMetric().getMemoryBytes()).isEqualTo(6);
                    assertThat(e.getContainerMetric().getMemoryBytesQuota()).isEqualTo(12);
                    assertThat(e.getContainerMetric().hasDiskBytesQuota()).isFalse();
                });
    }

    @Test
    void other_gauges_are_one_value_each_and_counters_stay() {
        assertThat(Dropsonde.of(envelope().setGauge(gauge("a", "b")).build()))
                .extracting(e -> e.getValueMetric().getName())
                .containsExactlyInAnyOrder("a", "b");
        assertThat(
                        Dropsonde.of(
                                envelope()
                                        .setCounter(
                                                Counter.newBuilder()
                                                        .setName("c")
                                                        .setDelta(1)
                                                        .setTotal(9))
                                        .build()))
                .singleElement()
                .satisfies(e -> assertThat(e.getCounterEvent().getTotal()).isEqualTo(9));
    }

    @Test
    void a_routers_timer_is_a_request() {
        var converted =
                Dropsonde.of(
                        envelope()
                                .setTimer(Timer.newBuilder().setName("http").setStart(1).setStop(2))
                                .putTags("method", "BASELINE-CONTROL")
                                .putTags("status_code", "204")
                                .putTags("request_id", APP)
                                .build());
        assertThat(converted)
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.getHttpStartStop().getMethod()).isEqualTo(Method.BASELINE_CONTROL);
                    assertThat(e.getHttpStartStop().getStatusCode()).isEqualTo(204);
                    // Little-endian halves.
                    assertThat(e.getHttpStartStop().getRequestId().getLow())
                            .isEqualTo(0x7766554433221100L);
                    assertThat(e.getHttpStartStop().getRequestId().getHigh())
                            .isEqualTo(0xffeeddccbbaa9988L);
                });
        assertThat(Dropsonde.of(envelope().setTimer(Timer.newBuilder().setName("x")).build()))
                .isEmpty();
        assertThat(Dropsonde.of(envelope().setEvent(Event.getDefaultInstance()).build())).isEmpty();
    }

    @Test
    void parts_have_no_headers() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var multipart = new Multipart("B", bytes);
        multipart.part("one".getBytes(US_ASCII));
        multipart.part("two".getBytes(US_ASCII));
        multipart.end();
        assertThat(bytes.toString(US_ASCII))
                .isEqualTo("--B\r\n\r\none\r\n--B\r\n\r\ntwo\r\n--B--\r\n");
        assertThat(Multipart.contentType("B")).isEqualTo("multipart/x-protobuf; boundary=B");
    }
}

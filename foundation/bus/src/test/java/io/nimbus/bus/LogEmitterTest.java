package io.nimbus.bus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.subjects.Logs;
import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.EnvelopeBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogEmitterTest {
    private final VirtualTime time = new VirtualTime();
    private final InMemoryBus wire = new InMemoryBus(time, new Random(1));
    private final InMemoryBus.Endpoint bus = wire.connect("dea");
    private final LogEmitter logs = new LogEmitter(bus, time);
    private final List<EnvelopeBatch> batches = new ArrayList<>();

    LogEmitterTest() {
        wire.connect("loggregator").subscribe(Logs.ALL_APPS, batches::add);
    }

    private List<Envelope> lines() {
        time.advance(Duration.ofSeconds(1));
        return batches.stream().flatMap(b -> b.getBatchList().stream()).toList();
    }

    private static String text(Envelope line) {
        return line.getLog().getPayload().toString(UTF_8);
    }

    @Test
    void a_line_carries_its_source_instance_and_time() {
        logs.err("a", Logs.APP, "2", "hello");
        assertThat(lines())
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.getSourceId()).isEqualTo("a");
                    assertThat(line.getInstanceId()).isEqualTo("2");
                    assertThat(line.getTagsMap()).containsEntry("source_type", "APP/PROC/WEB");
                    assertThat(line.getLog().getTypeValue()).isEqualTo(1);
                    assertThat(line.getTimestamp()).isEqualTo(1_767_225_600_000_000_000L);
                    assertThat(text(line)).isEqualTo("hello");
                });
    }

    @Test
    void lines_of_one_app_travel_together_in_order_and_bounded() {
        for (int i = 0; i < 250; i++) {
            logs.out("a", Logs.APP, "0", "line " + i);
        }
        assertThat(lines())
                .extracting(LogEmitterTest::text)
                .startsWith("line 0", "line 1")
                .endsWith("line 249");
        assertThat(batches)
                .hasSize(3)
                .allSatisfy(b -> assertThat(b.getBatchCount()).isLessThanOrEqualTo(100));
    }

    @Test
    void a_batch_stays_below_its_bytes() {
        for (int i = 0; i < 10; i++) {
            logs.out("a", Logs.APP, "0", "x".repeat(30_000));
        }
        assertThat(lines()).hasSize(10);
        assertThat(batches)
                .allSatisfy(
                        b -> assertThat(b.getSerializedSize()).isLessThan(Logs.MAX_BYTES + 1000));
    }

    @Test
    void a_long_line_is_cut_into_pieces() {
        logs.out("a", Logs.APP, "0", "x".repeat(LogEmitter.LINE) + "end");
        assertThat(lines()).extracting(LogEmitterTest::text).hasSize(2).last().isEqualTo("end");
    }

    @Test
    void an_app_that_floods_loses_its_oldest_lines_and_is_told_how_many() {
        for (int i = 0; i < LogEmitter.QUEUE + 5; i++) {
            logs.out("noisy", Logs.APP, "0", "line " + i);
        }
        logs.out("quiet", Logs.APP, "0", "still heard");
        var noisy = lines().stream().filter(l -> l.getSourceId().equals("noisy")).toList();
        assertThat(noisy.getFirst().getTagsOrThrow("source_type")).isEqualTo("LGR");
        assertThat(text(noisy.getFirst())).startsWith("dropped 5 lines");
        assertThat(text(noisy.get(1))).isEqualTo("line 5");
        assertThat(lines()).extracting(LogEmitterTest::text).contains("still heard");
    }

    @Test
    void lines_written_while_the_bus_is_away_arrive_when_it_is_back() {
        bus.disconnect();
        logs.out("a", Logs.APP, "0", "early");
        assertThat(lines()).isEmpty();
        bus.reconnect();
        assertThat(lines()).extracting(LogEmitterTest::text).containsExactly("early");
    }
}

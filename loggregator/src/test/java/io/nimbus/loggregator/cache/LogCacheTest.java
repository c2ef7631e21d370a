package io.nimbus.loggregator.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.nimbus.subjects.log.Counter;
import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.EnvelopeBatch;
import io.nimbus.subjects.log.Gauge;
import io.nimbus.subjects.log.GaugeValue;
import io.nimbus.subjects.log.Log;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogCacheTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final long NANOS = SourceLog.nanos(NOW);

    private final LogCache cache =
            new LogCache(new LogCache.Limits(1_000, 100, 10_000_000, Duration.ofHours(1)));

    private static Envelope line(long time, String text) {
        return Envelope.newBuilder()
                .setTimestamp(time)
                .setLog(Log.newBuilder().setPayload(ByteString.copyFromUtf8(text)))
                .build();
    }

    private static Envelope gauge(long time, String name) {
        return Envelope.newBuilder()
                .setTimestamp(time)
                .setGauge(Gauge.newBuilder().putMetrics(name, GaugeValue.getDefaultInstance()))
                .build();
    }

    private static EnvelopeBatch batch(Envelope... envelopes) {
        return EnvelopeBatch.newBuilder().addAllBatch(Arrays.asList(envelopes)).build();
    }

    private static LogQuery query(
            long start, long end, int limit, boolean descending, EnvelopeType... types) {
        return new LogQuery(start, end, limit, Set.of(types), descending, null);
    }

    private List<String> texts(LogQuery query) {
        return cache.of("a").read(query, Long.MAX_VALUE).stream()
                .map(e -> e.getLog().getPayload().toStringUtf8())
                .toList();
    }

    @Test
    void lines_are_read_in_order_and_against_it_between_two_times() {
        for (int i = 0; i < 10; i++) {
            cache.add("a", NOW, batch(line(NANOS - 100 + i, "" + i)));
        }
        assertThat(texts(query(0, Long.MAX_VALUE, 100, false)))
                .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        assertThat(texts(query(0, Long.MAX_VALUE, 3, true))).containsExactly("9", "8", "7");
        assertThat(texts(query(NANOS - 98, NANOS - 95, 100, false)))
                .as("the start is included, the end is not")
                .containsExactly("2", "3", "4");
        assertThat(texts(query(NANOS - 98, NANOS - 95, 2, true))).containsExactly("4", "3");
        assertThat(texts(query(-6795364578871345152L, Long.MAX_VALUE, 1, false)))
                .containsExactly("0");
        assertThat(texts(query(NANOS, NANOS - 50, 10, false))).isEmpty();
    }

    @Test
    void no_two_envelopes_of_an_app_have_the_same_time_and_none_goes_back() {
        cache.add("a", NOW, batch(line(NANOS, "1"), line(NANOS, "2"), line(NANOS - 5, "3")));
        cache.add("a", NOW, batch(gauge(NANOS, "cpu"), line(NANOS, "4")));
        assertThat(cache.of("a").read(query(0, Long.MAX_VALUE, 10, false), Long.MAX_VALUE))
                .extracting(Envelope::getTimestamp)
                .containsExactly(NANOS, NANOS + 1, NANOS + 2, NANOS + 3, NANOS + 4);
        assertThat(texts(query(0, Long.MAX_VALUE, 10, false, EnvelopeType.LOG)))
                .containsExactly("1", "2", "3", "4");
    }

    @Test
    void an_emitter_whose_clock_is_wrong_is_corrected_by_the_bus() {
        var hour = Duration.ofHours(1).toNanos();
        cache.add("a", NOW, batch(line(NANOS - hour, "slow clock")));
        cache.add("a", NOW.plusSeconds(5), batch(line(NANOS + hour, "fast clock")));
        var times =
                cache.of("a").read(query(0, Long.MAX_VALUE, 10, false), Long.MAX_VALUE).stream()
                        .map(Envelope::getTimestamp)
                        .toList();
        assertThat(times.getFirst()).isBetween(NANOS - 2_000_000_000L, NANOS);
        assertThat(times.getLast()).isEqualTo(NANOS + 5_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void two_caches_that_read_the_same_stream_hold_the_same(long seed) {
        var other = new LogCache(new LogCache.Limits(1_000, 100, 10_000_000, Duration.ofHours(1)));
        var random = new Random(seed);
        var stored = NOW;
        for (int i = 0; i < 100; i++) {
            stored = stored.plusNanos(random.nextInt(1_000_000));
            var one = batch(line(NANOS + random.nextInt(2_000_000) - 1_000_000, "" + i));
            cache.add("a", stored, one);
            other.add("a", stored, one);
        }
        var all = query(Long.MIN_VALUE, Long.MAX_VALUE, 1_000, false);
        assertThat(cache.of("a").read(all, Long.MAX_VALUE))
                .hasSize(100)
                .isEqualTo(other.of("a").read(all, Long.MAX_VALUE));
    }

    @Test
    void metrics_do_not_push_lines_out() {
        cache.add("a", NOW, batch(line(NANOS, "kept")));
        for (int i = 0; i < 5_000; i++) {
            cache.add("a", NOW, batch(gauge(NANOS, "cpu")));
        }
        assertThat(texts(query(0, Long.MAX_VALUE, 10, true, EnvelopeType.LOG)))
                .containsExactly("kept");
        assertThat(cache.of("a").meta().count()).isEqualTo(101);
        assertThat(cache.of("a").meta().expired()).isEqualTo(4_900);
    }

    @Test
    void the_oldest_line_goes_when_there_are_too_many() {
        for (int i = 0; i < 1_500; i++) {
            cache.add("a", NOW, batch(line(NANOS + i, "" + i)));
        }
        assertThat(texts(query(0, Long.MAX_VALUE, 1, false))).containsExactly("500");
        assertThat(cache.of("a").meta())
                .satisfies(meta -> {
                    assertThat(meta.count()).isEqualTo(1_000);
                    assertThat(meta.expired()).isEqualTo(500);
                    assertThat(meta.newest() - meta.oldest()).isEqualTo(999);
                });
    }

    @Test
    void who_logs_most_pays_for_the_memory_of_all() {
        var small = new LogCache(new LogCache.Limits(100_000, 10, 1_000_000, Duration.ofHours(1)));
        small.add("quiet", NOW, batch(line(NANOS, "still here")));
        var long_ = "x".repeat(1_000);
        for (int i = 0; i < 5_000; i++) {
            small.add("loud", NOW, batch(line(NANOS, long_)));
            assertThat(small.bytes()).isLessThanOrEqualTo(1_000_000);
        }
        assertThat(small.of("quiet").meta().count()).isEqualTo(1);
        assertThat(small.of("loud").meta().count()).isBetween(600L, 900L);
    }

    @Test
    void what_is_too_old_is_forgotten_and_then_its_source() {
        cache.add("a", NOW, batch(line(NANOS, "old")));
        cache.add("b", NOW.plusSeconds(3_000), batch(line(NANOS, "young")));
        cache.expire(NOW.plusSeconds(3_700));
        assertThat(cache.known("a")).isEmpty();
        assertThat(cache.known("b")).isPresent();
        cache.add("a", NOW.plusSeconds(3_800), batch(line(NANOS, "new")));
        assertThat(texts(query(0, Long.MAX_VALUE, 10, false))).containsExactly("new");
    }

    @Test
    void a_source_that_somebody_listens_to_is_not_forgotten() {
        var heard = new ArrayList<Envelope>();
        var listening = cache.listen("a", heard::add);
        cache.expire(NOW);
        cache.add("a", NOW, batch(line(NANOS, "1")));
        assertThat(heard).hasSize(1);
        listening.close();
        cache.add("a", NOW, batch(line(NANOS, "2")));
        assertThat(heard).hasSize(1);
    }

    @Test
    void metrics_are_found_by_their_name() {
        cache.add(
                "a",
                NOW,
                batch(
                        line(NANOS, "requests"),
                        gauge(NANOS, "cpu"),
                        gauge(NANOS, "http_requests"),
                        Envelope.newBuilder()
                                .setCounter(Counter.newBuilder().setName("requests"))
                                .build()));
        @Nullable Pattern name = Pattern.compile("req.*s");
        assertThat(
                        cache.of("a")
                                .read(
                                        new LogQuery(0, Long.MAX_VALUE, 10, Set.of(), false, name),
                                        Long.MAX_VALUE))
                .hasSize(2);
    }

    @Test
    void an_answer_has_a_size_and_at_least_one_line() {
        var long_ = "x".repeat(1_000);
        for (int i = 0; i < 50; i++) {
            cache.add("a", NOW, batch(line(NANOS, long_)));
        }
        assertThat(cache.of("a").read(query(0, Long.MAX_VALUE, 100, false), 10_500)).hasSize(10);
        assertThat(cache.of("a").read(query(0, Long.MAX_VALUE, 100, false), 1)).hasSize(1);
    }

    @Test
    void an_empty_envelope_is_nothing() {
        cache.add("a", NOW, batch(Envelope.getDefaultInstance()));
        assertThat(cache.of("a").meta().count()).isZero();
    }
}

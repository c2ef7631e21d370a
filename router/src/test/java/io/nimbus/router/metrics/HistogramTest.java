package io.nimbus.router.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class HistogramTest {
    @Test
    void buckets_follow_each_other_without_gaps() {
        for (int bucket = 1; bucket < Histogram.BUCKETS; bucket++) {
            long least = Histogram.least(bucket);
            assertThat(Histogram.bucket(least)).isEqualTo(bucket);
            assertThat(Histogram.bucket(least - 1)).isEqualTo(bucket - 1);
        }
        assertThat(Histogram.bucket(Long.MAX_VALUE)).isEqualTo(Histogram.BUCKETS - 1);
    }

    @Test
    void quantiles_are_right_within_a_bucket() {
        var histogram = new Histogram();
        for (int i = 1; i <= 1000; i++) {
            histogram.record(i * 1_000_000L);
        }
        var counts = new int[Histogram.BUCKETS];
        histogram.addTo(counts);
        assertThat(Histogram.quantileMs(counts, 0.5)).isCloseTo(500, within(65.0));
        assertThat(Histogram.quantileMs(counts, 0.95)).isCloseTo(950, within(120.0));
        assertThat(Histogram.quantileMs(new int[Histogram.BUCKETS], 0.5)).isZero();
    }
}

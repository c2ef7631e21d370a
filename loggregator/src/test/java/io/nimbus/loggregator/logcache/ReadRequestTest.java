package io.nimbus.loggregator.logcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nimbus.loggregator.cache.EnvelopeType;
import io.nimbus.loggregator.cache.LogQuery;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadRequestTest {
    private static LogQuery parse(Map<String, List<String>> parameters)
            throws ReadRequest.BadParameter {
        return ReadRequest.parse(
                new ReadRequest.Parameters() {
                    @Override
                    public @Nullable String one(String name) {
                        var all = all(name);
                        return all.isEmpty() ? null : all.getFirst();
                    }

                    @Override
                    public List<String> all(String name) {
                        return parameters.getOrDefault(name, List.of());
                    }
                });
    }

    @Test
    void without_parameters_it_is_the_first_hundred() throws Exception {
        assertThat(parse(Map.of()))
                .isEqualTo(new LogQuery(0, Long.MAX_VALUE, 100, Set.of(), false, null));
    }

    @Test
    void what_cf_sends_is_understood() throws Exception {
        assertThat(
                        parse(
                                Map.of(
                                        "descending",
                                        List.of("true"),
                                        "envelope_types",
                                        List.of("LOG"),
                                        "limit",
                                        List.of("1000"),
                                        "start_time",
                                        List.of("-6795364578871345152"))))
                .isEqualTo(
                        new LogQuery(
                                -6795364578871345152L,
                                Long.MAX_VALUE,
                                1_000,
                                Set.of(EnvelopeType.LOG),
                                true,
                                null));
    }

    @Test
    void types_can_be_several_and_any_is_all() throws Exception {
        assertThat(parse(Map.of("envelope_types", List.of("LOG", "gauge"))).types())
                .containsExactlyInAnyOrder(EnvelopeType.LOG, EnvelopeType.GAUGE);
        assertThat(parse(Map.of("envelope_types", List.of("LOG", "ANY"))).types()).isEmpty();
        assertThat(parse(Map.of("limit", List.of("0"))).limit()).isEqualTo(100);
    }

    @ParameterizedTest
    @CsvSource({
        "limit, 1001",
        "limit, -1",
        "limit, many",
        "start_time, now",
        "start_time, 99999999999999999999",
        "descending, perhaps",
        "envelope_types, NOISE",
        "name_filter, (",
        "end_time, 0"
    })
    void what_makes_no_sense_is_refused_by_name(String name, String value) {
        assertThatThrownBy(() -> parse(Map.of(name, List.of(value))))
                .isInstanceOf(ReadRequest.BadParameter.class)
                .hasMessageContaining(name);
    }
}

package io.nimbus.subjects;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiltersTest {
    // The instance in question: app a, version v, guid i, index 1, RUNNING.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"droplet\":\"a\"} | true",
                "{\"droplet\":\"b\"} | false",
                "{\"droplet\":\"a\",\"version\":\"v\"} | true",
                "{\"droplet\":\"a\",\"version\":\"w\"} | false",
                "{\"droplet\":\"a\",\"indices\":[0,1]} | true",
                "{\"droplet\":\"a\",\"indices\":[0]} | false",
                "{\"droplet\":\"a\",\"indices\":[]} | false",
                "{\"droplet\":\"a\",\"instances\":[\"i\"]} | true",
                "{\"droplet\":\"a\",\"instances\":[\"j\"],\"instance_ids\":[\"i\"]} | true",
                "{\"droplet\":\"a\",\"instances\":[]} | false",
                "{\"droplet\":\"a\",\"instance_ids\":[]} | false",
                "{\"droplet\":\"a\",\"states\":[]} | false",
                "{\"droplet\":\"a\",\"states\":[\"NONSENSE\"]} | false",
                "{\"droplet\":\"a\",\"indices\":[1],\"version\":\"w\"} | false",
                "{\"droplet\":\"a\",\"indices\":null} | true",
            })
    void filters_are_anded_and_an_empty_one_matches_nothing(String body, boolean matches)
            throws Exception {
        var bytes = body.getBytes(UTF_8);
        assertThat(DeaStop.SUBJECT.decode(bytes).matches("a", "v", "i", 1, InstanceState.RUNNING))
                .isEqualTo(matches);
        assertThat(
                        FindDroplet.SUBJECT
                                .request()
                                .decode(bytes)
                                .matches("a", "v", "i", 1, InstanceState.RUNNING))
                .isEqualTo(matches);
    }

    @Test
    void an_empty_filter_cannot_be_published() {
        assertThatIllegalArgumentException().isThrownBy(() -> DeaStop.indices("a", "v", List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> DeaStop.instances("a", List.of()));
    }

    @Test
    void only_a_bare_app_is_the_whole_app() throws Exception {
        assertThat(DeaStop.app("a").isWholeApp()).isTrue();
        assertThat(
                        DeaStop.SUBJECT
                                .decode("{\"droplet\":\"a\",\"indices\":[]}".getBytes(UTF_8))
                                .isWholeApp())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"a.b", "'a b'", "*", "a>", "''", "é"})
    void an_id_that_would_break_a_subject_is_refused(String id) {
        assertThatIllegalArgumentException().isThrownBy(() -> DeaStart.to(id));
    }
}

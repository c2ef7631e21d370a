package io.nimbus.component;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.subjects.ServiceBinding;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VcapEnvironmentTest {
    private static ServiceBinding service(String name, String label, Object credentials) {
        return new ServiceBinding(
                name, label, credentials, List.of("t"), Map.of(), "free", null, null, null);
    }

    @Test
    void services_are_grouped_by_label_with_just_the_keys_that_have_a_value() {
        assertThat(
                        VcapEnvironment.services(
                                List.of(
                                        service("a", "redis", Map.of("host", "h")),
                                        new ServiceBinding(
                                                "b",
                                                "user-provided",
                                                Map.of(),
                                                null,
                                                null,
                                                null,
                                                null,
                                                "syslog://d",
                                                null))))
                .isEqualTo(
                        "{\"redis\":[{\"name\":\"a\",\"label\":\"redis\",\"tags\":[\"t\"],\"plan\":\"free\","
                                + "\"credentials\":{\"host\":\"h\"}}],\"user-provided\":[{\"name\":\"b\","
                                + "\"label\":\"user-provided\",\"credentials\":{},\"syslog_drain_url\":\"syslog://d\"}]}");
        assertThat(VcapEnvironment.services(List.of())).isEqualTo("{}");
    }

    @Test
    void the_first_database_gives_the_url_in_the_scheme_that_frameworks_want() {
        var redis = service("r", "redis", Map.of("uri", "redis://x"));
        var mysql = service("m", "mysql", Map.of("uri", "mysql://u:p@h/d"));
        var postgres = service("p", "pg", Map.of("uri", "postgresql://u:p@h/d"));
        assertThat(VcapEnvironment.databaseUrl(List.of())).isEmpty();
        assertThat(VcapEnvironment.databaseUrl(List.of(redis))).contains("");
        assertThat(VcapEnvironment.databaseUrl(List.of(redis, mysql, postgres)))
                .contains("mysql2://u:p@h/d");
        assertThat(VcapEnvironment.databaseUrl(List.of(postgres))).contains("postgres://u:p@h/d");
        assertThat(VcapEnvironment.databaseUrl(List.of(service("x", "y", "no map")))).contains("");
    }
}

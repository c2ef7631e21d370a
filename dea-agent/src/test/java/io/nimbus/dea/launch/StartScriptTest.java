package io.nimbus.dea.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.dea.policy.Address;
import io.nimbus.dea.policy.Starts;
import io.nimbus.subjects.ServiceBinding;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class StartScriptTest {
    private static final Instant STARTED = Instant.parse("2026-01-01T00:00:00Z");
    private static final Address ADDRESS = new Address("10.0.0.1", 61001, 8080);

    private static Map<String, String> environment(Starts start) {
        return AppEnvironment.of(start.message(), "f".repeat(32), STARTED, ADDRESS).stream()
                .collect(
                        java.util.stream.Collectors.toMap(
                                AppEnvironment.Variable::name,
                                AppEnvironment.Variable::value,
                                (first, last) -> last));
    }

    private static ServiceBinding service(
            String name, String label, Map<String, Object> credentials) {
        return new ServiceBinding(
                name, label, credentials, List.of("sql"), Map.of(), "free", null, null, null);
    }

    @Test
    void it_has_the_variables_of_the_contract() {
        var environment = environment(Starts.app("a").environment("K=v=w", "broken"));
        assertThat(environment)
                .containsEntry("MEMORY_LIMIT", "64m")
                .containsEntry("PORT", "8080")
                .containsEntry("VCAP_APP_PORT", "8080")
                .containsEntry("VCAP_APP_HOST", "0.0.0.0")
                .containsEntry("HOME", "$PWD/app")
                .containsEntry("TMPDIR", "$PWD/tmp")
                .containsEntry("CF_INSTANCE_INDEX", "0")
                .containsEntry("CF_INSTANCE_ADDR", "10.0.0.1:61001")
                .containsEntry("CF_INSTANCE_PORTS", "[{\"external\":61001,\"internal\":8080}]")
                .containsEntry("VCAP_SERVICES", "{}")
                .containsEntry("K", "v=w")
                .doesNotContainKeys("DATABASE_URL", "broken");
    }

    @Test
    void vcap_application_is_the_controllers_with_the_instances_own() {
        var given = Map.<String, Object>of("application_name", "shop", "space_name", "dev");
        var tree =
                JsonMapper.shared()
                        .readTree(environment(Starts.app("a").vcap(given)).get("VCAP_APPLICATION"));
        assertThat(tree.path("application_name").asString()).isEqualTo("shop");
        assertThat(tree.path("application_id").asString()).isEqualTo("a");
        assertThat(tree.path("instance_id").asString()).hasSize(32);
        assertThat(tree.path("port").asInt()).isEqualTo(8080);
        assertThat(tree.path("started_at").asString()).isEqualTo("2026-01-01 00:00:00 +0000");
        assertThat(tree.path("started_at_timestamp").asLong()).isEqualTo(STARTED.getEpochSecond());
        var own =
                JsonMapper.shared().readTree(environment(Starts.app("a")).get("VCAP_APPLICATION"));
        assertThat(own.path("application_uris").get(0).asString()).isEqualTo("a.localhost");
        assertThat(own.path("limits").path("mem").asInt()).isEqualTo(64);
    }

    @Test
    void services_are_grouped_by_label_and_the_first_database_has_its_url() {
        var start =
                Starts.app("a")
                        .services(
                                service("cache", "redis-7", Map.of("uri", "redis://h:1")),
                                service("odd", "user-provided", Map.of("uri", "not a uri at all")),
                                service("db", "mysql-8", Map.of("uri", "mysql://u:p@h/d")),
                                service("db2", "mysql-8", Map.of("uri", "postgresql://u:p@h/d")));
        var environment = environment(start);
        assertThat(environment).containsEntry("DATABASE_URL", "mysql2://u:p@h/d");
        var services = JsonMapper.shared().readTree(environment.get("VCAP_SERVICES"));
        assertThat(services.path("mysql-8")).hasSize(2);
        assertThat(services.path("redis-7").get(0).propertyNames())
                .containsExactly("name", "label", "tags", "plan", "credentials");
        assertThat(environment(Starts.app("a").services(service("c", "redis-7", Map.of()))))
                .containsEntry("DATABASE_URL", "");
    }

    @Test
    void quoting_keeps_expansions_and_nothing_breaks_out() {
        assertThat(StartScript.doubled("plain $VAR")).isEqualTo("\"plain $VAR\"");
        assertThat(StartScript.doubled("say \"hi\"")).isEqualTo("\"say \\\"hi\\\"\"");
        assertThat(StartScript.doubled("C:\\dir")).isEqualTo("\"C:\\dir\"");
        assertThat(StartScript.doubled("ends\\")).isEqualTo("\"ends\\\\\"");
        assertThat(StartScript.doubled("a\\\"b")).isEqualTo("\"a\\\\\\\"b\"");
        assertThat(StartScript.single("it's")).isEqualTo("'it'\\''s'");
    }

    @Test
    void names_that_no_shell_can_say_are_given_to_the_process() {
        var script =
                StartScript.of(
                        Starts.app("a").environment("my-var=1", "my.var=2", "ok=3").message(),
                        "g",
                        STARTED,
                        ADDRESS,
                        "run");
        assertThat(script.unnameable())
                .containsOnly(Map.entry("my-var", "1"), Map.entry("my.var", "2"));
        assertThat(script.text()).contains("export ok=\"3\"").doesNotContain("my-var");
        assertThat(script.toString()).doesNotContain("export");
    }

    @Test
    void a_droplet_of_old_brings_its_own_startup() {
        var script = StartScript.of(Starts.app("a").message(), "g", STARTED, ADDRESS, null);
        assertThat(script.text()).endsWith("exec ./startup\n").doesNotContain("profile.d");
    }

    @Test
    void the_staging_info_may_be_anything_but_huge() throws IOException {
        assertThat(
                        info("start_command: node server.js\ndetected_buildpack: nodejs\n")
                                .startCommand())
                .contains("node server.js");
        assertThat(info("start_command: ''\n").startCommand()).isEmpty();
        assertThat(info("").startCommand()).isEmpty();
        assertThat(info("- a\n- b\n").startCommand()).isEmpty();
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> info("a: ["))
                .isInstanceOf(IOException.class);
    }

    private static StagingInfo info(String text) throws IOException {
        return StagingInfo.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }
}

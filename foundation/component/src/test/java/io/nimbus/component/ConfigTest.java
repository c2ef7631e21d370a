package io.nimbus.component;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
    private enum Mode {
        DIRECT,
        HOST_PORTS
    }

    private static Config config(String yaml) throws ConfigException {
        return Config.parse(yaml, "test.yml", "router", Map.of());
    }

    @Test
    void values_are_read_by_their_type() throws Exception {
        var config =
                config(
                        """
                        name: a
                        port: 8080
                        wait: 250ms
                        ratio: 0.5
                        on: true
                        mode: host-ports
                        uaa: http://127.0.0.1:8082
                        list: [a, b]
                        text_list: c, d
                        labels: {x: 1}
                        nats: {password: s}
                        stacks:
                          - name: one
                        """);
        assertThat(config.text("name")).isEqualTo("a");
        assertThat(config.port("port", 1)).isEqualTo(8080);
        assertThat(config.duration("wait", Duration.ZERO)).isEqualTo(Duration.ofMillis(250));
        assertThat(config.number("ratio", 1, 0, 1)).isEqualTo(0.5);
        assertThat(config.flag("on", false)).isTrue();
        assertThat(config.choice("mode", Mode.DIRECT)).isEqualTo(Mode.HOST_PORTS);
        assertThat(config.uri("uaa")).isEqualTo(URI.create("http://127.0.0.1:8082"));
        assertThat(config.texts("list", List.of())).containsExactly("a", "b");
        assertThat(config.texts("text_list", List.of())).containsExactly("c", "d");
        assertThat(config.map("labels")).containsExactly(Map.entry("x", "1"));
        assertThat(config.section("nats").secret("password")).isEqualTo("s");
        assertThat(config.sections("stacks"))
                .singleElement()
                .satisfies(s -> assertThat(s.text("name")).isEqualTo("one"));
        config.complete("made");
    }

    @Test
    void an_empty_file_reads_as_the_fallbacks() throws Exception {
        var config = config("");
        assertThat(config.integer("n", 7, 0, 9)).isEqualTo(7);
        assertThat(config.text("t", "x")).isEqualTo("x");
        assertThat(config.section("nats").texts("servers", List.of("here")))
                .containsExactly("here");
        assertThat(config.complete(1)).isEqualTo(1);
    }

    @Test
    void the_environment_overrides_the_file() throws Exception {
        var config =
                Config.parse(
                        "nats: {servers: [a]}",
                        "f",
                        "health-manager",
                        Map.of(
                                "NIMBUS_HEALTH_MANAGER_NATS_SERVERS",
                                "b,c",
                                "NIMBUS_HEALTH_MANAGER_MAX_AGE",
                                "3s"));
        assertThat(config.section("nats").texts("servers", List.of())).containsExactly("b", "c");
        assertThat(config.duration("max_age", Duration.ZERO)).isEqualTo(Duration.ofSeconds(3));
        config.complete("made");
    }

    @Test
    void every_fault_is_reported_at_once_and_names_its_key() throws Exception {
        var config =
                config(
                        """
                        port: 99999
                        wait: soon
                        on: perhaps
                        mode: up
                        uaa: nowhere
                        nats: 5
                        tpyo: 1
                        """);
        config.port("port", 1);
        config.duration("wait", Duration.ZERO);
        config.flag("on", false);
        config.choice("mode", Mode.DIRECT);
        config.uri("uaa");
        config.section("nats").secret("password");
        var e = catchThrowableOfType(ConfigException.class, () -> config.complete("made"));
        assertThat(e.faults())
                .containsExactly(
                        "port is not a whole number from 0 to 65535: 99999",
                        "wait is not a duration such as 250ms, 5s, 2m, 1h or 30d: soon",
                        "on is neither true nor false: perhaps",
                        "mode is not one of [direct, host-ports]: up",
                        "uaa is not an address such as http://host:port: nowhere",
                        "nats does not hold keys and values",
                        "nats.password is missing",
                        "tpyo is not known (known here: mode, nats, on, port, uaa, wait)");
    }

    @Test
    void several_readers_may_share_a_section() throws Exception {
        var config = Config.parse("uaa: {url: a, secret: b}", "test.yml", "test", Map.of());

        var url = config.section("uaa").text("url");
        var secret = config.section("uaa").text("secret");

        assertThat(config.complete(List.of(url, secret))).containsExactly("a", "b");
    }

    @Test
    void a_secret_may_stand_in_a_file(@TempDir Path folder) throws Exception {
        var file = Files.writeString(folder.resolve("secret"), "hunter2\n");
        assertThat(config("password_file: " + file).secret("password")).isEqualTo("hunter2");
    }

    @Test
    void a_file_that_is_missing_or_not_yaml_is_named(@TempDir Path folder) throws Exception {
        var nowhere = folder.resolve("nowhere.yml");
        assertThat(
                        catchThrowableOfType(
                                ConfigException.class,
                                () -> Config.read(nowhere, "router", Map.of())))
                .hasMessageContaining(nowhere.toString());
        assertThat(catchThrowableOfType(ConfigException.class, () -> config("a: [")))
                .hasMessageContaining("test.yml is not YAML");
        assertThat(catchThrowableOfType(ConfigException.class, () -> config("- a")))
                .hasMessageContaining("keys and values");
    }
}

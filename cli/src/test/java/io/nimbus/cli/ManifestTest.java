package io.nimbus.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
    @TempDir private Path folder = Path.of("/");

    private List<Manifest.App> read(String yaml, Map<String, String> variables) throws Exception {
        Files.writeString(folder.resolve("manifest.yml"), yaml);
        return Manifest.read(folder, variables);
    }

    @Test
    void every_attribute_is_read() throws Exception {
        var app =
                read(
                                """
                                applications:
                                - name: shop
                                  path: build/app
                                  memory: 1G
                                  disk_quota: 512M
                                  instances: 2
                                  command: ./run
                                  buildpacks: [a, b]
                                  stack: cflinuxfs4
                                  env: {PORTS: 5, EMPTY: , TEXT: "x y"}
                                  routes:
                                  - route: shop.example.org/api
                                  health-check-type: http
                                  health-check-http-endpoint: /health
                                  timeout: 90
                                  services: [db]
                                """,
                                Map.of())
                        .getFirst();
        assertThat(app)
                .isEqualTo(
                        new Manifest.App(
                                "shop",
                                folder.resolve("build/app"),
                                1024,
                                512,
                                2,
                                "./run",
                                List.of("a", "b"),
                                "cflinuxfs4",
                                Map.of("PORTS", "5", "EMPTY", "", "TEXT", "x y"),
                                List.of("shop.example.org/api"),
                                false,
                                false,
                                "http",
                                "/health",
                                90,
                                List.of("db")));
    }

    @Test
    void anchors_and_variables_are_filled_in() throws Exception {
        var apps =
                read(
                        """
                        common: &common
                          memory: ((size))
                          instances: 1
                        applications:
                        - <<: *common
                          name: a
                        - <<: *common
                          name: b
                          instances: 3
                        """,
                        Map.of("size", "64M"));
        assertThat(apps).extracting(Manifest.App::memoryMb).containsExactly(64, 64);
        assertThat(apps).extracting(Manifest.App::instances).containsExactly(1, 3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "host: h | h.",
                "domain: d.org | .d.org",
                "{hosts: [a, b], domains: [x, y]} | a.x b.x a.y b.y",
                "{no-hostname: true, domain: d.org} | d.org"
            })
    void older_host_and_domain_attributes_become_routes(String attributes, String routes)
            throws Exception {
        var flow = attributes.startsWith("{") ? attributes : "{" + attributes + "}";
        var app =
                read("applications: [" + flow.replaceFirst("\\{", "{name: n, ") + "]", Map.of())
                        .getFirst();
        assertThat(app.routes()).containsExactlyInAnyOrder(routes.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "applications: [{name: a, memory: lots}] | memory is not a size",
                "applications: [{name: a, instances: many}] | instances is not a whole number",
                "applications: [{name: a, tpyo: 1}] | not known here: tpyo",
                "applications: [{name: a, memory: ((m))}] | needs --var for: m",
                "applications: {name: a} | no list of applications",
                "applications: [a: | is not YAML",
                "applications: [{name: a, no-route: maybe}] | neither true nor false"
            })
    void what_is_wrong_is_named(String yaml, String message) {
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> read(yaml, Map.of()))
                .withMessageContaining(message);
    }

    private static Manifest.App memory(String name, int megabytes) {
        return new Manifest.App(
                name, null, megabytes, null, null, null, List.of(), null, Map.of(), List.of(),
                false, false, null, null, null, List.of());
    }

    @Test
    void the_command_line_wins_over_the_manifest() throws Exception {
        var given = memory("x", 128);
        var apps = List.of(memory("a", 64), memory("b", 64));
        assertThat(Push.combine(apps, "b", given))
                .singleElement()
                .satisfies(app -> {
                    assertThat(app.name()).isEqualTo("b");
                    assertThat(app.memoryMb()).isEqualTo(128);
                });
        assertThat(Push.combine(apps, null, Manifest.App.EMPTY))
                .extracting(Manifest.App::name)
                .containsExactly("a", "b");
        assertThat(Push.combine(List.of(apps.getFirst()), "other", Manifest.App.EMPTY))
                .extracting(Manifest.App::name)
                .containsExactly("other");
        assertThatExceptionOfType(Failure.class).isThrownBy(() -> Push.combine(apps, null, given));
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> Push.combine(apps, "c", Manifest.App.EMPTY));
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> Push.combine(List.of(), null, given));
    }
}

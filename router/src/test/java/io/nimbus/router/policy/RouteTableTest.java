package io.nimbus.router.policy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.subjects.RouterRegister;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private final RouteTable table = table(Duration.ZERO);
    private final Probe probe = new Probe();

    private static RouteTable table(Duration keepEmpty) {
        return new RouteTable(
                new RouteTable.Rules(Duration.ofMinutes(2), keepEmpty, Sharding.EVERYTHING),
                new SplittableRandom(1));
    }

    private static RouterRegister at(int port, String... uris) {
        return RouterRegister.component("c", "10.0.0.1", port, List.of(uris));
    }

    private @Nullable Route find(String host, String path) {
        var bytes = (host + path).getBytes(ISO_8859_1);
        return table.lookup(bytes, 0, host.length(), host.length(), bytes.length, probe);
    }

    private Route there(String host, String path) {
        return Objects.requireNonNull(find(host, path));
    }

    private int port(String host, String path) {
        var route = find(host, path);
        return route == null || route.isEmpty() ? 0 : route.endpoints()[0].backend().port();
    }

    @Test
    void a_uri_is_known_by_its_host_and_path_in_any_case_without_query_and_final_slash() {
        table.register(at(1, "A.Test/Foo/?x=1"), 0);
        assertThat(port("a.TEST", "/fOO/bar")).isEqualTo(1);
        assertThat(port("a.test", "/")).isEqualTo(0);
        assertThat(there("a.test", "/foo").contextPath()).isEqualTo("/Foo");
        assertThat(there("a.test", "/foo").uri()).isEqualTo("a.test/foo");
        table.unregister(at(1, "a.test/foo"), 0);
        assertThat(table.routes()).isZero();
        assertThat(table.list()).isEmpty();
    }

    @Test
    void uris_without_a_host_are_no_routes() {
        table.register(at(1, "", "/", "/foo", "?x"), 0);
        assertThat(table.routes()).isZero();
    }

    @Test
    void an_exact_host_beats_a_wildcard_and_a_near_wildcard_a_far_one() {
        table.register(at(1, "*.test"), 0);
        table.register(at(2, "*.b.test"), 0);
        table.register(at(3, "a.b.test"), 0);
        assertThat(port("a.b.test", "/")).isEqualTo(3);
        assertThat(port("x.b.test", "/")).isEqualTo(2);
        assertThat(port("y.x.b.test", "/")).isEqualTo(2);
        assertThat(port("z.test", "/")).isEqualTo(1);
        assertThat(port("test", "/")).isZero();
        table.unregister(at(2, "*.b.test"), 0);
        assertThat(port("x.b.test", "/")).isEqualTo(1);
    }

    @Test
    void an_asterisk_that_is_no_leading_label_stands_for_itself() {
        table.register(at(1, "a.*.test", "*", "a*.test"), 0);
        assertThat(port("a.b.test", "/")).isZero();
        assertThat(port("anything", "/")).isZero();
        assertThat(port("ab.test", "/")).isZero();
    }

    @Test
    void a_path_is_found_below_a_wildcard() {
        table.register(at(1, "*.test"), 0);
        table.register(at(2, "*.test/foo"), 0);
        assertThat(port("a.test", "/foo/x")).isEqualTo(2);
        assertThat(port("a.test", "/bar")).isEqualTo(1);
    }

    @Test
    void an_empty_route_that_is_kept_hides_no_shorter_one_but_hides_wildcards() {
        var kept = table(Duration.ofMinutes(1));
        kept.register(at(1, "a.test", "a.test/foo", "*.test", "b.test"), 0);
        kept.unregister(at(1, "a.test/foo", "b.test"), 0);
        var bytes = "a.test/foo".getBytes(ISO_8859_1);
        assertThat(Objects.requireNonNull(kept.lookup(bytes, 0, 6, 6, bytes.length, probe)).uri())
                .isEqualTo("a.test");
        bytes = "b.test/".getBytes(ISO_8859_1);
        var empty = Objects.requireNonNull(kept.lookup(bytes, 0, 6, 6, bytes.length, probe));
        assertThat(empty.uri()).isEqualTo("b.test");
        assertThat(empty.isEmpty()).isTrue();
        kept.prune(59_000);
        assertThat(kept.routes()).isEqualTo(4);
        kept.prune(60_000);
        assertThat(Objects.requireNonNull(kept.lookup(bytes, 0, 6, 6, bytes.length, probe)).uri())
                .isEqualTo("*.test");
    }

    @Test
    void registering_again_changes_what_is_new_and_keeps_the_place() {
        table.register(at(1, "a.test"), 0);
        table.register(at(2, "a.test"), 0);
        table.register(
                new RouterRegister(
                        "10.0.0.1",
                        1,
                        List.of("a.test"),
                        "app",
                        null,
                        Map.of(),
                        "id",
                        "3",
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null),
                5);
        var endpoints = there("a.test", "/").endpoints();
        assertThat(endpoints).hasSize(2);
        assertThat(endpoints[0].backend().app()).isEqualTo("app");
        assertThat(endpoints[0].backend().index()).isEqualTo("3");
        assertThat(table.endpoints()).isEqualTo(2);
    }

    @Test
    void silence_counts_from_the_last_word_or_the_last_absence_of_the_bus() {
        table.register(at(1, "a.test"), 0);
        table.prune(120_000);
        assertThat(table.routes()).isEqualTo(1);
        table.heardNow(100_000);
        table.prune(220_000);
        assertThat(table.routes()).isEqualTo(1);
        assertThat(table.prune(220_001)).isEqualTo(new RouteTable.Pruned(1, 1));
    }

    @Test
    void an_endpoint_with_a_certificate_is_never_too_old() {
        table.register(
                new RouterRegister(
                        "10.0.0.1",
                        null,
                        List.of("a.test"),
                        null,
                        null,
                        Map.of(),
                        null,
                        null,
                        5,
                        null,
                        null,
                        8443,
                        "san",
                        null,
                        null,
                        null),
                0);
        table.prune(1_000_000_000);
        assertThat(table.routes()).isEqualTo(1);
        var route = there("a.test", "/");
        table.eject(route, route.endpoints()[0], 0);
        assertThat(table.routes()).isZero();
    }

    @Test
    void many_routes_are_all_found_again_and_leave_nothing_behind() {
        int count = 20_000;
        for (int i = 0; i < count; i++) {
            table.register(at(1 + i % 60_000, "h" + i % 5000 + ".test/p" + i), i);
        }
        assertThat(table.routes()).isEqualTo(count);
        for (int i = 0; i < count; i++) {
            assertThat(port("H" + i % 5000 + ".test", "/P" + i + "/x")).isEqualTo(1 + i % 60_000);
        }
        for (int i = 0; i < count; i++) {
            table.unregister(at(1 + i % 60_000, "h" + i % 5000 + ".test/p" + i), i);
        }
        assertThat(table.routes()).isZero();
        assertThat(table.endpoints()).isZero();
        assertThat(table.list()).isEmpty();
        assertThat(port("h1.test", "/p1")).isZero();
    }

    @Test
    void a_service_and_an_algorithm_belong_to_the_route_and_the_last_word_counts() {
        table.register(
                new RouterRegister(
                        "10.0.0.1",
                        1,
                        List.of("a.test"),
                        null,
                        null,
                        Map.of(),
                        null,
                        null,
                        null,
                        "https://svc",
                        null,
                        null,
                        null,
                        null,
                        null,
                        new RouterRegister.Options("least-connection")),
                0);
        assertThat(there("a.test", "/").serviceUrl()).isEqualTo("https://svc");
        assertThat(there("a.test", "/").balancing()).isEqualTo(Balancing.LEAST_CONNECTION);
        table.register(at(1, "a.test"), 0);
        assertThat(there("a.test", "/").serviceUrl()).isNull();
        assertThat(there("a.test", "/").balancing()).isNull();
    }
}

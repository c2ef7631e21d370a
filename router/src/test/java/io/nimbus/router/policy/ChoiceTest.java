package io.nimbus.router.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChoiceTest {
    private final SplittableRandom random = new SplittableRandom(7);
    private final RouteTable table =
            new RouteTable(
                    new RouteTable.Rules(Duration.ofMinutes(2), Duration.ZERO, Sharding.EVERYTHING),
                    random);

    private Route route(int endpoints) {
        for (int i = 0; i < endpoints; i++) {
            table.register(
                    io.nimbus.subjects.RouterRegister.component(
                            "c", "10.0.0.1", i + 1, List.of("a.test")),
                    0);
        }
        return table.list().get(0);
    }

    private Choice choice(Route route, int most, Balancing balancing) {
        return new Choice(route, new Choice.Rules(most, balancing, ""), random);
    }

    private static int port(@Nullable Endpoint endpoint) {
        return endpoint == null ? 0 : endpoint.backend().port();
    }

    @Test
    void a_request_tries_each_endpoint_once_and_then_gives_up() {
        var choice = choice(route(3), 0, Balancing.ROUND_ROBIN);
        var tried = new ArrayList<Integer>();
        for (var next = choice.next(null, 0); next != null; next = choice.next(null, 0)) {
            tried.add(port(next));
            next.markFailed(Long.MAX_VALUE / 2);
        }
        assertThat(tried).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void the_load_of_a_marked_endpoint_is_spread_over_all_others() {
        var route = route(3);
        route.endpoints()[1].markFailed(1_000);
        var counts = new int[4];
        for (int i = 0; i < 100; i++) {
            counts[port(choice(route, 0, Balancing.ROUND_ROBIN).next(null, 10))]++;
        }
        assertThat(counts).containsExactly(0, 50, 0, 50);
        for (int i = 0; i < 99; i++) {
            counts[port(choice(route, 0, Balancing.ROUND_ROBIN).next(null, 1_000))]++;
        }
        assertThat(counts[2]).isEqualTo(33);
    }

    @Test
    void when_all_are_marked_all_are_tried_again() {
        var route = route(2);
        for (var endpoint : route.endpoints()) {
            endpoint.markFailed(1_000);
        }
        assertThat(choice(route, 0, Balancing.ROUND_ROBIN).next(null, 0)).isNotNull();
        assertThat(route.endpoints()).noneMatch(endpoint -> endpoint.isMarked(0));
    }

    @Test
    void full_endpoints_are_passed_over_whatever_else() {
        var route = route(2);
        route.endpoints()[0].begin();
        for (var balancing : Balancing.values()) {
            for (int i = 0; i < 10; i++) {
                assertThat(port(choice(route, 1, balancing).next(null, 0))).isEqualTo(2);
            }
        }
        route.endpoints()[1].begin();
        assertThat(route.allFull(1)).isTrue();
        assertThat(choice(route, 1, Balancing.ROUND_ROBIN).next(null, 0)).isNull();
        assertThat(choice(route, 1, Balancing.LEAST_CONNECTION).next(null, 0)).isNull();
    }

    @Test
    void least_connection_takes_the_least_busy_and_draws_lots_among_equals() {
        var route = route(3);
        route.endpoints()[0].begin();
        var counts = new int[4];
        for (int i = 0; i < 1000; i++) {
            counts[port(choice(route, 0, Balancing.LEAST_CONNECTION).next(null, 0))]++;
        }
        assertThat(counts[1]).isZero();
        assertThat(counts[2]).isBetween(400, 600);
    }

    @Test
    void affinity_goes_to_a_marked_instance_once() {
        var route = route(2);
        route.endpoints()[1].markFailed(1_000);
        var choice = choice(route, 0, Balancing.ROUND_ROBIN);
        assertThat(port(choice.next("10.0.0.1:2", 0))).isEqualTo(2);
        assertThat(port(choice.next("10.0.0.1:2", 0))).isEqualTo(1);
    }
}

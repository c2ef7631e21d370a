package io.nimbus.healthmanager.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nimbus.bus.BucketSpec;
import io.nimbus.bus.BusUnavailableException;
import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaderLeaseTest {
    private static final Duration LENGTH = Duration.ofSeconds(8);
    private static final BucketSpec BUCKET =
            new BucketSpec("health_manager", Duration.ofMinutes(5));

    private final VirtualTime time = new VirtualTime();
    private final InMemoryBus bus = new InMemoryBus(time, new Random(1));

    private LeaderLease lease(InMemoryBus.Endpoint connection, String id, InstantSource clock) {
        return new LeaderLease(connection.bucket(BUCKET), id, LENGTH, clock);
    }

    @Test
    void the_first_holds_it_and_keeps_it() {
        var first = lease(bus.connect("1"), "first", time);
        var second = lease(bus.connect("2"), "second", time);
        for (int i = 0; i < 20; i++) {
            first.renew();
            second.renew();
            assertThat(first.isHeld()).isTrue();
            assertThat(second.isHeld()).isFalse();
            time.advance(first.period());
        }
    }

    @Test
    void who_cannot_renew_stops_holding_before_another_begins() {
        var connection = bus.connect("1");
        var first = lease(connection, "first", time);
        var second = lease(bus.connect("2"), "second", time);
        first.renew();
        second.renew();
        connection.disconnect();
        var taken = 0L;
        for (int ms = 0; ms <= 10_000 && taken == 0; ms += 100) {
            time.advance(Duration.ofMillis(100));
            second.renew();
            assertThat(first.isHeld() && second.isHeld()).isFalse();
            taken = second.isHeld() ? ms : 0;
        }
        assertThat(taken).isBetween(7_000L, 8_200L);
        assertThatThrownBy(first::renew).isInstanceOf(BusUnavailableException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void never_do_two_hold_it_at_once(long seed) {
        var random = new Random(seed);
        var connections = new ArrayList<InMemoryBus.Endpoint>();
        var leases = new ArrayList<LeaderLease>();
        for (int i = 0; i < 3; i++) {
            connections.add(bus.connect("hm-" + i));
            // Clocks that differ by hours: only their pace has to agree.
            var offset = Duration.ofHours(i * 7L);
            InstantSource clock = () -> time.instant().plus(offset);
            leases.add(lease(connections.get(i), "hm-" + i, clock));
        }
        var held = 0;
        for (int step = 0; step < 2_000; step++) {
            time.advance(Duration.ofMillis(random.nextInt(600)));
            var one = random.nextInt(3);
            switch (random.nextInt(20)) {
                case 0 -> connections.get(one).disconnect();
                case 1, 2, 3 -> connections.get(one).reconnect();
                case 4 -> leases.get(one).release();
                default -> {
                    if (connections.get(one).isConnected()) {
                        leases.get(one).renew();
                    }
                }
            }
            var holders = leases.stream().filter(LeaderLease::isHeld).count();
            assertThat(holders).isLessThanOrEqualTo(1);
            held += (int) holders;
        }
        assertThat(held).as("steps with a holder").isGreaterThan(600);
    }

    @Test
    void a_lease_that_was_given_up_is_free_at_once() {
        var first = lease(bus.connect("1"), "first", time);
        var second = lease(bus.connect("2"), "second", time);
        first.renew();
        second.renew();
        first.release();
        assertThat(first.isHeld()).isFalse();
        second.renew();
        assertThat(second.isHeld()).isTrue();
    }

    @Test
    void a_holder_that_slept_through_its_lease_knows_it_at_once() {
        var first = lease(bus.connect("1"), "first", time);
        first.renew();
        assertThat(first.isHeld()).isTrue();
        time.advance(LENGTH);
        assertThat(first.isHeld()).isFalse();
        assertThat(time.instant()).isAfter(Instant.EPOCH);
    }
}

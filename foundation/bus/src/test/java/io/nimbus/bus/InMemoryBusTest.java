package io.nimbus.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nimbus.subjects.DropletUpdated;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.RouterStart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class InMemoryBusTest extends MessageBusContract {
    private final VirtualTime time = new VirtualTime();
    private final InMemoryBus bus = new InMemoryBus(time, new Random(1));
    private final InMemoryBus.Endpoint peer = bus.connect("peer");

    @Override
    MessageBus connect(String name) {
        return bus.connect(name);
    }

    @Override
    void publishRaw(String subject, byte[] body) {
        peer.publishRaw(subject, body);
    }

    @Override
    void eventually(BooleanSupplier condition) {
        for (int i = 0; i < 10; i++) {
            time.settle();
            if (condition.getAsBoolean()) {
                return;
            }
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Override
    void settle(MessageBus bus) {
        time.settle();
    }

    @Test
    void faults_lose_delay_and_repeat() {
        var heard = new ArrayList<String>();
        var a = bus.connect("a");
        a.subscribe(
                DropletUpdated.SUBJECT,
                m -> heard.add(m.app() + "@" + time.instant().getEpochSecond() % 60));
        bus.faults((from, to, subject) -> List.of());
        peer.publish(DropletUpdated.SUBJECT, new DropletUpdated("lost", null));
        bus.faults((from, to, subject) -> List.of(Duration.ofSeconds(2), Duration.ofSeconds(5)));
        peer.publish(DropletUpdated.SUBJECT, new DropletUpdated("twice", null));
        time.advance(Duration.ofSeconds(10));
        assertThat(heard).containsExactly("twice@2", "twice@5");
    }

    @Test
    void a_participant_that_is_cut_off_hears_and_says_nothing_until_it_is_back() {
        var heard = new ArrayList<String>();
        var connections = new ArrayList<String>();
        var a = bus.connect("a");
        a.subscribe(DropletUpdated.SUBJECT, m -> heard.add(m.app()));
        a.onConnect(() -> connections.add("connected"));
        a.disconnect();
        peer.publish(DropletUpdated.SUBJECT, new DropletUpdated("1", null));
        assertThat(a.publish(DropletUpdated.SUBJECT, new DropletUpdated("2", null))).isFalse();
        assertThatExceptionOfType(BusUnavailableException.class)
                .isThrownBy(() -> a.bucket(new BucketSpec("b", Duration.ZERO)).get("k"));
        time.settle();
        a.reconnect();
        peer.publish(DropletUpdated.SUBJECT, new DropletUpdated("3", null));
        time.settle();
        assertThat(heard).containsExactly("3");
        assertThat(connections).hasSize(2);
    }

    @Test
    void a_request_times_out_in_virtual_time() {
        var ends = new ArrayList<MessageBus.End>();
        bus.connect("a").answer(RouterStart.GREET, (poke, replier) -> {});
        peer.request(
                RouterStart.GREET,
                Poke.POKE,
                1,
                Duration.ofSeconds(2),
                new MessageBus.ReplyHandler<>() {
                    @Override
                    public void reply(RouterStart reply) {}

                    @Override
                    public void end(MessageBus.End reason) {
                        ends.add(reason);
                    }
                });
        time.advance(Duration.ofMillis(1999));
        assertThat(ends).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(ends).containsExactly(MessageBus.End.TIMEOUT);
    }

    @Test
    void an_entry_of_a_bucket_expires() {
        var bucket = peer.bucket(new BucketSpec("leases", Duration.ofSeconds(10)));
        bucket.put("leader", new byte[] {1});
        time.advance(Duration.ofMillis(9_999));
        assertThat(bucket.get("leader")).isPresent();
        time.advance(Duration.ofMillis(1));
        assertThat(bucket.get("leader")).isEmpty();
    }

    @Test
    void wildcards_match_as_the_server_does() {
        assertThat(InMemoryBus.matches("dea.*.start", "dea.x.start")).isTrue();
        assertThat(InMemoryBus.matches("dea.*.start", "dea.start")).isFalse();
        assertThat(InMemoryBus.matches("log.>", "log.app.x")).isTrue();
        assertThat(InMemoryBus.matches("log.>", "log")).isFalse();
        assertThat(InMemoryBus.matches("log.app", "log.app.x")).isFalse();
    }
}

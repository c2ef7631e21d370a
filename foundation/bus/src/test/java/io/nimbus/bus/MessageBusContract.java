package io.nimbus.bus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.subjects.DeaShutdown;
import io.nimbus.subjects.DropletUpdated;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.RouterStart;
import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.EnvelopeBatch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every adapter does. */
abstract class MessageBusContract {

    /** A participant that is connected. */
    abstract MessageBus connect(String name);

    /** Puts raw bytes on the bus. */
    abstract void publishRaw(String subject, byte[] body);

    /** Waits until it holds, or fails. */
    abstract void eventually(BooleanSupplier condition);

    /** Lets pass what is under way and a time in which more could come. */
    abstract void settle(MessageBus bus);

    private static DropletUpdated updated(String app) {
        return new DropletUpdated(app, null);
    }

    @Test
    void every_subscriber_hears_a_message() {
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var a = connect("a");
        var b = connect("b");
        a.subscribe(DropletUpdated.SUBJECT, m -> heard.add("a " + m.app()));
        b.subscribe(DropletUpdated.SUBJECT, m -> heard.add("b " + m.app()));
        settle(a);
        settle(b);

        assertThat(a.publish(DropletUpdated.SUBJECT, updated("1"))).isTrue();

        eventually(() -> heard.size() == 2);
        assertThat(heard).containsExactlyInAnyOrder("a 1", "b 1");
    }

    @Test
    void one_member_of_a_queue_group_hears_each_message() {
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var a = connect("a");
        var b = connect("b");
        a.subscribe(DropletUpdated.SUBJECT, "cc", m -> heard.add(m.app()));
        b.subscribe(DropletUpdated.SUBJECT, "cc", m -> heard.add(m.app()));
        settle(a);
        settle(b);

        IntStream.range(0, 100).forEach(i -> a.publish(DropletUpdated.SUBJECT, updated("" + i)));

        eventually(() -> heard.size() == 100);
        settle(a);
        settle(b);
        assertThat(heard).doesNotHaveDuplicates().hasSize(100);
    }

    @Test
    void a_closed_subscription_hears_no_more() {
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var a = connect("a");
        var subscription = a.subscribe(DropletUpdated.SUBJECT, m -> heard.add(m.app()));
        settle(a);
        a.publish(DropletUpdated.SUBJECT, updated("1"));
        eventually(() -> heard.size() == 1);
        subscription.close();
        a.publish(DropletUpdated.SUBJECT, updated("2"));
        settle(a);
        assertThat(heard).containsExactly("1");
    }

    @Test
    void a_malformed_message_is_counted_and_the_next_one_arrives() {
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var a = connect("a");
        a.subscribe(DropletUpdated.SUBJECT, m -> heard.add(m.app()));
        settle(a);
        publishRaw("droplet.updated", "{".getBytes(UTF_8));
        publishRaw("droplet.updated", "{}".getBytes(UTF_8));
        publishRaw("droplet.updated", "{\"droplet\":\"1\"}".getBytes(UTF_8));
        eventually(() -> heard.size() == 1);
        assertThat(a.statistics().malformed()).isEqualTo(2);
        assertThat(heard).containsExactly("1");
    }

    @Test
    void a_handler_that_throws_is_counted_and_hears_the_next_message() {
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var a = connect("a");
        a.subscribe(
                DropletUpdated.SUBJECT,
                m -> {
                    heard.add(m.app());
                    throw new IllegalStateException("a bug, for the test");
                });
        settle(a);
        a.publish(DropletUpdated.SUBJECT, updated("1"));
        a.publish(DropletUpdated.SUBJECT, updated("2"));
        eventually(() -> heard.size() == 2);
        eventually(() -> a.statistics().failures() == 2);
    }

    @Test
    void a_lane_keeps_the_order_across_its_subjects() {
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var router = connect("router");
        var dea = connect("dea");
        var lane = router.lane("routes");
        lane.subscribe(RouterRegister.REGISTER, m -> heard.add("+" + m.effectivePort()));
        lane.subscribe(RouterRegister.UNREGISTER, m -> heard.add("-" + m.effectivePort()));
        settle(router);
        var expected = new ArrayList<String>();
        for (int i = 1; i <= 200; i++) {
            var message = RouterRegister.component("x", "h", i, List.of("a"));
            dea.publish(RouterRegister.REGISTER, message);
            dea.publish(RouterRegister.UNREGISTER, message);
            expected.add("+" + i);
            expected.add("-" + i);
        }
        eventually(() -> heard.size() == 400);
        assertThat(heard).isEqualTo(expected);
    }

    @Test
    void a_lane_keeps_the_order_of_messages_and_requests() {
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var router = connect("router");
        var dea = connect("dea");
        var lane = router.lane("routes");
        lane.subscribe(RouterRegister.REGISTER, m -> heard.add("+"));
        lane.answer(RouterStart.GREET, (poke, replier) -> heard.add("?"));
        settle(router);
        var expected = new ArrayList<String>();
        for (int i = 1; i <= 100; i++) {
            dea.publish(RouterRegister.REGISTER, RouterRegister.component("x", "h", i, List.of("a")));
            dea.request(RouterStart.GREET, Poke.POKE, 1, Duration.ofSeconds(30), reply -> {});
            expected.add("+");
            expected.add("?");
        }
        eventually(() -> heard.size() == 200);
        assertThat(heard).isEqualTo(expected);
    }

    @Test
    void a_request_gathers_the_replies_of_all_who_answer() {
        var a = connect("router-1");
        var b = connect("router-2");
        var dea = connect("dea");
        a.answer(
                RouterStart.GREET,
                (poke, replier) -> replier.reply(new RouterStart("1", List.of(), 20, 120)));
        b.answer(
                RouterStart.GREET,
                (poke, replier) -> replier.reply(new RouterStart("2", List.of(), 20, 120)));
        settle(a);
        settle(b);
        assertThat(dea.gather(RouterStart.GREET, Poke.POKE, 2, Duration.ofSeconds(10)))
                .extracting(RouterStart::id)
                .containsExactlyInAnyOrder("1", "2");
    }

    @Test
    void one_who_answers_may_reply_twice_and_later() {
        var repliers =
                Collections.synchronizedList(new ArrayList<MessageBus.Replier<RouterStart>>());
        var replies = Collections.synchronizedList(new ArrayList<String>());
        var a = connect("a");
        var b = connect("b");
        a.answer(RouterStart.GREET, (poke, replier) -> repliers.add(replier));
        settle(a);
        b.request(
                RouterStart.GREET, Poke.POKE, 2, Duration.ofSeconds(30), r -> replies.add(r.id()));
        eventually(() -> repliers.size() == 1);
        repliers.getFirst().reply(new RouterStart("first", List.of(), 20, 120));
        repliers.getFirst().reply(new RouterStart("second", List.of(), 20, 120));
        eventually(() -> replies.size() == 2);
        assertThat(replies).containsExactly("first", "second");
    }

    @Test
    void a_request_that_nobody_hears_ends_at_once() {
        var ends = Collections.synchronizedList(new ArrayList<MessageBus.End>());
        connect("a")
                .request(RouterStart.GREET, Poke.POKE, 1, Duration.ofMinutes(10), new Ending(ends));
        eventually(() -> ends.size() == 1);
        assertThat(ends).containsExactly(MessageBus.End.NOBODY);
    }

    private record Ending(List<MessageBus.End> ends)
            implements MessageBus.ReplyHandler<RouterStart> {
        @Override
        public void reply(RouterStart reply) {}

        @Override
        public void end(MessageBus.End reason) {
            ends.add(reason);
        }
    }

    @Test
    void a_listener_of_the_connection_is_called_when_it_is_there_already() {
        var calls = Collections.synchronizedList(new ArrayList<String>());
        connect("a").onConnect(() -> calls.add("connected"));
        eventually(() -> !calls.isEmpty());
    }

    @Test
    void a_bucket_writes_only_what_nobody_else_has_written() {
        var a = connect("a").bucket(new BucketSpec("leases", Duration.ofMinutes(1)));
        var b = connect("b").bucket(new BucketSpec("leases", Duration.ofMinutes(1)));
        assertThat(a.get("leader")).isEmpty();
        var first = a.create("leader", "a".getBytes(UTF_8));
        assertThat(first).isPresent();
        assertThat(b.create("leader", "b".getBytes(UTF_8))).isEmpty();
        assertThat(b.get("leader").orElseThrow().value()).isEqualTo("a".getBytes(UTF_8));
        var second = a.update("leader", "a2".getBytes(UTF_8), first.orElseThrow());
        assertThat(second).isPresent();
        assertThat(b.update("leader", "b".getBytes(UTF_8), first.orElseThrow())).isEmpty();
        assertThat(b.keys()).containsExactly("leader");
        a.delete("leader");
        assertThat(b.get("leader")).isEmpty();
        assertThat(b.create("leader", "b".getBytes(UTF_8))).isPresent();
    }

    @Test
    void a_stream_is_read_from_its_oldest_message_and_then_live() {
        var spec = new StreamSpec("LOGS", List.of("log.app.*"), 3, 1_000_000, Duration.ofHours(1));
        var early = Collections.synchronizedList(new ArrayList<String>());
        var late = Collections.synchronizedList(new ArrayList<String>());
        var storedAt = new ConcurrentHashMap<Long, Instant>();
        var a = connect("a");
        a.follow(
                spec,
                Logs.ALL_APPS,
                (subject, sequence, stored, batch) -> {
                    storedAt.put(sequence, stored);
                    early.add(subject + batch.getBatch(0).getTimestamp());
                });
        settle(a);
        eventually(() -> a.publish(Logs.app("warm"), batch(0)) && !early.isEmpty());
        early.clear();
        for (int i = 1; i <= 5; i++) {
            var expected = "log.app.x" + i;
            a.publish(Logs.app("x"), batch(i));
            eventually(() -> early.contains(expected));
        }

        var b = connect("b");
        b.follow(
                spec,
                Logs.ALL_APPS,
                (subject, sequence, stored, batch) -> {
                    assertThat(stored)
                            .as("the same for every reader")
                            .isEqualTo(storedAt.getOrDefault(sequence, stored));
                    late.add(subject + batch.getBatch(0).getTimestamp());
                });
        eventually(() -> late.contains("log.app.x5"));
        a.publish(Logs.app("x"), batch(6));
        eventually(() -> late.contains("log.app.x6") && early.contains("log.app.x6"));

        // Three of each subject are kept.
        assertThat(late.stream().filter(s -> s.startsWith("log.app.x")))
                .containsExactly("log.app.x3", "log.app.x4", "log.app.x5", "log.app.x6");
    }

    private static EnvelopeBatch batch(long timestamp) {
        return EnvelopeBatch.newBuilder()
                .addBatch(Envelope.newBuilder().setTimestamp(timestamp))
                .build();
    }

    @Test
    void maps_and_lists_survive_the_wire() {
        var heard = Collections.synchronizedList(new ArrayList<DeaShutdown>());
        var a = connect("a");
        a.subscribe(DeaShutdown.SUBJECT, heard::add);
        settle(a);
        var message = new DeaShutdown("d", "127.0.0.1", null, Map.of("x", 2));
        a.publish(DeaShutdown.SUBJECT, message);
        eventually(() -> heard.size() == 1);
        assertThat(heard).containsExactly(message);
    }
}

package io.nimbus.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nats.client.Nats;
import io.nimbus.servers.NatsServer;
import io.nimbus.servers.TestServers;
import io.nimbus.subjects.BusUser;
import io.nimbus.subjects.DropletUpdated;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.RouterStart;
import io.nimbus.subjects.log.Envelope;
import io.nimbus.subjects.log.EnvelopeBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NatsBusIT extends MessageBusContract {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final SystemTimers timers = new SystemTimers();
    private final List<MessageBus> opened = new ArrayList<>();
    private final Path folder = TestServers.folder("nats");
    private NatsServer server = TestServers.nats(folder, 0, List.of());

    @BeforeEach
    void fresh() {
        opened.clear();
    }

    @AfterEach
    void close() {
        opened.forEach(MessageBus::close);
        timers.close();
        server.close();
    }

    private NatsBus open(String name) {
        var bus =
                NatsBus.open(
                        new NatsConfig(
                                List.of(server.url()), name, "any", "any", "_INBOX_" + name + "."),
                        timers);
        opened.add(bus);
        return bus;
    }

    @Override
    MessageBus connect(String name) {
        var bus = open(name);
        await().atMost(LONG).until(bus::isConnected);
        return bus;
    }

    @Override
    void publishRaw(String subject, byte[] body) {
        try (var connection = Nats.connect(server.url())) {
            connection.publish(subject, body);
            connection.flush(LONG);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    void eventually(BooleanSupplier condition) {
        await().atMost(LONG).until(condition::getAsBoolean);
    }

    /**
     * A request to oneself: what was sent on this connection before has been taken in by the
     * server.
     */
    @Override
    void settle(MessageBus bus) {
        bus.gather(
                new io.nimbus.subjects.RequestSubject<>("test.nobody", Poke.class, Poke.class),
                Poke.POKE,
                1,
                LONG);
    }

    @Test
    void what_was_subscribed_before_the_server_came_is_heard_after() {
        var port = server.port();
        server.kill();
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var connections = Collections.synchronizedList(new ArrayList<String>());
        var bus = open("early");
        bus.subscribe(DropletUpdated.SUBJECT, m -> heard.add(m.app()));
        bus.onConnect(() -> connections.add("connected"));
        assertThat(bus.isConnected()).isFalse();
        assertThat(bus.publish(DropletUpdated.SUBJECT, new DropletUpdated("0", null))).isFalse();
        assertThat(bus.gather(RouterStart.GREET, Poke.POKE, 1, LONG)).isEmpty();

        server = TestServers.nats(folder, port, List.of());
        await().atMost(LONG).until(() -> connections.size() == 1);
        bus.publish(DropletUpdated.SUBJECT, new DropletUpdated("1", null));
        await().atMost(LONG).until(() -> heard.equals(List.of("1")));
    }

    @Test
    void after_an_outage_subscriptions_are_back_and_nothing_said_meanwhile_arrives() {
        var heard = Collections.synchronizedList(new ArrayList<String>());
        var connections = Collections.synchronizedList(new ArrayList<String>());
        var bus = connect("a");
        bus.subscribe(DropletUpdated.SUBJECT, m -> heard.add(m.app()));
        bus.onConnect(() -> connections.add("connected"));
        var port = server.port();
        server.kill();
        await().atMost(LONG).until(() -> !bus.isConnected());
        assertThat(bus.publish(DropletUpdated.SUBJECT, new DropletUpdated("late", null))).isFalse();
        server = TestServers.nats(folder, port, List.of());
        await().atMost(LONG).until(() -> connections.size() >= 2);
        await().atMost(LONG)
                .until(() -> {
                    bus.publish(DropletUpdated.SUBJECT, new DropletUpdated("now", null));
                    return heard.contains("now");
                });
        assertThat(heard).doesNotContain("late");
    }

    @Test
    void a_stream_is_followed_through_a_restart_of_the_server_without_gap_or_repetition() {
        var spec =
                new StreamSpec("LOGS", List.of("log.app.*"), 1000, 10_000_000, Duration.ofHours(1));
        var seen = Collections.synchronizedList(new ArrayList<Long>());
        var bus = connect("a");
        bus.follow(spec, Logs.ALL_APPS, (subject, sequence, stored, batch) -> seen.add(sequence));
        await().atMost(LONG).until(() -> bus.publish(Logs.app("x"), batch()) && !seen.isEmpty());
        var port = server.port();
        server.kill();
        await().atMost(LONG).until(() -> !bus.isConnected());
        server = TestServers.nats(folder, port, List.of());
        await().atMost(LONG).until(bus::isConnected);
        var before = seen.size();
        await().atMost(LONG)
                .until(() -> bus.publish(Logs.app("x"), batch()) && seen.size() >= before + 5);
        var copy = List.copyOf(seen);
        assertThat(copy)
                .isEqualTo(
                        LongStream.rangeClosed(copy.getFirst(), copy.getLast()).boxed().toList());
    }

    private static EnvelopeBatch batch() {
        return EnvelopeBatch.newBuilder().addBatch(Envelope.newBuilder()).build();
    }

    @Test
    void a_user_can_say_and_hear_only_what_its_table_allows() {
        server.close();
        var users =
                java.util.Arrays.stream(BusUser.values())
                        .map(u ->
                                new NatsServer.User(
                                        u.user(),
                                        "pw",
                                        u.publishes(),
                                        u.subscribes(),
                                        u.replies(),
                                        u.repliesWithin()))
                        .toList();
        server = TestServers.nats(folder, 0, users);
        var controller = as(BusUser.CLOUD_CONTROLLER);
        var dea = as(BusUser.DEA);
        var router = as(BusUser.ROUTER);
        var heardByController = Collections.synchronizedList(new ArrayList<String>());
        var heardByDea = Collections.synchronizedList(new ArrayList<String>());
        dea.subscribe(DropletUpdated.SUBJECT, m -> heardByDea.add(m.app()));
        var health = as(BusUser.HEALTH_MANAGER);
        health.subscribe(DropletUpdated.SUBJECT, m -> heardByController.add(m.app()));
        router.answer(
                RouterStart.GREET,
                (poke, replier) -> replier.reply(new RouterStart("r", List.of(), 20, 120)));

        await().atMost(LONG)
                .until(() -> {
                    controller.publish(DropletUpdated.SUBJECT, new DropletUpdated("x", null));
                    return !heardByController.isEmpty();
                });
        // The router may answer what it was asked, on the asker's inbox.
        await().atMost(LONG)
                .until(() ->
                        dea.gather(RouterStart.GREET, Poke.POKE, 1, Duration.ofSeconds(2)).size()
                                == 1);
        dea.publish(DropletUpdated.SUBJECT, new DropletUpdated("forged", null));
        controller.publish(DropletUpdated.SUBJECT, new DropletUpdated("last", null));
        await().atMost(LONG).until(() -> heardByController.contains("last"));
        assertThat(heardByController).doesNotContain("forged");
        assertThat(heardByDea).isEmpty();
        // Buckets and streams work under the tables too.
        await().atMost(LONG)
                .ignoreExceptions()
                .until(() ->
                        health.bucket(new BucketSpec("health_manager", Duration.ofMinutes(1)))
                                .create("leader", new byte[] {1})
                                .isPresent());
        var seen = Collections.synchronizedList(new ArrayList<Long>());
        as(BusUser.LOGGREGATOR)
                .follow(
                        new StreamSpec(
                                "LOGS", List.of("log.app.*"), 10, 1_000_000, Duration.ofHours(1)),
                        Logs.ALL_APPS,
                        (subject, sequence, stored, batch) -> seen.add(sequence));
        await().atMost(LONG).until(() -> dea.publish(Logs.app("x"), batch()) && !seen.isEmpty());
    }

    private NatsBus as(BusUser user) {
        var bus =
                NatsBus.open(
                        new NatsConfig(
                                List.of(server.url()),
                                user.user(),
                                user.user(),
                                "pw",
                                user.inboxPrefix()),
                        timers);
        opened.add(bus);
        await().atMost(LONG).until(bus::isConnected);
        return bus;
    }
}

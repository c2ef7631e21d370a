package io.nimbus.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.nimbus.servers.PostgresServer;
import io.nimbus.servers.TestServers;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Test;

class DatabaseIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    private static Database open(DatabaseConfig config) {
        var database = new Database(config, "db/test");
        database.start();
        return database;
    }

    private static int count(Database database) {
        return database.read(dsl -> dsl.fetchCount(DSL.table("thing")));
    }

    @Test
    void several_may_start_at_once_on_an_empty_database() {
        var config = TestDatabases.fresh();
        try (var a = open(config);
                var b = open(config);
                var c = open(config)) {
            await().atMost(LONG).until(() -> a.isReady() && b.isReady() && c.isReady());
            assertThat(count(c)).isZero();
            assertThat(a.fault()).isEmpty();
        }
    }

    @Test
    void a_deadlock_is_tried_again_until_both_have_had_their_way() throws Exception {
        try (var database = open(TestDatabases.fresh());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            await().atMost(LONG).until(database::isReady);
            database.inTransaction(
                    dsl -> dsl.execute("insert into thing (name) values ('a'), ('b')"));
            var attempts = new AtomicInteger();
            var bothHoldOne = new CountDownLatch(2);
            for (var order : new String[][] {{"a", "b"}, {"b", "a"}}) {
                threads.execute(() ->
                        database.inTransaction(dsl -> {
                            attempts.incrementAndGet();
                            dsl.fetch("select * from thing where name = ? for update", order[0]);
                            bothHoldOne.countDown();
                            awaitQuietly(bothHoldOne);
                            dsl.fetch("select * from thing where name = ? for update", order[1]);
                            dsl.execute("insert into thing (name) values (?)", "by " + order[0]);
                        }));
            }
            threads.shutdown();
            assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            assertThat(count(database)).isEqualTo(4);
            assertThat(attempts.get()).isGreaterThan(2);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void a_violated_constraint_is_named() {
        try (var database = open(TestDatabases.fresh())) {
            await().atMost(LONG).until(database::isReady);
            database.inTransaction(dsl -> dsl.execute("insert into thing (name) values ('a')"));
            var e =
                    catchThrowableOfType(
                            DataAccessException.class,
                            () ->
                                    database.inTransaction(dsl ->
                                            dsl.execute("insert into thing (name) values ('a')")));
            assertThat(Database.violatedConstraint(e)).contains("thing_name_taken");
        }
    }

    @Test
    void a_server_that_is_not_there_yet_or_goes_away_is_waited_for() {
        var folder = TestServers.folder("outage");
        var server = TestServers.postgres(folder, 0);
        var port = server.port();
        var config =
                new DatabaseConfig(
                        server.jdbcUrl("postgres"),
                        PostgresServer.USER,
                        TestServers.PASSWORD,
                        2,
                        Duration.ofMillis(300));
        server.kill();
        try (var database = open(config)) {
            assertThatExceptionOfType(DatabaseUnavailableException.class)
                    .isThrownBy(() -> count(database));
            await().atMost(LONG)
                    .until(() -> database.fault().filter("does not answer"::equals).isPresent());

            var second = TestServers.postgres(folder, port);
            await().atMost(LONG).until(database::isReady);
            assertThat(count(database)).isZero();

            second.kill();
            assertThatExceptionOfType(DatabaseUnavailableException.class)
                    .isThrownBy(() -> count(database));
            assertThat(database.fault()).contains("does not answer");

            TestServers.postgres(folder, port);
            await().atMost(LONG).until(() -> database.fault().isEmpty());
            assertThat(count(database)).isZero();
        }
    }
}

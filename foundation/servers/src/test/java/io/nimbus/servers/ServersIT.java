package io.nimbus.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServersIT {

    @Test
    void postgres_keeps_its_data_through_a_kill_and_is_found_again_by_its_folder()
            throws Exception {
        var folder = TestServers.folder("postgres");
        var first = TestServers.postgres(folder, 0);
        execute(first, "create table t (x int)", "insert into t values (42)", "checkpoint");
        assertThat(PostgresServer.adopt(folder.resolve("data")))
                .hasValueSatisfying(found -> assertThat(found.port()).isEqualTo(first.port()));
        first.kill();
        assertThat(PostgresServer.adopt(folder.resolve("data"))).isEmpty();

        var second = TestServers.postgres(folder, first.port());
        try (var connection =
                        DriverManager.getConnection(
                                second.jdbcUrl("postgres"),
                                PostgresServer.USER,
                                TestServers.PASSWORD);
                var rows = connection.createStatement().executeQuery("select x from t")) {
            rows.next();
            assertThat(rows.getInt(1)).isEqualTo(42);
        }
        second.close();
        assertThat(second.process().isAlive()).isFalse();
    }

    @Test
    void nats_starts_on_a_free_port_and_ends() {
        var server = TestServers.nats();
        assertThat(server.port()).isPositive();
        server.close();
        assertThat(server.process().isAlive()).isFalse();
    }

    @Test
    void a_wrong_path_to_nats_is_named(@TempDir Path folder) {
        assertThatExceptionOfType(ServerUnavailableException.class)
                .isThrownBy(() -> NatsBinary.find("/nowhere/nats-server", folder, line -> {}))
                .withMessageContaining("NIMBUS_NATS_SERVER")
                .withMessageContaining("/nowhere/nats-server");
    }

    @Test
    void a_server_that_does_not_start_says_where_to_look(@TempDir Path folder) {
        assertThatExceptionOfType(ServerUnavailableException.class)
                .isThrownBy(() -> NatsServer.start(Path.of("/bin/false"), folder, 0, List.of()))
                .withMessageContaining("nats-server.log");
    }

    private static void execute(PostgresServer server, String... statements) throws Exception {
        try (var connection =
                        DriverManager.getConnection(
                                server.jdbcUrl("postgres"),
                                PostgresServer.USER,
                                TestServers.PASSWORD);
                var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
        }
    }
}

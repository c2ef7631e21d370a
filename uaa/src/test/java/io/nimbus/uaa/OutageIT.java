package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.database.DatabaseConfig;
import io.nimbus.servers.PostgresServer;
import io.nimbus.servers.TestServers;
import io.nimbus.tokens.TokenVerifier;
import java.net.URI;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class OutageIT {
    @Test
    void without_the_database_it_says_so_and_comes_back_with_it() throws Exception {
        var folder = TestServers.folder("uaa-outage");
        var postgres = TestServers.postgres(folder, 0);
        var database =
                new DatabaseConfig(
                        postgres.jdbcUrl("postgres"),
                        PostgresServer.USER,
                        TestServers.PASSWORD,
                        4,
                        Duration.ofSeconds(1));
        try (var uaa = TestUaa.start(database, "")) {
            var http = uaa.http();
            var token = http.login("admin", TestUaa.ADMIN_PASSWORD).text("access_token");
            var verifier =
                    new TokenVerifier(
                            new io.nimbus.tokens.UaaConfig(
                                    URI.create(http.base()),
                                    TestUaa.ISSUER,
                                    Set.of("cloud_controller")),
                            uaa.time);

            checkpoint(database);
            postgres.kill();

            var refused = http.login("admin", TestUaa.ADMIN_PASSWORD);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.text("error")).isEqualTo("temporarily_unavailable");
            assertThat(refused.header("Retry-After")).isNotEmpty();
            assertThat(uaa.faults()).containsKey("database");
            assertThat(http.get("/login").status()).isEqualTo(200);
            assertThat(http.get("/token_keys").status()).isEqualTo(200);
            assertThat(verifier.verify("bearer " + token).userName()).isEqualTo("admin");

            var again = TestServers.postgres(folder, postgres.port());
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> http.login("admin", TestUaa.ADMIN_PASSWORD).status() == 200);
            assertThat(http.bearer(token).get("/userinfo").status()).isEqualTo(200);
            assertThat(again.port()).isEqualTo(postgres.port());
        }
    }

    /** The tests' server commits late; what a kill would take with it is not the matter here. */
    private static void checkpoint(DatabaseConfig database) throws SQLException {
        try (var connection =
                        DriverManager.getConnection(
                                database.url(), database.user(), database.password());
                var statement = connection.createStatement()) {
            statement.execute("checkpoint");
        }
    }
}

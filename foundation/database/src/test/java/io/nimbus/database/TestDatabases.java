package io.nimbus.database;

import io.nimbus.servers.PostgresServer;
import io.nimbus.servers.TestServers;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Databases for tests: one server per JVM, a fresh database each time it is asked for. */
public final class TestDatabases {
    private static @Nullable PostgresServer server;

    private TestDatabases() {}

    /** The JVM's server, started when first needed. */
    public static synchronized PostgresServer server() {
        var running = server;
        if (running == null) {
            running = TestServers.postgres();
            server = running;
        }
        return running;
    }

    /** An empty database. */
    public static DatabaseConfig fresh() {
        return copyOf("template1");
    }

    /** A database that begins as a copy of another, which nobody may be using. */
    public static DatabaseConfig copyOf(String template) {
        var name = "t" + UUID.randomUUID().toString().replace("-", "");
        execute("create database " + name + " template " + template);
        return new DatabaseConfig(
                server().jdbcUrl(name),
                PostgresServer.USER,
                TestServers.PASSWORD,
                8,
                Duration.ofSeconds(5));
    }

    /** The name of the database in a configuration's url. */
    public static String name(DatabaseConfig config) {
        return config.url().substring(config.url().lastIndexOf('/') + 1);
    }

    private static void execute(String sql) {
        try (var connection =
                        DriverManager.getConnection(
                                server().jdbcUrl("postgres"),
                                PostgresServer.USER,
                                TestServers.PASSWORD);
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}

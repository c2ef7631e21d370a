package io.nimbus.uaa;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.database.Database;
import io.nimbus.database.DatabaseConfig;
import io.nimbus.database.TestDatabases;
import io.nimbus.servers.TestServers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;

/** A whole UAA in this JVM: real database, real HTTP, cheap hashes. */
final class TestUaa implements AutoCloseable {
    static final String ADMIN_PASSWORD = "first-admin";
    static final String SECRET = "of-the-client";
    static final String ISSUER = "http://uaa.test/oauth/token";

    final ShiftedTimers time;
    final InMemoryBus wire;
    final DatabaseConfig databaseConfig;
    private final Component component;
    private final Uaa uaa;

    private TestUaa(DatabaseConfig databaseConfig, ShiftedTimers time, UaaConfig config) {
        this.databaseConfig = databaseConfig;
        this.time = time;
        this.wire = new InMemoryBus(time, new Random(1));
        var bus = wire.connect("uaa");
        var database = new Database(config.database(), "db/uaa");
        uaa = new Uaa(config, bus, database, time, new SecureRandom(), 2);
        component = Component.inOrder(database, uaa.component());
    }

    /** On a database of its own. */
    static TestUaa start() {
        return start("");
    }

    /**
     * @param more lines of configuration
     */
    static TestUaa start(String more) {
        return start(TestDatabases.fresh(), more);
    }

    static TestUaa start(DatabaseConfig database, String more) {
        return start(database, new ShiftedTimers(), more);
    }

    static TestUaa start(DatabaseConfig database, ShiftedTimers time, String more) {
        return start(database, time, more, Map.of());
    }

    /**
     * @param environment overrides the configuration
     */
    static TestUaa start(
            DatabaseConfig database,
            ShiftedTimers time,
            String more,
            Map<String, String> environment) {
        return begin(new TestUaa(database, time, config(database, more, environment)));
    }

    /** Another replica on the same database. */
    TestUaa replica() {
        return start(databaseConfig, time, "");
    }

    /** With this configuration and nothing else. */
    static TestUaa startExactly(DatabaseConfig database, String yaml) {
        return begin(new TestUaa(database, new ShiftedTimers(), parse(yaml, Map.of())));
    }

    private static TestUaa begin(TestUaa uaa) {
        uaa.component.start();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(uaa.uaa::isReady);
        return uaa;
    }

    private static UaaConfig parse(String yaml, Map<String, String> environment) {
        try {
            return UaaConfig.read(Config.parse(yaml, "uaa.yml", "uaa", environment));
        } catch (ConfigException e) {
            throw new IllegalStateException(e);
        }
    }

    private static UaaConfig config(
            DatabaseConfig database, String more, Map<String, String> environment) {
        var yaml =
                """
                port: 0
                url: http://uaa.test:8082
                issuer: %s
                secrets_file: %s
                nats: {password: unused}
                database: {url: "%s", user: %s, password: %s}
                passwords: {hash_cost: 4}
                rate_limits: {address_per_second: 0, client_per_second: 0}
                admin: {password: %s}
                """
                        .formatted(
                                ISSUER,
                                secretsFile(),
                                database.url(),
                                database.user(),
                                database.password(),
                                ADMIN_PASSWORD);
        var clients =
                """
                clients:
                  - {id: admin, secret: %1$s}
                  - {id: doppler, secret: %1$s}
                  - {id: ssh-proxy, secret: %1$s}
                  - {id: cloud_controller_username_lookup, secret: %1$s}
                  - {id: cc-service-dashboards, secret: %1$s}
                  - {id: service-gateway, secret: %1$s}
                """
                        .formatted(SECRET);
        return parse(yaml + clients + more, environment);
    }

    private static Path secretsFile() {
        return TestServers.folder("uaa").resolve("secrets.yml");
    }

    Http http() {
        return new Http("http://127.0.0.1:" + uaa.port());
    }

    Map<String, String> faults() {
        return uaa.health().faults();
    }

    int port() {
        return uaa.port();
    }

    @Override
    public void close() {
        component.close();
    }
}

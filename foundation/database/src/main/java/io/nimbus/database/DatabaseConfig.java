package io.nimbus.database;

import io.nimbus.component.Config;
import java.time.Duration;

/**
 * The {@code database} part of a configuration.
 *
 * @param url {@code jdbc:postgresql://host:port/name}
 * @param poolSize connections at most
 * @param acquireTimeout how long a request waits for a connection before the database counts as
 *     unavailable
 */
public record DatabaseConfig(
        String url, String user, String password, int poolSize, Duration acquireTimeout) {

    public static DatabaseConfig read(Config config) {
        var database = config.section("database");
        return new DatabaseConfig(
                database.text("url"),
                database.text("user"),
                database.secret("password"),
                database.integer("pool_size", 16, 2, 500),
                database.duration("acquire_timeout", Duration.ofSeconds(5)));
    }

    @Override
    public String toString() {
        return "DatabaseConfig[" + url + ", user=" + user + ", poolSize=" + poolSize + "]";
    }
}

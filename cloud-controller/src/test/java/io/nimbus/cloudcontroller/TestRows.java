package io.nimbus.cloudcontroller;

import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_BROKERS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_INSTANCES;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_KEYS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SERVICE_PLANS;
import static io.nimbus.cloudcontroller.ccdb.Tables.USERS;

import io.nimbus.cloudcontroller.encryption.Encryptor;
import io.nimbus.database.DatabaseConfig;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** Rows that no request makes: those that brokers bring about. Also a look into the database. */
final class TestRows {
    static final String KEY = "0123456789abcdef".repeat(4);

    private final DatabaseConfig database;
    private final Encryptor encryptor = new Encryptor("key-1", Map.of("key-1", KEY));

    TestRows(DatabaseConfig database) {
        this.database = database;
    }

    <T> T look(Function<DSLContext, T> work) {
        try (var connection =
                DriverManager.getConnection(database.url(), database.user(), database.password())) {
            return work.apply(DSL.using(connection, SQLDialect.POSTGRES));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    String user(String guid) {
        look(dsl -> dsl.insertInto(USERS).set(USERS.GUID, guid).execute());
        return guid;
    }

    String broker(String name, @Nullable String space) {
        var guid = UUID.randomUUID().toString();
        var b = SERVICE_BROKERS;
        look(dsl ->
                dsl.insertInto(b)
                        .set(b.GUID, guid)
                        .set(b.NAME, name)
                        .set(b.BROKER_URL, "https://broker.example")
                        .set(b.AUTH_USERNAME, "user")
                        .set(b.SPACE_GUID, space)
                        .execute());
        return guid;
    }

    String service(String label, @Nullable String broker) {
        var guid = UUID.randomUUID().toString();
        var s = SERVICES;
        look(dsl ->
                dsl.insertInto(s)
                        .set(s.GUID, guid)
                        .set(s.LABEL, label)
                        .set(s.PROVIDER, label)
                        .set(s.DESCRIPTION, "a service")
                        .set(s.ACTIVE, true)
                        .set(s.SERVICE_BROKER_GUID, broker)
                        .execute());
        return guid;
    }

    String plan(String name, String service, boolean everybodys) {
        var guid = UUID.randomUUID().toString();
        var p = SERVICE_PLANS;
        look(dsl ->
                dsl.insertInto(p)
                        .set(p.GUID, guid)
                        .set(p.NAME, name)
                        .set(p.DESCRIPTION, "a plan")
                        .set(p.FREE, true)
                        .set(p.SERVICE_GUID, service)
                        .set(p.UNIQUE_ID, guid)
                        .set(p.PUBLIC, everybodys)
                        .execute());
        return guid;
    }

    String instance(String name, String space, String plan) {
        var guid = UUID.randomUUID().toString();
        var i = SERVICE_INSTANCES;
        look(dsl ->
                dsl.insertInto(i)
                        .set(i.GUID, guid)
                        .set(i.NAME, name)
                        .set(i.SPACE_GUID, space)
                        .set(i.SERVICE_PLAN_GUID, plan)
                        .execute());
        return guid;
    }

    String key(String name, String instance) {
        var guid = UUID.randomUUID().toString();
        var sealed = encryptor.encrypt("{}");
        var k = SERVICE_KEYS;
        look(dsl ->
                dsl.insertInto(k)
                        .set(k.GUID, guid)
                        .set(k.NAME, name)
                        .set(k.SERVICE_INSTANCE_GUID, instance)
                        .set(k.CREDENTIALS_ENCRYPTED, sealed.bytes())
                        .set(k.CREDENTIALS_KEY, sealed.key())
                        .execute());
        return guid;
    }
}

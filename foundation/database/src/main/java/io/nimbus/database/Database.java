package io.nimbus.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.nimbus.component.Component;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jooq.DSLContext;
import org.jooq.ExecuteListenerProvider;
import org.jooq.SQLDialect;
import org.jooq.conf.RenderNameCase;
import org.jooq.conf.Settings;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.DefaultConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process's database. {@link #start} returns at once: the migrations run as soon as the server is
 * there, tried for ever; until then every {@link #transaction} throws {@link
 * DatabaseUnavailableException}.
 */
public final class Database implements Component {
    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final Duration RETRY = Duration.ofMillis(500);
    private static final int ATTEMPTS = 5;

    private final DatabaseConfig config;
    private final String migrations;
    private final HikariDataSource pool;
    private final DSLContext dsl;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean migrated;
    private volatile String fault = "not asked yet";

    /**
     * @param migrations where the numbered SQL files are, on the class path, such as {@code db/uaa}
     * @param listeners see each statement; for tests that count them and for metrics
     */
    public Database(
            DatabaseConfig config, String migrations, ExecuteListenerProvider... listeners) {
        this.config = config;
        this.migrations = migrations;
        var hikari = new HikariConfig();
        hikari.setJdbcUrl(config.url());
        hikari.setUsername(config.user());
        hikari.setPassword(config.password());
        hikari.setMaximumPoolSize(config.poolSize());
        hikari.setMinimumIdle(Math.min(2, config.poolSize()));
        hikari.setConnectionTimeout(config.acquireTimeout().toMillis());
        // Do not ask for the server here: it may come later.
        hikari.setInitializationFailTimeout(-1);
        hikari.setAutoCommit(true);
        hikari.addDataSourceProperty("ApplicationName", "nimbus");
        hikari.addDataSourceProperty("tcpKeepAlive", "true");
        hikari.addDataSourceProperty("socketTimeout", "60");
        pool = new HikariDataSource(hikari);
        dsl =
                DSL.using(
                        new DefaultConfiguration()
                                .set(pool)
                                .set(SQLDialect.POSTGRES)
                                .set(
                                        new Settings()
                                                .withRenderSchema(false)
                                                .withRenderNameCase(RenderNameCase.AS_IS))
                                .set(listeners));
    }

    @Override
    public void start() {
        Thread.ofVirtual().name("database-migrate").start(this::migrate);
    }

    private void migrate() {
        var said = "";
        while (!closed.get()) {
            try {
                var flyway =
                        Flyway.configure()
                                .dataSource(pool)
                                .locations("classpath:" + migrations)
                                .validateMigrationNaming(true)
                                .load();
                var result = flyway.migrate();
                // The first statement through jOOQ costs half a second; better here than in the
                // first request.
                dsl.selectOne().fetch();
                log.info("the database is at version {}", result.targetSchemaVersion);
                migrated = true;
                return;
            } catch (FlywayException | DataAccessException e) {
                fault = isConnectionFault(e) ? "does not answer" : "cannot be migrated";
                var message = String.valueOf(e.getMessage());
                if (!said.equals(message)) {
                    log.warn("the database is not ready, trying on: {}", message);
                    said = message;
                }
            }
            if (!pause(RETRY)) {
                return;
            }
        }
    }

    /** What is wrong, for {@code /healthz}; asks the server. */
    public Optional<String> fault() {
        if (!migrated) {
            return Optional.of(fault);
        }
        try (var connection = pool.getConnection()) {
            return connection.isValid(2) ? Optional.empty() : Optional.of("does not answer");
        } catch (SQLException e) {
            return Optional.of("does not answer");
        }
    }

    public boolean isReady() {
        return migrated;
    }

    /**
     * Runs the work in one transaction. When the server gives up because of others (serialization
     * failure, deadlock), it is run again from the start, up to {@value #ATTEMPTS} times: it must
     * have no other effect than on the database.
     *
     * @throws DatabaseUnavailableException when the server is away or has not been migrated
     */
    public <T> T transaction(Function<DSLContext, T> work) {
        if (!migrated) {
            throw new DatabaseUnavailableException("the database " + fault);
        }
        for (int attempt = 1; ; attempt++) {
            try {
                return dsl.transactionResult(trx -> work.apply(trx.dsl()));
            } catch (DataAccessException e) {
                if (isConnectionFault(e)) {
                    throw new DatabaseUnavailableException("the database does not answer", e);
                }
                if (!isRetryable(e) || attempt == ATTEMPTS) {
                    throw e;
                }
                log.debug("transaction tried again after {}", e.sqlState());
                pause(Duration.ofMillis(ThreadLocalRandom.current().nextInt(5, 20 * attempt + 5)));
            }
        }
    }

    /** As {@link #transaction}, for work without a result. */
    public void inTransaction(Consumer<DSLContext> work) {
        transaction(dsl -> {
            work.accept(dsl);
            return true;
        });
    }

    /** One statement, without a transaction around it. */
    public <T> T read(Function<DSLContext, T> work) {
        if (!migrated) {
            throw new DatabaseUnavailableException("the database " + fault);
        }
        try {
            return work.apply(dsl);
        } catch (DataAccessException e) {
            if (isConnectionFault(e)) {
                throw new DatabaseUnavailableException("the database does not answer", e);
            }
            throw e;
        }
    }

    /** For libraries that bring their own statements, such as the scheduler of jobs. */
    public DataSource dataSource() {
        return pool;
    }

    /** Serialization failure or deadlock. */
    private static boolean isRetryable(DataAccessException e) {
        return "40001".equals(e.sqlState()) || "40P01".equals(e.sqlState());
    }

    /** Class 08: connection; 57P: the server stops or starts; 53300: too many connections. */
    static boolean isConnectionFault(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                return true;
            }
            if (cause instanceof SQLException sql) {
                var state = sql.getSQLState();
                if (state != null
                        && (state.startsWith("08")
                                || state.startsWith("57P")
                                || state.equals("53300"))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The name of the constraint that a statement violated, if that was its fault. */
    public static Optional<String> violatedConstraint(DataAccessException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof org.postgresql.util.PSQLException sql
                    && sql.getServerErrorMessage() != null) {
                return Optional.ofNullable(sql.getServerErrorMessage().getConstraint());
            }
        }
        return Optional.empty();
    }

    private static boolean pause(Duration time) {
        try {
            Thread.sleep(time);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        closed.set(true);
        pool.close();
    }

    @Override
    public String toString() {
        return "Database[" + config + "]";
    }
}

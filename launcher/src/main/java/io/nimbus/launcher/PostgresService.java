package io.nimbus.launcher;

import io.nimbus.servers.Command;
import io.nimbus.servers.PostgresBinaries;
import io.nimbus.servers.PostgresServer;
import io.nimbus.servers.ServerUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * PostgreSQL of the embedded binaries on a data folder that is kept, with a database and an account
 * per process.
 */
final class PostgresService implements Service {
    static final String NAME = "postgres";

    /** The account of the server process when the platform is started by root. */
    private static final String OWNER = "nimbus";

    private final State state;
    private final int port;
    private final String password;

    /** Each with the password of its owner. */
    private final Map<String, String> databases;

    /**
     * @param password of the account {@code postgres}
     * @param databases the password of each one's owner, who has its name
     */
    PostgresService(State state, int port, String password, Map<String, String> databases) {
        this.state = state;
        this.port = port;
        this.password = password;
        this.databases = Map.copyOf(databases);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Procs.Running start() throws Trouble {
        try {
            if (Command.isRoot()) {
                ensureOwner();
            }
            var server =
                    PostgresServer.start(
                            new PostgresServer.Options(
                                    PostgresBinaries.find(state.servers(), line -> {}),
                                    data(),
                                    state.log(NAME),
                                    port,
                                    password,
                                    OWNER,
                                    true));
            createDatabases();
            return Procs.of(server.process().pid())
                    .orElseThrow(
                            () -> new Trouble("PostgreSQL ended at once; see " + state.log(NAME)));
        } catch (IOException | ServerUnavailableException e) {
            throw new Trouble(String.valueOf(e.getMessage()), e);
        }
    }

    private Path data() {
        return state.data(NAME);
    }

    private static void ensureOwner() throws IOException, Trouble {
        if (Command.run(Duration.ofSeconds(10), "id", "-u", OWNER).ok()) {
            return;
        }
        var outcome =
                Command.run(
                        Duration.ofSeconds(20),
                        "useradd",
                        "--system",
                        "--user-group",
                        "--no-create-home",
                        "--shell",
                        "/usr/sbin/nologin",
                        OWNER);
        if (!outcome.ok()) {
            throw new Trouble(
                    "the account '"
                            + OWNER
                            + "' for PostgreSQL cannot be made: "
                            + outcome.output());
        }
    }

    private void createDatabases() throws Trouble {
        try (var connection = connect()) {
            for (var name : databases.keySet()) {
                if (!exists(connection, "select 1 from pg_roles where rolname = ?", name)) {
                    execute(
                            connection,
                            "create role "
                                    + name
                                    + " login password '"
                                    + databases.get(name)
                                    + "'");
                }
                if (!exists(connection, "select 1 from pg_database where datname = ?", name)) {
                    execute(connection, "create database " + name + " owner " + name);
                    execute(connection, "revoke connect on database " + name + " from public");
                }
            }
        } catch (SQLException e) {
            throw new Trouble("the databases cannot be made: " + e.getMessage(), e);
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:"
                        + port
                        + "/postgres?connectTimeout=2&socketTimeout=5",
                PostgresServer.USER,
                password);
    }

    private static boolean exists(Connection connection, String sql, String name)
            throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            statement.setString(1, name);
            try (var rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public Optional<Procs.Running> find() {
        return PostgresServer.adopt(data()).flatMap(server -> Procs.of(server.process().pid()));
    }

    @Override
    public Optional<String> fault() {
        try (var connection = connect()) {
            return connection.isValid(2) ? Optional.empty() : Optional.of("does not answer");
        } catch (SQLException e) {
            return Optional.of("does not answer");
        }
    }

    /** Fast shutdown: clients are cut off, nothing is lost. TERM would wait for every client. */
    @Override
    public String stopSignal() {
        return "INT";
    }
}

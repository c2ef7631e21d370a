package io.nimbus.launcher;

import io.nimbus.servers.Command;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code nimbus up|down|status|logs}: the platform on this machine. Apps are looked after by the
 * client's commands.
 */
@CommandLine.Command(
        name = "nimbus",
        mixinStandardHelpOptions = true,
        description =
                "The platform on this machine. Commands for apps: `nimbus push --help`, `nimbus apps`, …",
        subcommands = CommandLine.HelpCommand.class)
public final class LauncherMain {
    private static final Path HOME = Path.of(System.getProperty("nimbus.home", "."));

    private final PrintStream out = System.out;
    private final Terminal terminal = new Terminal(out);

    private LauncherMain() {}

    public static void main(String[] arguments) {
        System.setProperty(
                "java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT.%1$tL %4$-7s %5$s%n");
        System.exit(
                new CommandLine(new LauncherMain())
                        .setExecutionExceptionHandler((e, commandLine, result) -> {
                            if (e instanceof Trouble trouble) {
                                commandLine.getErr().println("nimbus: " + trouble.getMessage());
                                return 1;
                            }
                            if (e instanceof IOException io) {
                                commandLine
                                        .getErr()
                                        .println(
                                                "nimbus: "
                                                        + io.getMessage()
                                                        + " ("
                                                        + io.getClass().getSimpleName()
                                                        + ")");
                                return 1;
                            }
                            throw e;
                        })
                        .execute(arguments));
    }

    static final class StateOption {
        @Option(
                names = "--state",
                paramLabel = "DIR",
                description = "the state folder (~/.nimbus, for root /var/lib/nimbus)")
        private @Nullable Path folder;

        State state() {
            return State.at(
                    folder != null
                            ? folder
                            : System.getenv("NIMBUS_STATE") == null
                                    ? null
                                    : Path.of(System.getenv("NIMBUS_STATE")));
        }
    }

    static final class Ports {
        @Option(names = "--api-port", paramLabel = "N", description = "8181 by default")
        private @Nullable Integer api;

        @Option(names = "--router-port", paramLabel = "N", description = "8080 by default")
        private @Nullable Integer router;

        @Option(names = "--router-status-port", paramLabel = "N", description = "8445 by default")
        private @Nullable Integer routerStatus;

        @Option(names = "--uaa-port", paramLabel = "N", description = "8082 by default")
        private @Nullable Integer uaa;

        @Option(names = "--logs-port", paramLabel = "N", description = "8083 by default")
        private @Nullable Integer logs;

        Map<String, Integer> given() throws Trouble {
            var given = new HashMap<String, Integer>();
            put(given, Settings.API, api);
            put(given, Settings.ROUTER, router);
            put(given, Settings.ROUTER_STATUS, routerStatus);
            put(given, Settings.UAA, uaa);
            put(given, Settings.LOGS, logs);
            return given;
        }

        private static void put(Map<String, Integer> given, String name, @Nullable Integer port)
                throws Trouble {
            if (port != null) {
                if (port < 1 || port > 65535) {
                    throw new Trouble("--" + name + "-port is not a port: " + port);
                }
                given.put(name, port);
            }
        }
    }

    @CommandLine.Command(
            name = "up",
            mixinStandardHelpOptions = true,
            description = "Start the platform and push a sample app.")
    int up(
            @CommandLine.Mixin StateOption state,
            @CommandLine.Mixin Ports ports,
            @Option(
                            names = "--domain",
                            paramLabel = "DOMAIN",
                            description = "apps are at <name>.DOMAIN (localhost)")
                    @Nullable String domain,
            @Option(names = "--bare", description = "push no sample app") boolean bare,
            @Option(names = "--no-install", description = "install no packages") boolean noInstall,
            @Option(names = "--hosts", description = "keep the routes' names in /etc/hosts (root)")
                    boolean hosts,
            @Option(
                            names = "--foreground",
                            description =
                                    "stay, show the logs, and stop the platform when interrupted")
                    boolean foreground)
            throws Exception {
        if (hosts && !Command.isRoot()) {
            throw new Trouble("--hosts writes to /etc/hosts, which needs root");
        }
        var chosen = state.state();
        var up = new Up(chosen, HOME, terminal);
        up.run(
                new Up.Options(
                        bare,
                        !noInstall,
                        domain == null ? "" : domain,
                        ports.given(),
                        hosts,
                        cliHome()),
                System.getenv());
        if (foreground) {
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(up::stopSupervisor));
            new LogsCommand(chosen, out).run(List.of(), 0, LauncherMain::pause);
        }
        return 0;
    }

    private static Path cliHome() {
        var home = System.getenv("NIMBUS_CLI_HOME");
        if (home != null) {
            return Path.of(home);
        }
        var configuration = System.getenv("XDG_CONFIG_HOME");
        return Path.of(
                configuration == null
                        ? System.getProperty("user.home") + "/.config"
                        : configuration,
                "nimbus");
    }

    private static boolean pause() {
        try {
            Thread.sleep(300);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @SuppressWarnings("SystemConsoleNull") // since JDK 25 it is null again without a terminal
    @CommandLine.Command(
            name = "down",
            mixinStandardHelpOptions = true,
            description = "Stop the platform; data stays.")
    int down(
            @CommandLine.Mixin StateOption state,
            @Option(names = "--reset", description = "take all data away too") boolean reset,
            @Option(names = "--yes", description = "do not ask") boolean yes)
            throws Exception {
        var chosen = state.state();
        if (!chosen.exists()) {
            out.println("there is no platform in " + chosen.folder());
            return 0;
        }
        if (reset && !yes) {
            var console = System.console();
            if (console == null || !console.isTerminal()) {
                throw new Trouble(
                        "--reset deletes all apps and data in "
                                + chosen.folder()
                                + "; without a terminal it needs --yes");
            }
            var answer = console.readLine("delete all apps and data in %s? [yN] ", chosen.folder());
            if (answer == null || !answer.strip().equalsIgnoreCase("y")) {
                out.println("nothing was done");
                return 1;
            }
        }
        var down = new Down(chosen, terminal);
        down.stop(services(chosen));
        if (reset) {
            down.reset(HOME.resolve("target/dist"));
        }
        return 0;
    }

    private static List<Service> services(State state) throws Trouble {
        var settings = Settings.read(state);
        return settings == null
                ? List.of()
                : new Platform(state, settings, Secrets.open(state), HOME.resolve("target/dist"))
                        .services();
    }

    @CommandLine.Command(
            name = "status",
            mixinStandardHelpOptions = true,
            description = "Each process: pid, health, uptime, restarts, memory.")
    int status(
            @CommandLine.Mixin StateOption state,
            @Option(
                            names = "--addresses",
                            description = "ports and credentials of the bus and the database")
                    boolean addresses)
            throws Exception {
        var chosen = state.state();
        if (!chosen.exists()) {
            out.println("there is no platform in " + chosen.folder() + "; `nimbus up` starts one");
            return 3;
        }
        if (addresses) {
            var settings = Settings.read(chosen);
            if (settings == null) {
                throw new Trouble("this platform was never started");
            }
            var secrets = Secrets.open(chosen);
            out.println("api       " + settings.apiUrl());
            out.println("uaa       " + settings.uaaUrl());
            out.println("router    http://127.0.0.1:" + settings.port(Settings.ROUTER));
            out.println("logs      http://127.0.0.1:" + settings.port(Settings.LOGS));
            out.println(
                    "nats      nats://operator:"
                            + secrets.of("nats-operator")
                            + "@127.0.0.1:"
                            + settings.port(Settings.NATS));
            out.println(
                    "postgres  postgres://postgres:"
                            + secrets.of("postgres")
                            + "@127.0.0.1:"
                            + settings.port(Settings.POSTGRES)
                            + "/postgres");
            return 0;
        }
        return new StatusCommand(chosen, out).run(services(chosen));
    }

    @CommandLine.Command(
            name = "logs",
            mixinStandardHelpOptions = true,
            description = "The platform's own logs (an app's: `nimbus logs APP`).")
    int logs(
            @CommandLine.Mixin StateOption state,
            @Parameters(paramLabel = "PROCESS", description = "all by default")
                    @Nullable List<String> processes,
            @Option(
                            names = "-n",
                            paramLabel = "LINES",
                            defaultValue = "20",
                            description = "of what there is")
                    int lines,
            @Option(names = "--recent", description = "do not wait for more") boolean recent)
            throws Exception {
        var chosen = state.state();
        if (!Files.isDirectory(chosen.logs())) {
            throw new Trouble("there is no platform in " + chosen.folder());
        }
        new LogsCommand(chosen, out)
                .run(processes == null ? List.of() : processes, lines, () -> !recent && pause());
        return 0;
    }

    /** The background process that {@code up} starts. */
    @CommandLine.Command(name = "supervise", hidden = true)
    int supervise(@CommandLine.Mixin StateOption state) throws Exception {
        var chosen = state.state();
        var lock = chosen.lockSupervisor();
        if (lock.isEmpty()) {
            System.err.println("another supervisor runs");
            return 1;
        }
        var settings = Settings.read(chosen);
        if (settings == null) {
            throw new Trouble("this platform was never started");
        }
        try (var held = lock.get()) {
            Procs.of(ProcessHandle.current().pid())
                    .ifPresent(self -> ProcessRecord.of(self, 0).write(chosen, Supervisor.NAME));
            var supervisor = new Supervisor(chosen, services(chosen));
            var ended = new CountDownLatch(1);
            Runtime.getRuntime()
                    .addShutdownHook(
                            Thread.ofPlatform()
                                    .unstarted(() -> {
                                        supervisor.stop();
                                        try {
                                            ended.await();
                                        } catch (InterruptedException e) {
                                            Thread.currentThread().interrupt();
                                        }
                                    }));
            var hosts = settings.hosts() ? new RouteNames(chosen, settings) : null;
            if (hosts != null) {
                Thread.ofVirtual().start(hosts::run);
            }
            try {
                supervisor.run();
            } finally {
                if (hosts != null) {
                    hosts.close();
                }
                Files.deleteIfExists(chosen.record(Supervisor.NAME));
                ended.countDown();
            }
        }
        return 0;
    }
}

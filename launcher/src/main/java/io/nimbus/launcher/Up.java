package io.nimbus.launcher;

import io.nimbus.servers.NatsBinary;
import io.nimbus.servers.PostgresBinaries;
import io.nimbus.servers.ServerUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** {@code nimbus up}. */
final class Up {
    private static final Duration HEALTHY = Duration.ofMinutes(3);
    static final String SAMPLE = "hello";

    private final State state;
    private final Path home;
    private final Terminal terminal;

    /**
     * @param home where the distribution, the samples and the buildpacks are: the repository's root
     */
    Up(State state, Path home, Terminal terminal) {
        this.state = state;
        this.home = home;
        this.terminal = terminal;
    }

    /**
     * @param cliHome where our own client keeps its login
     */
    record Options(
            boolean bare,
            boolean install,
            String domain,
            Map<String, Integer> ports,
            boolean hosts,
            Path cliHome) {}

    void run(Options options, Map<String, String> environment)
            throws Trouble, InterruptedException, IOException {
        state.create();
        var lock = state.lockUp();
        if (lock.isEmpty()) {
            throw new Trouble(
                    "another `nimbus up` is starting this platform; wait for it to finish");
        }
        try (var held = lock.get()) {
            start(options, environment);
        }
    }

    private void start(Options options, Map<String, String> environment)
            throws Trouble, InterruptedException, IOException {
        Preflight.disk(state);
        Preflight.install(options.install(), terminal);
        var settings =
                Settings.choose(
                        state,
                        options.domain().isEmpty() ? null : options.domain(),
                        options.ports(),
                        options.hosts(),
                        environment);
        var secrets = Secrets.open(state);
        var distribution = home.resolve("target/dist");
        var platform = new Platform(state, settings, secrets, distribution);
        var services = platform.services();
        secrets.save();
        Preflight.ports(settings, pids(services));
        terminal.say(
                Platform.hasContainers()
                        ? "Apps run in containers (runc)."
                        : "Apps run as plain processes, not isolated from each other: containers need root, runc and conmon.");
        servers();
        new SystemBuildpacks(
                        distribution.resolve("buildpacks"),
                        Platform.buildpacks(distribution),
                        terminal)
                .make();

        var spawned = new AtomicBoolean();
        var interrupted =
                Thread.ofPlatform()
                        .unstarted(() -> {
                            if (spawned.get()) {
                                System.err.println("stopping what this `up` started");
                                stopSupervisor();
                            }
                        });
        Runtime.getRuntime().addShutdownHook(interrupted);
        if (!state.isSupervised()) {
            spawned.set(true);
            spawnSupervisor();
        }
        for (var service : services) {
            awaitHealthy(service);
        }
        State.writePrivately(state.password(), secrets.password("admin") + "\n");
        var bootstrap = new Bootstrap(settings, secrets.password("admin"));
        terminal.step("making org " + Platform.ORG + " and space " + Platform.SPACE);
        bootstrap.run();
        terminal.done();
        spawned.set(false); // from here on it is the platform's, not this command's
        login(options, settings, secrets);
        if (!options.bare() && !bootstrap.hasApp(SAMPLE)) {
            push(options, distribution);
        }
        summary(options, settings, secrets);
    }

    private List<Long> pids(List<Service> services) {
        var pids = new ArrayList<Long>();
        for (var service : services) {
            ProcessRecord.read(state, service.name())
                    .flatMap(ProcessRecord::running)
                    .or(service::find)
                    .ifPresent(process -> pids.add(process.pid()));
        }
        return pids;
    }

    /** Here and not in the supervisor, so that what takes long or fails is seen. */
    private void servers() throws Trouble {
        try {
            terminal.step("finding PostgreSQL and nats-server");
            PostgresBinaries.find(state.servers(), line -> {});
            NatsBinary.find(state.servers(), line -> {});
            terminal.done();
        } catch (ServerUnavailableException e) {
            terminal.failed();
            throw new Trouble(String.valueOf(e.getMessage()), e);
        }
    }

    private void spawnSupervisor() throws IOException, Trouble, InterruptedException {
        var command =
                List.of(
                        "setsid",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dnimbus.home=" + home,
                        "-jar",
                        home.resolve("target/dist/launcher.jar").toString(),
                        "supervise",
                        "--state",
                        state.folder().toString());
        new ProcessBuilder(command)
                .directory(state.folder().toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(state.log("supervisor").toFile()))
                .start();
        for (int i = 0; i < 200; i++) {
            if (state.isSupervised()) {
                return;
            }
            Thread.sleep(50);
        }
        throw new Trouble("the supervisor does not start; see " + state.log("supervisor"));
    }

    private void awaitHealthy(Service service) throws Trouble, InterruptedException {
        terminal.step("starting " + service.name());
        var deadline = System.nanoTime() + HEALTHY.toNanos();
        var fault = "";
        while (System.nanoTime() < deadline) {
            var record = ProcessRecord.read(state, service.name());
            if (record.flatMap(ProcessRecord::running).isPresent()) {
                var now = service.fault();
                if (now.isEmpty()) {
                    terminal.done();
                    return;
                }
                fault = now.get();
            } else if (record.isPresent() && record.get().fault() != null) {
                fault = record.get().fault();
                if (record.get().restarts() >= 2) {
                    break;
                }
            } else if (record.isPresent() && record.get().restarts() >= 5) {
                fault = "it ends as soon as it is started";
                break;
            }
            if (!state.isSupervised()) {
                fault = "the supervisor has ended; see " + state.log("supervisor");
                break;
            }
            Thread.sleep(50);
        }
        terminal.failed();
        throw new Trouble(
                service.name()
                        + " does not come up: "
                        + fault
                        + "; its log: "
                        + state.log(service.name()));
    }

    private void login(Options options, Settings settings, Secrets secrets)
            throws IOException, InterruptedException, Trouble {
        var status =
                Bootstrap.client(
                        home.resolve("target/dist"),
                        options.cliHome(),
                        Map.of("NIMBUS_PASSWORD", secrets.password("admin")),
                        "login",
                        "-a",
                        settings.apiUrl(),
                        "-u",
                        Platform.ADMIN,
                        "-o",
                        Platform.ORG,
                        "-s",
                        Platform.SPACE);
        if (status != 0) {
            throw new Trouble("the first login failed");
        }
    }

    private void push(Options options, Path distribution)
            throws IOException, InterruptedException, Trouble {
        var status =
                Bootstrap.client(
                        distribution,
                        options.cliHome(),
                        Map.of(),
                        "push",
                        SAMPLE,
                        "-p",
                        home.resolve("samples/hello").toString());
        if (status != 0) {
            throw new Trouble(
                    "the sample app cannot be pushed; the platform runs all the same (`nimbus status`, `nimbus logs`)");
        }
    }

    private void summary(Options options, Settings settings, Secrets secrets) {
        terminal.say("");
        terminal.say("Nimbus is up.");
        terminal.say("  API        " + settings.apiUrl());
        if (!options.bare()) {
            terminal.say("  sample     " + settings.appUrl(SAMPLE));
        }
        terminal.say(
                "  user       "
                        + Platform.ADMIN
                        + "   password "
                        + secrets.password("admin")
                        + "   (kept in "
                        + state.password()
                        + ")");
        terminal.say("  org/space  " + Platform.ORG + "/" + Platform.SPACE);
        terminal.say("  logs       " + state.logs() + "   (`./nimbus logs`)");
        terminal.say("  stop       ./nimbus down");
    }

    /** Tells the supervisor to stop everything and waits for it. */
    void stopSupervisor() {
        try {
            new Down(state, terminal).stop(List.of());
        } catch (Trouble e) {
            System.err.println(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

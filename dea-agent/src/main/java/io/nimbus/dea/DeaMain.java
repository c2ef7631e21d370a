package io.nimbus.dea;

import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.NatsBus;
import io.nimbus.bus.SystemTimers;
import io.nimbus.bus.Timers;
import io.nimbus.component.BusConfig;
import io.nimbus.component.Component;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.Health;
import io.nimbus.component.Main;
import io.nimbus.component.RouteRegistrar;
import io.nimbus.component.StatusServer;
import io.nimbus.dea.droplets.DropletCache;
import io.nimbus.dea.policy.Agent;
import io.nimbus.dea.policy.AgentSettings;
import io.nimbus.dea.policy.Capacity;
import io.nimbus.subjects.BusUser;
import io.nimbus.subjects.InstanceStats;
import io.nimbus.warden.Stack;
import io.nimbus.warden.Warden;
import io.nimbus.warden.WardenException;
import io.nimbus.warden.WardenOptions;
import io.nimbus.warden.Wardens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DEA agent: {@code java -jar dea-agent.jar dea.yml}. Its instances outlive its being killed;
 * SIGTERM stops them, SIGUSR2 has them replaced elsewhere first, SIGHUP leaves them to the next
 * agent. {@code java -jar dea-agent.jar --purge dea.yml} takes away everything of a DEA that does
 * not run, what the host's kernel holds included.
 */
public final class DeaMain {
    private static final Logger log = LoggerFactory.getLogger(DeaMain.class);
    private static final String PROCESS = "dea-agent";
    private static final String VERSION = "0.1.0";

    /** More often would send what the emitter still holds; see {@link LogPump}. */
    private static final Duration PUMP = Duration.ofMillis(200);

    private DeaMain() {}

    public static void main(String[] arguments) {
        if (arguments.length == 2 && arguments[0].equals("--purge")) {
            System.exit(purge(Path.of(arguments[1])));
        }
        Main.run(PROCESS, arguments, DeaMain::assemble);
    }

    /** What a process's main makes of its configuration, time and ids of this machine included. */
    private static Component assemble(Config yaml) throws ConfigException {
        var nats = BusConfig.read(yaml, BusUser.DEA);
        var config = DeaConfig.read(yaml);
        var timers = new SystemTimers();
        var warden = open(config, timers);
        var bus = NatsBus.open(nats, timers);
        var dea = assemble(config, bus, timers, DeaMain::id, warden, () -> leave());
        return Component.inOrder(
                Component.closing(timers),
                Component.closing(warden),
                Component.closing(bus),
                dea.component(),
                Component.of(() -> signals(dea.dea()), () -> {}));
    }

    private static void signals(Dea dea) {
        Signals.on("USR1", dea::retire);
        Signals.on("USR2", dea::evacuate);
        // For an upgrade: nothing is said and nothing stopped, as if it had been killed.
        Signals.on("HUP", () -> Runtime.getRuntime().halt(0));
    }

    /** Not on the calling thread, which holds what the shutdown waits for. */
    private static void leave() {
        Thread.ofPlatform().name("leave").start(() -> System.exit(0));
    }

    private static String id() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private static Warden open(DeaConfig config, InstantSource clock) throws ConfigException {
        try {
            var warden = Wardens.open(options(config, identity(config, DeaMain::id)), clock);
            log.info("containers by {}", warden.capabilities().backend());
            var warnings = warden.capabilities().warnings();
            if (!warnings.isEmpty()) {
                log.warn("{}", String.join("; ", warnings));
            }
            return warden;
        } catch (WardenException e) {
            throw new ConfigException(List.of(String.valueOf(e.getMessage())));
        }
    }

    /** The assembled process, and its middle for those who send it signals. */
    record Assembled(Component component, Dea dea) {}

    /** The whole agent; tests pass an in-memory bus and virtual time. */
    static Assembled assemble(
            DeaConfig config,
            MessageBus bus,
            Timers timers,
            Supplier<String> ids,
            Warden warden,
            Runnable leave)
            throws ConfigException {
        try {
            for (var folder : List.of("db", "crashes", "droplets")) {
                // Apps' secrets, files and code.
                Files.setPosixFilePermissions(
                        Files.createDirectories(config.state().resolve(folder)),
                        PosixFilePermissions.fromString("rwx------"));
            }
            var settings = settings(config, identity(config, ids));
            var health = new Health();
            var snapshots = new SnapshotStore(config.state().resolve("db"), timers);
            health.check("snapshot", snapshots::fault);
            var emitter = new LogEmitter(bus, timers);
            var pump = new LogPump(emitter, bus::isConnected);
            var crashes = new CrashFolders(config.state().resolve("crashes"));
            var droplets =
                    new DropletCache(
                            config.state().resolve("droplets"),
                            ((long) config.cacheMb()) << 20,
                            config.downloadInactivity(),
                            timers);
            var sampler = new Sampler(warden, timers);
            var dea =
                    new Dea(
                            new Agent(settings, ids),
                            bus,
                            timers,
                            snapshots,
                            emitter,
                            events ->
                                    new Containers(warden, droplets, crashes, pump, config, events),
                            new Dea.Upkeep() {
                                @Override
                                public Optional<InstanceStats.Usage> sample(String handle) {
                                    return sampler.sample(handle);
                                }

                                @Override
                                public void retain(Collection<String> handles) {
                                    sampler.retain(handles);
                                }

                                @Override
                                public boolean isCrowded() {
                                    return crashes.isNearlyFull();
                                }

                                @Override
                                public void sweep(Set<String> crashed, Set<String> used) {
                                    crashes.sweep(crashed);
                                    droplets.sweep(used);
                                }
                            },
                            leave,
                            VERSION);
            var status = new StatusServer("DEA", config.status(), health, bus, timers);
            status.varz(dea::varz);
            return new Assembled(
                    Component.inOrder(
                            status,
                            Component.closing(droplets),
                            Component.closing(emitter),
                            repeating(timers, PUMP, pump::pump),
                            dea,
                            new RouteRegistrar(bus, timers, dea::endpoints)),
                    dea);
        } catch (IOException e) {
            throw new ConfigException(
                    List.of("the state folder " + config.state() + " cannot be used: " + e));
        }
    }

    private static Component repeating(Timers timers, Duration period, Runnable work) {
        var task = new Timers.Task[1];
        return Component.of(
                () -> task[0] = timers.every(period, work),
                () -> {
                    if (task[0] != null) {
                        task[0].cancel();
                    }
                });
    }

    private static AgentSettings settings(DeaConfig config, String id) throws IOException {
        var free = Files.getFileStore(config.state()).getUsableSpace() >> 20;
        return new AgentSettings(
                id,
                config.index(),
                config.network().address(),
                config.zone(),
                config.stacks().stream().map(Stack::name).toList(),
                new Capacity(config.memoryCapacityMb(), config.diskCapacityMb(free)),
                config.healthCheckTimeout(),
                config.drain(),
                config.crashRetention(),
                config.evacuationLimit());
    }

    /** The configured id, or the one that was made when the state folder was new. */
    private static String identity(DeaConfig config, Supplier<String> ids) throws ConfigException {
        var configured = config.id();
        if (configured != null) {
            return configured;
        }
        try {
            var file = Files.createDirectories(config.state().resolve("db")).resolve("id");
            try {
                return Files.readString(file).strip();
            } catch (NoSuchFileException e) {
                var made = config.index() + "-" + ids.get();
                Files.writeString(file, made + "\n");
                return made;
            }
        } catch (IOException e) {
            throw new ConfigException(
                    List.of("the state folder " + config.state() + " cannot be used: " + e));
        }
    }

    /** Where containers live and what they are called in the kernel. */
    static WardenOptions options(DeaConfig config, String id) {
        return WardenOptions.of(config.state().resolve("depot"), owner(id, config.state()))
                .withBackend(config.backend())
                .withStacks(config.stacks())
                .withNetwork(config.network())
                .withLogBytes(((long) config.logMb()) << 20);
    }

    /** The same id with another state folder is another owner. */
    private static String owner(String id, Path state) {
        try {
            var digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest((id + "\n" + state).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static int purge(Path file) {
        try {
            var yaml = Config.read(file, PROCESS, System.getenv());
            BusConfig.read(yaml, BusUser.DEA);
            var config = DeaConfig.read(yaml);
            Wardens.purge(options(config, identity(config, DeaMain::id)), InstantSource.system());
            return 0;
        } catch (ConfigException e) {
            e.faults().forEach(fault -> System.err.println(PROCESS + ": " + fault));
            return 2;
        } catch (WardenException | UncheckedIOException e) {
            System.err.println(PROCESS + ": " + e.getMessage());
            return 1;
        }
    }
}

package io.nimbus.dea;

import io.nimbus.dea.droplets.DropletCache;
import io.nimbus.dea.droplets.DropletException;
import io.nimbus.dea.launch.HealthChecker;
import io.nimbus.dea.launch.StagingInfo;
import io.nimbus.dea.launch.StartScript;
import io.nimbus.dea.policy.Address;
import io.nimbus.dea.policy.Effect;
import io.nimbus.dea.policy.Ending;
import io.nimbus.dea.policy.Lifecycle;
import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.EgressRule;
import io.nimbus.warden.Container;
import io.nimbus.warden.ContainerLimits;
import io.nimbus.warden.ContainerSpec;
import io.nimbus.warden.Egress;
import io.nimbus.warden.Exit;
import io.nimbus.warden.ProcessSpec;
import io.nimbus.warden.Warden;
import io.nimbus.warden.WardenException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hands on real containers. Each instance's work is a queue of its own; only health checks run
 * beside it, since a stop must not wait for them.
 */
final class Containers implements Hands {
    private static final Logger log = LoggerFactory.getLogger(Containers.class);

    /** Above home, so that nobody sees it among the app's files. */
    private static final String SCRIPT = "/etc/nimbus/start";

    private static final int MAX_CPU_SHARES = 256;
    private static final int MEMORY_PER_CPU_SHARE = 8;

    private final Warden warden;
    private final DropletCache droplets;
    private final CrashFolders crashes;
    private final LogPump logs;
    private final HealthChecker health = new HealthChecker();
    private final Events events;
    private final DeaConfig config;
    private final Sequencer sequencer = new Sequencer();

    /** More at once only take each other's time: four saturate two cores. */
    private final Semaphore launches;

    /** Told to stop: a launch or a health check under way gives up. */
    private final Set<String> stopping = ConcurrentHashMap.newKeySet();

    private Set<String> strays = Set.of();

    Containers(
            Warden warden,
            DropletCache droplets,
            CrashFolders crashes,
            LogPump logs,
            DeaConfig config,
            Events events) {
        this.warden = warden;
        this.droplets = droplets;
        this.crashes = crashes;
        this.logs = logs;
        this.config = config;
        this.events = events;
        this.launches = new Semaphore(2 * Runtime.getRuntime().availableProcessors());
    }

    @Override
    public void launch(Effect.Launch order) {
        sequencer.run(
                order.handle(),
                () -> {
                    try {
                        var address = start(order);
                        if (address != null) {
                            events.launched(order.handle(), address);
                        }
                    } catch (WardenException | IOException e) {
                        log.warn("{} cannot be started: {}", order.handle(), e.getMessage(), e);
                        events.startFailed(order.handle(), String.valueOf(e.getMessage()));
                    } catch (DropletException | IllegalArgumentException e) {
                        events.startFailed(order.handle(), String.valueOf(e.getMessage()));
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (RuntimeException e) {
                        log.error("{} cannot be started", order.handle(), e);
                        events.startFailed(order.handle(), "");
                    }
                });
    }

    /** Null when it was stopped meanwhile. */
    private @Nullable Address start(Effect.Launch order)
            throws WardenException, IOException, DropletException, InterruptedException {
        var start = order.start();
        var handle = order.handle();
        var spec = spec(handle, start);
        var droplet = new FutureTask<>(() -> droplet(start));
        var fetching = Thread.ofVirtual().name("droplet-" + handle).start(droplet);
        try {
            warden.destroy(handle);
            launches.acquire();
            Container container;
            try {
                container = warden.create(spec);
            } finally {
                launches.release();
            }
            var file = await(droplet, handle);
            if (file == null || stopping.contains(handle)) {
                return null;
            }
            launches.acquire();
            try {
                container.unpack(file, Container.HOME);
                return run(container, order);
            } finally {
                launches.release();
            }
        } finally {
            fetching.interrupt();
        }
    }

    private @Nullable Path await(FutureTask<Path> droplet, String handle)
            throws DropletException, InterruptedException {
        while (!stopping.contains(handle)) {
            try {
                return droplet.get(100, java.util.concurrent.TimeUnit.MILLISECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                // Look whether it is still wanted.
            } catch (java.util.concurrent.ExecutionException e) {
                if (e.getCause() instanceof DropletException known) {
                    throw known;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
        return null;
    }

    private Path droplet(DeaStart start) throws DropletException, InterruptedException {
        var sha1 = start.sha1();
        var address = start.droplet();
        if (sha1 == null || address == null) {
            throw new DropletException("the start message names no droplet");
        }
        try {
            return droplets.fetch(sha1, new URI(address));
        } catch (URISyntaxException e) {
            throw new DropletException("the droplet's address is not one of http");
        }
    }

    private Address run(Container container, Effect.Launch order)
            throws WardenException, IOException, DropletException {
        for (var folder : List.of("app", "tmp", "logs")) {
            container.makeFolder(Container.HOME + "/" + folder);
        }
        var port = container.ports().getFirst();
        var address = new Address(port.host(), port.port(), port.inside());
        var script =
                StartScript.of(
                        order.start(),
                        order.guid(),
                        order.startedAt(),
                        address,
                        command(container, order.start()));
        container.write(SCRIPT, script.text().getBytes(StandardCharsets.UTF_8), 0600);
        container.start(
                new ProcessSpec(
                        List.of("bash", container.inside(SCRIPT)),
                        script.unnameable(),
                        Container.HOME));
        follow(container, order.start().app(), order.start().index());
        return address;
    }

    /** Null for droplets that bring their own {@code ./startup}. */
    private static @Nullable String command(Container container, DeaStart start)
            throws IOException, DropletException {
        StagingInfo info;
        try (var in = container.read(Container.HOME + "/staging_info.yml")) {
            info = StagingInfo.read(in);
        } catch (NoSuchFileException e) {
            if (start.startCommand() == null && exists(container, Container.HOME + "/startup")) {
                return null;
            }
            info = new StagingInfo(Optional.empty());
        }
        var command = start.startCommand();
        if (command != null && !command.isBlank()) {
            return command;
        }
        return info.startCommand().orElseThrow(() -> new DropletException("missing start command"));
    }

    private static boolean exists(Container container, String path) throws IOException {
        try (var _ = container.read(path)) {
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private void follow(Container container, String app, int index) {
        var handle = container.handle();
        logs.follow(app, index, container);
        container.onExit(exit -> {
            if (exit.cause() != Exit.Cause.STOPPED) {
                events.exited(handle, ending(exit));
            }
        });
    }

    private static Ending ending(Exit exit) {
        return switch (exit.cause()) {
            case OUT_OF_MEMORY -> Ending.outOfMemory(exit.status());
            case OUT_OF_DISK -> Ending.outOfDisk(exit.status());
            case EXITED, STOPPED -> Ending.exited(exit.status());
            case LOST -> Ending.lost();
        };
    }

    private ContainerSpec spec(String handle, DeaStart start) {
        var limits = start.limits();
        var shares = limits.memoryMb() / MEMORY_PER_CPU_SHARE;
        return ContainerSpec.of(handle)
                .withStack(start.stack())
                .withPorts(1)
                .withEgress(start.egressRules().stream().map(Containers::egress).toList())
                .withLimits(
                        new ContainerLimits(
                                ((long) limits.memoryMb()) << 20,
                                ((long) limits.diskMb()) << 20,
                                Math.clamp(shares, 1, MAX_CPU_SHARES),
                                config.maxProcesses(),
                                limits.files()));
    }

    private static Egress egress(EgressRule rule) {
        return Egress.parse(
                rule.protocol(),
                rule.destination(),
                rule.ports(),
                rule.type(),
                rule.code(),
                Boolean.TRUE.equals(rule.log()));
    }

    @Override
    public void check(Effect.Check order) {
        var handle = order.handle();
        Thread.ofVirtual()
                .name("health-" + handle)
                .start(() -> {
                    switch (health.check(
                            order.check(),
                            order.address(),
                            () -> stopping.contains(handle) || !isRunning(handle))) {
                        case PASSED -> events.healthy(handle);
                        case FAILED -> events.unhealthy(handle);
                        // Whoever ended it says so.
                        case CANCELLED -> {}
                    }
                });
    }

    private boolean isRunning(String handle) {
        return warden.find(handle).filter(Container::isRunning).isPresent();
    }

    @Override
    public void stop(String handle) {
        stopping.add(handle);
        sequencer.run(
                handle,
                () -> {
                    try {
                        var container = warden.find(handle);
                        if (container.isPresent()) {
                            container.get().stop(config.grace());
                            logs.finish(handle);
                        }
                        destroy(handle);
                        events.stopped(handle);
                    } catch (WardenException e) {
                        // Still STOPPING: the reaper has it stopped again.
                        log.error("{} cannot be stopped: {}", handle, e.getMessage(), e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } finally {
                        stopping.remove(handle);
                    }
                });
    }

    private void destroy(String handle) {
        try {
            warden.destroy(handle);
        } catch (WardenException e) {
            // Its processes are gone; the sweep takes care of the rest.
            log.error("{} cannot be destroyed: {}", handle, e.getMessage(), e);
        }
    }

    @Override
    public void keepCrash(String handle, String guid) {
        stopping.add(handle);
        sequencer.run(
                handle,
                () -> {
                    try {
                        var container = warden.find(handle);
                        if (container.isPresent()) {
                            container.get().stop(Duration.ZERO);
                            logs.finish(handle);
                            crashes.keep(container.get(), guid);
                        }
                    } catch (WardenException e) {
                        log.error("{} cannot be ended: {}", handle, e.getMessage(), e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } finally {
                        destroy(handle);
                        stopping.remove(handle);
                    }
                });
    }

    @Override
    public void dropCrash(String guid) {
        sequencer.run("crash-" + guid, () -> crashes.drop(guid));
    }

    @Override
    public void resume(String handle, String app, int index, Lifecycle was) {
        var found = warden.find(handle);
        var toStop = was == Lifecycle.STOPPING || was == Lifecycle.STOPPED;
        if (found.isPresent() && found.get().isRunning()) {
            var container = found.get();
            var port = container.ports().getFirst();
            follow(container, app, index);
            events.reattached(handle, new Address(port.host(), port.port(), port.inside()));
        } else if (toStop) {
            events.alreadyStopped(handle);
        } else if (found.isPresent() && found.get().exit().isPresent()) {
            logs.follow(app, index, found.get());
            events.exited(handle, ending(found.get().exit().get()));
        } else if (was == Lifecycle.RUNNING || was == Lifecycle.EVACUATING) {
            events.exited(handle, Ending.lost());
        } else {
            events.neverStarted(handle);
        }
    }

    @Override
    public void sweep(Set<String> known) {
        var unknown = new HashSet<>(warden.handles());
        unknown.removeAll(known);
        for (var handle : unknown) {
            if (strays.contains(handle)) {
                log.warn("container {} belongs to no instance and is destroyed", handle);
                sequencer.run(handle, () -> destroy(handle));
            }
        }
        strays = Set.copyOf(unknown);
    }

    void close() {
        health.close();
        droplets.close();
    }
}

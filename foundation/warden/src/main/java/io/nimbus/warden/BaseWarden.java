package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The containers of a depot, by handle. Making and destroying hold the handle's lock, which it
 * shares with some others.
 */
abstract class BaseWarden implements Warden {
    private static final Logger log = LoggerFactory.getLogger(BaseWarden.class);

    private static final int STRIPES = 256;

    final WardenOptions options;
    final Depot depot;
    private final Map<String, BaseContainer> containers = new ConcurrentHashMap<>();
    private final ReentrantLock[] locks =
            Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(ReentrantLock[]::new);
    private final ExitWatch watch;

    BaseWarden(WardenOptions options) throws WardenException {
        this.options = options;
        try {
            depot = new Depot(options.depot());
            var closed = Shell.isRoot() ? Trees.closed(options.depot()) : Optional.empty();
            if (closed.isPresent()) {
                throw new WardenException(
                        "the users of containers cannot pass through "
                                + closed.get()
                                + ": chmod o+x it, or choose another state folder");
            }
            watch = new ExitWatch(depot.exits(), this::ended, this::tick);
        } catch (IOException e) {
            throw new WardenException(
                    "the depot " + options.depot() + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** The names in {@link Meta} of the backends whose containers this one can handle. */
    abstract Set<String> backends();

    /** Numbers and ports for a new container; released by {@link #release}. */
    abstract Meta reserve(ContainerSpec spec) throws WardenException, IOException;

    abstract void release(Meta meta) throws IOException;

    abstract BaseContainer container(Meta meta);

    /** Makes file system, network and whatever else; the description is already written. */
    abstract void build(BaseContainer container) throws WardenException, IOException;

    /** What of this backend exists in the kernel without a folder in the depot. */
    abstract List<String> strays();

    @Override
    public Container create(ContainerSpec spec) throws WardenException {
        var lock = lock(spec.handle());
        try {
            var there = load(spec.handle());
            if (there != null && there.meta.ready()) {
                return there;
            }
            remove(spec.handle());
            return make(spec);
        } finally {
            lock.unlock();
        }
    }

    private BaseContainer make(ContainerSpec spec) throws WardenException {
        Meta meta = null;
        try {
            meta = reserve(spec);
            depot.begin(meta);
            build(container(meta));
            var complete = meta.complete();
            depot.write(complete);
            var container = container(complete);
            containers.put(spec.handle(), container);
            return container;
        } catch (IOException | WardenException | RuntimeException e) {
            try {
                remove(spec.handle());
                if (meta != null) {
                    release(meta);
                }
            } catch (IOException | WardenException again) {
                e.addSuppressed(again);
            }
            throw e instanceof WardenException known
                    ? known
                    : new WardenException(
                            "container " + spec.handle() + " cannot be made: " + e, e);
        }
    }

    @Override
    public Optional<Container> find(String handle) {
        var lock = lock(handle);
        try {
            var container = load(handle);
            return container != null && container.meta.ready()
                    ? Optional.of(container)
                    : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable BaseContainer load(String handle) {
        var known = containers.get(handle);
        if (known != null) {
            return known;
        }
        var meta = depot.read(handle);
        if (meta.isEmpty() || !meta.get().ready() || !backends().contains(meta.get().backend())) {
            return null;
        }
        var container = container(meta.get());
        container.attach();
        containers.put(handle, container);
        return container;
    }

    @Override
    public List<String> handles() {
        var handles = new LinkedHashSet<>(depot.handles());
        handles.addAll(strays());
        return List.copyOf(handles);
    }

    @Override
    public void destroy(String handle) throws WardenException {
        var lock = lock(handle);
        try {
            remove(handle);
        } finally {
            lock.unlock();
        }
    }

    private void remove(String handle) throws WardenException {
        var container = load(handle);
        var meta = container == null ? depot.read(handle) : Optional.of(container.meta);
        if (meta.isPresent() && !backends().contains(meta.get().backend())) {
            throw new WardenException(
                    "container "
                            + handle
                            + " was made by the backend "
                            + meta.get().backend()
                            + ", which is not used now");
        }
        try {
            if (container == null && meta.isPresent()) {
                container = container(meta.get());
            }
            if (container != null) {
                container.destroy();
                release(container.meta);
            } else {
                removeStray(handle);
                Files.deleteIfExists(depot.exit(handle));
                Trees.delete(depot.folder(handle));
            }
            containers.remove(handle);
        } catch (IOException e) {
            throw new WardenException("container " + handle + " cannot be removed: " + e, e);
        }
    }

    /** As {@link #strays}, of which nothing is written down. */
    abstract void removeStray(String handle) throws WardenException, IOException;

    private ReentrantLock lock(String handle) {
        var lock = locks[Math.floorMod(handle.hashCode(), locks.length)];
        lock.lock();
        return lock;
    }

    private void ended(String handle) {
        var container = containers.get(handle);
        if (container != null) {
            // Clearing away takes programs; fifty may end in the same moment.
            Thread.ofVirtual().name("end-" + handle).start(container::checkEnd);
        }
    }

    private void tick() {
        var seen = new AtomicReference<@Nullable List<Processes.Stat>>();
        Supplier<List<Processes.Stat>> processes =
                () -> {
                    var list = seen.get();
                    if (list == null) {
                        list = Processes.all();
                        seen.set(list);
                    }
                    return list;
                };
        for (var container : new ArrayList<>(containers.values())) {
            if (container.isRunning()) {
                try {
                    container.tick(processes);
                } catch (RuntimeException e) {
                    log.warn("{}: looking after it failed", container.handle(), e);
                }
                container.checkEnd();
            }
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}

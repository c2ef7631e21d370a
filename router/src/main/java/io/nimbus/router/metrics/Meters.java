package io.nimbus.router.metrics;

import io.nimbus.router.policy.Backend;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** The counters of all loops, of all apps and of all components that had traffic lately. */
public final class Meters {
    private final List<Traffic> loops;
    private final Map<String, AppMeter> apps = new ConcurrentHashMap<>();
    private final Map<String, ComponentMeter> components = new ConcurrentHashMap<>();

    public Meters(int loops) {
        this.loops = IntStream.range(0, loops).mapToObj(i -> new Traffic(i, this)).toList();
    }

    public Traffic loop(int index) {
        return loops.get(index);
    }

    public List<Traffic> loops() {
        return loops;
    }

    public long sum(Count count) {
        long sum = 0;
        for (var loop : loops) {
            sum += loop.get(count);
        }
        return sum;
    }

    public Map<String, AppMeter> apps() {
        return apps;
    }

    public Map<String, ComponentMeter> components() {
        return components;
    }

    /** The counters of the backend's app and instance; remembered in the backend. */
    InstanceMeter instance(Backend backend) {
        var known = (InstanceMeter) backend.statistics();
        if (known != null && !known.isRetired()) {
            return known;
        }
        var app = apps.computeIfAbsent(backend.app(), a -> new AppMeter(a, loops.size()));
        var id = backend.instance().isEmpty() ? backend.address() : backend.instance();
        var instance =
                app.instance(id, () -> new InstanceMeter(app, component(backend), loops.size()));
        backend.statistics(instance);
        return instance;
    }

    private ComponentMeter component(Backend backend) {
        return components.computeIfAbsent(
                backend.component(), c -> new ComponentMeter(c, loops.size()));
    }
}

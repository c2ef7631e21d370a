package io.nimbus.simulation;

import io.nimbus.bus.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/** What really happens to the instances, known to nobody in the simulation. */
final class Truth {
    private final VirtualTime time;
    private final Set<String> crashing = new HashSet<>();

    /** By app and index, when each instance there last served; MAX while it does. */
    private final Map<String, Map<String, Instant>> served = new HashMap<>();

    Truth(VirtualTime time) {
        this.time = time;
    }

    /** From now on, or no longer, most starts of this app fail. */
    void crashing(String app, boolean crashes) {
        if (crashes) {
            crashing.add(app);
        } else {
            crashing.remove(app);
        }
    }

    void heal() {
        crashing.clear();
    }

    boolean crashesAtStart(String app, RandomGenerator random) {
        return crashing.contains(app) && random.nextInt(4) > 0;
    }

    void serves(Dea.Running instance) {
        served.computeIfAbsent(slot(instance.app(), instance.index()), s -> new HashMap<>())
                .put(instance.guid(), Instant.MAX);
    }

    void gone(Dea.Running instance) {
        served.getOrDefault(slot(instance.app(), instance.index()), new HashMap<>())
                .computeIfPresent(
                        instance.guid(),
                        (guid, until) -> until.equals(Instant.MAX) ? time.instant() : until);
    }

    private static String slot(String app, int index) {
        return app + "/" + index;
    }

    /** Whether another instance serves at that index, or did so lately. */
    boolean isServedByAnother(String app, int index, String guid, Duration lately) {
        var since = time.instant().minus(lately);
        return served.getOrDefault(slot(app, index), Map.of()).entrySet().stream()
                .anyMatch(e -> !e.getKey().equals(guid) && e.getValue().isAfter(since));
    }
}

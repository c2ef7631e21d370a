package io.nimbus.dea.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/** Which crashes are forgotten: dea contract §5. */
final class CrashPolicy {
    private CrashPolicy() {}

    /**
     * Of each app only the newest crash is kept, and that for its lifetime; under pressure the
     * oldest of all goes too, one at each look, since only a new look tells whether it helped.
     */
    static List<Instance> reapable(
            Collection<Instance> instances, Duration lifetime, boolean pressure, Instant now) {
        var newestFirst =
                instances.stream()
                        .filter(i -> i.state() == Lifecycle.CRASHED)
                        .sorted(Comparator.comparing(Instance::since).reversed())
                        .toList();
        var apps = new HashSet<String>();
        var kept = new ArrayList<Instance>();
        var reaped = new ArrayList<Instance>();
        for (var crash : newestFirst) {
            var old = now.isAfter(crash.since().plus(lifetime));
            (apps.add(crash.app()) && !old ? kept : reaped).add(crash);
        }
        if (pressure && !kept.isEmpty()) {
            reaped.add(kept.getLast());
        }
        return reaped;
    }
}

package io.nimbus.dea;

import io.nimbus.subjects.InstanceStats;
import io.nimbus.warden.Container;
import io.nimbus.warden.Warden;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What instances use, by what they had used the time before. */
final class Sampler {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss Z").withZone(ZoneOffset.UTC);

    private final Warden warden;
    private final InstantSource clock;
    private final Map<String, Sample> before = new ConcurrentHashMap<>();

    private record Sample(Instant time, long cpuNanos) {}

    Sampler(Warden warden, InstantSource clock) {
        this.warden = warden;
        this.clock = clock;
    }

    /** What it used since the last time; at first, since it was started. */
    Optional<InstanceStats.Usage> sample(String handle) {
        return warden.find(handle).filter(Container::isRunning).map(c -> sample(handle, c));
    }

    /** Only these are still of interest. */
    void retain(Collection<String> handles) {
        before.keySet().retainAll(Set.copyOf(handles));
    }

    private InstanceStats.Usage sample(String handle, Container container) {
        var usage = container.usage();
        var time = clock.instant();
        var now = new Sample(time, usage.cpuNanos());
        var last = before.put(handle, now);
        var since = last == null ? container.startedAt().orElse(time) : last.time();
        var used = usage.cpuNanos() - (last == null ? 0 : last.cpuNanos());
        var passed = Duration.between(since, time).toNanos();
        var cores = passed <= 0 || used <= 0 ? 0 : used / (double) passed;
        return new InstanceStats.Usage(
                TIME.format(time),
                Math.round(cores * 1e6) / 1e6,
                usage.memoryBytes(),
                container.diskBytes());
    }
}

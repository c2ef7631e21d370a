package io.nimbus.router.bus;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.router.metrics.Meters;
import io.nimbus.subjects.RouterStatistics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says every few seconds what each app's traffic was. The lists are the timers' thread's own. */
public final class Statistics implements Component {
    /** A message stays well below this many bytes, and every bus's limit. */
    static final int MOST_BYTES = 400 * 1024;

    /** Of an app's entry, names and numbers at their longest, without its ids. */
    private static final int ENTRY_BYTES = 220;

    private static final int INSTANCE_BYTES = 16;

    private final MessageBus bus;
    private final Timers timers;
    private final Meters meters;
    private final String router;
    private final Duration interval;
    private final List<Timers.Task> tasks = new ArrayList<>();
    private long last;

    /**
     * @param router its id, as in {@code router.start}
     * @param interval zero to say nothing
     */
    public Statistics(
            MessageBus bus, Timers timers, Meters meters, String router, Duration interval) {
        this.bus = bus;
        this.timers = timers;
        this.meters = meters;
        this.router = router;
        this.interval = interval;
    }

    @Override
    public void start() {
        last = timers.millis();
        tasks.add(timers.every(Meters.SAMPLE, meters::sample));
        if (!interval.isZero()) {
            tasks.add(timers.every(interval, this::say));
        }
    }

    private void say() {
        long now = timers.millis();
        double window = (now - last) / 1000.0;
        last = now;
        var messages = new ArrayList<List<RouterStatistics.App>>();
        var apps = new ArrayList<RouterStatistics.App>();
        int bytes = 0;
        for (var meter : meters.apps().values()) {
            var entry = entry(meter);
            if (entry == null) {
                continue;
            }
            int size = size(entry);
            if (bytes + size > MOST_BYTES && !apps.isEmpty()) {
                messages.add(apps);
                apps = new ArrayList<>();
                bytes = 0;
            }
            apps.add(entry);
            bytes += size;
        }
        messages.add(apps);
        var subject = RouterStatistics.of(router);
        for (int i = 0; i < messages.size(); i++) {
            bus.publish(
                    subject,
                    new RouterStatistics(router, now, window, i, messages.size(), messages.get(i)));
        }
    }

    private static RouterStatistics.@Nullable App entry(io.nimbus.router.metrics.AppMeter meter) {
        var window = meter.window();
        // What has no app (platform components) is nobody's to scale.
        if (!meter.isWorthSaying(window) || meter.app().isEmpty()) {
            return null;
        }
        return new RouterStatistics.App(
                meter.app(),
                window.inFlight(),
                window.inFlightMost(),
                window.done(),
                window.errors(),
                window.p50Ms(),
                window.p95Ms(),
                0,
                window.instances());
    }

    private static int size(RouterStatistics.App entry) {
        int size = ENTRY_BYTES + entry.app().length();
        for (var instance : entry.instances().keySet()) {
            size += INSTANCE_BYTES + instance.length();
        }
        return size;
    }

    @Override
    public void close() {
        tasks.forEach(Timers.Task::cancel);
    }
}

package io.nimbus.router.bus;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.router.policy.RouteTable;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops endpoints that have fallen silent. While the bus is away silence means nothing: no sweep
 * then, and whoever was there counts as heard when it is back.
 */
public final class Pruner implements Component {
    private static final Logger log = LoggerFactory.getLogger(Pruner.class);

    private final MessageBus bus;
    private final Timers timers;
    private final RouteTable routes;
    private final Duration interval;
    private final boolean suspends;
    private final LongAdder pruned = new LongAdder();
    private boolean away;
    private Timers.@Nullable Task sweeping;

    /**
     * @param suspends false prunes whether the bus is there or not
     */
    public Pruner(
            MessageBus bus, Timers timers, RouteTable routes, Duration interval, boolean suspends) {
        this.bus = bus;
        this.timers = timers;
        this.routes = routes;
        this.interval = interval;
        this.suspends = suspends;
    }

    @Override
    public void start() {
        if (suspends) {
            // An absence shorter than a sweep's interval may still have swallowed heartbeats.
            bus.onConnect(() -> routes.heardNow(timers.millis()));
        }
        sweeping = timers.every(interval, this::sweep);
    }

    private synchronized void sweep() {
        if (suspends && !bus.isConnected()) {
            if (!away) {
                log.warn("the bus is away: routes are kept as they are");
            }
            away = true;
            return;
        }
        away = false;
        var gone = routes.prune(timers.millis());
        pruned.add(gone.routes());
        if (gone.endpoints() > 0) {
            log.info("pruned {} silent endpoints, {} routes", gone.endpoints(), gone.routes());
        }
    }

    /** Routes dropped so far. */
    public long pruned() {
        return pruned.sum();
    }

    @Override
    public void close() {
        if (sweeping != null) {
            sweeping.cancel();
        }
    }
}

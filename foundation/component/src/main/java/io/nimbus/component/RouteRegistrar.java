package io.nimbus.component;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.subjects.Poke;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.RouterStart;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps endpoints registered with every router: at once when the bus is there, when a router
 * starts, and again every 20 s or as often as a router asks for. What is served is asked for anew
 * each time.
 *
 * <p>One lock guards the timer; the messages go out in the order of the list.
 */
public final class RouteRegistrar implements Component {
    /** As every DEA since 2014-10; well within a router's 120 s. */
    private static final Duration PERIOD = Duration.ofSeconds(20);

    private final MessageBus bus;
    private final Timers timers;
    private final Supplier<List<RouterRegister>> endpoints;
    private Duration period = PERIOD;
    private Timers.@Nullable Task repeating;

    public RouteRegistrar(MessageBus bus, Timers timers, Supplier<List<RouterRegister>> endpoints) {
        this.bus = bus;
        this.timers = timers;
        this.endpoints = endpoints;
    }

    @Override
    public synchronized void start() {
        repeating = timers.every(period, this::register);
        bus.subscribe(RouterStart.SUBJECT, this::routerStarted);
        bus.onConnect(() -> {
            register();
            bus.request(
                    RouterStart.GREET, Poke.POKE, 16, Duration.ofSeconds(2), this::routerStarted);
        });
    }

    private void routerStarted(RouterStart router) {
        register();
        var wanted = Duration.ofSeconds(Math.max(1, router.minimumRegisterIntervalInSeconds()));
        synchronized (this) {
            if (wanted.compareTo(period) < 0 && repeating != null) {
                repeating.cancel();
                period = wanted;
                repeating = timers.every(period, this::register);
            }
        }
    }

    /** Says everything once more, now. */
    public void register() {
        for (var endpoint : endpoints.get()) {
            if (!endpoint.uris().isEmpty()) {
                bus.publish(RouterRegister.REGISTER, endpoint);
            }
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (repeating != null) {
                repeating.cancel();
            }
        }
        for (var endpoint : endpoints.get()) {
            bus.publish(RouterRegister.UNREGISTER, endpoint);
        }
    }
}

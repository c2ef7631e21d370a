package io.nimbus.router.bus;

import io.nimbus.bus.MessageBus;
import io.nimbus.component.Component;
import io.nimbus.router.policy.RouteTable;
import io.nimbus.subjects.RouterRegister;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills the route table. Registrations and their ends come on one lane: the last word about an
 * endpoint counts.
 */
public final class RouteListener implements Component {
    private static final Logger log = LoggerFactory.getLogger(RouteListener.class);

    private final MessageBus bus;
    private final RouteTable routes;
    private final InstantSource clock;
    private final Map<String, LongAdder> registrations = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> unregistrations = new ConcurrentHashMap<>();
    private MessageBus.@Nullable Lane lane;

    public RouteListener(MessageBus bus, RouteTable routes, InstantSource clock) {
        this.bus = bus;
        this.routes = routes;
        this.clock = clock;
    }

    @Override
    public void start() {
        var ordered = bus.lane("routes");
        lane = ordered;
        ordered.subscribe(RouterRegister.REGISTER, this::registered);
        ordered.subscribe(RouterRegister.UNREGISTER, this::unregistered);
    }

    private void registered(RouterRegister message) {
        count(registrations, message);
        int added = routes.register(message, clock.millis());
        if (added > 0) {
            log.debug("registered {}", message);
        }
    }

    private void unregistered(RouterRegister message) {
        count(unregistrations, message);
        if (routes.unregister(message, clock.millis()) < message.uris().size()) {
            log.debug("unregistered what was not there: {}", message);
        } else {
            log.debug("unregistered {}", message);
        }
    }

    private static void count(Map<String, LongAdder> counts, RouterRegister message) {
        counts.computeIfAbsent(message.tags().getOrDefault("component", ""), c -> new LongAdder())
                .increment();
    }

    /** Messages by component. */
    public Map<String, LongAdder> registrations() {
        return registrations;
    }

    public Map<String, LongAdder> unregistrations() {
        return unregistrations;
    }

    @Override
    public void close() {
        if (lane != null) {
            lane.close();
        }
    }
}

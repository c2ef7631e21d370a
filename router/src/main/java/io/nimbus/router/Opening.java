package io.nimbus.router;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.router.proxy.Entrance;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the ports when the table has had time to fill, for a router that knows no routes does harm:
 * it answers 404. A port that is taken is tried again every second.
 *
 * <p>One lock guards the state.
 */
final class Opening implements Component {
    private static final Logger log = LoggerFactory.getLogger(Opening.class);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final MessageBus bus;
    private final Timers timers;
    private final Duration delay;
    private final Entrance entrance;
    private boolean begun;
    private boolean closed;
    private @Nullable String fault = "the bus has not been there yet";

    Opening(MessageBus bus, Timers timers, Duration delay, Entrance entrance) {
        this.bus = bus;
        this.timers = timers;
        this.delay = delay;
        this.entrance = entrance;
    }

    @Override
    public void start() {
        bus.onConnect(this::begin);
    }

    private synchronized void begin() {
        if (begun) {
            return;
        }
        begun = true;
        fault = "waiting for routes";
        if (delay.isZero()) {
            open();
        } else {
            timers.after(delay, this::open);
        }
    }

    private synchronized void open() {
        if (closed) {
            return;
        }
        try {
            entrance.open();
            fault = null;
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).equals(fault)) {
                log.error("cannot open: {}; trying on", e.getMessage());
            }
            fault = e.getMessage();
            timers.after(RETRY, this::open);
        }
    }

    synchronized Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    /** From now on it is unwell on purpose; what is not open yet never will be. */
    synchronized void stop() {
        closed = true;
        fault = "stopping";
    }

    @Override
    public void close() {
        stop();
        entrance.close();
    }
}

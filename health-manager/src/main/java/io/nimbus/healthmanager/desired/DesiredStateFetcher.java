package io.nimbus.healthmanager.desired;

import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Says when to fetch: at the start, then every period, and soon after somebody said that something
 * changed, but never two at once and never in closer succession than the spacing, however many
 * changes there are. One that failed is soon tried again.
 *
 * <p>One lock guards the schedule; the fetch itself runs on a timer's thread, without it.
 */
public final class DesiredStateFetcher implements Component {
    private final Timers timers;
    private final Duration period;
    private final Duration spacing;
    private final Duration retry;
    private final BooleanSupplier fetch;
    private Timers.@Nullable Task repeating;
    private Instant begun = Instant.MIN;
    private boolean scheduled;
    private boolean running;
    private boolean again;
    private boolean retrying;

    /**
     * @param fetch says whether it succeeded
     */
    public DesiredStateFetcher(
            Timers timers,
            Duration period,
            Duration spacing,
            Duration retry,
            BooleanSupplier fetch) {
        this.timers = timers;
        this.period = period;
        this.spacing = spacing;
        this.retry = retry;
        this.fetch = fetch;
    }

    @Override
    public synchronized void start() {
        repeating = timers.every(period, this::run);
        soon();
    }

    /** Something changed. */
    public synchronized void soon() {
        if (running) {
            again = true;
        } else if (!scheduled) {
            scheduled = true;
            var now = timers.instant();
            var rest =
                    begun.equals(Instant.MIN)
                            ? Duration.ZERO
                            : Duration.between(now, begun.plus(spacing));
            timers.after(rest.isNegative() ? Duration.ZERO : rest, this::run);
        }
    }

    private void run() {
        synchronized (this) {
            if (running) {
                return;
            }
            scheduled = false;
            running = true;
            again = false;
            begun = timers.instant();
        }
        var succeeded = false;
        try {
            succeeded = fetch.getAsBoolean();
        } finally {
            synchronized (this) {
                running = false;
                if (again) {
                    soon();
                } else if (!succeeded && !retrying) {
                    retrying = true;
                    timers.after(retry, this::retry);
                }
            }
        }
    }

    private synchronized void retry() {
        retrying = false;
        soon();
    }

    @Override
    public synchronized void close() {
        if (repeating != null) {
            repeating.cancel();
        }
    }
}

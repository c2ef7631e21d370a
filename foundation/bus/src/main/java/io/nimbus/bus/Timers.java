package io.nimbus.bus;

import java.time.Duration;
import java.time.InstantSource;

/**
 * Time as the logic sees it: a clock and tasks due later. Virtual in tests and in the simulation.
 */
public interface Timers extends InstantSource {

    /** Runs the task once, {@code delay} from now. */
    Task after(Duration delay, Runnable task);

    /**
     * Runs the task every {@code period}, first after one; never two runs at once, a late run is
     * not made up for.
     */
    Task every(Duration period, Runnable task);

    interface Task {
        /** Does not interrupt a run under way. */
        void cancel();
    }
}

package io.nimbus.uaa;

import io.nimbus.bus.SystemTimers;
import io.nimbus.bus.Timers;
import java.time.Duration;
import java.time.Instant;

/** The system's time, moved forward at will: for what ends after minutes. */
final class ShiftedTimers implements Timers, AutoCloseable {
    private final SystemTimers system = new SystemTimers();
    private volatile Duration shift = Duration.ZERO;

    synchronized void advance(Duration step) {
        shift = shift.plus(step);
    }

    @Override
    public Instant instant() {
        return system.instant().plus(shift);
    }

    @Override
    public Task after(Duration delay, Runnable task) {
        return system.after(delay, task);
    }

    @Override
    public Task every(Duration period, Runnable task) {
        return system.every(period, task);
    }

    @Override
    public void close() {
        system.close();
    }
}

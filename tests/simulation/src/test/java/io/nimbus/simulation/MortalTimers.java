package io.nimbus.simulation;

import io.nimbus.bus.Timers;
import io.nimbus.bus.VirtualTime;
import java.time.Duration;
import java.time.Instant;

/** The timers of one process: none of its tasks runs once it is dead. */
final class MortalTimers implements Timers {
    private final VirtualTime time;
    private boolean dead;

    MortalTimers(VirtualTime time) {
        this.time = time;
    }

    void die() {
        dead = true;
    }

    boolean isDead() {
        return dead;
    }

    @Override
    public Instant instant() {
        return time.instant();
    }

    @Override
    public Task after(Duration delay, Runnable task) {
        return time.after(delay, () -> runAlive(task));
    }

    @Override
    public Task every(Duration period, Runnable task) {
        var repeating =
                new Object() {
                    boolean cancelled;
                    Task next = () -> {};

                    void schedule() {
                        next =
                                time.after(
                                        period,
                                        () -> {
                                            if (!dead && !cancelled) {
                                                task.run();
                                                schedule();
                                            }
                                        });
                    }
                };
        repeating.schedule();
        return () -> {
            repeating.cancelled = true;
            repeating.next.cancel();
        };
    }

    private void runAlive(Runnable task) {
        if (!dead) {
            task.run();
        }
    }
}

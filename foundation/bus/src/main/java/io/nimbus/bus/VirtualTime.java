package io.nimbus.bus;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Time that stands still until advanced; due tasks then run on the calling thread, in time order
 * and within one instant in order of scheduling. For tests and the simulation, on one thread only.
 */
public final class VirtualTime implements Timers {
    private final PriorityQueue<Due> tasks =
            new PriorityQueue<>(Comparator.comparing(Due::time).thenComparingLong(Due::order));
    private Instant now;
    private long order;

    public VirtualTime(Instant start) {
        now = start;
    }

    /** A start that tests can rely on: the turn of 2026. */
    public VirtualTime() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public Task after(Duration delay, Runnable task) {
        var due = new Due(now.plus(delay.isNegative() ? Duration.ZERO : delay), order++, task);
        tasks.add(due);
        return () -> tasks.remove(due);
    }

    @Override
    public Task every(Duration period, Runnable task) {
        var repeating =
                new Object() {
                    Task next = () -> {};
                    boolean cancelled;

                    void schedule() {
                        next =
                                after(
                                        period,
                                        () -> {
                                            task.run();
                                            if (!cancelled) {
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

    /** Runs everything due within the step, then stands at its end. */
    public void advance(Duration step) {
        var end = now.plus(step);
        for (var task = tasks.peek();
                task != null && !task.time().isAfter(end);
                task = tasks.peek()) {
            tasks.remove();
            now = task.time();
            task.body().run();
        }
        now = end;
    }

    /** Runs what is due at this very instant, and what that makes due. */
    public void settle() {
        advance(Duration.ZERO);
    }

    private record Due(Instant time, long order, Runnable body) {}
}

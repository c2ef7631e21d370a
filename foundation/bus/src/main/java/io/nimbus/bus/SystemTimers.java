package io.nimbus.bus;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real time. One thread watches the clock; each task runs on a virtual thread of its own, so it may
 * block.
 */
public final class SystemTimers implements Timers, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SystemTimers.class);

    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("timers").daemon().factory());

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public Task after(Duration delay, Runnable task) {
        var cancelled = new AtomicBoolean();
        schedule(delay, cancelled, () -> run(task));
        return () -> cancelled.set(true);
    }

    @Override
    public Task every(Duration period, Runnable task) {
        if (period.isZero() || period.isNegative()) {
            throw new IllegalArgumentException("a period is positive: " + period);
        }
        var cancelled = new AtomicBoolean();
        repeat(period, cancelled, task, System.nanoTime() + period.toNanos());
        return () -> cancelled.set(true);
    }

    private void repeat(Duration period, AtomicBoolean cancelled, Runnable task, long due) {
        var delay = Duration.ofNanos(Math.max(0, due - System.nanoTime()));
        schedule(
                delay,
                cancelled,
                () -> {
                    run(task);
                    var next = due + period.toNanos();
                    repeat(period, cancelled, task, Math.max(next, System.nanoTime()));
                });
    }

    private void schedule(Duration delay, AtomicBoolean cancelled, Runnable body) {
        try {
            var _ =
                    clock.schedule(
                            () -> {
                                if (!cancelled.get()) {
                                    Thread.ofVirtual()
                                            .name("timer")
                                            .start(() -> {
                                                if (!cancelled.get()) {
                                                    body.run();
                                                }
                                            });
                                }
                            },
                            delay.toNanos(),
                            TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("a task after the end of time", e);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            log.error("a timer's task failed", e);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}

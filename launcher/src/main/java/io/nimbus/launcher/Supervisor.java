package io.nimbus.launcher;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the services running: starts them in order, each when the one before answers, starts again
 * what dies (after a wait that doubles from 200 ms to 30 s and is forgotten after a minute of
 * life), and adopts what still runs from before. On SIGTERM it stops all in reverse.
 *
 * <p>One thread, {@link #run}'s; the records it writes are all that others see.
 */
final class Supervisor {
    /** As in its own record. */
    static final String NAME = "supervisor";

    private static final Logger log = Logger.getLogger(NAME);
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final Duration SETTLED = Duration.ofMinutes(1);

    /**
     * A service that does not answer by then does not hold up those after it: they wait for it
     * themselves.
     */
    private static final Duration READY = Duration.ofSeconds(60);

    private final State state;
    private final List<Supervised> services = new ArrayList<>();
    private final CountDownLatch stop = new CountDownLatch(1);

    Supervisor(State state, List<Service> services) {
        this.state = state;
        services.forEach(service -> this.services.add(new Supervised(service)));
    }

    private static final class Supervised {
        final Service service;
        Procs.@Nullable Running process;
        int restarts;
        Duration wait = FIRST_WAIT;
        long due;

        Supervised(Service service) {
            this.service = service;
        }
    }

    /** Ends {@link #run}; from any thread. */
    void stop() {
        stop.countDown();
    }

    /** Until {@link #stop}. */
    void run() throws InterruptedException {
        services.forEach(this::adopt);
        for (var supervised : services) {
            if (supervised.process == null) {
                start(supervised);
                awaitReady(supervised);
            }
            if (stop.getCount() == 0) {
                break;
            }
        }
        while (!stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
            services.forEach(this::look);
        }
        for (var supervised : services.reversed()) {
            stop(state, supervised.service, supervised.process);
        }
    }

    private void adopt(Supervised supervised) {
        var record = ProcessRecord.read(state, supervised.service.name());
        record.flatMap(ProcessRecord::running)
                .or(supervised.service::find)
                .ifPresent(process -> {
                    supervised.process = process;
                    supervised.restarts = record.map(ProcessRecord::restarts).orElse(0);
                    ProcessRecord.of(process, supervised.restarts)
                            .write(state, supervised.service.name());
                    log.info(supervised.service.name() + " still runs as " + process.pid());
                });
    }

    private void start(Supervised supervised) {
        var name = supervised.service.name();
        try {
            var process = supervised.service.start();
            supervised.process = process;
            ProcessRecord.of(process, supervised.restarts).write(state, name);
            log.info(name + " started as " + process.pid());
        } catch (Trouble e) {
            log.log(Level.WARNING, name + ": " + e.getMessage());
            postpone(supervised, e.getMessage());
        }
    }

    private void postpone(Supervised supervised, @Nullable String fault) {
        supervised.process = null;
        supervised.due = System.nanoTime() + supervised.wait.toNanos();
        ProcessRecord.down(supervised.restarts, supervised.wait.toMillis(), fault)
                .write(state, supervised.service.name());
        supervised.wait =
                supervised.wait.multipliedBy(2).compareTo(LONGEST_WAIT) < 0
                        ? supervised.wait.multipliedBy(2)
                        : LONGEST_WAIT;
    }

    private void awaitReady(Supervised supervised) throws InterruptedException {
        var deadline = System.nanoTime() + READY.toNanos();
        while (System.nanoTime() < deadline && !stop.await(50, TimeUnit.MILLISECONDS)) {
            var process = supervised.process;
            if (process == null || !process.isAlive()) {
                return;
            }
            if (supervised.service.fault().isEmpty()) {
                return;
            }
        }
    }

    private void look(Supervised supervised) {
        var process = supervised.process;
        if (process == null) {
            if (System.nanoTime() >= supervised.due) {
                supervised.restarts++;
                start(supervised);
            }
        } else if (!process.isAlive()) {
            log.warning(
                    supervised.service.name()
                            + " ("
                            + process.pid()
                            + ") has ended; again in "
                            + supervised.wait.toMillis()
                            + " ms");
            postpone(supervised, null);
        } else if (process.age().compareTo(SETTLED) > 0) {
            supervised.wait = FIRST_WAIT;
        }
    }

    /** Asks the process to end, kills it if it does not, and forgets it. */
    static void stop(State state, Service service, Procs.@Nullable Running process)
            throws InterruptedException {
        if (process != null && process.isAlive()) {
            log.info("stopping " + service.name());
            process.signal(service.stopSignal());
            if (!process.ends(service.stopWithin())) {
                log.warning(service.name() + " does not end by itself; killed");
                process.signal("KILL");
                process.ends(Duration.ofSeconds(5));
            }
        }
        state.record(service.name()).toFile().delete();
        state.status(service.name()).toFile().delete();
    }
}

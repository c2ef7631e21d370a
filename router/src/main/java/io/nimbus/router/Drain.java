package io.nimbus.router;

import io.nimbus.router.proxy.Entrance;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leaving without a lost request: first health is bad, so that load balancers look elsewhere, then
 * the ports close, then requests under way come to their end. Takes the time of the thread that
 * runs it; any thread may cut it short.
 */
final class Drain {
    private static final Logger log = LoggerFactory.getLogger(Drain.class);
    private static final long LOOK_MS = 20;

    private final Opening opening;
    private final Entrance entrance;
    private final CountDownLatch cut = new CountDownLatch(1);
    private volatile RouterConfig.Drain times;

    Drain(Opening opening, Entrance entrance, RouterConfig.Drain times) {
        this.opening = opening;
        this.entrance = entrance;
        this.times = times;
    }

    void apply(RouterConfig.Drain changed) {
        times = changed;
    }

    void run() {
        opening.stop();
        if (!entrance.isOpen()) {
            return;
        }
        entrance.leave();
        try {
            if (isCutWithin(times.delay())) {
                return;
            }
            entrance.drain();
            long end = System.nanoTime() + times.timeout().toNanos();
            int left = entrance.clients();
            if (left > 0) {
                log.info("draining: {} connections", left);
            }
            while (left > 0 && System.nanoTime() - end < 0) {
                if (isCutWithin(Duration.ofMillis(LOOK_MS))) {
                    break;
                }
                left = entrance.clients();
            }
            if (left > 0) {
                log.warn("{} connections are cut off", left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isCutWithin(Duration time) throws InterruptedException {
        return cut.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** No more waiting. */
    void cut() {
        cut.countDown();
    }
}

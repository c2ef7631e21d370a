package io.nimbus.router.policy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A backend as one of a route's endpoints: when it was last heard of, how many requests it has, and
 * whether it failed lately. Event loops count and mark; the table's writer replaces the backend and
 * stamps the time.
 */
public final class Endpoint {
    private static final VarHandle IN_FLIGHT;

    static {
        try {
            IN_FLIGHT = MethodHandles.lookup().findVarHandle(Endpoint.class, "inFlight", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile Backend backend;

    /** Milliseconds since the epoch. */
    private volatile long lastHeard;

    /** {@link System#nanoTime} until which it is passed over; 0 for no mark. */
    private volatile long failedUntil;

    @SuppressWarnings("unused") // by its handle
    private volatile int inFlight;

    Endpoint(Backend backend, long now) {
        this.backend = backend;
        this.lastHeard = now;
    }

    public Backend backend() {
        return backend;
    }

    void replace(Backend successor) {
        backend = successor;
    }

    void heard(long now) {
        lastHeard = now;
    }

    long lastHeard() {
        return lastHeard;
    }

    /** A request goes to it. */
    public void begin() {
        IN_FLIGHT.getAndAdd(this, 1);
    }

    /** A request has left it. */
    public void end() {
        IN_FLIGHT.getAndAdd(this, -1);
    }

    public int inFlight() {
        return inFlight;
    }

    /** Passed over until then, unless every other endpoint is, too. */
    public void markFailed(long untilNanos) {
        failedUntil = untilNanos == 0 ? 1 : untilNanos;
    }

    void clearMark() {
        failedUntil = 0;
    }

    public boolean isMarked(long nowNanos) {
        var until = failedUntil;
        return until != 0 && until - nowNanos > 0;
    }

    boolean isFull(int maxConnections) {
        return maxConnections > 0 && inFlight >= maxConnections;
    }

    @Override
    public String toString() {
        return backend.toString();
    }
}

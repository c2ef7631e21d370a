package io.nimbus.router.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Requests in flight at one instance, by loop. */
public final class InstanceMeter {
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

    /** A cache line apart. */
    private static final int APART = 16;

    private final AppMeter app;
    private final ComponentMeter component;
    private final int[] inFlight;
    private volatile boolean retired;
    private volatile boolean used = true;

    InstanceMeter(AppMeter app, ComponentMeter component, int loops) {
        this.app = app;
        this.component = component;
        this.inFlight = new int[loops * APART];
    }

    AppMeter app() {
        return app;
    }

    ComponentMeter component() {
        return component;
    }

    void add(int loop, int change) {
        INTS.setOpaque(inFlight, loop * APART, inFlight[loop * APART] + change);
        if (!used) {
            used = true;
        }
    }

    int inFlight() {
        int sum = 0;
        for (int i = 0; i < inFlight.length; i += APART) {
            sum += (int) INTS.getOpaque(inFlight, i);
        }
        return sum;
    }

    boolean isRetired() {
        return retired;
    }

    /** Whether it was used since the last question. */
    boolean wasUsed() {
        boolean was = used;
        used = false;
        return was;
    }

    void retire() {
        retired = true;
    }
}

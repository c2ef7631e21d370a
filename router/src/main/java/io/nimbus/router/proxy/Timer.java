package io.nimbus.router.proxy;

import org.jspecify.annotations.Nullable;

/** One owner's place in {@link Deadlines}; at most one deadline at a time. */
final class Timer {
    /** Called on the loop when the time is over. */
    interface Expiry {
        void expired(Deadlines.Kind kind);
    }

    final Expiry owner;
    @Nullable Timer before;
    @Nullable Timer after;
    Deadlines.@Nullable Kind kind;
    long due;

    Timer(Expiry owner) {
        this.owner = owner;
    }

    boolean isRunning() {
        return kind != null;
    }
}

package io.nimbus.router.proxy;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one event loop: a list per kind. Since all of a kind last equally long, the
 * first of a list is always the next one due; starting and cancelling are a few assignments, and
 * the clock is looked at ten times a second.
 */
final class Deadlines {
    enum Kind {
        CLIENT_IDLE,
        REQUEST_HEAD,
        /** Reading what a client still sends after its connection's last answer. */
        LINGER,
        DIAL,
        ENDPOINT,
        /** Waiting for a backend's 100 (Continue). */
        CONTINUE,
        BACKEND_IDLE
    }

    private static final class Kept {
        @Nullable Timer first;
        @Nullable Timer last;
        long nanos;
    }

    private final Map<Kind, Kept> lists = new EnumMap<>(Kind.class);

    Deadlines() {
        for (var kind : Kind.values()) {
            lists.put(kind, new Kept());
        }
        lasts(Kind.LINGER, Duration.ofSeconds(5));
        lasts(Kind.CONTINUE, Duration.ofSeconds(1));
    }

    /** Zero for no deadline. */
    void lasts(Kind kind, Duration time) {
        list(kind).nanos = time.toNanos();
    }

    private Kept list(Kind kind) {
        var list = lists.get(kind);
        if (list == null) {
            throw new IllegalStateException("no list for " + kind);
        }
        return list;
    }

    /** Starts the timer anew. */
    void start(Timer timer, Kind kind, long now) {
        if (timer.kind != null) {
            cancel(timer);
        }
        var list = list(kind);
        if (list.nanos == 0) {
            return;
        }
        timer.kind = kind;
        timer.due = now + list.nanos;
        var last = list.last;
        timer.before = last;
        if (last == null) {
            list.first = timer;
        } else {
            last.after = timer;
        }
        list.last = timer;
    }

    void cancel(Timer timer) {
        var kind = timer.kind;
        if (kind == null) {
            return;
        }
        var list = list(kind);
        var before = timer.before;
        var after = timer.after;
        if (before == null) {
            list.first = after;
        } else {
            before.after = after;
        }
        if (after == null) {
            list.last = before;
        } else {
            after.before = before;
        }
        timer.before = null;
        timer.after = null;
        timer.kind = null;
    }

    /** Ends what is due. */
    void tick(long now) {
        for (var kind : Kind.values()) {
            var list = list(kind);
            for (var timer = list.first;
                    timer != null && timer.due - now <= 0;
                    timer = list.first) {
                cancel(timer);
                timer.owner.expired(kind);
            }
        }
    }

    /** The one that has waited longest, or null. */
    @Nullable Timer oldest(Kind kind) {
        return list(kind).first;
    }
}

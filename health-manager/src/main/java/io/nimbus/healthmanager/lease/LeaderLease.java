package io.nimbus.healthmanager.lease;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.bus.BusUnavailableException;
import io.nimbus.bus.KeyValueBucket;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * At most one holder among those who ask, by one key of a bucket. The holder writes the key again
 * and again; who sees that it has not changed for a whole lease writes it instead, which succeeds
 * for one of them only. No two clocks are compared: each measures by its own how long it has seen
 * the same revision, and the holder stops believing one lease after its last successful write
 * <em>began</em>, which is before anybody else can have seen it for a lease.
 *
 * <p>One lock; calls block for as long as the bucket does.
 */
public final class LeaderLease {
    private static final Logger log = LoggerFactory.getLogger(LeaderLease.class);
    private static final String KEY = "leader";

    private final KeyValueBucket bucket;
    private final String id;
    private final Duration length;
    private final InstantSource clock;
    private boolean holding;
    private volatile Instant heldUntil = Instant.MIN;
    private long revision;
    private Instant seen = Instant.MIN;

    /**
     * @param id who writes; only people read it
     */
    public LeaderLease(KeyValueBucket bucket, String id, Duration length, InstantSource clock) {
        this.bucket = bucket;
        this.id = id;
        this.length = length;
        this.clock = clock;
    }

    /** How often {@link #renew} is to be called. */
    public Duration period() {
        return length.dividedBy(4);
    }

    /** Whether this one may act now. Does not block. */
    public boolean isHeld() {
        return clock.instant().isBefore(heldUntil);
    }

    /**
     * Takes the lease or keeps it, if it can.
     *
     * @throws BusUnavailableException when the bucket does not answer; a lease that is held then
     *     runs out by itself
     */
    public synchronized void renew() {
        var begun = clock.instant();
        if (holding) {
            var renewed = bucket.update(KEY, id.getBytes(UTF_8), revision);
            if (renewed.isPresent()) {
                held(renewed.getAsLong(), begun);
            } else {
                log.warn("another health manager acts now");
                lost();
            }
            return;
        }
        var entry = bucket.get(KEY);
        if (entry.isEmpty()) {
            bucket.create(KEY, id.getBytes(UTF_8)).ifPresent(r -> taken(r, begun));
        } else if (seen.equals(Instant.MIN) || entry.get().revision() != revision) {
            revision = entry.get().revision();
            seen = clock.instant();
        } else if (!seen.plus(length).isAfter(begun)) {
            bucket.update(KEY, id.getBytes(UTF_8), revision).ifPresent(r -> taken(r, begun));
        }
    }

    private void taken(long newRevision, Instant begun) {
        log.info("this health manager acts from now on");
        held(newRevision, begun);
    }

    private void held(long newRevision, Instant begun) {
        holding = true;
        revision = newRevision;
        heldUntil = begun.plus(length);
    }

    private void lost() {
        holding = false;
        heldUntil = Instant.MIN;
        seen = Instant.MIN;
    }

    /** Gives the lease up, so that another need not wait for its end. */
    public synchronized void release() {
        if (!holding) {
            return;
        }
        var mine = isHeld();
        lost();
        if (mine) {
            try {
                bucket.delete(KEY);
            } catch (BusUnavailableException e) {
                log.debug("the lease is left to run out", e);
            }
        }
    }
}

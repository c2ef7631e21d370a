package io.nimbus.cloudcontroller.events;

import static io.nimbus.cloudcontroller.ccdb.Tables.EVENTS;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.jobs.Jobs;
import io.nimbus.database.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Forgets events that are old, some at a time, so that no statement holds many rows. */
public final class EventPurge {
    private static final Duration PAUSE = Duration.ofHours(1);
    private static final int BATCH = 5_000;

    private EventPurge() {}

    /**
     * Before the jobs start.
     *
     * @param keep for which events are kept
     */
    public static void schedule(Jobs jobs, Database database, InstantSource clock, Duration keep) {
        jobs.every("events.purge", PAUSE, () -> purge(database, clock.instant().minus(keep)));
    }

    static void purge(Database database, Instant oldest) {
        int removed;
        do {
            removed =
                    database.transaction(tx ->
                            tx.deleteFrom(EVENTS)
                                    .where(
                                            EVENTS.ID.in(
                                                    select(EVENTS.ID)
                                                            .from(EVENTS)
                                                            .where(EVENTS.TIMESTAMP.lt(oldest))
                                                            .orderBy(EVENTS.TIMESTAMP, EVENTS.ID)
                                                            .limit(BATCH)))
                                    .execute());
        } while (removed == BATCH);
    }
}

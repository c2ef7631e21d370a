package io.nimbus.dea.policy;

import io.nimbus.subjects.DeaStart;
import io.nimbus.subjects.Subject;
import java.time.Duration;
import java.time.Instant;

/** What is to be done about a decision, in the order of the list it comes in. */
public sealed interface Effect {

    /** Publish. */
    record Say<T>(Subject<T> subject, T message) implements Effect {}

    /** The registry changed in a way that must survive this process. */
    record Save() implements Effect {}

    /**
     * Fetch the droplet, make the container, start the process; ends in {@link Agent#launched} or
     * {@link Agent#startFailed}. Remains of an earlier attempt are cleared away first.
     */
    record Launch(String handle, String guid, DeaStart start, Instant startedAt)
            implements Effect {}

    /** Ends in {@link Agent#healthy} or {@link Agent#unhealthy}. */
    record Check(String handle, HealthCheck check, Address address) implements Effect {}

    /**
     * After the delay, end the processes and destroy the container, a launch under way included;
     * ends in {@link Agent#stopped}.
     */
    record Stop(String handle, Duration delay) implements Effect {}

    /** Keep what a crashed instance leaves for its developers, and destroy the container. */
    record KeepCrash(String handle, String guid) implements Effect {}

    /** A crash has been kept long enough. */
    record DropCrash(String guid) implements Effect {}

    /** A line in the app's log. */
    record Tell(String app, int index, Source source, boolean error, String text)
            implements Effect {}

    /** Who speaks in an app's log. */
    enum Source {
        CELL,
        HEALTH
    }

    /** Nothing is left to wait for: end the process. */
    record Leave() implements Effect {}
}

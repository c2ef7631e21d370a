package io.nimbus.launcher;

import java.time.Duration;
import java.util.Optional;

/** One supervised part of the platform. */
interface Service {

    String name();

    /** Starts it; returns when there is a process, not when that is ready. */
    Procs.Running start() throws Trouble;

    /**
     * One that runs though nobody here started it, as far as it can be found without our own
     * record.
     */
    default Optional<Procs.Running> find() {
        return Optional.empty();
    }

    /** Empty when it does its work, else what it says it waits for. */
    Optional<String> fault();

    /** How it is asked to end, and how long that may take before it is killed. */
    default String stopSignal() {
        return "TERM";
    }

    default Duration stopWithin() {
        return Duration.ofSeconds(15);
    }
}

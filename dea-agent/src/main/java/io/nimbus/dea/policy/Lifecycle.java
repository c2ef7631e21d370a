package io.nimbus.dea.policy;

import io.nimbus.subjects.InstanceState;
import java.util.EnumSet;
import java.util.Set;

/**
 * The states of an instance and which may follow which. Source: dea contract §1; beyond it,
 * RESUMING may go back to STARTING, so that a start survives the agent's own restart, and an
 * instance may die while EVACUATING.
 */
public enum Lifecycle {
    /** Accepted: it counts against memory and disk. */
    BORN,
    /** Droplet and container are prepared, the process started and its health awaited. */
    STARTING,
    RUNNING,
    /** Still serving, while the health manager starts its replacement elsewhere. */
    EVACUATING,
    /** Not routed any more; its processes are being ended. */
    STOPPING,
    STOPPED,
    CRASHED,
    /** Read from the snapshot of an earlier agent and not looked at yet. */
    RESUMING;

    public Set<Lifecycle> next() {
        return switch (this) {
            // CRASHED: no room, or a stack that is not here.
            case BORN -> EnumSet.of(STARTING, EVACUATING, STOPPED, CRASHED);
            case STARTING -> EnumSet.of(RUNNING, EVACUATING, STOPPING, CRASHED);
            case RUNNING -> EnumSet.of(EVACUATING, STOPPING, CRASHED);
            case EVACUATING -> EnumSet.of(STOPPING, CRASHED);
            case STOPPING -> EnumSet.of(STOPPED);
            case RESUMING -> EnumSet.of(STARTING, RUNNING, EVACUATING, STOPPING, CRASHED);
            case STOPPED, CRASHED -> EnumSet.noneOf(Lifecycle.class);
        };
    }

    /**
     * @throws IllegalStateException if the table lacks {@code target}: a bug in the caller
     */
    Lifecycle to(Lifecycle target) {
        if (next().contains(target)) {
            return target;
        }
        throw new IllegalStateException(
                "Cannot transition from \"" + this + "\" to \"" + target + "\"");
    }

    public boolean usesMemory() {
        return this == BORN || this == STARTING || this == RUNNING || this == STOPPING;
    }

    /** A crashed one still has its crash folder. */
    public boolean usesDisk() {
        return usesMemory() || this == CRASHED;
    }

    /** Whether heartbeats name it. */
    public boolean isReported() {
        return this == STARTING || this == RUNNING || this == CRASHED || this == EVACUATING;
    }

    /** Whether {@code dea.stop} may end it. */
    public boolean canBeStopped() {
        return this == BORN || this == STARTING || this == RUNNING || this == EVACUATING;
    }

    public InstanceState wire() {
        return InstanceState.valueOf(name());
    }
}

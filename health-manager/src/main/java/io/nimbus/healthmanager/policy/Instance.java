package io.nimbus.healthmanager.policy;

import io.nimbus.subjects.InstanceState;

/**
 * One instance as its DEA last reported it.
 *
 * @param since seconds since the epoch, by the DEA's clock, at which {@code state} was entered
 * @param dea the DEA's id
 */
public record Instance(
        AppVersion key, String guid, int index, InstanceState state, double since, String dea) {

    /** Runs or is about to: its index needs no start. */
    boolean isUp() {
        return switch (state) {
            case BORN, RESUMING, STARTING, RUNNING -> true;
            case STOPPING, STOPPED, CRASHED, EVACUATING, UNKNOWN -> false;
        };
    }

    boolean isRunning() {
        return state == InstanceState.RUNNING;
    }

    boolean isEvacuating() {
        return state == InstanceState.EVACUATING;
    }

    boolean isCrashed() {
        return state == InstanceState.CRASHED;
    }

    Instance in(InstanceState other, double at) {
        return new Instance(key, guid, index, other, at, dea);
    }
}

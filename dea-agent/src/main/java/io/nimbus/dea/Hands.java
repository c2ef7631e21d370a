package io.nimbus.dea;

import io.nimbus.dea.policy.Address;
import io.nimbus.dea.policy.Effect;
import io.nimbus.dea.policy.Ending;
import io.nimbus.dea.policy.Lifecycle;
import java.util.Set;

/**
 * Carries out on containers what the agent decides. Nothing here waits: what came of it is told to
 * the {@link Events} later, from other threads. What concerns one instance is done one after the
 * other; a stop makes a launch before it give up.
 */
interface Hands {
    void launch(Effect.Launch order);

    void check(Effect.Check order);

    void stop(String handle);

    void keepCrash(String handle, String guid);

    void dropCrash(String guid);

    /** Looks for the container of an instance that an earlier agent had in this state. */
    void resume(String handle, String app, int index, Lifecycle was);

    /**
     * Destroys containers that belong to no instance, once they were seen twice.
     *
     * @param known handles of all instances
     */
    void sweep(Set<String> known);

    /** What came of it. */
    interface Events {
        void launched(String handle, Address address);

        void startFailed(String handle, String why);

        void healthy(String handle);

        void unhealthy(String handle);

        void exited(String handle, Ending how);

        void stopped(String handle);

        void reattached(String handle, Address address);

        /** To be started, and nothing runs yet. */
        void neverStarted(String handle);

        /** To be stopped, and nothing runs any more. */
        void alreadyStopped(String handle);
    }
}

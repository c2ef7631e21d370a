package io.nimbus.simulation;

import io.nimbus.subjects.InstanceState;
import java.util.List;

/**
 * A DEA as the rest of the platform sees it. {@link FakeDea} stands for it until the real one's
 * policies are wired to a virtual bus.
 */
interface Dea {
    String id();

    boolean isAlive();

    boolean isEvacuating();

    /** What really runs there, whatever anybody has heard of it. */
    List<Running> instances();

    interface Running {
        String app();

        String version();

        int index();

        String guid();

        InstanceState state();
    }

    /** With everything on it. */
    void die();

    /** Its agent is away for a while; the instances run on. */
    void cutOff();

    void rejoin();

    /** The agent is started anew, under another id, and finds its instances running. */
    void restartAgent();

    void evacuate();

    /** One of its instances ends by itself. */
    void crash(Running instance);
}

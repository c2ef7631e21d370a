package io.nimbus.healthmanager.policy;

/** Where desired state comes from: the controller, or what stands for it in a simulation. */
public interface DesiredStateSource {

    /**
     * Every app, read now. May block.
     *
     * @throws DesiredStateUnavailableException when any part of it cannot be read: half a desired
     *     state would make the other half look unwanted
     */
    DesiredState fetch() throws DesiredStateUnavailableException;
}

package io.nimbus.healthmanager.policy;

/** What the controller is asked for. */
public sealed interface HealthRequest {
    AppVersion key();

    int index();

    record Start(AppVersion key, int index, StartReason reason) implements HealthRequest {}

    /**
     * @param instance its guid
     */
    record Stop(AppVersion key, int index, String instance, StopReason reason)
            implements HealthRequest {}
}

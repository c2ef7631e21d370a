package io.nimbus.healthmanager.policy;

/**
 * One row of the controller's bulk API.
 *
 * @param instances how many are wanted while {@code state} is {@code STARTED}
 * @param memoryMb of one instance
 * @param state {@code STARTED} or {@code STOPPED}
 * @param packageState {@code PENDING}, {@code STAGED} or {@code FAILED}
 */
public record DesiredApp(
        String app,
        String version,
        int instances,
        int memoryMb,
        String state,
        String packageState) {

    public AppVersion key() {
        return new AppVersion(app, version);
    }

    /**
     * Whether any instance may run. An app whose staging failed is not wanted; one that is being
     * staged is, since what already runs of it should go on.
     */
    boolean isWanted() {
        return state.equals("STARTED") && (isStaged() || isPending());
    }

    /** Whether a missing instance may be started: there is a droplet. */
    boolean isStartable() {
        return state.equals("STARTED") && isStaged();
    }

    boolean isStaged() {
        return packageState.equals("STAGED");
    }

    boolean isPending() {
        return packageState.equals("PENDING");
    }

    /** Whether this index is one of those wanted. */
    boolean wants(int index) {
        return isWanted() && index >= 0 && index < instances;
    }
}

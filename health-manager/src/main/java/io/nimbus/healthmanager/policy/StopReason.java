package io.nimbus.healthmanager.policy;

/** Why an instance should not be there. */
public enum StopReason {
    /** The app is not wanted, or not so many of it. */
    EXTRA,
    /** The live version runs at its index. */
    OLD_VERSION,
    /** Another instance of its version runs at its index. */
    DUPLICATE,
    /** The one that replaces it runs. */
    EVACUATION_COMPLETE;

    /**
     * Whether the controller is told that it is a duplicate, and so stops an instance whose version
     * and index it wants.
     */
    public boolean isDuplicate() {
        return switch (this) {
            case DUPLICATE, EVACUATION_COMPLETE -> true;
            case EXTRA, OLD_VERSION -> false;
        };
    }
}

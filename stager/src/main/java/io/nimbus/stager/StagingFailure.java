package io.nimbus.stager;

/** Why a task ends without a droplet. */
final class StagingFailure extends Exception {
    private static final long serialVersionUID = 1;

    static final String STAGING = "StagingError";
    static final String NO_APP = "NoAppDetectedError";
    static final String COMPILE = "BuildpackCompileFailed";
    static final String RELEASE = "BuildpackReleaseFailed";

    private final String type;

    /**
     * @param type a name of the controller's error catalogue
     * @param message for the user, who also finds it in the staging log
     */
    StagingFailure(String type, String message) {
        super(message);
        this.type = type;
    }

    StagingFailure(String message) {
        this(STAGING, message);
    }

    String type() {
        return type;
    }
}

package io.nimbus.healthmanager.policy;

/** The controller does not answer, or not sensibly: a state to report and wait out. */
public final class DesiredStateUnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    public DesiredStateUnavailableException(String message) {
        super(message);
    }

    public DesiredStateUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

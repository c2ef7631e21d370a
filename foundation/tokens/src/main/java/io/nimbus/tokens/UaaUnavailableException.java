package io.nimbus.tokens;

/** The UAA does not answer, or not sensibly: a state to report and wait out. */
public final class UaaUnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    public UaaUnavailableException(String message) {
        super(message);
    }

    public UaaUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

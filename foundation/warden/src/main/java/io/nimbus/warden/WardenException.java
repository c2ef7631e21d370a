package io.nimbus.warden;

/** A container could not be made, started, stopped or destroyed; the message says why. */
public final class WardenException extends Exception {
    private static final long serialVersionUID = 1;

    public WardenException(String message) {
        super(message);
    }

    public WardenException(String message, Throwable cause) {
        super(message, cause);
    }
}

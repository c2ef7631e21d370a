package io.nimbus.bus;

/**
 * The bus, or the part of it that keeps state, is not there. A state to report and wait out, not a
 * bug.
 */
public final class BusUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public BusUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }

    public BusUnavailableException(String message) {
        super(message);
    }
}

package io.nimbus.servers;

/** A server that cannot be found or does not start. The message says what to do about it. */
public final class ServerUnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    public ServerUnavailableException(String message) {
        super(message);
    }

    public ServerUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

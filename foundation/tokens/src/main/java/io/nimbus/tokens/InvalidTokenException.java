package io.nimbus.tokens;

/**
 * A token that is not accepted. The message is for the log; clients learn only that it is invalid.
 */
public final class InvalidTokenException extends Exception {
    private static final long serialVersionUID = 1;

    public InvalidTokenException(String message) {
        super(message);
    }
}

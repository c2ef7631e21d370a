package io.nimbus.cli;

/**
 * What the person at the terminal is told when a command cannot do what it should; one or a few
 * lines.
 */
final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    Failure(String message) {
        super(message);
    }

    Failure(String message, Throwable cause) {
        super(message, cause);
    }
}

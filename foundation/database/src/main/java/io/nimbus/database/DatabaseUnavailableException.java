package io.nimbus.database;

/**
 * The database is away, starting, or not yet migrated. A state to report (503) and wait out, not a
 * bug.
 */
public final class DatabaseUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DatabaseUnavailableException(String message) {
        super(message);
    }

    public DatabaseUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.nimbus.launcher;

/**
 * Something that the person at the terminal can do something about: one line, what is wrong and
 * what to do.
 */
final class Trouble extends Exception {
    private static final long serialVersionUID = 1;

    Trouble(String line) {
        super(line);
    }

    Trouble(String line, Throwable cause) {
        super(line, cause);
    }
}

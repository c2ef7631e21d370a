package io.nimbus.subjects;

/** A payload that is not what its subject requires. The message names the subject and the fault. */
public final class MalformedMessageException extends Exception {
    private static final long serialVersionUID = 1;

    public MalformedMessageException(String subject, String fault) {
        super("malformed message on " + subject + ": " + fault);
    }
}

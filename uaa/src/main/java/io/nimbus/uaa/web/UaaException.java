package io.nimbus.uaa.web;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Ends a request with an error that the client is told. The description is for people. */
public final class UaaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final UaaError error;
    private final String description;
    private final transient Map<String, Object> more = new LinkedHashMap<>();
    private @Nullable String challenge;
    private int retryAfterS;

    UaaException(UaaError error, String description) {
        super(error.word() + ": " + description, null, false, false);
        this.error = error;
        this.description = description;
    }

    /** A further field of the answer's body. */
    public UaaException with(String field, Object value) {
        more.put(field, value);
        return this;
    }

    /** What {@code WWW-Authenticate} says: how to come in. */
    public UaaException challenge(String header) {
        challenge = header;
        return this;
    }

    public UaaException retryAfter(int seconds) {
        retryAfterS = seconds;
        return this;
    }

    public UaaError error() {
        return error;
    }

    public String description() {
        return description;
    }

    @Nullable String challenge() {
        return challenge;
    }

    int retryAfterS() {
        return retryAfterS;
    }

    Map<String, Object> body() {
        var body = new LinkedHashMap<String, Object>();
        body.put("error", error.word());
        body.put("error_description", description);
        if (error.isScim()) {
            body.put("message", description);
        }
        body.putAll(more);
        return body;
    }
}

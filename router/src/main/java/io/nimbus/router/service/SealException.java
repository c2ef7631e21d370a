package io.nimbus.router.service;

/** A signature that is not believed. */
public final class SealException extends Exception {
    private final boolean expired;

    public SealException(boolean expired, String message) {
        super(message);
        this.expired = expired;
    }

    /** Whether it once was good. */
    public boolean isExpired() {
        return expired;
    }
}

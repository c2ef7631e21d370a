package io.nimbus.router.http;

/** Why a head or a body cannot be read on. What follows on the connection means nothing then. */
public enum HeadFault {
    /** 400. */
    MALFORMED(400),
    /** A version 1.x that does not exist, or none: 400 in the words of HTTP/1.0. */
    UNKNOWN_VERSION(400),
    /** HTTP/2 or later in a request line: 505. */
    UNSUPPORTED_VERSION(505),
    /** Longer than the router reads: 431. */
    TOO_LARGE(431),
    /** A transfer encoding other than {@code chunked}: 501. */
    UNKNOWN_ENCODING(501);

    private final int status;

    HeadFault(int status) {
        this.status = status;
    }

    public int status() {
        return status;
    }
}

package io.nimbus.router.policy;

/** How an attempt to reach an endpoint can fail, and what follows from it. */
public enum Failure {
    /** Refused, unreachable, no answer in time. */
    DIAL(502, Retry.ALWAYS, Effect.MARK, "dial failed"),
    /** This host has no descriptor or port left: not the endpoint's fault. */
    RESOURCES(502, Retry.ALWAYS, Effect.NONE, "no descriptors or ports left"),
    NOT_TLS(525, Retry.ALWAYS, Effect.EJECT, "not a TLS server"),
    HANDSHAKE(525, Retry.ALWAYS, Effect.EJECT, "TLS handshake failed"),
    CERTIFICATE_NAME(503, Retry.ALWAYS, Effect.EJECT, "certificate of another instance"),
    CERTIFICATE_UNTRUSTED(526, Retry.ALWAYS, Effect.EJECT, "certificate not trusted"),
    CLIENT_CERTIFICATE(496, Retry.ALWAYS, Effect.EJECT, "client certificate required"),
    /** The request's head did not get through in full. */
    NOT_WRITTEN(502, Retry.ALWAYS, Effect.NONE, "connection lost while writing"),
    /** Closed in good order, but without an answer. */
    END(502, Retry.IDEMPOTENT, Effect.NONE, "EOF"),
    /** Died before it said anything: unlike a reset within an answer it may be tried elsewhere. */
    LOST(502, Retry.IDEMPOTENT, Effect.MARK, "connection lost before an answer"),
    RESET(502, Retry.NEVER, Effect.MARK, "connection reset by peer"),
    MALFORMED(502, Retry.NEVER, Effect.NONE, "malformed response"),
    /** The client's body, not the endpoint, is at fault. */
    BAD_BODY(502, Retry.NEVER, Effect.NONE, "invalid request body"),
    TIMEOUT(502, Retry.NEVER, Effect.NONE, "deadline exceeded"),
    CLIENT_GONE(499, Retry.NEVER, Effect.NONE, "client gone"),
    NO_ENDPOINTS(502, Retry.NEVER, Effect.NONE, "no endpoints available");

    public enum Retry {
        ALWAYS,
        /** Only what may be done twice. */
        IDEMPOTENT,
        NEVER
    }

    public enum Effect {
        NONE,
        /** Passed over for a while. */
        MARK,
        /** Gone until it registers again. */
        EJECT
    }

    private final int status;
    private final Retry retry;
    private final Effect effect;
    private final String cause;

    Failure(int status, Retry retry, Effect effect, String cause) {
        this.status = status;
        this.retry = retry;
        this.effect = effect;
        this.cause = cause;
    }

    public int status() {
        return status;
    }

    public boolean isRetried(boolean idempotent) {
        return switch (retry) {
            case ALWAYS -> true;
            case IDEMPOTENT -> idempotent;
            case NEVER -> false;
        };
    }

    /**
     * @param tls an endpoint with a certificate that cannot be dialled is ejected, since it is
     *     never pruned by age
     */
    public Effect effect(boolean tls) {
        return this == DIAL && tls ? Effect.EJECT : effect;
    }

    /** In the words of {@code X-Cf-RouterError: endpoint_failure (…)}. */
    public String cause() {
        return cause;
    }
}

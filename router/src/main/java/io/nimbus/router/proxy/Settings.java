package io.nimbus.router.proxy;

import io.nimbus.router.policy.Balancing;
import io.nimbus.router.policy.Choice;
import io.nimbus.router.service.Seal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything about the data path that may change while it runs. An exchange keeps to the settings
 * it began with.
 */
public record Settings(
        Timeouts timeouts,
        Limits limits,
        Backends backends,
        Forwarding forwarding,
        Stickiness stickiness,
        Rewriting rewriting,
        Services services,
        Tracing tracing) {

    /**
     * @param dial TCP connect, per attempt
     * @param handshake TLS with a backend
     * @param endpoint the whole exchange with a backend, per attempt; not for upgrades
     * @param clientIdle between two requests of a client
     * @param requestHead from a request's first byte to the end of its head; zero for ever
     */
    public record Timeouts(
            Duration dial,
            Duration handshake,
            Duration endpoint,
            Duration clientIdle,
            Duration requestHead) {}

    /**
     * @param requestHeaderBytes a head of that size or more is answered 431
     * @param requestHeaders lines; 0 for no limit
     * @param responseHeaderBytes a backend's head of more is a failure
     * @param responseHeaders lines; 0 for no limit
     * @param clients connections of clients; the longest idle are closed for newcomers beyond it
     */
    public record Limits(
            int requestHeaderBytes,
            int requestHeaders,
            int responseHeaderBytes,
            int responseHeaders,
            int clients) {}

    /**
     * @param keepAlive whether connections to backends are used again
     * @param keepAlive100Continue even after a request with {@code Expect: 100-continue}
     * @param idle how long an unused one is kept
     * @param idlePerEndpoint how many unused ones are kept of an endpoint
     * @param maxAttempts endpoints tried for one request
     * @param markFor how long a failed endpoint is passed over
     * @param emptyPool503 whether a route without endpoints answers 503 and not 404
     */
    public record Backends(
            boolean keepAlive,
            boolean keepAlive100Continue,
            Duration idle,
            int idlePerEndpoint,
            int maxAttempts,
            Duration markFor,
            boolean emptyPool503,
            Choice.Rules choice) {
        public Backends {
            if (choice.balancing() == null) {
                choice =
                        new Choice.Rules(
                                choice.maxConnections(), Balancing.ROUND_ROBIN, choice.zone());
            }
        }
    }

    /** What becomes of {@code X-Forwarded-Client-Cert}. */
    public enum ClientCertificate {
        /** Passed on whoever sent it. */
        ALWAYS_FORWARD,
        /** Passed on from a client that itself has a certificate. */
        FORWARD,
        /** Removed; set to the certificate of the client, if it has one. */
        SANITIZE_SET
    }

    /**
     * @param forceHttps {@code X-Forwarded-Proto} is always {@code https}
     * @param sanitizeProto it is never taken from the client
     * @param keptFromConnection lower-case names that a client cannot strike by {@code Connection}
     * @param healthUserAgent the load balancer's, answered by the router itself
     * @param traceKey requests whose {@code X-Vcap-Trace} equals it are told where they went; empty
     *     for none
     */
    public record Forwarding(
            boolean forceHttps,
            boolean sanitizeProto,
            ClientCertificate clientCertificate,
            Set<String> keptFromConnection,
            String healthUserAgent,
            String traceKey) {}

    /**
     * @param cookies an app that sets one of these wants its clients to come back to the instance
     * @param secure whether our own cookie is always {@code Secure}
     * @param negotiate whether a client in the middle of {@code Negotiate} authentication comes
     *     back to the instance that it began with
     */
    public record Stickiness(Set<String> cookies, boolean secure, boolean negotiate) {}

    /**
     * @param seal null where no secret is configured: route services are not supported then
     * @param recommendHttps whether the forwarded URL says {@code https}
     * @param maxAttempts connections tried for one request
     * @param strict whether a signature must be right even where no service is bound
     */
    public record Services(
            @Nullable Seal seal, boolean recommendHttps, int maxAttempts, boolean strict) {}

    /**
     * @param zipkin whether requests get B3 headers
     * @param w3c whether they get {@code traceparent} and {@code tracestate}
     * @param tenant of our member of {@code tracestate}; empty for none
     */
    public record Tracing(boolean zipkin, boolean w3c, String tenant) {}

    /**
     * @param remove lower-case names taken out of every response
     * @param addIfAbsent put into every response that lacks them
     */
    public record Rewriting(List<String> remove, Map<String, String> addIfAbsent) {
        public boolean isIdle() {
            return remove.isEmpty() && addIfAbsent.isEmpty();
        }
    }
}

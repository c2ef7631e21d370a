package io.nimbus.uaa.web;

import io.javalin.http.Context;
import io.nimbus.uaa.policy.RateLimiter;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Slows down who asks for tokens or tries passwords too fast: per address, and per client. Each
 * replica counts for itself.
 */
public final class Throttle {
    private final RateLimiter addresses;
    private final RateLimiter clients;
    private final Callers callers;
    private final InstantSource clock;

    public Throttle(
            RateLimiter addresses, RateLimiter clients, Callers callers, InstantSource clock) {
        this.addresses = addresses;
        this.clients = clients;
        this.callers = callers;
        this.clock = clock;
    }

    /**
     * @param client as claimed; null when the request names none
     * @throws UaaException too_many_requests
     */
    public void pass(Context ctx, @Nullable String client) {
        var now = clock.instant();
        refuseIf(addresses.take(callers.address(ctx), now));
        if (client != null) {
            refuseIf(clients.take(client, now));
        }
    }

    private static void refuseIf(Duration wait) {
        if (!wait.isZero()) {
            throw UaaError.TOO_MANY_REQUESTS
                    .of("Too many requests, try again later")
                    .retryAfter((int) Math.max(1, wait.toSeconds() + 1));
        }
    }
}

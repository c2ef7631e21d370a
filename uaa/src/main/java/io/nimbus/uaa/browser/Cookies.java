package io.nimbus.uaa.browser;

import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;
import io.nimbus.uaa.web.Callers;
import org.jspecify.annotations.Nullable;

/**
 * Cookies of ours: unreadable to scripts, not sent with other sites' forms, and over TLS bound to
 * this very host, so that an app under the same domain cannot set them.
 */
final class Cookies {
    private static final int UNTIL_CLOSED = -1;

    private final Callers callers;

    Cookies(Callers callers) {
        this.callers = callers;
    }

    @Nullable String get(Context ctx, String name) {
        return ctx.cookie(name(ctx, name));
    }

    void set(Context ctx, String name, String value) {
        ctx.cookie(cookie(ctx, name, value, UNTIL_CLOSED));
    }

    void remove(Context ctx, String name) {
        ctx.cookie(cookie(ctx, name, "", 0));
    }

    private Cookie cookie(Context ctx, String name, String value, int age) {
        // Lax, not strict: people come back to us by links and redirects of other sites.
        return new Cookie(
                name(ctx, name), value, "/", age, callers.isSecure(ctx), true, null, SameSite.LAX);
    }

    private String name(Context ctx, String name) {
        return callers.isSecure(ctx) ? "__Host-" + name : name;
    }
}

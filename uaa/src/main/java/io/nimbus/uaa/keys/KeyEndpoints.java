package io.nimbus.uaa.keys;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.UaaError;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The public halves of the keys, for whoever verifies tokens; and their rotation. */
public final class KeyEndpoints implements Endpoints {
    private final SigningKeys keys;
    private final Guard guard;

    public KeyEndpoints(SigningKeys keys, Guard guard) {
        this.keys = keys;
        this.guard = guard;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.get("/token_key", this::one);
        routes.get("/token_keys", this::all);
        routes.post("/token_keys/rotate", this::rotate);
    }

    private void one(Context ctx) {
        var key = published().getFirst();
        if (!unchanged(ctx, key.id())) {
            Json.answer(ctx, key.toJson());
        }
    }

    private void all(Context ctx) {
        var published = published();
        var tag = published.stream().map(SigningKey::id).collect(Collectors.joining("."));
        if (!unchanged(ctx, tag)) {
            Json.answer(ctx, Map.of("keys", published.stream().map(SigningKey::toJson).toList()));
        }
    }

    private List<SigningKey> published() {
        var published = keys.published();
        if (published.isEmpty()) {
            throw UaaError.TEMPORARILY_UNAVAILABLE.of("There are no keys yet").retryAfter(1);
        }
        return published;
    }

    private static boolean unchanged(Context ctx, String tag) {
        var quoted = "\"" + tag + "\"";
        ctx.header("ETag", quoted);
        if (quoted.equals(ctx.header("If-None-Match"))) {
            ctx.status(304);
            return true;
        }
        return false;
    }

    private void rotate(Context ctx) {
        var caller = guard.require(ctx);
        var key = keys.rotate();
        Audit.event("key_rotated", caller.name(), caller.address(), "key", key.id());
        ctx.status(201);
        Json.answer(ctx, key.toJson());
    }
}

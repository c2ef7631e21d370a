package io.nimbus.uaa.users;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.policy.PasswordScore;
import io.nimbus.uaa.scim.Scim;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Form;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.Throttle;
import io.nimbus.uaa.web.UaaError;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Changing passwords, and how good one is. */
public final class PasswordEndpoints implements Endpoints {
    private static final String WRITE = "password.write";

    private final Database database;
    private final Guard guard;
    private final PasswordChange change;
    private final Throttle throttle;

    public PasswordEndpoints(
            Database database, Guard guard, PasswordChange change, Throttle throttle) {
        this.database = database;
        this.guard = guard;
        this.change = change;
        this.throttle = throttle;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.put("/Users/{id}/password", this::change);
        // L says it so.
        routes.put("/User/{id}/password", this::change);
        routes.post("/password/score", this::score);
    }

    private void change(Context ctx) {
        throttle.pass(ctx, null);
        var caller = guard.require(ctx, WRITE);
        var id = ctx.pathParam("id");
        var body = Json.object(ctx, UaaError.INVALID_PASSWORD);
        var password = Scim.text(body, "password");
        if (password == null) {
            throw UaaError.INVALID_PASSWORD.of("A new password is required");
        }
        var self = caller.isUser(id);
        if (!self && caller.user() != null && !caller.has(Guard.ADMIN)) {
            throw UaaError.ACCESS_DENIED.of("Only an own password can be changed");
        }
        var old = Scim.text(body, "oldPassword");
        var user =
                database.read(dsl -> UserStore.find(dsl, id))
                        .filter(u -> u.origin().equals(User.OURS))
                        .orElseThrow(() -> UaaError.UNAUTHORIZED.of(UserAuthentication.BAD));
        if (self) {
            change.byUser(user, old == null ? "" : old, password, caller.address());
        } else {
            change.byAdmin(user, password);
        }
        Audit.event(
                "password_changed",
                caller.name(),
                caller.address(),
                "user",
                user.userName(),
                "id",
                user.id());
        Json.answer(ctx, Map.of("status", "ok", "message", "password updated"));
    }

    /** From 0 to 10; nothing is required. UAA has it without authentication, too. */
    private void score(Context ctx) {
        throttle.pass(ctx, null);
        var form = Form.of(ctx);
        var password = form.raw("password");
        var data = form.get("userData");
        Json.answer(
                ctx,
                Map.of(
                        "score",
                        PasswordScore.of(
                                password == null ? "" : password,
                                data == null ? List.of() : Arrays.asList(data.split("[,\\s]+"))),
                        "requiredScore",
                        0));
    }
}

package io.nimbus.uaa.tokens;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.uaa.clients.ClientAuthentication;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Form;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.util.Arrays;
import java.util.Map;

/** What resource servers ask about the tokens that they are sent. */
final class CheckEndpoints implements Endpoints {
    private static final String RESOURCE = "uaa.resource";

    private final ClientAuthentication clients;
    private final TokenChecker checker;

    CheckEndpoints(ClientAuthentication clients, TokenChecker checker) {
        this.clients = clients;
        this.checker = checker;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.post("/check_token", this::checkToken);
        routes.post("/introspect", this::introspect);
    }

    private void checkToken(Context ctx) {
        var form = Form.of(ctx);
        requireResourceServer(ctx, form);
        var token = form.require("token");
        Claims claims;
        try {
            claims = checker.check(token);
        } catch (UaaException e) {
            throw e.error() == UaaError.INVALID_TOKEN
                    ? UaaError.UNKNOWN_TOKEN.of(e.description())
                    : e;
        }
        var scopes = form.get("scopes");
        if (scopes != null && !claims.scope().containsAll(Arrays.asList(scopes.split("[, ]+")))) {
            throw UaaError.INVALID_SCOPE.of("The token lacks one of the scopes: " + scopes);
        }
        Json.answer(ctx, told(claims));
    }

    /** RFC 7662: about a token that is not valid nothing is said but that. */
    private void introspect(Context ctx) {
        var form = Form.of(ctx);
        var header = ctx.header("Authorization");
        if (header != null && header.regionMatches(true, 0, "bearer ", 0, 7)) {
            checker.require(ctx, RESOURCE);
        } else {
            requireResourceServer(ctx, form);
        }
        var token = form.require("token");
        try {
            var claims = told(checker.check(token));
            claims.put("active", true);
            Json.answer(ctx, claims);
        } catch (UaaException e) {
            if (e.error() != UaaError.INVALID_TOKEN) {
                throw e;
            }
            Json.answer(ctx, Map.of("active", false));
        }
    }

    /** J requires {@code revocable} here, though tokens say it only when it is so. */
    private static Map<String, Object> told(Claims claims) {
        var json = claims.toJson();
        json.putIfAbsent("revocable", false);
        return json;
    }

    private void requireResourceServer(Context ctx, Form form) {
        var client = clients.authenticate(ctx, form);
        if (!client.authorities().contains(RESOURCE)
                && !client.authorities().contains(Guard.ADMIN)) {
            throw UaaError.ACCESS_DENIED.of("The client may not ask about tokens");
        }
    }
}

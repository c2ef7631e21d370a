package io.nimbus.uaa.tokens;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.clients.ClientStore;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.users.UserStore;
import io.nimbus.uaa.web.Caller;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.UaaError;
import java.util.Map;

/**
 * Takes tokens back before their end. A token that is stored is deleted; the others of a user or a
 * client become void here by a new revision. Resource servers that check signatures alone notice
 * only at a token's end.
 */
final class RevocationEndpoints implements Endpoints {
    private static final String REVOKE = "tokens.revoke";

    private final Database database;
    private final TokenChecker checker;
    private final Ids ids;

    RevocationEndpoints(Database database, TokenChecker checker, Ids ids) {
        this.database = database;
        this.checker = checker;
        this.ids = ids;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.delete("/oauth/token/revoke/{id}", this::one);
        routes.get("/oauth/token/revoke/user/{user}", this::ofUser);
        routes.get("/oauth/token/revoke/client/{client}", this::ofClient);
        routes.get("/oauth/token/revoke/user/{user}/client/{client}", this::ofUserAndClient);
    }

    private void one(Context ctx) {
        var caller = checker.authenticate(ctx);
        var id = ctx.pathParam("id");
        var token =
                database.read(dsl -> StoredTokens.find(dsl, id))
                        .orElseThrow(
                                () -> UaaError.NOT_FOUND.of("There is no such revocable token"));
        var owner = token.claims().user();
        var own =
                owner == null
                        ? caller.user() == null && caller.client().equals(token.claims().client())
                        : caller.isUser(owner.id());
        if (!own && !mayRevoke(caller)) {
            throw Guard.insufficient(REVOKE);
        }
        database.inTransaction(dsl -> StoredTokens.delete(dsl, id));
        audit("token_revoked", caller, owner == null ? token.claims().client() : owner.name());
        Json.answer(ctx, Map.of("status", "ok", "message", "token revoked"));
    }

    private void ofUser(Context ctx) {
        var caller = checker.authenticate(ctx);
        var user = ctx.pathParam("user");
        if (!caller.isUser(user) && !mayRevoke(caller)) {
            throw Guard.insufficient(REVOKE);
        }
        if (!database.transaction(dsl -> UserStore.revise(dsl, user, ids.id()))) {
            throw UaaError.SCIM_RESOURCE_NOT_FOUND.of("User " + user + " does not exist");
        }
        audit("tokens_of_user_revoked", caller, user);
        Json.answer(ctx, Map.of("status", "ok", "message", "tokens revoked"));
    }

    private void ofClient(Context ctx) {
        var caller = checker.authenticate(ctx);
        var client = ctx.pathParam("client");
        var own = caller.user() == null && caller.client().equals(client);
        if (!own && !mayRevoke(caller)) {
            throw Guard.insufficient(REVOKE);
        }
        var revised =
                database.transaction(dsl -> {
                    StoredTokens.deleteOfClient(dsl, client);
                    return ClientStore.revise(dsl, client, ids.id());
                });
        if (!revised) {
            throw UaaError.CLIENT_NOT_FOUND.of("No client with requested id: " + client);
        }
        audit("tokens_of_client_revoked", caller, client);
        Json.answer(ctx, Map.of("status", "ok", "message", "tokens revoked"));
    }

    /** The stored ones: a revision is of all of a user's tokens or of all of a client's. */
    private void ofUserAndClient(Context ctx) {
        var caller = checker.authenticate(ctx);
        var user = ctx.pathParam("user");
        var client = ctx.pathParam("client");
        if (!caller.isUser(user) && !mayRevoke(caller)) {
            throw Guard.insufficient(REVOKE);
        }
        database.inTransaction(dsl -> StoredTokens.deleteOfUserAndClient(dsl, user, client));
        audit("tokens_of_user_and_client_revoked", caller, user);
        Json.answer(ctx, Map.of("status", "ok", "message", "tokens revoked"));
    }

    private static boolean mayRevoke(Caller caller) {
        return caller.has(REVOKE) || caller.has(Guard.ADMIN);
    }

    private static void audit(String event, Caller caller, String whose) {
        Audit.event(event, caller.name(), caller.address(), "of", whose);
    }
}

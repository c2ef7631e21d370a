package io.nimbus.uaa.clients;

import static io.nimbus.uaa.schema.Tables.CLIENT;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.policy.ScopePolicy;
import io.nimbus.uaa.scim.Columns;
import io.nimbus.uaa.scim.Page;
import io.nimbus.uaa.secrets.ClientSecrets;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.web.Caller;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /oauth/clients}: the registry of clients, one at a time or, under {@code /tx}, several in
 * one transaction.
 */
public final class ClientEndpoints implements Endpoints {
    private static final String READ = "clients.read";
    private static final String WRITE = "clients.write";
    private static final String ADMIN = "clients.admin";
    private static final String SECRET = "clients.secret";
    private static final String SCHEMA = "http://cloudfoundry.org/schema/scim/oauth-clients-1.0";
    private static final int MOST_AT_ONCE = 200;

    private static final Columns COLUMNS =
            new Columns()
                    .exact(CLIENT.ID, "client_id", "id", "clientId")
                    .time(CLIENT.CREATED, "created")
                    .time(CLIENT.LAST_MODIFIED, "lastModified");

    private final Database database;
    private final Guard guard;
    private final ClientSecrets secrets;
    private final Ids ids;
    private final InstantSource clock;

    public ClientEndpoints(
            Database database, Guard guard, ClientSecrets secrets, Ids ids, InstantSource clock) {
        this.database = database;
        this.guard = guard;
        this.secrets = secrets;
        this.ids = ids;
        this.clock = clock;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.post("/oauth/clients/tx", ctx -> several(ctx, "add", 201));
        routes.put("/oauth/clients/tx", ctx -> several(ctx, "update", 200));
        routes.post("/oauth/clients/tx/delete", ctx -> several(ctx, "delete", 200));
        routes.post("/oauth/clients/tx/modify", ctx -> several(ctx, null, 200));
        routes.post("/oauth/clients/tx/secret", ctx -> several(ctx, "secret", 200));
        routes.post("/oauth/clients", this::create);
        routes.get("/oauth/clients", this::list);
        routes.get("/oauth/clients/{id}", this::read);
        routes.put("/oauth/clients/{id}", this::update);
        routes.delete("/oauth/clients/{id}", this::delete);
        routes.put("/oauth/clients/{id}/secret", this::changeSecret);
    }

    private void list(Context ctx) {
        guard.require(ctx, READ, ADMIN);
        var where = COLUMNS.where(ctx.queryParam("filter"));
        var sortBy = ctx.queryParam("sortBy");
        var sort =
                COLUMNS.sort(
                        sortBy == null || sortBy.isEmpty() ? "client_id" : sortBy,
                        ctx.queryParam("sortOrder"));
        var page = Page.of(ctx);
        var answer =
                database.transaction(dsl -> {
                    var rows =
                            ClientStore.list(dsl, where, sort, page.offset(), page.count()).stream()
                                    .map(ClientBody::json)
                                    .toList();
                    return page.answer(ctx, rows, ClientStore.count(dsl, where), SCHEMA);
                });
        Json.answer(ctx, answer);
    }

    private void read(Context ctx) {
        guard.require(ctx, READ, ADMIN);
        var id = ctx.pathParam("id");
        var client = database.read(dsl -> ClientStore.find(dsl, id)).orElseThrow(() -> unknown(id));
        Json.answer(ctx, ClientBody.json(client));
    }

    private void create(Context ctx) {
        var caller = guard.require(ctx, WRITE, ADMIN);
        var change = change(body(ctx), "add");
        var created = database.transaction(dsl -> apply(dsl, caller, change));
        audit(caller, change);
        ctx.status(201);
        Json.answer(ctx, created);
    }

    private void update(Context ctx) {
        var caller = guard.require(ctx, WRITE, ADMIN);
        var body = body(ctx);
        var id = ctx.pathParam("id");
        if (!id.equals(ClientBody.id(body))) {
            throw ClientBody.invalid("The client_id is another one than the URL's");
        }
        var change = change(body, "update");
        var updated = database.transaction(dsl -> apply(dsl, caller, change));
        audit(caller, change);
        Json.answer(ctx, updated);
    }

    private void delete(Context ctx) {
        var caller = guard.require(ctx, WRITE, ADMIN);
        var change =
                new Change("delete", ctx.pathParam("id"), Json.MAPPER.createObjectNode(), null);
        var deleted = database.transaction(dsl -> apply(dsl, caller, change));
        audit(caller, change);
        Json.answer(ctx, deleted);
    }

    private static ObjectNode body(Context ctx) {
        return Json.object(ctx, UaaError.INVALID_CLIENT_DETAILS);
    }

    /**
     * One change of one client.
     *
     * @param secret hash of the new secret, where the change brings one
     */
    private record Change(String action, String id, ObjectNode body, @Nullable String secret) {}

    /** Hashes outside of the transaction: it takes its time. */
    private Change change(ObjectNode body, String action) {
        var secret =
                switch (action) {
                    case "add" -> secrets.hash(body.path("client_secret").asString(""));
                    case "update,secret" -> secrets.hash(required(body, "client_secret"));
                    case "secret" ->
                            secrets.hash(
                                    body.has("secret")
                                            ? required(body, "secret")
                                            : required(body, "client_secret"));
                    case "update", "delete" -> null;
                    default -> throw ClientBody.invalid("Unknown action: " + action);
                };
        return new Change(action, ClientBody.id(body), body, secret);
    }

    private static String required(ObjectNode body, String name) {
        var value = body.path(name).asString("");
        if (value.isEmpty()) {
            throw ClientBody.invalid(name + " is missing");
        }
        return value;
    }

    private void several(Context ctx, @Nullable String action, int status) {
        var caller =
                "secret".equals(action)
                        ? guard.require(ctx, ADMIN)
                        : guard.require(ctx, WRITE, ADMIN);
        var body = Json.parse(ctx, UaaError.INVALID_CLIENT_DETAILS);
        if (!body.isArray() || body.isEmpty() || body.size() > MOST_AT_ONCE) {
            throw ClientBody.invalid("A list of 1 to " + MOST_AT_ONCE + " clients is wanted");
        }
        var changes = new ArrayList<Change>();
        for (var entry : body) {
            if (!(entry instanceof ObjectNode object)) {
                throw ClientBody.invalid("A client is not an object");
            }
            if (!object.has("client_id") && object.has("clientId")) {
                object.set("client_id", object.path("clientId"));
            }
            changes.add(
                    change(object, action == null ? object.path("action").asString("") : action));
        }
        var answers =
                database.transaction(dsl -> {
                    var shown = new ArrayList<Map<String, Object>>();
                    for (var change : changes) {
                        var json = new LinkedHashMap<>(apply(dsl, caller, change));
                        json.put("action", change.action());
                        shown.add(json);
                    }
                    return shown;
                });
        changes.forEach(change -> audit(caller, change));
        ctx.status(status);
        Json.answer(ctx, answers);
    }

    private Map<String, Object> apply(DSLContext dsl, Caller caller, Change change) {
        return switch (change.action()) {
            case "add" -> {
                var client =
                        ClientBody.parse(change.body(), hash(change), ids.id(), clock.instant());
                requireAllowed(dsl, caller, client);
                if (!ClientStore.insert(dsl, client)) {
                    throw UaaError.CLIENT_ALREADY_EXISTS.of(
                            "Client already exists: " + change.id());
                }
                yield ClientBody.json(client);
            }
            case "update", "update,secret" -> {
                var old = lock(dsl, change.id());
                requireAllowed(dsl, caller, old);
                var client = updated(old, change);
                requireAllowed(dsl, caller, client);
                ClientStore.update(dsl, client);
                yield ClientBody.json(client);
            }
            case "secret" -> {
                var client = withSecret(lock(dsl, change.id()), hash(change), null, ids.id());
                ClientStore.update(dsl, client);
                yield ClientBody.json(client);
            }
            default -> {
                var client = lock(dsl, change.id());
                requireAllowed(dsl, caller, client);
                ClientStore.delete(dsl, change.id());
                yield ClientBody.json(client);
            }
        };
    }

    private static String hash(Change change) {
        return change.secret() == null ? "" : change.secret();
    }

    private static Client lock(DSLContext dsl, String id) {
        return ClientStore.lock(dsl, id).orElseThrow(() -> unknown(id));
    }

    /** A secret is changed only where the action says so; the revision goes with it. */
    private Client updated(Client old, Change change) {
        var secret = change.secret() == null ? old.secret() : change.secret();
        var parsed = ClientBody.parse(change.body(), secret, old.revision(), clock.instant());
        return new Client(
                old.id(),
                secret,
                change.secret() == null ? old.secondSecret() : null,
                parsed.grantTypes(),
                parsed.scope(),
                parsed.authorities(),
                parsed.redirectUris(),
                parsed.autoApprove(),
                parsed.resourceIds(),
                parsed.allowedProviders(),
                parsed.accessValidity(),
                parsed.refreshValidity(),
                parsed.details(),
                change.secret() == null ? old.revision() : ids.id(),
                old.created(),
                clock.instant());
    }

    private Client withSecret(Client old, String secret, @Nullable String second, String revision) {
        return new Client(
                old.id(),
                secret,
                second,
                old.grantTypes(),
                old.scope(),
                old.authorities(),
                old.redirectUris(),
                old.autoApprove(),
                old.resourceIds(),
                old.allowedProviders(),
                old.accessValidity(),
                old.refreshValidity(),
                old.details(),
                revision,
                old.created(),
                clock.instant());
    }

    /**
     * Who is not an administrator of clients gives no more than its own client has: else it could
     * make itself one that may do everything.
     */
    private static void requireAllowed(DSLContext dsl, Caller caller, Client client) {
        if (caller.has(ADMIN) || caller.has(Guard.ADMIN)) {
            return;
        }
        var own = ClientStore.find(dsl, caller.client()).orElseThrow();
        requireAllowed(client.scope(), own.scope(), caller);
        requireAllowed(client.authorities(), own.authorities(), caller);
    }

    private static void requireAllowed(List<String> wanted, List<String> own, Caller caller) {
        for (var scope : wanted) {
            var free =
                    scope.equals(ScopePolicy.NONE)
                            || scope.equals("openid")
                            || scope.startsWith(caller.client() + ".");
            if (!free && !own.contains(scope)) {
                throw ClientBody.invalid(
                        scope + " is not an allowed scope for caller " + caller.name());
            }
        }
    }

    /**
     * {@code changeMode} {@code UPDATE} replaces the secret, and makes tokens void; {@code ADD}
     * lets a second one work beside it; {@code DELETE} ends the older of two.
     */
    private void changeSecret(Context ctx) {
        var id = ctx.pathParam("id");
        var caller = guard.require(ctx, SECRET, ADMIN);
        var admin = caller.has(ADMIN) || caller.has(Guard.ADMIN);
        if (!admin && !(caller.user() == null && caller.client().equals(id))) {
            throw UaaError.ACCESS_DENIED.of("Only an own secret can be changed");
        }
        var body = body(ctx);
        var mode = body.path("changeMode").asString("UPDATE");
        var client = database.read(dsl -> ClientStore.find(dsl, id)).orElseThrow(() -> unknown(id));
        if (!admin
                && !secrets.matches(
                        body.path("oldSecret").asString(""),
                        client.secret(),
                        client.secondSecret())) {
            throw UaaError.ACCESS_DENIED.of("The old secret is wrong");
        }
        var hash = mode.equals("DELETE") ? "" : secrets.hash(required(body, "secret"));
        database.inTransaction(dsl -> {
            var old = lock(dsl, id);
            ClientStore.update(dsl, changed(old, mode, hash));
        });
        Audit.event(
                "client_secret_changed",
                caller.name(),
                caller.address(),
                "client",
                id,
                "mode",
                mode);
        var done =
                switch (mode) {
                    case "ADD" -> "Secret is added";
                    case "DELETE" -> "Secret is deleted";
                    default -> "secret updated";
                };
        Json.answer(ctx, Map.of("status", "ok", "message", done));
    }

    private Client changed(Client old, String mode, String hash) {
        var second = old.secondSecret();
        return switch (mode) {
            case "UPDATE" -> withSecret(old, hash, null, ids.id());
            case "ADD" -> {
                if (second != null) {
                    throw ClientBody.invalid("The client has two secrets already");
                }
                yield withSecret(old, old.secret(), hash, old.revision());
            }
            case "DELETE" -> {
                if (second == null) {
                    throw ClientBody.invalid("The client has only one secret");
                }
                yield withSecret(old, second, null, old.revision());
            }
            default -> throw ClientBody.invalid("Unknown changeMode: " + mode);
        };
    }

    private static UaaException unknown(String id) {
        return UaaError.CLIENT_NOT_FOUND.of("No client with requested id: " + id);
    }

    private static void audit(Caller caller, Change change) {
        Audit.event(
                "client_changed",
                caller.name(),
                caller.address(),
                "client",
                change.id(),
                "action",
                change.action());
    }
}

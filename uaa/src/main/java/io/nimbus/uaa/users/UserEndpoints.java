package io.nimbus.uaa.users;

import static io.nimbus.uaa.schema.Tables.USERS;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.scim.Columns;
import io.nimbus.uaa.scim.Page;
import io.nimbus.uaa.scim.Scim;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.web.Caller;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.PublicUrl;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.time.InstantSource;
import java.util.Map;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;

/** {@code /Users}: SCIM 1.1 as UAA speaks it. */
public final class UserEndpoints implements Endpoints {
    private static final Columns COLUMNS =
            new Columns()
                    .exact(USERS.ID, "id")
                    .text(USERS.USER_NAME, "userName")
                    .text(USERS.EMAIL, "email", "emails", "emails.value")
                    .text(USERS.GIVEN_NAME, "givenName", "name.givenName")
                    .text(USERS.FAMILY_NAME, "familyName", "name.familyName")
                    .text(USERS.PHONE_NUMBER, "phoneNumber", "phoneNumbers", "phoneNumbers.value")
                    .text(USERS.ORIGIN, "origin")
                    .text(USERS.EXTERNAL_ID, "externalId")
                    .flag(USERS.ACTIVE, "active")
                    .flag(USERS.VERIFIED, "verified")
                    .time(USERS.CREATED, "created", "meta.created")
                    .time(USERS.LAST_MODIFIED, "lastModified", "meta.lastModified")
                    .number(USERS.VERSION, "version", "meta.version");

    private final Database database;
    private final Guard guard;
    private final UserJson json;
    private final NewPasswords passwords;
    private final UserAuthentication authentication;
    private final PublicUrl urls;
    private final Ids ids;
    private final InstantSource clock;

    public UserEndpoints(
            Database database,
            Guard guard,
            UserJson json,
            NewPasswords passwords,
            UserAuthentication authentication,
            PublicUrl urls,
            Ids ids,
            InstantSource clock) {
        this.database = database;
        this.guard = guard;
        this.json = json;
        this.passwords = passwords;
        this.authentication = authentication;
        this.urls = urls;
        this.ids = ids;
        this.clock = clock;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.post("/Users", this::create);
        routes.get("/Users", this::list);
        routes.get("/Users/{id}", this::read);
        routes.put("/Users/{id}", ctx -> update(ctx, false));
        routes.patch("/Users/{id}", ctx -> update(ctx, true));
        routes.delete("/Users/{id}", this::delete);
        routes.patch("/Users/{id}/status", this::status);
        routes.get("/Users/{id}/verify", this::verify);
    }

    private void create(Context ctx) {
        var caller = guard.require(ctx, "scim.write", "scim.create");
        var body = UserBody.parse(Json.object(ctx, UaaError.INVALID_SCIM_RESOURCE));
        var origin = body.origin() == null ? User.OURS : body.origin();
        var password = body.password();
        String hash = null;
        if (origin.equals(User.OURS)) {
            if (password == null) {
                throw UaaError.INVALID_PASSWORD.of("A password is required");
            }
            hash = passwords.hash(password);
        }
        var now = clock.instant();
        var user =
                body.applyTo(
                        new User(
                                ids.guid(),
                                origin,
                                body.userName(),
                                null,
                                null,
                                null,
                                "",
                                null,
                                hash,
                                now,
                                false,
                                true,
                                true,
                                ids.id(),
                                null,
                                null,
                                now,
                                now,
                                0));
        var created =
                inTransaction(
                        user.userName(),
                        dsl -> {
                            if (!UserStore.insert(dsl, user)) {
                                throw taken(user.userName());
                            }
                            return json.of(dsl, user);
                        });
        audit("user_created", caller, user);
        ctx.status(201);
        ctx.header("Location", urls.base(ctx) + "/Users/" + user.id());
        answer(ctx, created, user);
    }

    private void list(Context ctx) {
        guard.require(ctx, "scim.read");
        var where = COLUMNS.where(ctx.queryParam("filter"));
        var sort = COLUMNS.sort(ctx.queryParam("sortBy"), ctx.queryParam("sortOrder"));
        var page = Page.of(ctx);
        var answer =
                database.transaction(dsl -> {
                    var users = UserStore.list(dsl, where, sort, page.offset(), page.count());
                    return page.answer(
                            ctx, json.of(dsl, users), UserStore.count(dsl, where), Page.CORE);
                });
        Json.answer(ctx, answer);
    }

    private void read(Context ctx) {
        var caller = guard.authenticate(ctx);
        var id = ctx.pathParam("id");
        if (!caller.isUser(id) && !caller.has("scim.read") && !caller.has(Guard.ADMIN)) {
            throw Guard.insufficient("scim.read");
        }
        var user = database.read(dsl -> UserStore.find(dsl, id)).orElseThrow(() -> unknown(id));
        answer(ctx, database.transaction(dsl -> json.of(dsl, user)), user);
    }

    private void update(Context ctx, boolean merge) {
        var caller = guard.require(ctx, "scim.write");
        var id = ctx.pathParam("id");
        var given = Json.object(ctx, UaaError.INVALID_SCIM_RESOURCE);
        record Updated(User user, Map<String, Object> shown) {}
        var updated =
                inTransaction(
                        given.path("userName").asString(""),
                        dsl -> {
                            var user = UserStore.lock(dsl, id).orElseThrow(() -> unknown(id));
                            Scim.requireMatch(ctx, user.version(), true);
                            var body = merge ? UserBody.merge(user, given) : UserBody.parse(given);
                            if (body.origin() != null && !body.origin().equals(user.origin())) {
                                throw UaaError.INVALID_SCIM_RESOURCE.of(
                                        "The origin cannot be changed");
                            }
                            var next = body.applyTo(modified(user));
                            UserStore.update(dsl, next);
                            return new Updated(next, json.of(dsl, next));
                        });
        audit("user_updated", caller, updated.user());
        answer(ctx, updated.shown(), updated.user());
    }

    private User modified(User user) {
        return new User(
                user.id(),
                user.origin(),
                user.userName(),
                user.externalId(),
                user.givenName(),
                user.familyName(),
                user.email(),
                user.phoneNumber(),
                user.password(),
                user.passwordModified(),
                user.passwordChangeRequired(),
                user.active(),
                user.verified(),
                user.revision(),
                user.lastLogon(),
                user.previousLogon(),
                user.created(),
                clock.instant(),
                user.version() + 1);
    }

    private void delete(Context ctx) {
        var caller = guard.require(ctx, "scim.write");
        var id = ctx.pathParam("id");
        record Deleted(User user, Map<String, Object> shown) {}
        var deleted =
                database.transaction(dsl -> {
                    var user = UserStore.lock(dsl, id).orElseThrow(() -> unknown(id));
                    Scim.requireMatch(ctx, user.version(), false);
                    var shown = json.of(dsl, user);
                    UserStore.delete(dsl, id);
                    return new Deleted(user, shown);
                });
        audit("user_deleted", caller, deleted.user());
        answer(ctx, deleted.shown(), deleted.user());
    }

    /** Unlocks, or demands a new password: {@code {"locked":false}}. */
    private void status(Context ctx) {
        var caller = guard.require(ctx, "scim.write", "uaa.account_status.write");
        var id = ctx.pathParam("id");
        var body = Json.object(ctx, UaaError.INVALID_SCIM_RESOURCE);
        if (Scim.flag(body, "locked", false)) {
            throw UaaError.INVALID_SCIM_RESOURCE.of("A user can only be unlocked here");
        }
        if (!Scim.flag(body, "passwordChangeRequired", true)) {
            throw UaaError.INVALID_SCIM_RESOURCE.of(
                    "Only a change of the password ends the demand for it");
        }
        var user = database.read(dsl -> UserStore.find(dsl, id)).orElseThrow(() -> unknown(id));
        if (body.has("locked")) {
            authentication.unlock(user.userName());
            audit("user_unlocked", caller, user);
        }
        if (body.has("passwordChangeRequired")) {
            if (!user.origin().equals(User.OURS)) {
                throw UaaError.INVALID_SCIM_RESOURCE.of(
                        "The password is in another provider's hands");
            }
            database.inTransaction(dsl ->
                    dsl.update(USERS)
                            .set(USERS.PASSWORD_CHANGE_REQUIRED, true)
                            .where(USERS.ID.eq(id))
                            .execute());
            audit("password_change_required", caller, user);
        }
        Json.answer(ctx, body);
    }

    private void verify(Context ctx) {
        var caller = guard.require(ctx, "scim.write", "scim.create");
        var id = ctx.pathParam("id");
        record Verified(User user, Map<String, Object> shown) {}
        var verified =
                database.transaction(dsl -> {
                    var user = UserStore.lock(dsl, id).orElseThrow(() -> unknown(id));
                    Scim.requireMatch(ctx, user.version(), false);
                    dsl.update(USERS)
                            .set(USERS.VERIFIED, true)
                            .set(USERS.VERSION, USERS.VERSION.plus(1))
                            .set(USERS.LAST_MODIFIED, clock.instant())
                            .where(USERS.ID.eq(id))
                            .execute();
                    var next = UserStore.find(dsl, id).orElseThrow();
                    return new Verified(next, json.of(dsl, next));
                });
        audit("user_verified", caller, verified.user());
        answer(ctx, verified.shown(), verified.user());
    }

    private <T> T inTransaction(String userName, java.util.function.Function<DSLContext, T> work) {
        try {
            return database.transaction(work);
        } catch (DataAccessException e) {
            if (Database.violatedConstraint(e).filter(c -> c.startsWith("users_")).isPresent()) {
                throw taken(userName);
            }
            throw e;
        }
    }

    private static void answer(Context ctx, Map<String, Object> shown, User user) {
        Scim.tag(ctx, user.version());
        Json.answer(ctx, shown);
    }

    private static UaaException taken(String name) {
        return UaaError.SCIM_RESOURCE_ALREADY_EXISTS.of("Username already in use: " + name);
    }

    static UaaException unknown(String id) {
        return UaaError.SCIM_RESOURCE_NOT_FOUND.of("User " + id + " does not exist");
    }

    private static void audit(String event, Caller caller, User user) {
        Audit.event(
                event,
                caller.name(),
                caller.address(),
                "user",
                user.userName(),
                "id",
                user.id(),
                "origin",
                user.origin());
    }
}

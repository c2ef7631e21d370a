package io.nimbus.uaa.browser;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.clients.ClientStore;
import io.nimbus.uaa.policy.RedirectPolicy;
import io.nimbus.uaa.tokens.OneTimeCodes;
import io.nimbus.uaa.users.PasswordChange;
import io.nimbus.uaa.users.User;
import io.nimbus.uaa.users.UserAuthentication;
import io.nimbus.uaa.users.UserStore;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Form;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.Throttle;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Signing in and out, passcodes, the own password: the pages of people. */
public final class LoginPages implements Endpoints {
    private final Database database;
    private final DiscoveryEndpoints discovery;
    private final Sessions sessions;
    private final UserAuthentication users;
    private final PasswordChange change;
    private final OneTimeCodes codes;
    private final Guard guard;
    private final Throttle throttle;
    private final Callers callers;
    private final InstantSource clock;
    private final Function<String, List<Pages.Link>> providers;
    private final byte[] style = style();

    /**
     * @param providers ways to sign in elsewhere, given where it goes on afterwards
     */
    public LoginPages(
            Database database,
            DiscoveryEndpoints discovery,
            Sessions sessions,
            UserAuthentication users,
            PasswordChange change,
            OneTimeCodes codes,
            Guard guard,
            Throttle throttle,
            Callers callers,
            InstantSource clock,
            Function<String, List<Pages.Link>> providers) {
        this.database = database;
        this.discovery = discovery;
        this.sessions = sessions;
        this.users = users;
        this.change = change;
        this.codes = codes;
        this.guard = guard;
        this.throttle = throttle;
        this.callers = callers;
        this.clock = clock;
        this.providers = providers;
    }

    private static byte[] style() {
        try (var file = LoginPages.class.getResourceAsStream("/pages/style.css")) {
            if (file == null) {
                throw new IllegalStateException("the style sheet is not packaged");
            }
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.get("/", this::home);
        routes.get("/login", this::login);
        routes.post("/login.do", this::doLogin);
        routes.get("/logout.do", this::logout);
        routes.get("/passcode", this::passcode);
        routes.get("/change_password", this::changePassword);
        routes.post("/change_password", this::doChangePassword);
        routes.post("/approvals.do", this::withdraw);
        routes.get(
                "/pages/style.css",
                ctx -> {
                    ctx.header("Cache-Control", "public, max-age=3600");
                    ctx.removeHeader("Pragma");
                    ctx.result(style).contentType("text/css; charset=utf-8");
                });
    }

    /** Programs get the prompts, whoever they say they are; people the form. */
    private void login(Context ctx) {
        if (!Pages.wanted(ctx)) {
            Json.answer(ctx, discovery.info(ctx));
            return;
        }
        var to = RedirectPolicy.ownPage(ctx.queryParam("to"));
        if (sessions.current(ctx).isPresent()) {
            ctx.redirect(to);
            return;
        }
        show(ctx, to, null);
    }

    private void show(Context ctx, String to, @Nullable String message) {
        Pages.login(ctx, sessions.loginToken(ctx), to, message, providers.apply(to));
    }

    private void doLogin(Context ctx) {
        throttle.pass(ctx, null);
        var form = Form.of(ctx);
        sessions.requireLoginToken(ctx, form.get("csrf"));
        var to = RedirectPolicy.ownPage(form.get("to"));
        var name = form.get("username");
        var password = form.raw("password");
        try {
            var user =
                    users.authenticate(
                            name == null ? "" : name,
                            password == null ? "" : password,
                            callers.address(ctx));
            sessions.begin(ctx, user);
        } catch (UaaException e) {
            if (e.error() != UaaError.UNAUTHORIZED) {
                throw e;
            }
            ctx.status(401);
            show(
                    ctx,
                    to,
                    e.description().equals(UserAuthentication.BAD)
                            ? "User name or password is wrong."
                            : e.description());
            return;
        }
        ctx.redirect(to, HttpStatus.SEE_OTHER);
    }

    /**
     * Signs out, and goes on to a redirect URI of the client that is named, if it registered that;
     * else to the log-in page.
     */
    private void logout(Context ctx) {
        sessions.current(ctx)
                .ifPresent(session ->
                        Audit.event(
                                "user_signed_out",
                                session.user().userName(),
                                callers.address(ctx)));
        sessions.end(ctx);
        var to = ctx.queryParam("redirect");
        var client = ctx.queryParam("client_id");
        var registered =
                to != null
                        && client != null
                        && database.read(dsl -> ClientStore.find(dsl, client))
                                .filter(c -> RedirectPolicy.isRegistered(c.redirectUris(), to))
                                .isPresent();
        ctx.redirect(registered && to != null ? to : "/login");
    }

    private void home(Context ctx) {
        signedIn(ctx, "/")
                .ifPresent(session -> {
                    var clients = database.read(dsl -> Approvals.clients(dsl, session.user().id()));
                    Pages.home(ctx, sessions.formToken(ctx), session.user().userName(), clients);
                });
    }

    /**
     * The session; where there is none, or a password to be changed first, the browser is sent
     * there and the request is answered.
     */
    Optional<Sessions.Session> signedIn(Context ctx, String to) {
        var session = sessions.current(ctx);
        if (session.isEmpty()) {
            ctx.redirect("/login?to=" + URLEncoder.encode(to, StandardCharsets.UTF_8));
            return session;
        }
        if (session.get().user().passwordChangeRequired()) {
            ctx.redirect("/change_password?to=" + URLEncoder.encode(to, StandardCharsets.UTF_8));
            return Optional.empty();
        }
        return session;
    }

    /** A page for people, a JSON text for programs; these come with a token. */
    private void passcode(Context ctx) {
        if (ctx.header("Authorization") != null) {
            var caller = guard.require(ctx, "uaa.user");
            var id = caller.user();
            if (id == null) {
                throw Guard.insufficient("uaa.user");
            }
            var user = database.read(dsl -> UserStore.find(dsl, id)).orElseThrow();
            Json.answer(ctx, code(ctx, user, clock.instant()));
            return;
        }
        signedIn(ctx, "/passcode")
                .ifPresent(session -> {
                    var code = code(ctx, session.user(), session.authTime());
                    if (Pages.wanted(ctx)) {
                        Pages.passcode(ctx, code);
                    } else {
                        Json.answer(ctx, code);
                    }
                });
    }

    private String code(Context ctx, User user, java.time.Instant authTime) {
        Audit.event("passcode_made", user.userName(), callers.address(ctx), "id", user.id());
        return database.transaction(
                dsl -> codes.passcode(dsl, user.id(), user.revision(), authTime, clock.instant()));
    }

    private void changePassword(Context ctx) {
        var to = RedirectPolicy.ownPage(ctx.queryParam("to"));
        var session = sessions.current(ctx);
        if (session.isEmpty()) {
            ctx.redirect("/login?to=%2Fchange_password");
            return;
        }
        showChange(ctx, session.get().user(), to, null);
    }

    private void showChange(Context ctx, User user, String to, @Nullable String message) {
        Pages.changePassword(
                ctx, sessions.formToken(ctx), to, user.passwordChangeRequired(), message);
    }

    private void doChangePassword(Context ctx) {
        throttle.pass(ctx, null);
        var form = Form.of(ctx);
        sessions.requireFormToken(ctx, form.get("csrf"));
        var session = sessions.current(ctx);
        if (session.isEmpty()) {
            ctx.redirect("/login?to=%2Fchange_password", HttpStatus.SEE_OTHER);
            return;
        }
        var user = session.get().user();
        var to = RedirectPolicy.ownPage(form.get("to"));
        var fresh = form.require("new");
        if (!fresh.equals(form.get("again"))) {
            ctx.status(400);
            showChange(ctx, user, to, "The new passwords differ.");
            return;
        }
        try {
            change.byUser(user, form.require("old"), fresh, callers.address(ctx));
        } catch (UaaException e) {
            ctx.status(e.error().status());
            showChange(
                    ctx,
                    user,
                    to,
                    e.error() == UaaError.UNAUTHORIZED
                            ? "The current password is wrong."
                            : e.description());
            return;
        }
        Audit.event("password_changed", user.userName(), callers.address(ctx), "id", user.id());
        var changed = database.read(dsl -> UserStore.find(dsl, user.id())).orElseThrow();
        sessions.begin(ctx, changed);
        ctx.redirect(to, HttpStatus.SEE_OTHER);
    }

    private void withdraw(Context ctx) {
        var form = Form.of(ctx);
        sessions.requireFormToken(ctx, form.get("csrf"));
        signedIn(ctx, "/")
                .ifPresent(session -> {
                    var client = form.require("client_id");
                    database.inTransaction(
                            dsl -> Approvals.withdraw(dsl, session.user().id(), client));
                    Audit.event(
                            "approval_withdrawn",
                            session.user().userName(),
                            callers.address(ctx),
                            "client",
                            client);
                    ctx.redirect("/", HttpStatus.SEE_OTHER);
                });
    }
}

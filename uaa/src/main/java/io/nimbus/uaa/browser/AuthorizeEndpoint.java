package io.nimbus.uaa.browser;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.clients.Client;
import io.nimbus.uaa.clients.ClientStore;
import io.nimbus.uaa.groups.Memberships;
import io.nimbus.uaa.policy.RedirectPolicy;
import io.nimbus.uaa.policy.ScopePolicy;
import io.nimbus.uaa.tokens.OneTimeCodes;
import io.nimbus.uaa.users.User;
import io.nimbus.uaa.users.UserStore;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Form;
import io.nimbus.uaa.web.Guard;
import io.nimbus.uaa.web.PublicUrl;
import io.nimbus.uaa.web.UaaError;
import java.net.URLEncoder;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code /oauth/authorize}: a code for a client, when its user allows it. Errors go to the client's
 * redirect URI once that is known to be the client's, and to nobody else.
 *
 * <p>A client without a redirect URI that needs no approval gets its code in a Location at our own
 * host: {@code cf ssh-code} takes it from there, with its token instead of a session.
 */
public final class AuthorizeEndpoint implements Endpoints {
    private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

    private final Database database;
    private final Guard guard;
    private final Sessions sessions;
    private final LoginPages pages;
    private final Memberships memberships;
    private final OneTimeCodes codes;
    private final PublicUrl urls;
    private final Callers callers;
    private final InstantSource clock;

    public AuthorizeEndpoint(
            Database database,
            Guard guard,
            Sessions sessions,
            LoginPages pages,
            Memberships memberships,
            OneTimeCodes codes,
            PublicUrl urls,
            Callers callers,
            InstantSource clock) {
        this.database = database;
        this.guard = guard;
        this.sessions = sessions;
        this.pages = pages;
        this.memberships = memberships;
        this.codes = codes;
        this.urls = urls;
        this.callers = callers;
        this.clock = clock;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.get("/oauth/authorize", ctx -> authorize(ctx, false));
        routes.post("/oauth/authorize", ctx -> authorize(ctx, true));
    }

    /**
     * A request whose answer has a place to go.
     *
     * @param givenUri the redirect URI as the client gave it; null if it gave none
     * @param target where the answer goes
     */
    private record Request(
            Client client, @Nullable String givenUri, String target, @Nullable String state) {}

    /** Who allows it, and how we know. */
    private record Owner(User user, Instant authTime, boolean byToken) {}

    /** Ends a request with an error for the client. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;
        private final String error;

        Refusal(String error, String description) {
            super(description);
            this.error = error;
        }
    }

    private void authorize(Context ctx, boolean decided) {
        var request = request(ctx);
        try {
            requireProper(ctx, request.client());
            var owner = owner(ctx);
            if (owner.isPresent()) {
                decide(ctx, request, owner.get(), decided);
            }
        } catch (Refusal e) {
            var target = with(request.target(), "error", e.error);
            target = with(target, "error_description", String.valueOf(e.getMessage()));
            redirect(ctx, request, target);
        }
    }

    /** Faults here are shown, not sent: there is no place yet that is surely the client's. */
    private Request request(Context ctx) {
        var id = ctx.queryParam("client_id");
        var client =
                id == null
                        ? Optional.<Client>empty()
                        : database.read(dsl -> ClientStore.find(dsl, id));
        if (client.isEmpty()) {
            throw UaaError.INVALID_CLIENT_DETAILS.of("The client is not known");
        }
        var registered = client.get().redirectUris();
        var given = ctx.queryParam("redirect_uri");
        var state = ctx.queryParam("state");
        if (given != null && !given.isEmpty()) {
            if (!RedirectPolicy.isRegistered(registered, given)) {
                Audit.event(
                        "redirect_refused",
                        client.get().id(),
                        callers.address(ctx),
                        "redirect_uri",
                        given);
                throw UaaError.INVALID_REQUEST.of(
                        "The redirect URI is not one that the client registered");
            }
            return new Request(client.get(), given, given, state);
        }
        if (registered.size() == 1) {
            return new Request(client.get(), null, registered.getFirst(), state);
        }
        if (registered.isEmpty() && client.get().autoApprove().contains(Client.ALL)) {
            return new Request(client.get(), null, urls.base(ctx) + "/login", state);
        }
        throw UaaError.INVALID_REQUEST.of("The request needs a redirect_uri");
    }

    private static void requireProper(Context ctx, Client client) throws Refusal {
        if (!"code".equals(ctx.queryParam("response_type"))) {
            throw new Refusal(
                    "unsupported_response_type", "Only the response type code is offered");
        }
        if (!client.grants("authorization_code")) {
            throw new Refusal("unauthorized_client", "The client may not ask for codes");
        }
        var challenge = ctx.queryParam("code_challenge");
        if (challenge == null) {
            if (client.isPublic()) {
                throw new Refusal(
                        "invalid_request", "A client without a secret needs a code_challenge");
            }
            return;
        }
        if (!"S256".equals(ctx.queryParam("code_challenge_method"))
                || !CHALLENGE.matcher(challenge).matches()) {
            throw new Refusal("invalid_request", "The code_challenge must be one of S256");
        }
    }

    /** Empty when the browser was sent to sign in first. */
    private Optional<Owner> owner(Context ctx) throws Refusal {
        if (ctx.header("Authorization") != null) {
            var caller = guard.authenticate(ctx);
            var id = caller.user();
            if (id == null || !caller.has("uaa.user")) {
                throw new Refusal("access_denied", "The token lacks the scope uaa.user");
            }
            var user = database.read(dsl -> UserStore.find(dsl, id)).orElseThrow();
            var authTime = caller.authTime();
            return Optional.of(
                    new Owner(user, authTime == null ? clock.instant() : authTime, true));
        }
        if ("none".equals(ctx.queryParam("prompt")) && sessions.current(ctx).isEmpty()) {
            throw new Refusal("login_required", "Nobody is signed in");
        }
        return pages.signedIn(ctx, self(ctx))
                .map(session -> new Owner(session.user(), session.authTime(), false));
    }

    private static String self(Context ctx) {
        var query = ctx.queryString();
        return query == null ? "/oauth/authorize" : "/oauth/authorize?" + query;
    }

    private void decide(Context ctx, Request request, Owner owner, boolean decided) throws Refusal {
        var client = request.client();
        if (!client.allows(owner.user().origin())) {
            throw new Refusal(
                    "access_denied", "Users of " + owner.user().origin() + " may not use this");
        }
        var scope = scope(ctx, client, owner.user());
        var asked = scope.stream().filter(s -> !client.approvesItself(s)).toList();
        if (decided) {
            remember(ctx, client, owner, asked);
        }
        var decisions =
                database.read(
                        dsl -> Approvals.of(dsl, owner.user().id(), client.id(), clock.instant()));
        if (!decisions.keySet().containsAll(asked)) {
            if (owner.byToken() || "none".equals(ctx.queryParam("prompt"))) {
                throw new Refusal("interaction_required", "The user has to approve first");
            }
            Pages.approval(ctx, sessions.formToken(ctx), self(ctx), client.displayName(), asked);
            return;
        }
        var granted = scope.stream().filter(s -> decisions.getOrDefault(s, true)).toList();
        if (granted.isEmpty()) {
            throw new Refusal("access_denied", "The user denied it");
        }
        issue(ctx, request, owner, granted);
    }

    private List<String> scope(Context ctx, Client client, User user) throws Refusal {
        var text = ctx.queryParam("scope");
        List<String> requested =
                text == null || text.isBlank()
                        ? List.of()
                        : Arrays.asList(text.strip().split("\\s+"));
        var groups = database.transaction(dsl -> memberships.names(dsl, user.id()));
        return switch (ScopePolicy.forUser(client.scope(), groups, requested)) {
            case ScopePolicy.Granted(var scope) -> scope;
            case ScopePolicy.Refused(var reason) -> throw new Refusal("invalid_scope", reason);
        };
    }

    /** The decision of the page; a denial is of this request alone. */
    private void remember(Context ctx, Client client, Owner owner, List<String> asked)
            throws Refusal {
        var form = Form.of(ctx);
        sessions.requireFormToken(ctx, form.get("csrf"));
        var approved = new HashSet<>(form.all("approve"));
        var allowed =
                "allow".equals(form.get("decision")) && asked.stream().anyMatch(approved::contains);
        Audit.event(
                allowed ? "approval_given" : "approval_denied",
                owner.user().userName(),
                callers.address(ctx),
                "client",
                client.id());
        if (!allowed) {
            throw new Refusal("access_denied", "The user denied it");
        }
        database.inTransaction(dsl ->
                Approvals.remember(
                        dsl, owner.user().id(), client.id(), asked, approved, clock.instant()));
    }

    private void issue(Context ctx, Request request, Owner owner, List<String> scope) {
        var code =
                database.transaction(dsl ->
                        codes.authorize(
                                dsl,
                                new OneTimeCodes.Authorization(
                                        owner.user().id(),
                                        request.client().id(),
                                        request.givenUri(),
                                        scope,
                                        ctx.queryParam("code_challenge"),
                                        ctx.queryParam("nonce"),
                                        owner.authTime(),
                                        owner.user().revision()),
                                clock.instant()));
        Audit.event(
                "code_issued",
                owner.user().userName(),
                callers.address(ctx),
                "client",
                request.client().id());
        redirect(ctx, request, with(request.target(), "code", code));
    }

    private static void redirect(Context ctx, Request request, String target) {
        ctx.redirect(
                request.state() == null ? target : with(target, "state", request.state()),
                ctx.method().name().equals("POST") ? HttpStatus.SEE_OTHER : HttpStatus.FOUND);
    }

    private static String with(String uri, String field, String value) {
        return uri
                + (uri.indexOf('?') < 0 ? '?' : '&')
                + field
                + '='
                + URLEncoder.encode(value, UTF_8);
    }
}

package io.nimbus.uaa.tokens;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.clients.Client;
import io.nimbus.uaa.clients.ClientAuthentication;
import io.nimbus.uaa.groups.Memberships;
import io.nimbus.uaa.policy.ScopePolicy;
import io.nimbus.uaa.secrets.Digest;
import io.nimbus.uaa.tokens.TokenIssuer.Grant;
import io.nimbus.uaa.tokens.TokenIssuer.Response;
import io.nimbus.uaa.users.User;
import io.nimbus.uaa.users.UserAuthentication;
import io.nimbus.uaa.users.UserStore;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.Form;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.Throttle;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** {@code POST /oauth/token}: tokens for what a client presents. */
final class TokenEndpoint implements Endpoints {
    private final Database database;
    private final ClientAuthentication clients;
    private final UserAuthentication users;
    private final Memberships memberships;
    private final TokenIssuer issuer;
    private final TokenConfig config;
    private final Throttle throttle;
    private final Callers callers;
    private final InstantSource clock;

    TokenEndpoint(
            Database database,
            ClientAuthentication clients,
            UserAuthentication users,
            Memberships memberships,
            TokenIssuer issuer,
            TokenConfig config,
            Throttle throttle,
            Callers callers,
            InstantSource clock) {
        this.database = database;
        this.clients = clients;
        this.users = users;
        this.memberships = memberships;
        this.issuer = issuer;
        this.config = config;
        this.throttle = throttle;
        this.callers = callers;
        this.clock = clock;
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.post("/oauth/token", this::token);
    }

    private void token(Context ctx) {
        var form = Form.of(ctx);
        throttle.pass(ctx, ClientAuthentication.claimedId(ctx, form));
        var client = clients.authenticate(ctx, form);
        var type = form.get("grant_type");
        if (type == null) {
            throw UaaError.INVALID_REQUEST.of("Missing grant type");
        }
        var request = new Request(client, form, callers.address(ctx));
        var response =
                switch (type) {
                    case "password" -> permitted(client, type, () -> password(request));
                    case "refresh_token" -> permitted(client, type, () -> refresh(request));
                    case "client_credentials" ->
                            permitted(client, type, () -> clientCredentials(request));
                    case "authorization_code" ->
                            permitted(client, type, () -> authorizationCode(request));
                    default -> throw UaaError.UNSUPPORTED_GRANT_TYPE.of("Unsupported grant type");
                };
        Json.answer(ctx, response);
    }

    /** A request of an authenticated client. */
    private record Request(Client client, Form form, String address) {
        List<String> scope() {
            var scope = form.get("scope");
            return scope == null ? List.of() : Arrays.asList(scope.strip().split("\\s+"));
        }

        boolean opaque() {
            var format = form.get("token_format");
            if (format == null || format.equals("jwt")) {
                return false;
            }
            if (format.equals("opaque")) {
                return true;
            }
            throw UaaError.INVALID_REQUEST.of("Unknown token_format: " + format);
        }

        /** Asked for beside an access token, by {@code response_type=id_token}. */
        boolean idToken() {
            var types = form.get("response_type");
            return types != null && Arrays.asList(types.split("[ +]")).contains("id_token");
        }
    }

    private interface Work {
        Response run();
    }

    private static Response permitted(Client client, String type, Work work) {
        if (!client.grants(type)) {
            throw UaaError.INVALID_CLIENT.of("Unauthorized grant type: " + type);
        }
        return work.run();
    }

    private Response clientCredentials(Request request) {
        if (request.client().isPublic()) {
            throw UaaError.INVALID_CLIENT.of("A client without a secret cannot act for itself");
        }
        var scope = granted(ScopePolicy.forClient(request.client().authorities(), request.scope()));
        var response =
                database.transaction(dsl ->
                        issuer.issue(
                                dsl,
                                Grant.toClient(request.client(), scope, request.opaque()),
                                null));
        Audit.event(
                "token_issued",
                request.client().id(),
                request.address(),
                "grant",
                "client_credentials",
                "jti",
                id(request, response));
        return response;
    }

    private Response password(Request request) {
        var passcode = request.form().get("passcode");
        if (passcode != null) {
            return passcode(request, passcode);
        }
        var name = request.form().require("username");
        var password = request.form().raw("password");
        if (password == null) {
            throw UaaError.INVALID_REQUEST.of("Missing parameter: password");
        }
        requireOurs(request.form().get("login_hint"));
        var user = users.authenticate(name, password, request.address());
        return toUser(request, "password", user, clock.instant());
    }

    private Response passcode(Request request, String code) {
        var redeemed =
                database.transaction(
                        dsl -> OneTimeCodes.redeemPasscode(dsl, code, clock.instant()));
        var user =
                redeemed.flatMap(passcode ->
                        database.read(dsl -> UserStore.find(dsl, passcode.user()))
                                .filter(User::active)
                                .filter(u -> u.revision().equals(passcode.revision())));
        if (redeemed.isEmpty() || user.isEmpty()) {
            Audit.event(
                    "login_failed",
                    null,
                    request.address(),
                    "reason",
                    "unknown passcode",
                    "client",
                    request.client().id());
            throw UaaError.UNAUTHORIZED.of("Invalid passcode");
        }
        Audit.event(
                "user_authenticated",
                user.get().userName(),
                request.address(),
                "id",
                user.get().id(),
                "how",
                "passcode");
        return toUser(request, "password", user.get(), redeemed.get().authTime());
    }

    /** C6 sends the hint as JSON, J an empty one. */
    private static void requireOurs(@Nullable String hint) {
        if (hint == null) {
            return;
        }
        try {
            var origin = Json.MAPPER.readTree(hint).path("origin");
            if (!origin.isString()) {
                throw UaaError.INVALID_REQUEST.of("The login hint names no origin");
            }
            if (!origin.asString().equals(User.OURS)) {
                throw UaaError.UNAUTHORIZED.of(
                        "The origin provided in the login hint takes no passwords here");
            }
        } catch (JacksonException e) {
            throw UaaError.INVALID_REQUEST.of("The login hint is not JSON");
        }
    }

    private Response toUser(Request request, String type, User user, Instant authTime) {
        var client = request.client();
        requireUsable(user, client);
        var response =
                database.transaction(dsl -> {
                    var scope =
                            granted(
                                    ScopePolicy.forUser(
                                            client.scope(),
                                            memberships.names(dsl, user.id()),
                                            request.scope()));
                    return issuer.issue(
                            dsl,
                            new Grant(
                                    client,
                                    user,
                                    scope,
                                    type,
                                    request.opaque(),
                                    request.idToken() && scope.contains("openid"),
                                    null,
                                    authTime,
                                    null));
                });
        audit(request, user, type, response);
        return response;
    }

    private static void requireUsable(User user, Client client) {
        if (!client.allows(user.origin())) {
            throw UaaError.UNAUTHORIZED.of(
                    "Users of " + user.origin() + " may not use this client");
        }
        if (user.passwordChangeRequired()) {
            throw UaaError.UNAUTHORIZED.of("User password needs to be changed");
        }
    }

    private Response authorizationCode(Request request) {
        var code = request.form().require("code");
        var now = clock.instant();
        var granted = database.transaction(dsl -> OneTimeCodes.redeem(dsl, code, now));
        if (granted.isEmpty()) {
            Audit.event("code_refused", request.client().id(), request.address());
            throw UaaError.INVALID_GRANT.of("Invalid authorization code");
        }
        requireMatch(request, granted.get());
        var user =
                database.read(dsl -> UserStore.find(dsl, granted.get().user()))
                        .filter(User::active)
                        .filter(u -> u.revision().equals(granted.get().revision()))
                        .orElseThrow(() -> UaaError.INVALID_GRANT.of("Invalid authorization code"));
        requireUsable(user, request.client());
        var response =
                database.transaction(dsl -> {
                    var scope =
                            granted(
                                    ScopePolicy.forRefresh(
                                            granted.get().scope(),
                                            request.client().scope(),
                                            memberships.names(dsl, user.id()),
                                            List.of()));
                    return issuer.issue(
                            dsl,
                            new Grant(
                                    request.client(),
                                    user,
                                    scope,
                                    "authorization_code",
                                    request.opaque(),
                                    scope.contains("openid"),
                                    granted.get().nonce(),
                                    granted.get().authTime(),
                                    Digest.of(code)));
                });
        audit(request, user, "authorization_code", response);
        return response;
    }

    /** The code is spent whatever comes of this: a second try could only be an attack. */
    private static void requireMatch(Request request, OneTimeCodes.Authorization granted) {
        if (!granted.client().equals(request.client().id())) {
            throw UaaError.INVALID_GRANT.of("The code was issued to another client");
        }
        var uri = request.form().get("redirect_uri");
        // Without one the code went to our own host only, so there is nothing to compare.
        if (granted.redirectUri() != null && !granted.redirectUri().equals(uri)) {
            throw UaaError.INVALID_GRANT.of("The redirect URI is another one");
        }
        var verifier = request.form().get("code_verifier");
        if (granted.challenge() == null ? verifier != null : verifier == null) {
            throw UaaError.INVALID_GRANT.of("The code verifier does not match");
        }
        if (granted.challenge() != null
                && verifier != null
                && !Digest.same(granted.challenge(), Digest.base64(verifier))) {
            throw UaaError.INVALID_GRANT.of("The code verifier does not match");
        }
    }

    private Response refresh(Request request) {
        var token = request.form().require("refresh_token");
        var outcome = database.transaction(dsl -> refresh(dsl, request, token));
        if (outcome.isEmpty()) {
            Audit.event("refresh_refused", request.client().id(), request.address());
            throw UaaError.INVALID_TOKEN.of("Invalid refresh token");
        }
        audit(request, outcome.get().user(), "refresh_token", outcome.get().response());
        return outcome.get().response();
    }

    private record Refreshed(User user, Response response) {}

    private Optional<Refreshed> refresh(DSLContext dsl, Request request, String token) {
        var client = request.client();
        var stored = StoredTokens.find(dsl, token);
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        var claims = stored.get().claims();
        var person = claims.user();
        if (!claims.isRefresh()
                || person == null
                || !claims.client().equals(client.id())
                || !claims.expires().isAfter(clock.instant())
                || !isCurrent(dsl, claims)) {
            return Optional.empty();
        }
        var user = UserStore.find(dsl, person.id()).orElseThrow();
        requireUsable(user, client);
        var scope =
                granted(
                        ScopePolicy.forRefresh(
                                claims.scope(),
                                client.scope(),
                                memberships.names(dsl, user.id()),
                                request.scope()));
        var grant =
                new Grant(
                        client,
                        user,
                        scope,
                        claims.grantType(),
                        request.opaque(),
                        false,
                        null,
                        claims.authTime(),
                        stored.get().codeDigest());
        var next = token;
        if (config.rotateRefresh()) {
            // Of two that come with the same token at once only the first finds it.
            if (!StoredTokens.delete(dsl, token)) {
                return Optional.empty();
            }
            next =
                    issuer.issueRefresh(
                            dsl,
                            new Grant(
                                    client,
                                    user,
                                    claims.scope(),
                                    claims.grantType(),
                                    false,
                                    false,
                                    null,
                                    claims.authTime(),
                                    stored.get().codeDigest()));
        }
        return Optional.of(new Refreshed(user, issuer.issue(dsl, grant, next)));
    }

    private static boolean isCurrent(DSLContext dsl, Claims claims) {
        try {
            TokenChecker.requireCurrent(dsl, claims);
            return true;
        } catch (UaaException e) {
            return false;
        }
    }

    private static List<String> granted(ScopePolicy.Decision decision) {
        return switch (decision) {
            case ScopePolicy.Granted(var scope) -> scope;
            case ScopePolicy.Refused(var reason) -> throw UaaError.INVALID_SCOPE.of(reason);
        };
    }

    private static void audit(Request request, User user, String type, Response response) {
        Audit.event(
                "token_issued",
                user.userName(),
                request.address(),
                "client",
                request.client().id(),
                "grant",
                type,
                "jti",
                id(request, response));
    }

    /** The id of an opaque token is the token, which no log may hold. */
    private static @Nullable String id(Request request, Response response) {
        return request.opaque() ? null : response.jti();
    }
}

package io.nimbus.uaa.external;

import static io.nimbus.uaa.schema.Tables.EXTERNAL_LOGIN;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jwt.JWTClaimsSet;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.database.Database;
import io.nimbus.uaa.audit.Audit;
import io.nimbus.uaa.browser.Pages;
import io.nimbus.uaa.browser.Sessions;
import io.nimbus.uaa.policy.RedirectPolicy;
import io.nimbus.uaa.schema.tables.records.ExternalLoginRecord;
import io.nimbus.uaa.secrets.Digest;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.users.User;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.PublicUrl;
import io.nimbus.uaa.web.Throttle;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signing in at another provider: the browser goes there with a state that is good once, for this
 * browser, and comes back with a code that we exchange ourselves.
 */
public final class ExternalLogins implements Endpoints {
    private static final Logger log = LoggerFactory.getLogger(ExternalLogins.class);
    private static final Duration LIFE = Duration.ofMinutes(10);

    private final Database database;
    private final Map<String, OidcProvider> providers = new LinkedHashMap<>();
    private final Newcomers newcomers;
    private final Sessions sessions;
    private final PublicUrl urls;
    private final Throttle throttle;
    private final Callers callers;
    private final Ids ids;
    private final InstantSource clock;

    public ExternalLogins(
            Database database,
            List<ProviderConfig> configs,
            HttpClient http,
            Sessions sessions,
            PublicUrl urls,
            Throttle throttle,
            Callers callers,
            Ids ids,
            InstantSource clock) {
        this.database = database;
        configs.forEach(c -> providers.put(c.origin(), new OidcProvider(c, http, clock)));
        this.newcomers = new Newcomers(ids, clock);
        this.sessions = sessions;
        this.urls = urls;
        this.throttle = throttle;
        this.callers = callers;
        this.ids = ids;
        this.clock = clock;
    }

    /** For the log-in page: a link per provider, which leads on to a page of ours afterwards. */
    public List<Pages.Link> links(String to) {
        return providers.values().stream()
                .map(OidcProvider::config)
                .map(config ->
                        new Pages.Link(
                                "/login/oidc/"
                                        + config.origin()
                                        + "?to="
                                        + URLEncoder.encode(to, UTF_8),
                                config.linkText()))
                .toList();
    }

    @Override
    public void addTo(RoutesConfig routes) {
        routes.get("/login/oidc/{origin}", this::leave);
        routes.get("/login/callback/{origin}", this::comeBack);
    }

    private OidcProvider provider(Context ctx) {
        var provider = providers.get(ctx.pathParam("origin"));
        if (provider == null) {
            throw UaaError.NOT_FOUND.of("There is no such identity provider");
        }
        return provider;
    }

    private void leave(Context ctx) {
        throttle.pass(ctx, null);
        var provider = provider(ctx);
        var origin = provider.config().origin();
        var state = ids.secret();
        var verifier = ids.secret();
        var nonce = ids.secret();
        var redirectUri = urls.base(ctx) + "/login/callback/" + origin;
        var row = new ExternalLoginRecord();
        row.setDigest(Digest.of(state));
        row.setOrigin(origin);
        row.setBrowserDigest(Digest.of(sessions.browserToken(ctx)));
        row.setVerifier(verifier);
        row.setNonce(nonce);
        row.setRedirectUri(redirectUri);
        row.setTarget(RedirectPolicy.ownPage(ctx.queryParam("to")));
        row.setExpires(clock.instant().plus(LIFE));
        try {
            var there = provider.authorization(redirectUri, state, nonce, Digest.base64(verifier));
            database.inTransaction(dsl -> dsl.insertInto(EXTERNAL_LOGIN).set(row).execute());
            ctx.redirect(there);
        } catch (ProviderException e) {
            throw unavailable(origin, e);
        }
    }

    private void comeBack(Context ctx) {
        throttle.pass(ctx, null);
        var provider = provider(ctx);
        var origin = provider.config().origin();
        var visit = visit(ctx, origin);
        var code = ctx.queryParam("code");
        if (code == null) {
            Audit.event(
                    "login_failed",
                    null,
                    callers.address(ctx),
                    "origin",
                    origin,
                    "reason",
                    ctx.queryParam("error"));
            throw UaaError.ACCESS_DENIED.of("The identity provider did not sign you in");
        }
        try {
            var claims =
                    provider.redeem(
                            code, visit.getRedirectUri(), visit.getVerifier(), visit.getNonce());
            var user = welcome(provider, claims);
            sessions.begin(ctx, user);
            Audit.event(
                    "user_authenticated",
                    user.userName(),
                    callers.address(ctx),
                    "id",
                    user.id(),
                    "how",
                    origin);
        } catch (ProviderException e) {
            Audit.event(
                    "login_failed",
                    null,
                    callers.address(ctx),
                    "origin",
                    origin,
                    "reason",
                    e.getMessage());
            throw UaaError.ACCESS_DENIED.of("The identity provider could not sign you in");
        }
        ctx.redirect(visit.getTarget());
    }

    private User welcome(OidcProvider provider, JWTClaimsSet claims) throws ProviderException {
        try {
            return database.transaction(dsl -> {
                try {
                    return newcomers.welcome(dsl, provider.config(), claims);
                } catch (ProviderException e) {
                    throw new RolledBack(e);
                }
            });
        } catch (RolledBack e) {
            throw e.fault;
        }
    }

    /** Carries a checked exception out of a transaction. */
    private static final class RolledBack extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final ProviderException fault;

        RolledBack(ProviderException fault) {
            super(fault);
            this.fault = fault;
        }
    }

    /** The row of the state, which is then gone; it must be this browser's. */
    private ExternalLoginRecord visit(Context ctx, String origin) {
        var state = ctx.queryParam("state");
        var browser = Digest.of(sessions.browserToken(ctx));
        return database.transaction(dsl ->
                        dsl.deleteFrom(EXTERNAL_LOGIN)
                                .where(
                                        EXTERNAL_LOGIN.DIGEST.eq(
                                                Digest.of(state == null ? "" : state)),
                                        EXTERNAL_LOGIN.ORIGIN.eq(origin),
                                        EXTERNAL_LOGIN.EXPIRES.gt(clock.instant()))
                                .returning()
                                .fetchOptional())
                .filter(row -> Arrays.equals(row.getBrowserDigest(), browser))
                .orElseThrow(() ->
                        UaaError.ACCESS_DENIED.of("This log-in has expired. Begin it again."));
    }

    private static UaaException unavailable(String origin, ProviderException e) {
        log.warn("the identity provider {} cannot be used: {}", origin, e.getMessage());
        return UaaError.TEMPORARILY_UNAVAILABLE.of(
                "The identity provider cannot be reached, try again later");
    }

    /** Deletes what has ended. */
    public void prune() {
        database.inTransaction(dsl ->
                dsl.deleteFrom(EXTERNAL_LOGIN)
                        .where(EXTERNAL_LOGIN.EXPIRES.lt(clock.instant()))
                        .execute());
    }
}

package io.nimbus.uaa;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.component.Health;
import io.nimbus.component.RouteRegistrar;
import io.nimbus.component.StatusServer;
import io.nimbus.database.Database;
import io.nimbus.database.DatabaseUnavailableException;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.uaa.bootstrap.Bootstrap;
import io.nimbus.uaa.browser.AuthorizeEndpoint;
import io.nimbus.uaa.browser.DiscoveryEndpoints;
import io.nimbus.uaa.browser.LoginPages;
import io.nimbus.uaa.browser.Pages;
import io.nimbus.uaa.browser.Sessions;
import io.nimbus.uaa.clients.ClientAuthentication;
import io.nimbus.uaa.clients.ClientEndpoints;
import io.nimbus.uaa.external.ExternalLogins;
import io.nimbus.uaa.groups.ExternalGroupEndpoints;
import io.nimbus.uaa.groups.GroupEndpoints;
import io.nimbus.uaa.groups.Memberships;
import io.nimbus.uaa.keys.KeyEndpoints;
import io.nimbus.uaa.keys.SigningKeys;
import io.nimbus.uaa.policy.RateLimiter;
import io.nimbus.uaa.secrets.ClientSecrets;
import io.nimbus.uaa.secrets.Ids;
import io.nimbus.uaa.secrets.PasswordHasher;
import io.nimbus.uaa.tokens.OneTimeCodes;
import io.nimbus.uaa.tokens.Tokens;
import io.nimbus.uaa.users.IdsEndpoints;
import io.nimbus.uaa.users.NewPasswords;
import io.nimbus.uaa.users.PasswordChange;
import io.nimbus.uaa.users.PasswordEndpoints;
import io.nimbus.uaa.users.UserAuthentication;
import io.nimbus.uaa.users.UserEndpoints;
import io.nimbus.uaa.users.UserInfoEndpoint;
import io.nimbus.uaa.users.UserJson;
import io.nimbus.uaa.web.Callers;
import io.nimbus.uaa.web.Endpoints;
import io.nimbus.uaa.web.PublicUrl;
import io.nimbus.uaa.web.Throttle;
import io.nimbus.uaa.web.WebServer;
import java.net.http.HttpClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The whole process, assembled; tests do it with an in-memory bus and a clock of their own. */
final class Uaa {
    private static final Logger log = LoggerFactory.getLogger(Uaa.class);
    private static final Duration PRUNING = Duration.ofMinutes(5);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final Component component;
    private final WebServer web;
    private final Health health = new Health();
    private final Bootstrap bootstrap;

    /**
     * @param timers also the clock
     * @param processors passwords hashed at once
     */
    Uaa(
            UaaConfig config,
            MessageBus bus,
            Database database,
            Timers timers,
            SecureRandom random,
            int processors) {
        var ids = new Ids(random);
        var http =
                HttpClient.newBuilder()
                        .connectTimeout(CONNECT_TIMEOUT)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .build();
        var callers = new Callers(config.trustedProxies());
        var urls = new PublicUrl(config.url(), config.hosts(), callers);
        var hasher = new PasswordHasher(config.hashCost(), random, processors);
        var secrets = new ClientSecrets(hasher, ids);
        var throttle =
                new Throttle(
                        new RateLimiter(
                                config.rates().addressPerSecond(), config.rates().addressBurst()),
                        new RateLimiter(
                                config.rates().clientPerSecond(), config.rates().clientBurst()),
                        callers,
                        timers);
        var keys =
                new SigningKeys(
                        database, timers, config.keys(), config.tokens().accessValidity(), ids::id);
        var tokens = new Tokens(database, config.tokens(), keys, ids, callers, timers);
        var guard = tokens.guard();
        var clients = new ClientAuthentication(database, secrets, callers);
        var users = new UserAuthentication(database, hasher, config.lockout(), timers);
        var memberships = new Memberships(config.bootstrap().defaultGroups());
        var passwords = new NewPasswords(config.passwords(), hasher);
        var userJson = new UserJson(memberships);
        bootstrap = new Bootstrap(database, config.bootstrap(), keys, secrets, hasher, ids, timers);

        var endpoints = new ArrayList<Endpoints>();
        var discovery = new DiscoveryEndpoints(urls, config.tokens().issuer());
        var change = new PasswordChange(database, users, passwords, ids, timers);
        var sessions =
                new Sessions(
                        database, callers, ids, timers, config.sessionIdle(), config.sessionLife());
        var external =
                new ExternalLogins(
                        database,
                        config.providers(),
                        http,
                        sessions,
                        urls,
                        throttle,
                        callers,
                        ids,
                        timers);
        var codes = new OneTimeCodes(ids);
        var pages =
                new LoginPages(
                        database,
                        discovery,
                        sessions,
                        users,
                        change,
                        codes,
                        guard,
                        throttle,
                        callers,
                        timers,
                        external::links);
        endpoints.add(discovery);
        endpoints.add(pages);
        endpoints.add(external);
        endpoints.add(
                new AuthorizeEndpoint(
                        database,
                        guard,
                        sessions,
                        pages,
                        memberships,
                        codes,
                        urls,
                        callers,
                        timers));
        endpoints.add(new KeyEndpoints(keys, guard));
        endpoints.addAll(tokens.endpoints(clients, users, memberships, throttle));
        endpoints.add(
                new UserEndpoints(database, guard, userJson, passwords, users, urls, ids, timers));
        endpoints.add(new IdsEndpoints(database, guard));
        endpoints.add(new PasswordEndpoints(database, guard, change, throttle));
        endpoints.add(new UserInfoEndpoint(database, guard));
        endpoints.add(new ExternalGroupEndpoints(database, guard, timers));
        endpoints.add(new GroupEndpoints(database, guard, urls, ids, timers, userJson::byId));
        endpoints.add(new ClientEndpoints(database, guard, secrets, ids, timers));

        web =
                new WebServer(
                        config.host(), config.port(), endpoints, bootstrap::isDone, Pages::error);
        health.check("database", database::fault);
        health.check("bootstrap", bootstrap::fault);
        health.check("keys", keys::fault);
        var status = new StatusServer("UAA", config.status(), health, bus, timers);
        Runnable prune =
                () -> {
                    try {
                        tokens.prune();
                        users.prune();
                        sessions.prune();
                        external.prune();
                    } catch (DatabaseUnavailableException e) {
                        log.debug("not pruned: {}", e.getMessage());
                    }
                };
        component =
                Component.inOrder(
                        status,
                        keys,
                        bootstrap,
                        web,
                        repeating(timers, prune),
                        Component.closing(http::shutdownNow),
                        new RouteRegistrar(bus, timers, () -> routes(config)));
    }

    private static Component repeating(Timers timers, Runnable work) {
        var task = new Timers.Task[1];
        return Component.of(() -> task[0] = timers.every(PRUNING, work), () -> task[0].cancel());
    }

    private List<RouterRegister> routes(UaaConfig config) {
        return List.of(
                RouterRegister.component("uaa", config.routeHost(), web.port(), config.routes()));
    }

    Component component() {
        return component;
    }

    int port() {
        return web.port();
    }

    Health health() {
        return health;
    }

    boolean isReady() {
        return bootstrap.isDone();
    }
}

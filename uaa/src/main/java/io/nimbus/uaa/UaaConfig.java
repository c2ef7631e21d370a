package io.nimbus.uaa;

import io.nimbus.bus.NatsConfig;
import io.nimbus.component.BusConfig;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.StatusConfig;
import io.nimbus.database.DatabaseConfig;
import io.nimbus.subjects.BusUser;
import io.nimbus.uaa.bootstrap.BootstrapConfig;
import io.nimbus.uaa.external.ProviderConfig;
import io.nimbus.uaa.keys.KeyConfig;
import io.nimbus.uaa.policy.LockoutPolicy;
import io.nimbus.uaa.policy.PasswordPolicy;
import io.nimbus.uaa.tokens.TokenConfig;
import io.nimbus.uaa.web.AddressRange;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The process's configuration; the keys are described in the module's README.
 *
 * @param port 0 for a free one
 * @param url under which clients reach us from elsewhere
 * @param hosts names, in lower case, that are ours beside loopback
 * @param routes what the router is told: names under the domain
 * @param routeHost where the router reaches us
 * @param hashCost bcrypt's: each step more doubles the time
 */
public record UaaConfig(
        String host,
        int port,
        URI url,
        Set<String> hosts,
        List<String> routes,
        String routeHost,
        List<AddressRange> trustedProxies,
        NatsConfig nats,
        DatabaseConfig database,
        StatusConfig status,
        TokenConfig tokens,
        KeyConfig keys,
        int hashCost,
        PasswordPolicy passwords,
        LockoutPolicy lockout,
        Rates rates,
        Duration sessionIdle,
        Duration sessionLife,
        List<ProviderConfig> providers,
        BootstrapConfig bootstrap) {

    /**
     * Log-in attempts and token requests; a rate of 0 is no limit.
     *
     * @param clientPerSecond a client such as {@code cf} stands for all its users
     */
    public record Rates(
            double addressPerSecond, int addressBurst, double clientPerSecond, int clientBurst) {}

    public static UaaConfig read(Config config) throws ConfigException {
        var host = config.text("host", "127.0.0.1");
        var url = config.uri("url", URI.create("http://localhost:8082"));
        var domain = config.text("domain", "localhost").toLowerCase(Locale.ROOT);
        var routes = List.of("uaa." + domain, "login." + domain);
        var providers =
                config.sections("identity_providers").stream().map(ProviderConfig::read).toList();
        distinct(config, providers);
        var passwords = config.section("passwords");
        var sessions = config.section("sessions");
        return config.complete(
                new UaaConfig(
                        host,
                        config.port("port", 8082),
                        url,
                        hosts(config, url, routes),
                        routes,
                        config.text("route_host", host.equals("0.0.0.0") ? "127.0.0.1" : host),
                        trustedProxies(config),
                        BusConfig.read(config, BusUser.UAA),
                        DatabaseConfig.read(config),
                        StatusConfig.read(config),
                        TokenConfig.read(config, url),
                        KeyConfig.read(config),
                        passwords.integer("hash_cost", 10, 4, 16),
                        passwordPolicy(passwords),
                        lockout(config.section("lockout")),
                        rates(config.section("rate_limits")),
                        sessions.duration("idle", Duration.ofMinutes(30)),
                        sessions.duration("life", Duration.ofHours(12)),
                        providers,
                        BootstrapConfig.read(config)));
    }

    private static void distinct(Config config, List<ProviderConfig> providers) {
        var origins = providers.stream().map(ProviderConfig::origin).collect(Collectors.toSet());
        if (origins.size() < providers.size() || origins.contains("uaa")) {
            config.fault("identity_providers", "must each have an origin of its own, not uaa");
        }
    }

    private static Set<String> hosts(Config config, URI url, List<String> routes) {
        return Stream.of(routes, config.texts("hosts", List.of()), List.of(url.getHost()))
                .flatMap(List::stream)
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<AddressRange> trustedProxies(Config config) {
        return config.texts("trusted_proxies", List.of("127.0.0.0/8", "::1")).stream()
                .flatMap(text -> {
                    var range = AddressRange.parse(text);
                    if (range.isEmpty()) {
                        config.fault("trusted_proxies", "is not an address or range: " + text);
                    }
                    return range.stream();
                })
                .toList();
    }

    private static PasswordPolicy passwordPolicy(Config config) {
        return new PasswordPolicy(
                config.integer("min_length", 0, 0, 255),
                config.integer("max_length", 255, 1, 1024),
                config.integer("upper_case", 0, 0, 255),
                config.integer("lower_case", 0, 0, 255),
                config.integer("digits", 0, 0, 255),
                config.integer("special", 0, 0, 255));
    }

    private static LockoutPolicy lockout(Config config) {
        return new LockoutPolicy(
                config.integer("failures", 5, 0, 100),
                config.duration("window", Duration.ofMinutes(20)),
                config.duration("period", Duration.ofMinutes(5)));
    }

    private static Rates rates(Config config) {
        return new Rates(
                config.number("address_per_second", 20, 0, 1e6),
                config.integer("address_burst", 200, 1, 1_000_000),
                config.number("client_per_second", 200, 0, 1e6),
                config.integer("client_burst", 1000, 1, 1_000_000));
    }
}

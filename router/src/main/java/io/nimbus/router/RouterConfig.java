package io.nimbus.router;

import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.StatusConfig;
import io.nimbus.router.log.AccessLogConfig;
import io.nimbus.router.policy.Balancing;
import io.nimbus.router.policy.Choice;
import io.nimbus.router.policy.RouteTable;
import io.nimbus.router.policy.Sharding;
import io.nimbus.router.proxy.Entrance;
import io.nimbus.router.proxy.Settings;
import io.nimbus.router.service.Seal;
import io.nimbus.router.tls.BackendTls;
import io.nimbus.router.tls.ServerTls;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The router's configuration; README.md says what each key means.
 *
 * @param ports where it listens
 * @param address how others reach this router, for {@code router.start}
 * @param loops event loops
 * @param startDelay between the first contact with the bus and the opening of the ports, for the
 *     table to fill
 * @param registerInterval how often endpoints are asked to register
 * @param statisticsInterval how often apps' traffic is said on the bus; zero for never
 * @param appMetrics apps with a series of their own on the metrics page
 */
public record RouterConfig(
        Entrance.Ports ports,
        String address,
        int loops,
        Duration startDelay,
        Duration registerInterval,
        Duration statisticsInterval,
        int appMetrics,
        Pruning pruning,
        RouteTable.Rules table,
        Drain drain,
        Settings settings,
        AccessLogConfig accessLog,
        BackendTls.Config backendTls,
        BackendTls.Config serviceTls,
        ServerTls.@Nullable Config tls,
        StatusConfig status) {

    /**
     * @param interval between two sweeps
     * @param suspended whether sweeps are left out while the bus is away
     */
    public record Pruning(Duration interval, boolean suspended) {}

    /**
     * @param delay between the bad health and the closing of the ports, for load balancers to
     *     notice
     * @param timeout for requests under way
     */
    public record Drain(Duration delay, Duration timeout) {}

    /** Reads and checks all keys but those of the bus. */
    public static RouterConfig read(Config config) {
        var startDelay = config.duration("start_delay", Duration.ofSeconds(5));
        var staleAfter = config.duration("stale_after", Duration.ofMinutes(2));
        if (startDelay.compareTo(staleAfter) > 0) {
            staleAfter = startDelay;
        }
        var tls = config.has("tls") ? config.section("tls") : null;
        var timeouts = config.section("timeouts");
        var backends = config.section("backends");
        var services = config.section("route_services");
        var handshake = timeouts.duration("tls_handshake", Duration.ofSeconds(10));
        var settings = settings(config, timeouts, handshake, backends, services, staleAfter);
        return new RouterConfig(
                ports(config, tls),
                config.text("address", "127.0.0.1"),
                config.integer("loops", Runtime.getRuntime().availableProcessors(), 1, 1024),
                startDelay,
                config.duration("register_interval", Duration.ofSeconds(20)),
                config.duration("statistics_interval", Duration.ofSeconds(5)),
                config.integer("app_metrics", 200, 0, 100_000),
                new Pruning(
                        config.duration("prune_interval", Duration.ofSeconds(30)),
                        config.flag("suspend_pruning", true)),
                table(config, staleAfter),
                drain(config.section("drain")),
                settings,
                accessLog(config.section("access_log"), settings.tracing()),
                backendTls(backends.section("tls"), handshake, false),
                serviceTls(services.section("tls"), handshake),
                tls == null ? null : serverTls(tls),
                StatusConfig.read(config, 8445));
    }

    private static Entrance.Ports ports(Config config, @Nullable Config tls) {
        boolean http = config.flag("http", true);
        int port = config.port("port", 8080);
        if (!http && tls == null) {
            config.fault("http", "is false, but there is no tls either");
        }
        return new Entrance.Ports(
                config.text("host", "127.0.0.1"),
                http ? port : -1,
                tls == null ? -1 : tls.port("port", 8443),
                config.flag("proxy_protocol", false));
    }

    private static ServerTls.Config serverTls(Config tls) {
        var certificates =
                tls.sections("certificates").stream()
                        .map(pair ->
                                new ServerTls.Certificate(
                                        pair.path("certificate"), pair.path("key")))
                        .toList();
        if (certificates.isEmpty()) {
            tls.fault("certificates", "is missing");
        }
        var versions = List.of("TLSv1.2", "TLSv1.3");
        var from = tls.text("min_version", "TLSv1.2");
        var to = tls.text("max_version", "TLSv1.3");
        if (!versions.contains(from) || !versions.contains(to) || from.compareTo(to) > 0) {
            tls.fault("min_version", "and max_version are of " + versions + " and in this order");
            from = "TLSv1.2";
            to = "TLSv1.3";
        }
        return new ServerTls.Config(
                certificates,
                versions.subList(versions.indexOf(from), versions.indexOf(to) + 1),
                tls.texts("ciphers", List.of()),
                tls.flag("http2", true),
                tls.choice("client_certificates", ServerTls.ClientCertificates.NONE),
                tls.texts("client_authorities", List.of()).stream().map(Path::of).toList(),
                tls.flag("client_system_authorities", false),
                tls.sections("client_rules").stream()
                        .map(rule ->
                                new ServerTls.ClientRule(
                                        rule.text("issuer"), rule.texts("subjects", List.of())))
                        .toList());
    }

    private static RouteTable.Rules table(Config config, Duration staleAfter) {
        var sharding = config.section("sharding");
        var mode = sharding.choice("mode", Sharding.Mode.ALL);
        var segments = Set.copyOf(sharding.texts("segments", List.of()));
        if (mode == Sharding.Mode.SEGMENTS && segments.isEmpty()) {
            sharding.fault("segments", "is needed with this mode");
        }
        return new RouteTable.Rules(
                staleAfter,
                config.duration("keep_empty_routes", Duration.ZERO),
                new Sharding(mode, segments));
    }

    private static Drain drain(Config drain) {
        return new Drain(
                drain.duration("delay", Duration.ZERO),
                drain.duration("timeout", Duration.ofSeconds(60)));
    }

    private static Settings settings(
            Config config,
            Config timeouts,
            Duration handshake,
            Config backends,
            Config services,
            Duration staleAfter) {
        return new Settings(
                timeouts(timeouts, handshake),
                limits(config.section("limits")),
                backends(backends, staleAfter),
                forwarding(config.section("forwarding")),
                new Settings.Stickiness(
                        Set.copyOf(config.texts("sticky_cookies", List.of("JSESSIONID"))),
                        config.flag("secure_cookies", false),
                        config.flag("sticky_negotiate", false)),
                rewriting(config.section("responses")),
                services(services),
                tracing(config.section("tracing")));
    }

    private static Settings.Tracing tracing(Config tracing) {
        var tenant = tracing.text("w3c_tenant", "");
        if (!tenant.matches("(?:[a-z0-9][a-z0-9_*/-]{0,240})?")) {
            tracing.fault("w3c_tenant", "is lower-case letters, digits, _ - * /");
        }
        return new Settings.Tracing(
                tracing.flag("zipkin", false), tracing.flag("w3c", false), tenant);
    }

    private static Settings.Services services(Config services) {
        var secret = services.optionalSecret("secret");
        var previous = services.optionalSecret("previous_secret");
        var lifetime = services.duration("timeout", Duration.ofSeconds(60));
        if (secret == null && previous != null) {
            services.fault("previous_secret", "is of no use without a secret");
        }
        return new Settings.Services(
                secret == null ? null : new Seal(secret, previous, lifetime),
                services.flag("recommend_https", true),
                services.integer("max_attempts", 3, 1, 100),
                services.flag("strict", false));
    }

    private static Settings.Timeouts timeouts(Config timeouts, Duration handshake) {
        return new Settings.Timeouts(
                timeouts.duration("dial", Duration.ofSeconds(5)),
                handshake,
                timeouts.duration("endpoint", Duration.ofSeconds(900)),
                timeouts.duration("client_idle", Duration.ofSeconds(900)),
                timeouts.duration("request_head", Duration.ofSeconds(60)));
    }

    private static Settings.Limits limits(Config limits) {
        int most = 1024 * 1024;
        return new Settings.Limits(
                limits.integer("request_header_bytes", most, 1024, most),
                limits.integer("request_headers", 0, 0, 100_000),
                limits.integer("response_header_bytes", most, 1024, 10 * most),
                limits.integer("response_headers", 0, 0, 100_000),
                limits.integer("clients", 0, 0, Integer.MAX_VALUE));
    }

    private static Settings.Backends backends(Config backends, Duration staleAfter) {
        var balancing = backends.choice("balancing", Balancing.ROUND_ROBIN);
        var zone = backends.text("prefer_zone", "");
        return new Settings.Backends(
                backends.flag("keep_alive", true),
                backends.flag("keep_alive_100_continue", false),
                backends.duration("idle", Duration.ofSeconds(90)),
                backends.integer("idle_per_endpoint", 250, 1, 1_000_000),
                backends.integer("max_attempts", 3, 1, 100),
                staleAfter.dividedBy(4),
                backends.flag("empty_route_503", true),
                new Choice.Rules(
                        backends.integer("max_connections", 500, 0, 1_000_000), balancing, zone));
    }

    private static Settings.Forwarding forwarding(Config forwarding) {
        var kept =
                List.of(
                        "X-Forwarded-For",
                        "X-Forwarded-Proto",
                        "B3",
                        "X-B3",
                        "X-B3-SpanId",
                        "X-B3-TraceId",
                        "X-Request-Start",
                        "X-Forwarded-Client-Cert");
        return new Settings.Forwarding(
                forwarding.flag("force_https", false),
                forwarding.flag("sanitize_proto", false),
                forwarding.choice("client_certificate", Settings.ClientCertificate.SANITIZE_SET),
                forwarding.texts("kept_headers", kept).stream()
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .collect(Collectors.toUnmodifiableSet()),
                forwarding.text("health_user_agent", "HTTP-Monitor/1.1"),
                forwarding.text("trace_key", ""));
    }

    private static Settings.Rewriting rewriting(Config responses) {
        return new Settings.Rewriting(
                responses.texts("remove_headers", List.of()).stream()
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .toList(),
                new LinkedHashMap<>(responses.map("add_headers")));
    }

    private static AccessLogConfig accessLog(Config log, Settings.Tracing tracing) {
        var format = log.choice("format", Format.TEXT);
        return new AccessLogConfig(
                log.optionalPath("file"),
                format == Format.JSON,
                log.flag("apps", true),
                log.optionalText("syslog"),
                extraHeaders(log, tracing),
                extraFields(log),
                log.flag("forwarded_for", true),
                log.flag("source", true),
                log.choice("redact_query", AccessLogConfig.Redaction.NONE));
    }

    /** Headers about traces come by themselves where there are any. */
    private static List<String> extraHeaders(Config log, Settings.Tracing tracing) {
        var names = new LinkedHashSet<String>();
        for (var name : log.texts("extra_headers", List.of())) {
            names.add(name.toLowerCase(Locale.ROOT));
        }
        if (tracing.zipkin()) {
            names.addAll(List.of("x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "b3"));
        }
        if (tracing.w3c()) {
            names.addAll(List.of("traceparent", "tracestate"));
        }
        return List.copyOf(names);
    }

    private enum Format {
        TEXT,
        JSON
    }

    private static List<AccessLogConfig.ExtraField> extraFields(Config log) {
        return log.texts("extra_fields", List.of()).stream()
                .flatMap(name -> {
                    try {
                        return java.util.stream.Stream.of(
                                AccessLogConfig.ExtraField.valueOf(name.toUpperCase(Locale.ROOT)));
                    } catch (IllegalArgumentException e) {
                        log.fault("extra_fields", "has an unknown field: " + name);
                        return java.util.stream.Stream.empty();
                    }
                })
                .toList();
    }

    private static BackendTls.Config serviceTls(Config tls, Duration handshake) {
        return backendTls(tls, handshake, tls.flag("skip_validation", false));
    }

    private static BackendTls.Config backendTls(
            Config tls, Duration handshake, boolean skipValidation) {
        return new BackendTls.Config(
                tls.texts("authorities", List.of()).stream().map(Path::of).toList(),
                pathOf(tls.optionalText("certificate")),
                pathOf(tls.optionalText("key")),
                handshake,
                skipValidation);
    }

    /** Files with certificates and keys, which may be replaced while it runs. */
    Set<Path> files() {
        var all = new LinkedHashSet<Path>();
        for (var side : List.of(backendTls, serviceTls)) {
            all.addAll(side.authorities());
            add(all, side.certificate());
            add(all, side.key());
        }
        if (tls != null) {
            for (var certificate : tls.certificates()) {
                all.add(certificate.chain());
                all.add(certificate.key());
            }
            all.addAll(tls.clientAuthorities());
        }
        return all;
    }

    private static void add(Set<Path> all, @Nullable Path path) {
        if (path != null) {
            all.add(path);
        }
    }

    /** The keys that differ and are only read at the start. */
    List<String> needsRestart(RouterConfig changed) {
        var keys = new ArrayList<String>();
        differs(keys, "host, port, http, tls.port, proxy_protocol", ports, changed.ports);
        differs(keys, "tls", tls == null, changed.tls == null);
        differs(keys, "address", address, changed.address);
        differs(keys, "loops", loops, changed.loops);
        differs(keys, "start_delay", startDelay, changed.startDelay);
        differs(keys, "register_interval", registerInterval, changed.registerInterval);
        differs(keys, "statistics_interval", statisticsInterval, changed.statisticsInterval);
        differs(keys, "app_metrics", appMetrics, changed.appMetrics);
        differs(keys, "prune_interval, suspend_pruning", pruning, changed.pruning);
        differs(keys, "status", status, changed.status);
        return keys;
    }

    private static void differs(List<String> keys, String name, Object one, Object other) {
        if (!one.equals(other)) {
            keys.add(name);
        }
    }

    private static @Nullable Path pathOf(@Nullable String text) {
        return text == null ? null : Path.of(text);
    }

    /** The same, or all that is wrong with the file. */
    public static RouterConfig complete(Config config) throws ConfigException {
        return config.complete(read(config));
    }
}

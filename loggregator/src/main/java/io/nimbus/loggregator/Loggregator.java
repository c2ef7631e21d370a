package io.nimbus.loggregator;

import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.component.Health;
import io.nimbus.component.RouteRegistrar;
import io.nimbus.loggregator.access.LogAccess;
import io.nimbus.loggregator.access.Peer;
import io.nimbus.loggregator.cache.LogCache;
import io.nimbus.loggregator.cache.StreamReader;
import io.nimbus.loggregator.doppler.DopplerEndpoints;
import io.nimbus.loggregator.logcache.LogCacheEndpoints;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.tokens.TokenVerifier;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The parts of a loggregator, in the order in which they start. */
final class Loggregator implements Component {
    private static final Duration LOOK = Duration.ofSeconds(3);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final LogCache cache;
    private final DopplerEndpoints doppler;
    private final LogServer server;
    private final Component parts;
    private final List<Peer> peers;

    Loggregator(
            LoggregatorConfig config,
            MessageBus bus,
            Timers timers,
            HttpClient http,
            RandomGenerator random) {
        var uaa = new Peer("uaa", URI.create(config.uaa().url() + "/token_keys"), http, TIMEOUT);
        var controller =
                new Peer("controller", URI.create(config.controller() + "/v2/info"), http, TIMEOUT);
        peers = List.of(uaa, controller);
        cache = new LogCache(config.cache());
        var access =
                new LogAccess(
                        new TokenVerifier(config.uaa(), timers),
                        config.controller(),
                        http,
                        TIMEOUT,
                        config.accessLife(),
                        timers,
                        uaa,
                        controller);
        doppler =
                new DopplerEndpoints(
                        cache, access, config.doppler(), timers, random, config.answerBytes());
        server =
                new LogServer(
                        config.http(),
                        new LogCacheEndpoints(
                                cache, access, timers, config.hold(), config.answerBytes()),
                        doppler);
        parts =
                Component.inOrder(
                        new StreamReader(bus, timers, config.stream(), cache),
                        server,
                        new Looking(timers),
                        new RouteRegistrar(bus, timers, () -> routes(config.http())));
    }

    private List<RouterRegister> routes(LoggregatorConfig.Http http) {
        return List.of(
                RouterRegister.component(
                        "loggregator", http.routeHost(), server.port(), http.uris()));
    }

    /** Looks at the peers now and then. */
    private final class Looking implements Component {
        private final Timers timers;
        private Timers.Task repeating = () -> {};

        Looking(Timers timers) {
            this.timers = timers;
        }

        @Override
        public void start() {
            repeating = timers.every(LOOK, this::look);
            timers.after(Duration.ZERO, this::look);
        }

        private void look() {
            peers.forEach(Peer::look);
        }

        @Override
        public void close() {
            repeating.cancel();
        }
    }

    void reportTo(Health health) {
        peers.forEach(peer -> health.check(peer.name(), peer::fault));
    }

    /** What this process adds to {@code /varz}. */
    Map<String, Object> varz() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("envelopes_received", cache.received());
        fields.put("sources", cache.size());
        fields.put("cache_bytes", cache.bytes());
        fields.put("stream_clients", doppler.clients());
        return fields;
    }

    int port() {
        return server.port();
    }

    @Override
    public void start() {
        parts.start();
    }

    @Override
    public void close() {
        parts.close();
    }
}

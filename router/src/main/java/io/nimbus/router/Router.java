package io.nimbus.router;

import io.nimbus.bus.LogEmitter;
import io.nimbus.bus.MessageBus;
import io.nimbus.bus.Timers;
import io.nimbus.component.Component;
import io.nimbus.component.Health;
import io.nimbus.component.StatusServer;
import io.nimbus.router.bus.Greeter;
import io.nimbus.router.bus.Pruner;
import io.nimbus.router.bus.RouteListener;
import io.nimbus.router.bus.Statistics;
import io.nimbus.router.log.AccessLog;
import io.nimbus.router.metrics.Meters;
import io.nimbus.router.metrics.MetricsPage;
import io.nimbus.router.metrics.Varz;
import io.nimbus.router.policy.RouteTable;
import io.nimbus.router.proxy.Entrance;
import io.nimbus.router.proxy.Proxy;
import io.nimbus.router.proxy.Transport;
import io.nimbus.router.tls.BackendTls;
import io.nimbus.router.tls.ServerTls;
import io.nimbus.subjects.RouterStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The whole router. It is healthy, and its ports are open, from {@code start_delay} after its first
 * contact with the bus on; a bus that goes away later is a fault that it names and lives with.
 */
public final class Router implements Component {
    private final Health health = new Health();
    private final StatusServer status;
    private final RouteTable routes;
    private final AccessLog accessLog;
    private final Proxy proxy;
    private final Entrance entrance;
    private final Drain drain;
    private final Component parts;
    private volatile RouterConfig config;

    public Router(RouterConfig config, MessageBus bus, Timers timers, RandomGenerator random) {
        this.config = config;
        status = new StatusServer("Router", config.status(), health, bus, timers);
        routes = new RouteTable(config.table(), random);
        var meters = new Meters(config.loops(), config.appMetrics());
        var logs = new LogEmitter(bus, timers);
        accessLog =
                new AccessLog(config.accessLog(), logs, String.valueOf(config.status().index()));
        var secrets = Secrets.of(config);
        proxy =
                new Proxy(
                        Transport.best(),
                        routes,
                        meters,
                        accessLog,
                        timers,
                        config.address(),
                        config.settings(),
                        secrets.backends,
                        secrets.services,
                        secrets.clients);
        entrance = new Entrance(proxy, config.ports());
        var opening = new Opening(bus, timers, config.startDelay(), entrance);
        drain = new Drain(opening, entrance, config.drain());
        var listener = new RouteListener(bus, routes, timers);
        var pruner =
                new Pruner(
                        bus,
                        timers,
                        routes,
                        config.pruning().interval(),
                        config.pruning().suspended());
        health.check("ports", opening::fault);
        health.check("descriptors", "out of descriptors or ports", () -> !proxy.isExhausted());
        health.check("access_log", () -> Optional.ofNullable(accessLog.fault()));
        status.varz(new Varz(meters, routes, timers)::fields);
        status.page("/routes", this::writeRoutes);
        status.metrics()
                .getPrometheusRegistry()
                .register(
                        new MetricsPage(
                                meters,
                                routes,
                                timers,
                                listener.registrations(),
                                listener.unregistrations(),
                                pruner::pruned));
        parts =
                Component.inOrder(
                        status,
                        Component.closing(logs),
                        accessLog,
                        proxy,
                        new Statistics(
                                bus, timers, meters, status.uuid(), config.statisticsInterval()),
                        listener,
                        pruner,
                        new Greeter(bus, greeting(config)),
                        opening);
    }

    /** All that is read from files with keys. */
    private record Secrets(BackendTls backends, BackendTls services, @Nullable ServerTls clients) {
        static Secrets of(RouterConfig config) {
            try {
                var tls = config.tls();
                return new Secrets(
                        new BackendTls(config.backendTls()),
                        new BackendTls(config.serviceTls()),
                        tls == null ? null : new ServerTls(tls));
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }
    }

    private RouterStart greeting(RouterConfig initial) {
        return new RouterStart(
                status.uuid(),
                List.of(initial.address()),
                (int) initial.registerInterval().toSeconds(),
                (int) initial.table().staleAfter().toSeconds());
    }

    private void writeRoutes(java.io.OutputStream out) {
        var current = config;
        RoutesPage.write(
                routes,
                current.table().staleAfter(),
                current.settings().backends().choice().balancing(),
                out);
    }

    /**
     * Takes over what can change while it runs; what is under way keeps what it began with.
     *
     * @throws UncheckedIOException when a file with a certificate or key is not good; nothing has
     *     changed then
     */
    void apply(RouterConfig changed) {
        var secrets = Secrets.of(changed);
        config = changed;
        routes.rules(changed.table());
        proxy.apply(changed.settings(), secrets.backends, secrets.services, secrets.clients);
        accessLog.apply(changed.accessLog());
        drain.apply(changed.drain());
    }

    RouterConfig config() {
        return config;
    }

    /** Leaves without a lost request; returns when that is done or {@link #cutDrain cut short}. */
    void drain() {
        drain.run();
    }

    void cutDrain() {
        drain.cut();
    }

    @Override
    public void start() {
        parts.start();
    }

    /** The plain port; 0 while it is not open. */
    public int port() {
        return entrance.port();
    }

    /** The port with TLS; 0 while it is not open. */
    public int tlsPort() {
        return entrance.tlsPort();
    }

    public int statusPort() {
        return status.port();
    }

    public RouteTable routes() {
        return routes;
    }

    @Override
    public void close() {
        parts.close();
    }
}

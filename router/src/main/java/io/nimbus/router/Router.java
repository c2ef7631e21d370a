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
import io.nimbus.router.log.AccessLog;
import io.nimbus.router.metrics.Meters;
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
    private final Entrance entrance;
    private final Component parts;

    public Router(RouterConfig config, MessageBus bus, Timers timers, RandomGenerator random) {
        status = new StatusServer("Router", config.status(), health, bus, timers);
        routes = new RouteTable(config.table(), random);
        var meters = new Meters(config.loops());
        var logs = new LogEmitter(bus, timers);
        var accessLog =
                new AccessLog(config.accessLog(), logs, String.valueOf(config.status().index()));
        var proxy =
                new Proxy(
                        Transport.best(),
                        routes,
                        meters,
                        accessLog,
                        timers,
                        config.address(),
                        config.settings(),
                        towardsBackends(config),
                        towardsClients(config));
        entrance = new Entrance(proxy, config.ports());
        var opening = new Opening(bus, timers, config.startDelay(), entrance);
        health.check("ports", opening::fault);
        health.check("descriptors", "out of descriptors or ports", () -> !proxy.isExhausted());
        health.check("access_log", () -> Optional.ofNullable(accessLog.fault()));
        parts =
                Component.inOrder(
                        status,
                        Component.closing(logs),
                        accessLog,
                        proxy,
                        new RouteListener(bus, routes, timers),
                        new Pruner(
                                bus,
                                timers,
                                routes,
                                config.pruning().interval(),
                                config.pruning().suspended()),
                        new Greeter(bus, greeting(config)),
                        opening);
    }

    private static BackendTls towardsBackends(RouterConfig config) {
        try {
            return new BackendTls(config.backendTls());
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private static @Nullable ServerTls towardsClients(RouterConfig config) {
        var tls = config.tls();
        try {
            return tls == null ? null : new ServerTls(tls);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private RouterStart greeting(RouterConfig config) {
        return new RouterStart(
                status.uuid(),
                List.of(config.address()),
                (int) config.registerInterval().toSeconds(),
                (int) config.table().staleAfter().toSeconds());
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

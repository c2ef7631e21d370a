package io.nimbus.router.proxy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.nimbus.component.Component;
import io.nimbus.router.log.AccessLog;
import io.nimbus.router.metrics.Meters;
import io.nimbus.router.metrics.Traffic;
import io.nimbus.router.policy.Backend;
import io.nimbus.router.policy.Endpoint;
import io.nimbus.router.policy.Route;
import io.nimbus.router.policy.RouteTable;
import io.nimbus.router.tls.BackendTls;
import io.nimbus.router.tls.ServerTls;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The event loops and what all of them share. */
public final class Proxy implements Component {
    private static final Logger log = LoggerFactory.getLogger(Proxy.class);
    private static final WriteBufferWaterMark MARKS =
            new WriteBufferWaterMark(32 * 1024, 128 * 1024);
    private static final RecvByteBufAllocator READS =
            new AdaptiveRecvByteBufAllocator().maxMessagesPerRead(4);
    private static final int MOST_SERVICES = 10_000;
    private static final long COMPLAINT_NANOS = 1_000_000_000L;

    private final Transport transport;
    private final RouteTable routes;
    private final Meters meters;
    private final AccessLog accessLog;
    private final InstantSource clock;
    private final String address;
    private final int count;
    private final List<Loop> loops = new ArrayList<>();
    private final AtomicLong complained = new AtomicLong();
    private final AtomicLong exhausted = new AtomicLong();
    private volatile Settings settings;
    private volatile BackendTls backendTls;
    private volatile BackendTls serviceTls;
    private final Map<String, Optional<Service>> services = new ConcurrentHashMap<>();
    private volatile @Nullable ServerTls serverTls;
    private volatile boolean healthy;
    private volatile boolean leaving;
    private volatile boolean closed;
    private MultiThreadIoEventLoopGroup group;

    /**
     * @param address the router's own, for those who trace a request
     */
    public Proxy(
            Transport transport,
            RouteTable routes,
            Meters meters,
            AccessLog accessLog,
            InstantSource clock,
            String address,
            Settings settings,
            BackendTls backendTls,
            BackendTls serviceTls,
            @Nullable ServerTls serverTls) {
        this.transport = transport;
        this.routes = routes;
        this.meters = meters;
        this.accessLog = accessLog;
        this.clock = clock;
        this.address = address;
        this.settings = settings;
        this.backendTls = backendTls;
        this.serviceTls = serviceTls;
        this.serverTls = serverTls;
        this.count = meters.loops().size();
        this.group = transport.loops(count);
    }

    @Override
    public void start() {
        for (int i = 0; i < count; i++) {
            var loop =
                    new Loop(i, (EventLoop) group.next(), this, meters.loop(i), accessLog.lane());
            loops.add(loop);
            loop.executor().submit(loop::start).syncUninterruptibly();
        }
    }

    List<Loop> loops() {
        return loops;
    }

    /** From now on; exchanges under way keep theirs. */
    public void apply(
            Settings changed,
            BackendTls towardsBackends,
            BackendTls towardsServices,
            @Nullable ServerTls towardsClients) {
        settings = changed;
        backendTls = towardsBackends;
        serviceTls = towardsServices;
        serverTls = towardsClients;
        for (var loop : loops) {
            loop.executor().execute(() -> loop.apply(changed));
        }
    }

    Settings settings() {
        return settings;
    }

    RouteTable routes() {
        return routes;
    }

    AccessLog accessLog() {
        return accessLog;
    }

    Transport transport() {
        return transport;
    }

    /** Only asked where TLS is spoken. */
    ServerTls serverTls() {
        var current = serverTls;
        if (current == null) {
            throw new IllegalStateException("there is no TLS");
        }
        return current;
    }

    BackendTls tls(Destination destination) {
        return destination.isService() ? serviceTls : backendTls;
    }

    /** The route service at that URL, or null if there can be none. */
    @Nullable Service service(String url) {
        var known = services.get(url);
        if (known == null) {
            if (services.size() >= MOST_SERVICES) {
                services.clear(); // those in use come back
            }
            known = services.computeIfAbsent(url, u -> Optional.ofNullable(Service.of(u, count)));
        }
        return known.orElse(null);
    }

    String address() {
        return address;
    }

    /** The options that bound the memory of a connection. */
    void memory(ChannelConfig config) {
        config.setAllocator(ByteBufAllocator.DEFAULT);
        config.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, MARKS);
        config.setRecvByteBufAllocator(READS);
    }

    Destination destination(Backend backend) {
        var known = backend.connections();
        return (Destination)
                (known == null ? backend.connections(Destination.of(backend, count)) : known);
    }

    int idlePerLoop(Settings.Backends backends) {
        return Math.max(1, (backends.idlePerEndpoint() + count - 1) / count);
    }

    int clients() {
        int sum = 0;
        for (var traffic : meters.loops()) {
            sum += traffic.get(Traffic.Gauge.CLIENTS);
        }
        return sum;
    }

    int active() {
        int sum = 0;
        for (var traffic : meters.loops()) {
            sum += traffic.get(Traffic.Gauge.ACTIVE);
        }
        return sum;
    }

    void eject(Route route, Endpoint endpoint) {
        // The table's lock may be held by a sweep: not on an event loop.
        Thread.ofVirtual().start(() -> routes.eject(route, endpoint, clock.millis()));
    }

    /** An endpoint failed: said in the log, though not for every request. */
    void complain(Backend backend, String cause) {
        long now = System.nanoTime();
        long before = complained.get();
        if ((before == 0 || now - before > COMPLAINT_NANOS)
                && complained.compareAndSet(before, now)) {
            log.warn("endpoint {} failed: {}", backend, cause);
        }
    }

    /** Descriptors or ports have run out. */
    void exhausted() {
        long now = System.nanoTime();
        long before = exhausted.get();
        if ((before == 0 || now - before > COMPLAINT_NANOS)
                && exhausted.compareAndSet(before, now)) {
            log.error("no descriptors or ports left; idle connections are closed to make room");
        }
    }

    /** Whether this host ran out of descriptors or ports within the last ten seconds. */
    public boolean isExhausted() {
        long last = exhausted.get();
        return last != 0 && System.nanoTime() - last < 10_000_000_000L;
    }

    /** Whether load balancers shall send requests here. */
    public void healthy(boolean is) {
        healthy = is;
    }

    public boolean isHealthy() {
        return healthy;
    }

    LocalAnswer healthAnswer() {
        return healthy
                ? new LocalAnswer(
                        200,
                        LocalAnswer.reason(200),
                        List.of(
                                "Content-Type",
                                "text/plain; charset=utf-8",
                                "Cache-Control",
                                "private, max-age=0",
                                "Expires",
                                "0"),
                        "ok\n".getBytes(StandardCharsets.US_ASCII),
                        false)
                : new LocalAnswer(
                        503,
                        LocalAnswer.reason(503),
                        List.of("Cache-Control", "private, max-age=0", "Expires", "0"),
                        new byte[0],
                        false);
    }

    /** From now on every answer is its connection's last, so that clients move on by themselves. */
    void leave() {
        healthy = false;
        leaving = true;
    }

    /** Whether connections end with their next answer. */
    boolean isLeaving() {
        return leaving;
    }

    /** Ends what idles; what is under way ends with its answer. */
    void drain() {
        leaving = true;
        for (var loop : loops) {
            loop.executor().execute(loop::drain);
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (var loop : loops) {
            loop.executor().execute(loop::closeAll);
        }
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}

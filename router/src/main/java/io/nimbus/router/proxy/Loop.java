package io.nimbus.router.proxy;

import io.netty.channel.EventLoop;
import io.nimbus.router.http.RequestHead;
import io.nimbus.router.http.ResponseHead;
import io.nimbus.router.log.LogLane;
import io.nimbus.router.metrics.Count;
import io.nimbus.router.metrics.Traffic;
import io.nimbus.router.policy.Probe;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** What one event loop has of its own. Only its thread may touch it, where nothing else is said. */
final class Loop {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US);
    private static final int KEPT_HEADS = 64;
    private static final long TICK_MS = 100;

    /**
     * Idle connections that are closed at once when there is nothing left to open new ones with.
     */
    private static final int RELIEF = 16;

    private final int index;
    private final EventLoop executor;
    private final Proxy proxy;
    private final Probe probe = new Probe();
    private final Deadlines deadlines = new Deadlines();
    private final SplittableRandom random = new SplittableRandom();
    private final ArrayDeque<RequestHead> requestHeads = new ArrayDeque<>();
    private final ArrayDeque<ResponseHead> responseHeads = new ArrayDeque<>();
    private final Traffic traffic;
    private final LogLane log;
    private final Set<Client> clients = new HashSet<>();
    private byte[] date = {};
    private String dateText = "";
    private long dateSecond;
    private byte[] logged = {};
    private long loggedSecond = -1;

    /** Wall clock minus {@link System#nanoTime}, in nanoseconds. */
    private long epoch;

    Loop(int index, EventLoop executor, Proxy proxy, Traffic traffic, LogLane log) {
        this.index = index;
        this.executor = executor;
        this.proxy = proxy;
        this.traffic = traffic;
        this.log = log;
        calibrate();
    }

    void start() {
        apply(proxy.settings());
        var _ = executor.scheduleAtFixedRate(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
    }

    /** New settings, on the loop's thread. */
    void apply(Settings settings) {
        var timeouts = settings.timeouts();
        deadlines.lasts(Deadlines.Kind.DIAL, timeouts.dial());
        deadlines.lasts(Deadlines.Kind.ENDPOINT, timeouts.endpoint());
        deadlines.lasts(Deadlines.Kind.CLIENT_IDLE, timeouts.clientIdle());
        deadlines.lasts(Deadlines.Kind.REQUEST_HEAD, timeouts.requestHead());
        deadlines.lasts(Deadlines.Kind.BACKEND_IDLE, settings.backends().idle());
    }

    private void tick() {
        long now = System.nanoTime();
        calibrate();
        deadlines.tick(now);
        log.handOver();
    }

    private void calibrate() {
        var wall = java.time.Instant.now();
        epoch = wall.getEpochSecond() * 1_000_000_000L + wall.getNano() - System.nanoTime();
    }

    /** Nanoseconds since the Unix epoch of a {@link System#nanoTime}. */
    long epochNanos(long nanoTime) {
        return epoch + nanoTime;
    }

    int index() {
        return index;
    }

    EventLoop executor() {
        return executor;
    }

    Proxy proxy() {
        return proxy;
    }

    Probe probe() {
        return probe;
    }

    Deadlines deadlines() {
        return deadlines;
    }

    SplittableRandom random() {
        return random;
    }

    Traffic traffic() {
        return traffic;
    }

    LogLane log() {
        return log;
    }

    RequestHead requestHead() {
        var head = requestHeads.pollFirst();
        return head == null ? new RequestHead() : head;
    }

    void recycle(RequestHead head) {
        if (requestHeads.size() < KEPT_HEADS) {
            head.clear();
            requestHeads.addFirst(head);
        }
    }

    ResponseHead responseHead() {
        var head = responseHeads.pollFirst();
        return head == null ? new ResponseHead() : head;
    }

    void recycle(ResponseHead head) {
        if (responseHeads.size() < KEPT_HEADS) {
            head.clear();
            responseHeads.addFirst(head);
        }
    }

    void idleBackends(int change) {
        traffic.add(Traffic.Gauge.IDLE_BACKENDS, change);
    }

    void opened(Client client) {
        traffic.count(Count.CLIENTS_ACCEPTED);
        traffic.add(Traffic.Gauge.CLIENTS, 1);
        clients.add(client);
        int most = proxy.settings().limits().clients();
        if (most > 0 && proxy.clients() > most) {
            evictIdle(1);
        }
    }

    void closed(Client client) {
        traffic.add(Traffic.Gauge.CLIENTS, -1);
        clients.remove(client);
    }

    /** Closes the clients that have idled longest. */
    private void evictIdle(int most) {
        for (int i = 0; i < most; i++) {
            var oldest = deadlines.oldest(Deadlines.Kind.CLIENT_IDLE);
            if (oldest == null || !(oldest.owner instanceof Client client)) {
                return;
            }
            deadlines.cancel(oldest);
            traffic.count(Count.CLIENTS_EVICTED);
            client.close();
        }
    }

    /** Descriptors or ports have run out: gives up what only idles. */
    void relieve() {
        traffic.count(Count.RESOURCE_EXHAUSTIONS);
        proxy.exhausted();
        for (int i = 0; i < RELIEF; i++) {
            var oldest = deadlines.oldest(Deadlines.Kind.BACKEND_IDLE);
            if (oldest == null) {
                break;
            }
            deadlines.cancel(oldest);
            oldest.owner.expired(Deadlines.Kind.BACKEND_IDLE);
        }
        evictIdle(RELIEF);
    }

    /** Ends all clients: idle ones at once, others after their answer. */
    void drain() {
        for (var client : java.util.List.copyOf(clients)) {
            client.drain();
        }
    }

    /** Ends all clients whatever they do. */
    void closeAll() {
        for (var client : java.util.List.copyOf(clients)) {
            client.close();
        }
        for (var idle = deadlines.oldest(Deadlines.Kind.BACKEND_IDLE);
                idle != null;
                idle = deadlines.oldest(Deadlines.Kind.BACKEND_IDLE)) {
            deadlines.cancel(idle);
            idle.owner.expired(Deadlines.Kind.BACKEND_IDLE);
        }
        log.handOver();
    }

    /** The second as the access log writes it; made once a second. */
    byte[] second(long epochSecond, DateTimeFormatter format) {
        if (epochSecond != loggedSecond) {
            loggedSecond = epochSecond;
            logged = AccessLine.second(epochSecond, format);
        }
        return logged;
    }

    String dateText(long nanoTime) {
        date(nanoTime);
        return dateText;
    }

    /** {@code Date: …} with its line end; made once a second. */
    byte[] date(long nanoTime) {
        long second = epochNanos(nanoTime) / 1_000_000_000L;
        if (second != dateSecond) {
            dateSecond = second;
            dateText =
                    DATE.format(
                            ZonedDateTime.ofInstant(
                                    java.time.Instant.ofEpochSecond(second), ZoneOffset.UTC));
            date = Wire.bytes("Date: " + dateText + "\r\n");
        }
        return date;
    }
}

package io.nimbus.router.policy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.subjects.RouterRegister;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Hosts, below each the paths that are routed differently, and at each of these the endpoints.
 *
 * <p>Writers (the bus's thread and the pruner) take the table's lock; event loops look up without
 * one and see each change at once.
 */
public final class RouteTable {
    /**
     * @param staleAfter silence after which an endpoint is dropped
     * @param keepEmpty how long a route without endpoints is kept, to answer 503 and not 404; zero
     *     removes it at once
     * @param sharding which endpoints belong to this router
     */
    public record Rules(Duration staleAfter, Duration keepEmpty, Sharding sharding) {}

    /** What a sweep did. */
    public record Pruned(int endpoints, int routes) {}

    private final RandomGenerator random;
    private final ConcurrentHashMap<Object, Node> hosts = new ConcurrentHashMap<>();
    private final Probe writing = new Probe();
    private final Shared shared = new Shared();
    private volatile Rules rules;
    private final AtomicInteger wildcards = new AtomicInteger();
    private final AtomicInteger routes = new AtomicInteger();
    private final AtomicInteger endpoints = new AtomicInteger();
    private volatile long lastUpdate;

    /** Nobody counts as silent since before this; moved when the bus was away. */
    private long heardSince;

    public RouteTable(Rules rules, RandomGenerator random) {
        this.rules = rules;
        this.random = random;
    }

    public synchronized void rules(Rules changed) {
        rules = changed;
    }

    public int routes() {
        return routes.get();
    }

    public int endpoints() {
        return endpoints.get();
    }

    /** When a registration last arrived, in milliseconds since the epoch; 0 for never. */
    public long lastUpdate() {
        return lastUpdate;
    }

    /**
     * Adds the endpoint to each uri, or refreshes it there.
     *
     * @param now milliseconds since the epoch
     * @return how many endpoints are new
     */
    public synchronized int register(RouterRegister message, long now) {
        if (!rules.sharding().takes(message.isolationSegment())) {
            return 0;
        }
        lastUpdate = now;
        Backend made = null;
        int added = 0;
        for (var uri : message.uris()) {
            var key = Key.of(uri);
            if (key == null) {
                continue;
            }
            var route = find(key);
            var endpoint = route == null ? null : route.at(message.host(), message.effectivePort());
            if (route == null) {
                route = insert(key);
            }
            route.properties(
                    message.routeServiceUrl(),
                    message.options() == null
                            ? null
                            : Balancing.of(message.options().loadBalancing()));
            if (endpoint == null) {
                if (made == null) {
                    made = Backend.of(message, shared);
                }
                route.add(new Endpoint(made, now));
                endpoints.incrementAndGet();
                added++;
                continue;
            }
            var before = endpoint.backend();
            if (!before.says(message)) {
                if (made == null || made == before) {
                    made = Backend.of(message, shared);
                    if (made.reachedAs(before)) {
                        made.inherit(before);
                    }
                }
                endpoint.replace(made);
            } else if (made == null) {
                // The next uri of the message is new: it shares what the others have.
                made = before;
            }
            endpoint.heard(now);
        }
        return added;
    }

    /**
     * Takes the endpoint away from each uri; what is not there is no fault.
     *
     * @return how many endpoints went
     */
    public synchronized int unregister(RouterRegister message, long now) {
        if (!rules.sharding().takes(message.isolationSegment())) {
            return 0;
        }
        lastUpdate = now;
        int removed = 0;
        for (var uri : message.uris()) {
            var key = Key.of(uri);
            var route = key == null ? null : find(key);
            var endpoint = route == null ? null : route.at(message.host(), message.effectivePort());
            if (route != null && endpoint != null) {
                remove(route, endpoint, now);
                removed++;
            }
        }
        return removed;
    }

    /**
     * An endpoint that is not what it says (wrong certificate, no TLS): gone until registered anew.
     */
    public synchronized void eject(Route route, Endpoint endpoint, long now) {
        remove(route, endpoint, now);
    }

    private void remove(Route route, Endpoint endpoint, long now) {
        int before = route.endpoints().length;
        route.remove(endpoint, now);
        endpoints.addAndGet(route.endpoints().length - before);
        if (route.isEmpty() && !keepsEmpty()) {
            delete(route);
        }
    }

    private boolean keepsEmpty() {
        return !rules.keepEmpty().isZero();
    }

    /** After an absence of the bus nobody is to blame for silence: all count as heard now. */
    public synchronized void heardNow(long now) {
        heardSince = now;
    }

    /** Drops the endpoints that were silent too long, and the routes that have none left. */
    public synchronized Pruned prune(long now) {
        int droppedEndpoints = 0;
        int droppedRoutes = 0;
        for (var route : list()) {
            for (var endpoint : route.endpoints()) {
                if (isStale(endpoint, now)) {
                    route.remove(endpoint, now);
                    endpoints.decrementAndGet();
                    droppedEndpoints++;
                }
            }
            if (route.isEmpty() && now - route.emptySince() >= rules.keepEmpty().toMillis()) {
                delete(route);
                droppedRoutes++;
            }
        }
        return new Pruned(droppedEndpoints, droppedRoutes);
    }

    private boolean isStale(Endpoint endpoint, long now) {
        var backend = endpoint.backend();
        if (backend.tls()) {
            // Its certificate says who it is: a stale address cannot lead to somebody else.
            return false;
        }
        long threshold = rules.staleAfter().toMillis();
        if (backend.staleSeconds() > 0) {
            threshold = Math.min(threshold, backend.staleSeconds() * 1000L);
        }
        return now - Math.max(endpoint.lastHeard(), heardSince) > threshold;
    }

    /**
     * The route for a request.
     *
     * @param hostTo exclusive; without the port
     * @param pathFrom where the path begins, {@code pathTo} if there is none
     */
    public @Nullable Route lookup(
            byte[] bytes, int hostFrom, int hostTo, int pathFrom, int pathTo, Probe probe) {
        var host = hosts.get(probe.set(bytes, hostFrom, hostTo));
        if (host != null) {
            var found = walk(host, bytes, pathFrom, pathTo, probe);
            if (found != null) {
                return found;
            }
        }
        return wildcards.get() == 0
                ? null
                : wildcard(bytes, hostFrom, hostTo, pathFrom, pathTo, probe);
    }

    private @Nullable Route wildcard(
            byte[] bytes, int hostFrom, int hostTo, int pathFrom, int pathTo, Probe probe) {
        for (int dot = hostFrom + 1; dot < hostTo - 1; dot++) {
            if (bytes[dot] == '.') {
                var host = hosts.get(probe.wildcard(bytes, dot, hostTo));
                if (host != null) {
                    var found = walk(host, bytes, pathFrom, pathTo, probe);
                    if (found != null) {
                        return found;
                    }
                }
            }
        }
        return null;
    }

    /** The deepest route with endpoints along the path, else the deepest without. */
    private static @Nullable Route walk(
            Node host, byte[] bytes, int pathFrom, int pathTo, Probe probe) {
        var serving = host.route;
        var empty = serving;
        if (serving != null && serving.isEmpty()) {
            serving = null;
        }
        var node = host;
        int at = pathFrom;
        while (at < pathTo && node.children.length > 0) {
            int end = ++at;
            while (end < pathTo && bytes[end] != '/') {
                end++;
            }
            node = node.child(probe.set(bytes, at, end));
            if (node == null) {
                break;
            }
            var route = node.route;
            if (route != null) {
                empty = route;
                serving = route.isEmpty() ? serving : route;
            }
            at = end;
        }
        return serving == null ? empty : serving;
    }

    /** Every route, in no order. A snapshot. */
    public List<Route> list() {
        var all = new ArrayList<Route>(routes.get() + 16);
        for (var host : hosts.values()) {
            list(host, all);
        }
        return all;
    }

    private static void list(Node node, List<Route> all) {
        var route = node.route;
        if (route != null) {
            all.add(route);
        }
        for (var child : node.children) {
            list(child, all);
        }
    }

    private @Nullable Route find(Key key) {
        var node = hosts.get(writing.set(key.bytes, 0, key.hostEnd));
        int at = key.hostEnd;
        while (node != null && at < key.bytes.length) {
            int end = segmentEnd(key.bytes, at + 1);
            node = node.child(writing.set(key.bytes, at + 1, end));
            at = end;
        }
        return node == null ? null : node.route;
    }

    private Route insert(Key key) {
        var node = hosts.get(writing.set(key.bytes, 0, key.hostEnd));
        if (node == null) {
            node = writing.node(null);
            hosts.put(node, node);
            if (node.isWildcard()) {
                wildcards.incrementAndGet();
            }
        }
        int at = key.hostEnd;
        while (at < key.bytes.length) {
            int end = segmentEnd(key.bytes, at + 1);
            var child = node.child(writing.set(key.bytes, at + 1, end));
            if (child == null) {
                child = writing.node(node);
                node.add(child);
            }
            node = child;
            at = end;
        }
        var route = node.route;
        if (route == null) {
            route = new Route(node, key.contextPath, random.nextInt(1 << 16));
            node.route = route;
            routes.incrementAndGet();
        }
        return route;
    }

    private void delete(Route route) {
        var node = route.node();
        if (node.route != route) {
            return;
        }
        node.route = null;
        routes.decrementAndGet();
        for (var useless = node; useless != null && useless.isUseless(); useless = useless.parent) {
            var parent = useless.parent;
            if (parent != null) {
                parent.remove(useless);
            } else {
                hosts.remove(useless);
                if (useless.isWildcard()) {
                    wildcards.decrementAndGet();
                }
            }
        }
    }

    private static int segmentEnd(byte[] bytes, int from) {
        int end = from;
        while (end < bytes.length && bytes[end] != '/') {
            end++;
        }
        return end;
    }

    /** A registered uri without query and trailing slash; its case is lowered by the probe. */
    private static final class Key {
        final byte[] bytes;
        final int hostEnd;
        final String contextPath;

        private Key(byte[] bytes, int hostEnd, String contextPath) {
            this.bytes = bytes;
            this.hostEnd = hostEnd;
            this.contextPath = contextPath;
        }

        /** Null for one without a host. */
        static @Nullable Key of(@Nullable String uri) {
            if (uri == null) {
                return null;
            }
            int end = uri.indexOf('?');
            if (end < 0) {
                end = uri.length();
            }
            while (end > 0 && uri.charAt(end - 1) == '/') {
                end--;
            }
            int slash = uri.indexOf('/');
            int hostEnd = slash < 0 || slash > end ? end : slash;
            if (hostEnd == 0) {
                return null;
            }
            var bytes = uri.substring(0, end).getBytes(UTF_8);
            int byteEnd = hostEnd;
            if (bytes.length != end) {
                byteEnd = uri.substring(0, hostEnd).getBytes(UTF_8).length;
            }
            return new Key(bytes, byteEnd, hostEnd == end ? "/" : uri.substring(hostEnd, end));
        }
    }
}

package io.nimbus.router.policy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One uri and the endpoints that serve it, in the order of their arrival. */
public final class Route {
    private static final Endpoint[] NONE = {};
    private static final VarHandle CURSOR;

    static {
        try {
            CURSOR = MethodHandles.lookup().findVarHandle(Route.class, "cursor", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Node node;

    private final String contextPath;

    private volatile Endpoint[] endpoints = NONE;
    private volatile @Nullable String serviceUrl;
    private volatile @Nullable Balancing balancing;

    @SuppressWarnings("unused") // by its handle
    private volatile int cursor;

    /** When the last endpoint left, in milliseconds since the epoch; 0 while there is one. */
    private long emptySince;

    Route(Node node, String contextPath, int start) {
        this.node = node;
        this.contextPath = contextPath;
        this.cursor = start;
    }

    /** Not to be changed by the caller. */
    public Endpoint[] endpoints() {
        return endpoints;
    }

    /** The endpoint with that {@code private_instance_id}, or null. */
    public @Nullable Endpoint instance(String id) {
        for (var endpoint : endpoints) {
            if (endpoint.backend().instance().equals(id)) {
                return endpoint;
            }
        }
        return null;
    }

    public boolean isEmpty() {
        return endpoints.length == 0;
    }

    Node node() {
        return node;
    }

    /** Host and path in lower case. */
    public String uri() {
        return node.uri();
    }

    /** The path in its registered case, {@code /} where the uri has none. */
    public String contextPath() {
        return contextPath;
    }

    /** Where requests go first, or null. */
    public @Nullable String serviceUrl() {
        return serviceUrl;
    }

    /** Null for the router's default. */
    public @Nullable Balancing balancing() {
        return balancing;
    }

    public boolean allFull(int maxConnections) {
        if (maxConnections <= 0) {
            return false;
        }
        var all = endpoints;
        for (var endpoint : all) {
            if (!endpoint.isFull(maxConnections)) {
                return false;
            }
        }
        return all.length > 0;
    }

    /** The endpoint whose turn it is. */
    int turn(int count) {
        return ((int) CURSOR.getAndAdd(this, 1) & Integer.MAX_VALUE) % count;
    }

    void skip(int count) {
        if (count > 0) {
            CURSOR.getAndAdd(this, count);
        }
    }

    /** Changes below: the table's writer only. */
    void properties(@Nullable String url, @Nullable Balancing algorithm) {
        var wanted = url == null || url.isEmpty() ? null : url;
        if (!Objects.equals(serviceUrl, wanted)) {
            serviceUrl = wanted;
        }
        balancing = algorithm;
    }

    @Nullable Endpoint at(String host, int port) {
        for (var endpoint : endpoints) {
            if (endpoint.backend().isAt(host, port)) {
                return endpoint;
            }
        }
        return null;
    }

    void add(Endpoint endpoint) {
        var old = endpoints;
        var grown = Arrays.copyOf(old, old.length + 1);
        grown[old.length] = endpoint;
        endpoints = grown;
        emptySince = 0;
    }

    void remove(Endpoint endpoint, long now) {
        var old = endpoints;
        for (int i = 0; i < old.length; i++) {
            if (old[i] == endpoint) {
                var shrunk = new Endpoint[old.length - 1];
                System.arraycopy(old, 0, shrunk, 0, i);
                System.arraycopy(old, i + 1, shrunk, i, shrunk.length - i);
                endpoints = shrunk.length == 0 ? NONE : shrunk;
                if (shrunk.length == 0) {
                    emptySince = now;
                }
                return;
            }
        }
    }

    long emptySince() {
        return emptySince;
    }
}

package io.nimbus.router.proxy;

import io.netty.util.NetUtil;
import io.nimbus.router.policy.Backend;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Where connections lead: address, whether with TLS and to whom, and the idle ones of each loop.
 */
final class Destination {
    private final String host;
    private final int port;
    private final boolean tls;
    private final String name;
    private final boolean http2;
    private final boolean service;
    private final byte[] identity;
    private final AtomicReferenceArray<@Nullable Pool> pools;
    private volatile @Nullable InetSocketAddress address;
    private volatile long resolvedAt;

    private Destination(
            String host,
            int port,
            boolean tls,
            String name,
            boolean http2,
            boolean service,
            byte[] identity,
            int loops) {
        this.host = host;
        this.port = port;
        this.tls = tls;
        this.name = name;
        this.http2 = http2;
        this.service = service;
        this.identity = identity;
        this.pools = new AtomicReferenceArray<>(loops);
        var literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            try {
                address = new InetSocketAddress(InetAddress.getByAddress(host, literal), port);
            } catch (UnknownHostException e) {
                throw new IllegalStateException("four or sixteen bytes are an address", e);
            }
        }
    }

    static Destination of(Backend backend, int loops) {
        return new Destination(
                backend.host(),
                backend.port(),
                backend.tls(),
                backend.certificateName(),
                backend.http2(),
                false,
                identity(backend),
                loops);
    }

    static Destination ofService(String host, int port, int loops) {
        return new Destination(host, port, true, "", false, true, new byte[0], loops);
    }

    /** The header lines by which an instance knows itself. */
    private static byte[] identity(Backend backend) {
        var instance = backend.instance().isEmpty() ? backend.address() : backend.instance();
        return Wire.bytes(
                "X-CF-ApplicationID: "
                        + clean(backend.app())
                        + "\r\nX-CF-InstanceID: "
                        + clean(instance)
                        + "\r\nX-CF-InstanceIndex: "
                        + clean(backend.index())
                        + "\r\n");
    }

    private static String clean(String value) {
        return value.chars().allMatch(c -> c >= ' ' && c < 0x7f)
                ? value
                : value.replaceAll("[^ -~]", "?");
    }

    /** Its idle connections on one loop, which alone touches them. */
    Pool pool(Loop loop) {
        var pool = pools.get(loop.index());
        if (pool == null) {
            pool = new Pool(loop);
            pools.set(loop.index(), pool);
        }
        return pool;
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    boolean isTls() {
        return tls;
    }

    /** The name that the certificate must carry. */
    String certificateName() {
        return name.isEmpty() ? host : name;
    }

    boolean isHttp2() {
        return http2 && tls;
    }

    /** Whether it is a route service. */
    boolean isService() {
        return service;
    }

    byte[] identity() {
        return identity;
    }

    /** Null while it is not known, or known too long. */
    @Nullable InetSocketAddress address(long now) {
        var known = address;
        return known != null && (resolvedAt == 0 || now - resolvedAt < 30_000_000_000L)
                ? known
                : null;
    }

    void resolved(InetAddress found, long now) {
        address = new InetSocketAddress(found, port);
        resolvedAt = now == 0 ? 1 : now;
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}

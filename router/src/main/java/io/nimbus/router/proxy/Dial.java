package io.nimbus.router.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.nimbus.router.metrics.Count;
import io.nimbus.router.policy.Failure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** Makes one connection for an exchange: looks the name up, connects, shakes hands. */
final class Dial {
    private final Exchange exchange;
    private final Destination destination;
    private final Loop loop;
    private final long started = System.nanoTime();
    private long resolved;
    private long connected;
    private @Nullable Channel channel;
    private boolean over;

    Dial(Exchange exchange, Destination destination) {
        this.exchange = exchange;
        this.destination = destination;
        this.loop = exchange.loop;
    }

    void start() {
        loop.traffic().count(Count.BACKEND_DIALS);
        var known = destination.address(started);
        if (known != null) {
            resolved = started;
            connect(known);
            return;
        }
        // The system's resolver blocks.
        Thread.ofVirtual().name("resolve").start(this::resolve);
    }

    private void resolve() {
        try {
            var found = InetAddress.getByName(destination.host());
            destination.resolved(found, System.nanoTime());
            loop.executor()
                    .execute(() -> {
                        if (!over) {
                            resolved = System.nanoTime();
                            exchange.dnsNanos = resolved - started;
                            connect(new InetSocketAddress(found, destination.port()));
                        }
                    });
        } catch (UnknownHostException e) {
            loop.executor().execute(() -> fail(Failure.DIAL, "no such host"));
        }
    }

    private void connect(InetSocketAddress to) {
        Channel made;
        try {
            made = loop.proxy().transport().client();
        } catch (ChannelException e) {
            fail(Failure.RESOURCES, "");
            return;
        }
        channel = made;
        var config = made.config();
        config.setOption(ChannelOption.TCP_NODELAY, true);
        config.setOption(ChannelOption.SO_KEEPALIVE, true);
        // What the backend still said before it stopped listening is to be read.
        config.setAutoClose(false);
        config.setConnectTimeoutMillis(0); // the exchange's own deadline
        loop.proxy().memory(config);
        var connection = new BackendConnection(loop, destination);
        SslHandler tls = null;
        if (destination.isTls()) {
            tls =
                    loop.proxy()
                            .tls(destination)
                            .handler(
                                    made.alloc(),
                                    destination.certificateName(),
                                    destination.port(),
                                    false);
            made.pipeline().addLast(tls);
        }
        made.pipeline().addLast(connection);
        var shaking = tls;
        var _ = loop.executor().register(made);
        var _ =
                made.connect(to)
                        .addListener(done -> {
                            if (over) {
                                close(made);
                            } else if (!done.isSuccess()) {
                                connectFailed(done);
                            } else {
                                connected = System.nanoTime();
                                exchange.dialNanos = connected - resolved;
                                if (shaking == null) {
                                    succeed(connection);
                                } else {
                                    var _ =
                                            shaking.handshakeFuture()
                                                    .addListener(shaken ->
                                                            handshaken(shaken, connection));
                                }
                            }
                        });
    }

    private void connectFailed(Future<?> done) {
        var message = String.valueOf(done.cause().getMessage());
        if (message.contains("Cannot assign requested address")
                || message.contains("Too many open files")) {
            fail(Failure.RESOURCES, "");
        } else {
            fail(Failure.DIAL, message.contains("refused") ? "connection refused" : "unreachable");
        }
    }

    private void handshaken(Future<?> done, BackendConnection connection) {
        if (over) {
            return;
        }
        exchange.tlsNanos = System.nanoTime() - connected;
        if (done.isSuccess()) {
            succeed(connection);
        } else {
            fail(loop.proxy().tls(destination).classify(done.cause()), "");
        }
    }

    private void succeed(BackendConnection connection) {
        over = true;
        exchange.connected(connection);
    }

    private void fail(Failure failure, String detail) {
        if (over) {
            return;
        }
        cancel();
        loop.traffic().count(Count.BACKEND_DIAL_FAILURES);
        exchange.failed(failure, detail);
    }

    void cancel() {
        over = true;
        var made = channel;
        if (made != null) {
            close(made);
        }
    }

    private static void close(Channel made) {
        var _ = made.close();
    }
}

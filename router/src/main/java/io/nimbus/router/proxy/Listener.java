package io.nimbus.router.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.ReferenceCountUtil;
import io.nimbus.router.metrics.Traffic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port where clients connect. On Linux every loop listens for itself, so that a connection stays
 * where it was accepted; a loop that has clearly more of them than another passes new ones on.
 */
final class Listener {
    private static final Logger log = LoggerFactory.getLogger(Listener.class);
    private static final int BACKLOG = 4096;
    private static final long QUIET_MS = 30;
    private static final long QUIET_NANOS = QUIET_MS * 1_000_000;
    private static final long SETTLE_NANOS = 1_000_000_000L;

    /** Fills a new connection's pipeline. */
    interface Greeting {
        void greet(Channel channel, Loop loop);
    }

    private final Proxy proxy;
    private final String host;
    private final int port;
    private final Greeting greeting;
    private final List<Channel> channels = new ArrayList<>();

    /** {@link System#nanoTime} of the newest connection, roughly. */
    private volatile long accepted = System.nanoTime();

    Listener(Proxy proxy, String host, int port, Greeting greeting) {
        this.proxy = proxy;
        this.host = host;
        this.port = port;
        this.greeting = greeting;
    }

    /**
     * @throws IOException when the port is taken or may not be opened
     */
    void open() throws IOException {
        var loops = proxy.loops();
        int listeners = proxy.transport().sharesPorts() ? loops.size() : 1;
        var address = new InetSocketAddress(host, port);
        for (int i = 0; i < listeners; i++) {
            var bound =
                    new Bootstrap()
                            .group(loops.get(i).executor())
                            .channelFactory(() -> proxy.transport().server())
                            .option(ChannelOption.SO_BACKLOG, BACKLOG)
                            .option(ChannelOption.SO_REUSEADDR, true)
                            .handler(new Acceptor(loops.get(i)));
            if (listeners > 1) {
                bound.option(Transport.reusePort(), true);
            }
            var done = bound.bind(address).awaitUninterruptibly();
            if (!done.isSuccess()) {
                close();
                throw new IOException(
                        "port "
                                + address.getPort()
                                + " on "
                                + host
                                + ": "
                                + done.cause().getMessage(),
                        done.cause());
            }
            channels.add(done.channel());
            // A free port was wanted: the other loops share the one that was found.
            address = new InetSocketAddress(host, port());
        }
    }

    int port() {
        return channels.isEmpty()
                ? 0
                : ((InetSocketAddress) channels.get(0).localAddress()).getPort();
    }

    /**
     * Waits until nobody knocks any more, for closing resets the connections that the kernel has
     * accepted and we have not. In vain where new ones never cease.
     */
    void settle() {
        long end = System.nanoTime() + SETTLE_NANOS;
        try {
            for (long now = System.nanoTime(); now - end < 0; now = System.nanoTime()) {
                if (now - accepted > QUIET_NANOS) {
                    return;
                }
                TimeUnit.MILLISECONDS.sleep(QUIET_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes no more connections. */
    void close() {
        for (var channel : channels) {
            channel.close().awaitUninterruptibly(2, TimeUnit.SECONDS);
        }
        channels.clear();
    }

    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private final Loop loop;

        Acceptor(Loop loop) {
            this.loop = loop;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof Channel child)) {
                ReferenceCountUtil.release(message);
                return;
            }
            accepted = System.nanoTime();
            var to = target();
            child.config().setOption(ChannelOption.TCP_NODELAY, true);
            child.config().setOption(ChannelOption.SO_KEEPALIVE, true);
            proxy.memory(child.config());
            greeting.greet(child, to);
            var _ = to.executor().register(child);
        }

        /** Usually this loop; the one with the fewest clients if the difference is worth a hop. */
        private Loop target() {
            int mine = loop.traffic().get(Traffic.Gauge.CLIENTS);
            var best = loop;
            int least = mine;
            for (var other : proxy.loops()) {
                int there = other.traffic().get(Traffic.Gauge.CLIENTS);
                if (there < least) {
                    least = there;
                    best = other;
                }
            }
            return mine - least > 4 + mine / 8 ? best : loop;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // Usually out of descriptors: those who wait are taken when there are some again.
            log.debug("accepting on port {}", port(), cause);
            loop.relieve();
            var config = ctx.channel().config();
            if (config.isAutoRead()) {
                config.setAutoRead(false);
                var _ =
                        ctx.executor()
                                .schedule(
                                        () -> config.setAutoRead(true), 100, TimeUnit.MILLISECONDS);
            }
        }
    }
}

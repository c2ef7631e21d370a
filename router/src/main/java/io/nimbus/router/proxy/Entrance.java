package io.nimbus.router.proxy;

import io.netty.channel.Channel;
import io.nimbus.component.Component;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ports that clients come to. */
public final class Entrance implements Component {
    private static final Logger log = LoggerFactory.getLogger(Entrance.class);

    /**
     * @param plainPort of plain HTTP; 0 for a free one, -1 for none
     * @param tlsPort the same with TLS
     * @param proxyLine whether load balancers say who their client is
     */
    public record Ports(String host, int plainPort, int tlsPort, boolean proxyLine) {}

    private final Proxy proxy;
    private final Ports ports;
    private volatile @Nullable Listener plain;
    private volatile @Nullable Listener tls;

    public Entrance(Proxy proxy, Ports ports) {
        this.proxy = proxy;
        this.ports = ports;
    }

    /**
     * @throws IOException when a port is taken; nothing is open then
     */
    public void open() throws IOException {
        if (ports.plainPort() >= 0) {
            plain = listen("HTTP", ports.plainPort(), Entrance::greetPlain);
        }
        if (ports.tlsPort() >= 0) {
            try {
                tls = listen("HTTPS", ports.tlsPort(), TlsEntrance::greet);
            } catch (IOException e) {
                shut();
                throw e;
            }
        }
        proxy.healthy(true);
    }

    private Listener listen(String name, int port, Listener.Greeting greeting) throws IOException {
        Listener.Greeting first =
                ports.proxyLine()
                        ? (channel, loop) -> {
                            channel.pipeline().addLast(new ProxyLine());
                            greeting.greet(channel, loop);
                        }
                        : greeting;
        var listener = new Listener(proxy, ports.host(), port, first);
        listener.open();
        log.info("{} on {}:{}", name, ports.host(), listener.port());
        return listener;
    }

    private static void greetPlain(Channel channel, Loop loop) {
        channel.pipeline().addLast(new ClientConnection(loop, false));
    }

    /** The plain port; 0 while it is not open. */
    public int port() {
        return port(plain);
    }

    public int tlsPort() {
        return port(tls);
    }

    private static int port(@Nullable Listener listener) {
        return listener == null ? 0 : listener.port();
    }

    public boolean isOpen() {
        return plain != null || tls != null;
    }

    /** Shows bad health and sends clients elsewhere with each answer, but still serves. */
    public void leave() {
        proxy.leave();
    }

    /** Takes no more connections, once those that knocked already are in, and ends idle ones. */
    public void drain() {
        for (var listener : new Listener[] {plain, tls}) {
            if (listener != null) {
                listener.settle();
            }
        }
        shut();
        proxy.drain();
    }

    /** Connections of clients. */
    public int clients() {
        return proxy.clients();
    }

    private void shut() {
        for (var listener : new Listener[] {plain, tls}) {
            if (listener != null) {
                listener.close();
            }
        }
        plain = null;
        tls = null;
    }

    @Override
    public void start() {
        // Opened when the table is ready.
    }

    @Override
    public void close() {
        proxy.healthy(false);
        shut();
        proxy.close();
    }
}

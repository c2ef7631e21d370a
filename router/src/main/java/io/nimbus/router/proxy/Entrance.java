package io.nimbus.router.proxy;

import io.nimbus.component.Component;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ports that clients come to. */
public final class Entrance implements Component {
    private static final Logger log = LoggerFactory.getLogger(Entrance.class);

    private final Proxy proxy;
    private final String host;
    private final int port;
    private volatile @Nullable Listener plain;

    /**
     * @param port of plain HTTP; 0 for a free one, -1 for none
     */
    public Entrance(Proxy proxy, String host, int port) {
        this.proxy = proxy;
        this.host = host;
        this.port = port;
    }

    @Override
    public void start() {
        // Opened when the table is ready.
    }

    /**
     * @throws IOException when a port is taken; nothing is open then
     */
    public void open() throws IOException {
        if (port >= 0) {
            var listener =
                    new Listener(
                            proxy,
                            host,
                            port,
                            (channel, loop) ->
                                    channel.pipeline().addLast(new ClientConnection(loop, false)));
            listener.open();
            plain = listener;
            log.info("HTTP on {}:{}", host, listener.port());
        }
        proxy.healthy(true);
    }

    public int port() {
        var listener = plain;
        return listener == null ? 0 : listener.port();
    }

    @Override
    public void close() {
        proxy.healthy(false);
        var listener = plain;
        if (listener != null) {
            listener.close();
        }
        proxy.close();
    }
}

package io.nimbus.router.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.nimbus.router.metrics.Count;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shakes hands with a client and then speaks the protocol that both can. */
final class TlsEntrance extends ApplicationProtocolNegotiationHandler {
    private static final Logger log = LoggerFactory.getLogger(TlsEntrance.class);
    private static final long HANDSHAKE_MS = 10_000;

    private final Loop loop;

    private TlsEntrance(Loop loop) {
        super(ApplicationProtocolNames.HTTP_1_1);
        this.loop = loop;
    }

    static void greet(Channel channel, Loop loop) {
        var tls = loop.proxy().serverTls();
        if (tls.isSingle()) {
            var handler = tls.first().newHandler(channel.alloc());
            handler.setHandshakeTimeoutMillis(HANDSHAKE_MS);
            channel.pipeline().addLast(handler);
        } else {
            channel.pipeline()
                    .addLast(
                            new SniHandler(
                                    (name, promise) ->
                                            ImmediateEventExecutor.INSTANCE.newSucceededFuture(
                                                    tls.forName(name)),
                                    16 * 1024,
                                    HANDSHAKE_MS));
        }
        channel.pipeline().addLast(new TlsEntrance(loop));
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
        if (ApplicationProtocolNames.HTTP_2.equals(protocol)) {
            Http2Client.speak(ctx.channel(), loop);
        } else {
            ctx.pipeline().addLast(new ClientConnection(loop, true));
        }
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
        loop.traffic().count(Count.TLS_HANDSHAKE_FAILURES);
        log.debug("{}: {}", ctx.channel().remoteAddress(), cause.getMessage());
        var _ = ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("{}: {}", ctx.channel().remoteAddress(), cause.getMessage());
        var _ = ctx.close();
    }

    /** The TLS of a connection that has shaken hands. */
    static SslHandler of(Channel channel) {
        return channel.pipeline().get(SslHandler.class);
    }
}

package io.nimbus.router.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client's connection with HTTP/2: counts its streams, closes it when it idles or drains. */
final class Http2Client extends ChannelInboundHandlerAdapter implements Client, Timer.Expiry {
    private static final Logger log = LoggerFactory.getLogger(Http2Client.class);
    private static final int MOST_STREAMS = 250;

    /** Bytes that a client may send of one request ahead of the backend. */
    private static final int WINDOW = 256 * 1024;

    private final Loop loop;
    private final Timer timer = new Timer(this);
    private final Channel channel;
    private final String host;
    private final String address;
    private @Nullable String certificate;
    private boolean certificateKnown;
    private int streams;
    private boolean draining;

    private Http2Client(Loop loop, Channel channel) {
        this.loop = loop;
        this.channel = channel;
        var remote = ProxyLine.client(channel);
        this.host = ClientConnection.host(remote);
        this.address = ClientConnection.address(host, remote);
    }

    /** Makes the connection one of HTTP/2. */
    static void speak(Channel channel, Loop loop) {
        var limits = loop.proxy().settings().limits();
        var client = new Http2Client(loop, channel);
        var codec =
                Http2FrameCodecBuilder.forServer()
                        .validateHeaders(true)
                        .initialSettings(
                                Http2Settings.defaultSettings()
                                        .maxConcurrentStreams(MOST_STREAMS)
                                        .initialWindowSize(WINDOW)
                                        .maxHeaderListSize(
                                                Math.min(
                                                        limits.requestHeaderBytes(),
                                                        ClientConnection.MOST_HEAD)))
                        // A client that only opens and resets streams is sent away.
                        .decoderEnforceMaxRstFramesPerWindow(200, 30)
                        .decoderEnforceMaxConsecutiveEmptyDataFrames(16)
                        .gracefulShutdownTimeoutMillis(-1)
                        .build();
        var streams =
                new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline().addLast(new Http2ClientStream(loop, client));
                    }
                };
        channel.pipeline().addLast(codec, new Http2MultiplexHandler(streams), client);
        client.widen(codec);
    }

    /** The connection's own window is as wide as several streams'. */
    private void widen(Http2FrameCodec codec) {
        var connection = codec.connection();
        try {
            connection
                    .local()
                    .flowController()
                    .incrementWindowSize(connection.connectionStream(), 4 * WINDOW);
        } catch (io.netty.handler.codec.http2.Http2Exception e) {
            log.debug("the window stays as it is", e);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        loop.opened(this);
        rest();
    }

    private void rest() {
        loop.deadlines().start(timer, Deadlines.Kind.CLIENT_IDLE, System.nanoTime());
    }

    void opened() {
        if (streams++ == 0) {
            loop.deadlines().cancel(timer);
        }
    }

    void closed() {
        if (--streams == 0 && channel.isActive()) {
            rest();
        }
    }

    String host() {
        return host;
    }

    String address() {
        return address;
    }

    @Nullable String certificate() {
        if (!certificateKnown) {
            certificateKnown = true;
            certificate = ClientCertificates.of(channel);
        }
        return certificate;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        loop.deadlines().cancel(timer);
        loop.closed(this);
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            log.debug("{}", address, cause);
        }
        var _ = ctx.close();
    }

    @Override
    public void expired(Deadlines.Kind kind) {
        drain();
    }

    /** GOAWAY; the connection ends with its last stream. */
    @Override
    public void drain() {
        if (!draining) {
            draining = true;
            var _ = channel.close();
        }
    }

    @Override
    public void close() {
        // Past the protocol's own end, which would wait for the streams.
        var outermost = channel.pipeline().firstContext();
        if (outermost != null) {
            var _ = outermost.close();
        }
    }
}

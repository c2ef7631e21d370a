package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.util.ReferenceCountUtil;
import io.nimbus.router.http.ChunkedReader;
import io.nimbus.router.http.Field;
import io.nimbus.router.http.HeadFault;
import io.nimbus.router.http.MalformedException;
import io.nimbus.router.http.Octets;
import io.nimbus.router.http.ResponseHead;
import io.nimbus.router.policy.Failure;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a backend with HTTP/1: one exchange at a time, idle in its pool in between. What
 * a backend sends unasked ends the connection, so that no answer can be taken for another's.
 */
final class BackendConnection extends ChannelInboundHandlerAdapter
        implements Upstream, Timer.Expiry {
    private static final Logger log = LoggerFactory.getLogger(BackendConnection.class);

    private enum Phase {
        IDLE,
        HEAD,
        LENGTH,
        CHUNKS,
        /** The body lasts until the connection ends. */
        ENDLESS,
        TUNNEL,
        /** The answer is complete or of no more use. */
        DONE
    }

    private final Loop loop;
    private final Destination destination;
    private final Timer timer = new Timer(this);
    private @Nullable ChannelHandlerContext context;
    private @Nullable Exchange exchange;
    private @Nullable ResponseHead head;
    private @Nullable ChunkedReader chunks;
    private @Nullable ByteBuf joined;
    private Phase phase = Phase.IDLE;
    private long left;
    private long idleUntil;
    private int served;
    private int idleSeconds = -1;
    private boolean chunkedRequest;
    private boolean chunkOpen;
    private boolean keepsAlive;
    private boolean extraBytes;
    private boolean broken;
    private boolean reset;
    private boolean headSeen;

    BackendConnection(Loop loop, Destination destination) {
        this.loop = loop;
        this.destination = destination;
    }

    // --- the pool

    /** Out of the pool; false when it has been there too long. */
    boolean wakes(long now) {
        loop.deadlines().cancel(timer);
        return !broken && idleUntil - now > 0 && channel().isActive();
    }

    private void rest() {
        var backends = loop.proxy().settings().backends();
        long now = System.nanoTime();
        long life = backends.idle().toNanos();
        if (idleSeconds >= 0) {
            // It is about to close by itself: better not to be there at the same moment.
            life = Math.min(life, (idleSeconds - 1) * 1_000_000_000L);
        }
        if (life <= 0) {
            close();
            return;
        }
        idleUntil = now + life;
        phase = Phase.IDLE;
        if (destination.pool(loop).put(this, loop.proxy().idlePerLoop(backends))) {
            loop.deadlines().start(timer, Deadlines.Kind.BACKEND_IDLE, now);
            if (!channel().config().isAutoRead()) {
                channel().config().setAutoRead(true);
            }
        } else {
            close();
        }
    }

    @Override
    public void expired(Deadlines.Kind kind) {
        destination.pool(loop).remove(this);
        close();
    }

    Timer timer() {
        return timer;
    }

    void close() {
        phase = Phase.DONE;
        var ctx = context;
        if (ctx != null) {
            var _ = ctx.close();
        }
    }

    // --- the channel

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    private ChannelHandlerContext context() {
        var current = context;
        if (current == null) {
            throw new IllegalStateException("not on a channel yet");
        }
        return current;
    }

    private Channel channel() {
        return context().channel();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf in)) {
            ReferenceCountUtil.release(message);
            return;
        }
        try {
            read(in);
        } catch (MalformedException e) {
            log.debug("{}: {}", destination, e.getMessage());
            malformed(e);
        } catch (RuntimeException e) {
            var at = exchange;
            if (at == null) {
                log.error("a connection to {} failed in the router", destination, e);
                close();
            } else {
                at.fault(e);
            }
        } finally {
            in.release();
        }
    }

    private void read(ByteBuf in) throws MalformedException {
        while (in.isReadable()) {
            var at = exchange;
            if (at == null) {
                if (phase == Phase.IDLE) {
                    destination.pool(loop).remove(this);
                    close();
                }
                extraBytes = true;
                return;
            }
            switch (phase) {
                case HEAD -> readHead(at, in);
                case LENGTH -> {
                    int piece = (int) Math.min(left, in.readableBytes());
                    left -= piece;
                    boolean last = left == 0;
                    if (last) {
                        phase = Phase.DONE;
                        extraBytes = in.readableBytes() > piece;
                    }
                    at.responseData(in.readRetainedSlice(piece));
                    if (last && exchange == at) {
                        at.responseEnd(null);
                    }
                }
                case CHUNKS -> {
                    var reader = chunks;
                    if (reader == null) {
                        throw new IllegalStateException("no reader of chunks");
                    }
                    if (reader.read(in, at::responseData) && exchange == at) {
                        phase = Phase.DONE;
                        chunks = null;
                        extraBytes = in.isReadable();
                        at.responseEnd(reader.trailer().count() == 0 ? null : reader.trailer());
                    }
                }
                case ENDLESS, TUNNEL -> at.responseData(in.readRetainedSlice(in.readableBytes()));
                case IDLE, DONE -> {
                    extraBytes = true;
                    return;
                }
            }
        }
    }

    private void readHead(Exchange at, ByteBuf in) throws MalformedException {
        var reading = head;
        if (reading == null) {
            reading = loop.responseHead();
            head = reading;
        }
        headSeen = true;
        var limits = at.settings.limits();
        if (!reading.read(in, limits.responseHeaderBytes())) {
            return;
        }
        if (limits.responseHeaders() > 0 && reading.count() > limits.responseHeaders()) {
            throw MalformedException.tooLarge("too many response headers");
        }
        int status = reading.status();
        if (status == 101) {
            upgrade(at, reading);
            return;
        }
        if (status < 200) {
            at.informational(reading);
            if (exchange == at) {
                reading.clear();
            }
            return;
        }
        keepsAlive = reading.keepsAlive();
        idleSeconds = reading.idleSeconds();
        var body = body(at, reading);
        at.responseHead(reading, body);
        if (phase == Phase.DONE && exchange == at) {
            extraBytes = in.isReadable();
            at.responseEnd(null);
        }
    }

    private Downstream.Body body(Exchange at, ResponseHead reading) {
        int status = reading.status();
        if (status == 204 || status == 304 || at.request.isMethod("HEAD")) {
            phase = Phase.DONE;
            return status == 204 || reading.isChunked()
                    ? Downstream.Body.NONE
                    : new Downstream.Body(Downstream.Kind.NONE, reading.bodyLength());
        }
        if (reading.isChunked()) {
            phase = Phase.CHUNKS;
            chunks = new ChunkedReader(true);
            return Downstream.Body.STREAM;
        }
        left = reading.bodyLength();
        if (left < 0) {
            phase = Phase.ENDLESS;
            keepsAlive = false;
            return Downstream.Body.STREAM;
        }
        phase = left == 0 ? Phase.DONE : Phase.LENGTH;
        return new Downstream.Body(Downstream.Kind.LENGTH, left);
    }

    private void upgrade(Exchange at, ResponseHead reading) throws MalformedException {
        int offered = at.request.first(Field.UPGRADE);
        int agreed = reading.first(Field.UPGRADE);
        if (!at.isUpgrading()
                || offered < 0
                || agreed < 0
                || !Octets.text(reading.bytes(), reading.value(agreed), reading.valueEnd(agreed))
                        .equalsIgnoreCase(at.request.valueText(offered))) {
            throw MalformedException.of("a protocol that was not asked for");
        }
        phase = Phase.TUNNEL;
        chunkedRequest = false;
        at.upgraded(reading);
    }

    private void malformed(MalformedException e) {
        var at = exchange;
        close();
        if (at == null) {
            return;
        }
        if (at.hasAnswer()) {
            at.responseCut();
        } else {
            at.failed(
                    Failure.MALFORMED, e.fault() == HeadFault.TOO_LARGE ? "headers too large" : "");
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        var at = exchange;
        if (at != null && at.hasAnswer()) {
            at.responseReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        var at = exchange;
        if (at != null) {
            if (ctx.channel().isWritable()) {
                at.upstreamWritable();
            } else {
                at.upstreamUnwritable();
            }
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelOutputShutdownEvent) {
            // The exception just before was about writing; what came may still be read.
            reset = false;
            writeFailed();
        }
    }

    private void writeFailed() {
        if (!broken) {
            broken = true;
            var at = exchange;
            if (at != null) {
                at.upstreamBroken();
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            log.debug("{}: {}", destination, cause.getMessage());
            reset = true;
        } else {
            if (!(cause instanceof DecoderException)) {
                log.warn("{}", destination, cause);
            } else if (isRefused(cause)) {
                return;
            }
            var _ = ctx.close();
        }
        if (!ctx.channel().isActive()
                || cause instanceof java.nio.channels.ClosedChannelException) {
            return;
        }
        if (exchange == null && phase == Phase.IDLE) {
            var _ = ctx.close();
        }
    }

    /**
     * Since TLS 1.3 the server's verdict about our own certificate comes after the handshake, where
     * the answer is expected.
     */
    private boolean isRefused(Throwable cause) {
        var at = exchange;
        if (!destination.isTls() || at == null || phase != Phase.HEAD || headSeen || isReused()) {
            return false;
        }
        var failure = loop.proxy().tls(destination).classify(cause);
        if (failure != Failure.CLIENT_CERTIFICATE) {
            return false;
        }
        close();
        at.failed(failure, "");
        return true;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        loop.deadlines().cancel(timer);
        broken = true;
        var at = exchange;
        var before = phase;
        phase = Phase.DONE;
        if (at == null) {
            if (before == Phase.IDLE) {
                destination.pool(loop).remove(this);
            }
        } else {
            switch (before) {
                case ENDLESS -> {
                    if (reset) {
                        at.responseCut();
                    } else {
                        at.responseEnd(null);
                    }
                }
                case TUNNEL -> at.tunnelEnded();
                case HEAD -> {
                    if (reset) {
                        at.failed(headSeen ? Failure.RESET : Failure.LOST, "");
                    } else if (headSeen) {
                        at.failed(Failure.MALFORMED, "unexpected EOF");
                    } else {
                        at.failed(Failure.END, "");
                    }
                }
                case LENGTH, CHUNKS -> at.responseCut();
                case IDLE, DONE -> {}
            }
        }
        release();
    }

    private void release() {
        exchange = null;
        var reading = head;
        if (reading != null) {
            head = null;
            loop.recycle(reading);
        }
        var waiting = joined;
        if (waiting != null) {
            joined = null;
            waiting.release();
        }
        chunks = null;
    }

    // --- the exchange's backend

    @Override
    public boolean isReused() {
        return served > 1;
    }

    @Override
    public void send(Exchange to) {
        exchange = to;
        served++;
        phase = Phase.HEAD;
        headSeen = false;
        reset = false;
        extraBytes = false;
        chunkOpen = false;
        keepsAlive = false;
        idleSeconds = -1;
        chunkedRequest = to.request.isChunked();
        joined = RequestLines.write(to, destination, context().alloc());
    }

    @Override
    public void sendData(ByteBuf data) {
        int length = data.readableBytes();
        if (length == 0 || broken) {
            data.release();
            return;
        }
        var waiting = joined;
        if (waiting != null && length + 32 <= waiting.writableBytes()) {
            if (chunkedRequest) {
                chunkStart(waiting, length);
            }
            waiting.writeBytes(data);
            data.release();
            return;
        }
        flushJoined();
        if (chunkedRequest) {
            var size = context().alloc().ioBuffer(16);
            chunkStart(size, length);
            write(size);
        }
        write(data);
    }

    /** The line end of a chunk's data goes with what follows it. */
    private void chunkStart(ByteBuf out, int length) {
        if (chunkOpen) {
            out.writeBytes(Wire.CRLF);
        }
        chunkOpen = true;
        if (length > 0) {
            Wire.hex(out, length);
            out.writeBytes(Wire.CRLF);
        } else {
            out.writeBytes(Wire.LAST_CHUNK);
            out.writeBytes(Wire.CRLF);
        }
    }

    @Override
    public void sendEnd() {
        if (!chunkedRequest || broken) {
            return;
        }
        var waiting = joined;
        if (waiting != null && waiting.writableBytes() >= 16) {
            chunkStart(waiting, 0);
            return;
        }
        flushJoined();
        var end = context().alloc().ioBuffer(16);
        chunkStart(end, 0);
        write(end);
    }

    private void write(ByteBuf data) {
        var _ = context().write(data, context().voidPromise());
    }

    private void flushJoined() {
        var waiting = joined;
        if (waiting != null) {
            joined = null;
            write(waiting);
        }
    }

    @Override
    public void flush() {
        if (!broken) {
            flushJoined();
            context().flush();
        }
    }

    @Override
    public boolean isWritable() {
        return broken || channel().isWritable();
    }

    @Override
    public boolean isBroken() {
        return broken;
    }

    @Override
    public boolean isGone() {
        return !channel().isActive();
    }

    @Override
    public void read(boolean wanted) {
        var config = channel().config();
        if (config.isAutoRead() != wanted && phase != Phase.DONE) {
            config.setAutoRead(wanted);
        }
    }

    @Override
    public void release(boolean whole) {
        boolean reusable =
                whole
                        && keepsAlive
                        && !extraBytes
                        && !broken
                        && phase == Phase.DONE
                        && channel().isActive();
        release();
        if (reusable) {
            rest();
        } else {
            close();
        }
    }

    @Override
    public void closeTunnel() {
        exchange = null;
        phase = Phase.DONE;
        var _ =
                context()
                        .writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
        release();
    }

    @Override
    public String localAddress() {
        return channel().localAddress() instanceof InetSocketAddress address
                        && address.getAddress() != null
                ? address.getAddress().getHostAddress() + ":" + address.getPort()
                : "";
    }
}

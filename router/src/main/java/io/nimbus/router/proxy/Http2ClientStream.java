package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import io.nimbus.router.http.Field;
import io.nimbus.router.http.MalformedException;
import io.nimbus.router.http.RequestHead;
import io.nimbus.router.http.ResponseHead;
import io.nimbus.router.http.TrailerLines;
import io.nimbus.router.metrics.Count;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request of a client that speaks HTTP/2. Its head is written down as HTTP/1 would have it and
 * read by the same reader, so that no request can mean something here that it could not mean there.
 */
final class Http2ClientStream extends ChannelInboundHandlerAdapter
        implements Downstream, Timer.Expiry {
    private static final Logger log = LoggerFactory.getLogger(Http2ClientStream.class);

    private final Loop loop;
    private final Http2Client client;
    private final Timer timer = new Timer(this);
    private @Nullable ChannelHandlerContext context;
    private @Nullable RequestHead head;
    private @Nullable Exchange exchange;
    private @Nullable Http2Headers pending;
    private boolean requestEnded;
    private boolean answered;
    private boolean open;

    Http2ClientStream(Loop loop, Http2Client client) {
        this.loop = loop;
        this.client = client;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        open = true;
        client.opened();
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
        try {
            if (message instanceof Http2HeadersFrame headers) {
                headers(headers);
            } else if (message instanceof Http2DataFrame data) {
                data(data);
            }
        } catch (MalformedException e) {
            loop.traffic().count(Count.MALFORMED_REQUESTS);
            log.debug("{}: {}", client.address(), e.getMessage());
            reset(Http2Error.PROTOCOL_ERROR);
        } catch (RuntimeException e) {
            var at = exchange;
            if (at == null) {
                log.error("a stream failed in the router", e);
                reset(Http2Error.INTERNAL_ERROR);
            } else {
                at.fault(e);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void headers(Http2HeadersFrame frame) throws MalformedException {
        if (head != null) {
            // A trailer: its values are not passed on, its end of the stream counts.
            if (frame.isEndStream()) {
                ended();
            }
            return;
        }
        var reading = loop.requestHead();
        head = reading;
        var text = Http2Heads.request(frame.headers(), frame.isEndStream(), channel().alloc());
        try {
            if (!reading.read(text, ClientConnection.MOST_HEAD) || text.isReadable()) {
                throw MalformedException.of("a head that is not one");
            }
        } finally {
            text.release();
        }
        requestEnded = frame.isEndStream();
        var begun = new Exchange(loop, this, reading);
        exchange = begun;
        begun.begin();
    }

    private void data(Http2DataFrame frame) {
        var at = exchange;
        if (at == null) {
            return;
        }
        if (frame.content().isReadable()) {
            at.requestData(frame.content().retain());
        }
        if (frame.isEndStream()) {
            ended();
        }
    }

    private void ended() {
        if (requestEnded) {
            return;
        }
        requestEnded = true;
        loop.deadlines().cancel(timer);
        var at = exchange;
        if (at != null) {
            at.requestEnd();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        var at = exchange;
        if (at != null && !at.isOver()) {
            at.requestReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        var at = exchange;
        if (at != null) {
            at.clientWritable(ctx.channel().isWritable());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame) {
            gone();
        }
        ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("{}: {}", client.address(), cause.getMessage());
        gone();
        var _ = ctx.close();
    }

    private void gone() {
        var at = exchange;
        if (at != null) {
            at.clientGone();
        }
        release();
    }

    private void release() {
        loop.deadlines().cancel(timer);
        var read = head;
        if (read != null) {
            head = null;
            loop.recycle(read);
        }
        if (open) {
            open = false;
            client.closed();
        }
    }

    private void reset(Http2Error error) {
        var _ = context().writeAndFlush(new DefaultHttp2ResetFrame(error));
        var _ = context().close();
    }

    // --- the exchange's client

    @Override
    public RequestHead request() {
        var read = head;
        if (read == null) {
            throw new IllegalStateException("no request");
        }
        return read;
    }

    @Override
    public String clientHost() {
        return client.host();
    }

    @Override
    public String clientAddress() {
        return client.address();
    }

    @Override
    public boolean isTls() {
        return true;
    }

    @Override
    public String protocol() {
        return "HTTP/2.0";
    }

    @Override
    public @Nullable String clientCertificate() {
        return client.certificate();
    }

    @Override
    public void writeContinue() {
        write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("100")));
    }

    @Override
    public void writeInformational(ResponseHead from) {
        var headers = new DefaultHttp2Headers(false).status(String.valueOf(from.status()));
        for (int i = 0; i < from.count(); i++) {
            switch (from.id(i)) {
                case Field.CONNECTION,
                        Field.KEEP_ALIVE,
                        Field.TRANSFER_ENCODING,
                        Field.CONTENT_LENGTH,
                        Field.UPGRADE -> {}
                default -> headers.add(name(from.nameText(i)), from.valueText(i));
            }
        }
        write(new DefaultHttp2HeadersFrame(headers));
    }

    private static CharSequence name(String name) {
        return AsciiString.of(name.toLowerCase(Locale.ROOT));
    }

    @Override
    public void writeHead(ResponseHead from, Answer answer, Body body) {
        var headers = new DefaultHttp2Headers(false).status(String.valueOf(from.status()));
        for (int i = 0; i < from.count(); i++) {
            if (!answer.drops(from, i)) {
                headers.add(name(from.nameText(i)), from.valueText(i));
            }
        }
        if (!from.has(Field.X_VCAP_REQUEST_ID)) {
            headers.add("x-vcap-request-id", RequestIds.text(answer.idHigh, answer.idLow));
        }
        if (!from.has(Field.DATE)) {
            headers.add("date", loop.dateText(System.nanoTime()));
        }
        var more = answer.added();
        for (int i = 0; i < more.size(); i += 2) {
            headers.add(name(more.get(i)), more.get(i + 1));
        }
        if (body.length() >= 0) {
            headers.setLong("content-length", body.length());
        }
        pending = headers;
    }

    @Override
    public void writeData(ByteBuf data) {
        if (!data.isReadable()) {
            data.release();
            return;
        }
        flushHead();
        write(new DefaultHttp2DataFrame(data, false));
    }

    @Override
    public void writeEnd(@Nullable TrailerLines trailer) {
        answered = true;
        var headers = pending;
        if (trailer != null && trailer.count() > 0) {
            flushHead();
            var last = new DefaultHttp2Headers(false);
            for (int i = 0; i < trailer.count(); i++) {
                switch (trailer.id(i)) {
                    case Field.CONTENT_LENGTH,
                            Field.TRANSFER_ENCODING,
                            Field.HOST,
                            Field.CONNECTION,
                            Field.TRAILER -> {}
                    default -> last.add(name(trailer.nameText(i)), trailer.valueText(i));
                }
            }
            write(new DefaultHttp2HeadersFrame(last, true));
        } else if (headers != null) {
            pending = null;
            write(new DefaultHttp2HeadersFrame(headers, true));
        } else {
            write(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
        }
    }

    @Override
    public void writeLocal(LocalAnswer answer) {
        var headers = new DefaultHttp2Headers(false).status(String.valueOf(answer.status()));
        var lines = answer.headers();
        for (int i = 0; i < lines.size(); i += 2) {
            headers.add(name(lines.get(i)), lines.get(i + 1));
        }
        headers.add("date", loop.dateText(System.nanoTime()));
        headers.setLong("content-length", answer.body().length);
        pending = headers;
        if (answer.body().length > 0 && !request().isMethod("HEAD")) {
            writeData(Unpooled.wrappedBuffer(answer.body()));
        }
        writeEnd(null);
    }

    private void flushHead() {
        var headers = pending;
        if (headers != null) {
            pending = null;
            write(new DefaultHttp2HeadersFrame(headers, false));
        }
    }

    private void write(Object frame) {
        var _ = context().write(frame);
    }

    @Override
    public void flush() {
        flushHead();
        context().flush();
    }

    @Override
    public boolean isWritable() {
        return channel().isWritable();
    }

    @Override
    public void read(boolean wanted) {
        var config = channel().config();
        if (config.isAutoRead() != wanted) {
            config.setAutoRead(wanted);
        }
    }

    @Override
    public boolean requestEnded() {
        return requestEnded;
    }

    @Override
    public void abort() {
        flush();
        reset(Http2Error.INTERNAL_ERROR);
    }

    @Override
    public void tunnel(ResponseHead from, Answer answer) {
        throw new IllegalStateException("HTTP/2 has no upgrades");
    }

    @Override
    public void closeTunnel() {
        throw new IllegalStateException("HTTP/2 has no upgrades");
    }

    @Override
    public void exchangeEnded() {
        exchange = null;
        if (!channel().isActive()) {
            return;
        }
        flush();
        if (answered && !requestEnded) {
            // The rest of the request is of no more use (RFC 9113 §8.1). It is read over for a
            // while
            // all the same: clients there are (curl 7.88) that wait for ever after a reset.
            read(true);
            loop.deadlines().start(timer, Deadlines.Kind.LINGER, System.nanoTime());
        }
    }

    @Override
    public void expired(Deadlines.Kind kind) {
        reset(Http2Error.NO_ERROR);
    }
}

package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.nimbus.router.http.ChunkedReader;
import io.nimbus.router.http.Field;
import io.nimbus.router.http.HeadFault;
import io.nimbus.router.http.MalformedException;
import io.nimbus.router.http.RequestHead;
import io.nimbus.router.http.ResponseHead;
import io.nimbus.router.http.TrailerLines;
import io.nimbus.router.metrics.Count;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection with HTTP/1: takes requests off it one after the other, and writes the
 * answers in the same order.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter
        implements Downstream, Client, Timer.Expiry {
    private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);

    /** A head of more than this is not even answered as a request. Contract: 1 MiB. */
    static final int MOST_HEAD = 1024 * 1024;

    /** A body that nobody wants is read over up to this size; beyond it the connection ends. */
    private static final int MOST_DISCARDED = 256 * 1024;

    /** What a client may send while its connection is being closed. */
    private static final int MOST_LINGERING = 16 * 1024 * 1024;

    /** A body up to this size leaves in one piece with its head. */
    private static final int JOINED = 8 * 1024;

    private enum Phase {
        /** Between requests, or within a head. */
        HEAD,
        BODY,
        /** The request is read; its answer is not complete. */
        ANSWER,
        TUNNEL,
        /** Closing: what still comes is thrown away. */
        LINGER,
        CLOSED
    }

    private final Loop loop;
    private final Proxy proxy;
    private final boolean tls;
    private final Timer timer = new Timer(this);
    private @Nullable ChannelHandlerContext context;
    private @Nullable RequestHead head;
    private @Nullable Exchange exchange;
    private @Nullable ChunkedReader chunks;
    private @Nullable ByteBuf ahead;
    private @Nullable ByteBuf joined;
    private @Nullable String certificate;
    private String clientHost = "";
    private String clientAddress = "";
    private Phase phase = Phase.HEAD;
    private long left;
    private long discarded;
    private boolean processing;
    private boolean readWanted = true;
    private boolean closing;
    private boolean chunkedAnswer;
    private boolean chunkOpen;
    private boolean endlessAnswer;
    private boolean counted;
    private boolean certificateKnown;

    ClientConnection(Loop loop, boolean tls) {
        this.loop = loop;
        this.proxy = loop.proxy();
        this.tls = tls;
    }

    // --- the channel

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        if (ctx.channel().isActive()) {
            opened();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        opened();
    }

    private void opened() {
        if (counted) {
            return;
        }
        counted = true;
        loop.opened(this);
        loop.deadlines().start(timer, Deadlines.Kind.CLIENT_IDLE, System.nanoTime());
    }

    private ChannelHandlerContext context() {
        var current = context;
        if (current == null) {
            throw new IllegalStateException("not on a channel yet");
        }
        return current;
    }

    Channel channel() {
        return context().channel();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf in)) {
            ReferenceCountUtil.release(message);
            return;
        }
        var before = ahead;
        if (before != null) {
            ahead = join(before, in);
            update();
            return;
        }
        process(in);
    }

    private ByteBuf join(ByteBuf before, ByteBuf more) {
        var all = context().alloc().buffer(before.readableBytes() + more.readableBytes());
        all.writeBytes(before);
        all.writeBytes(more);
        before.release();
        more.release();
        return all;
    }

    /** Takes what it can; what belongs to the next request waits for its turn. */
    private void process(ByteBuf in) {
        processing = true;
        boolean done = true;
        try {
            while (in.isReadable()) {
                switch (phase) {
                    case HEAD -> {
                        if (!channel().isWritable()) {
                            // It asks and does not listen.
                            done = false;
                            keep(in);
                            return;
                        }
                        readHead(in);
                    }
                    case BODY -> readBody(in);
                    case ANSWER -> {
                        done = false;
                        keep(in);
                        return;
                    }
                    case TUNNEL -> {
                        var at = exchange;
                        if (at == null) {
                            in.skipBytes(in.readableBytes());
                        } else {
                            at.tunnelFromClient(in.readRetainedSlice(in.readableBytes()));
                        }
                    }
                    case LINGER -> {
                        discarded += in.readableBytes();
                        in.skipBytes(in.readableBytes());
                        if (discarded > MOST_LINGERING) {
                            close();
                        }
                    }
                    case CLOSED -> in.skipBytes(in.readableBytes());
                }
            }
        } catch (MalformedException e) {
            malformed(e);
        } catch (RuntimeException e) {
            var at = exchange;
            if (at == null) {
                log.error("a connection failed in the router", e);
                close();
            } else {
                at.fault(e);
            }
        } finally {
            processing = false;
            if (done) {
                in.release();
            }
        }
    }

    private void keep(ByteBuf in) {
        ahead = in;
        update();
    }

    /** Reads on or not, by all that has a say. */
    private void update() {
        boolean read = readWanted && ahead == null;
        var config = channel().config();
        if (config.isAutoRead() != read) {
            config.setAutoRead(read);
        }
    }

    private void readHead(ByteBuf in) throws MalformedException {
        var reading = head;
        if (reading == null) {
            reading = loop.requestHead();
            head = reading;
            loop.deadlines().start(timer, Deadlines.Kind.REQUEST_HEAD, System.nanoTime());
        }
        if (!reading.read(in, MOST_HEAD)) {
            return;
        }
        loop.deadlines().cancel(timer);
        chunkedAnswer = false;
        chunkOpen = false;
        endlessAnswer = false;
        discarded = 0;
        if (reading.isChunked()) {
            chunks = new ChunkedReader(false);
            phase = Phase.BODY;
        } else if (reading.bodyLength() > 0) {
            left = reading.bodyLength();
            phase = Phase.BODY;
        } else {
            phase = Phase.ANSWER;
        }
        closing = !reading.keepsAlive() || reading.form() == RequestHead.Form.AUTHORITY;
        if (reading.form() == RequestHead.Form.ASTERISK) {
            writeLocal(new LocalAnswer(200, "OK", java.util.List.of(), new byte[0], false));
            exchangeEnded();
            return;
        }
        var begun = new Exchange(loop, this, reading);
        exchange = begun;
        begun.begin();
    }

    private void readBody(ByteBuf in) throws MalformedException {
        var at = exchange;
        var reader = chunks;
        boolean ended;
        try {
            if (reader == null) {
                int piece = (int) Math.min(left, in.readableBytes());
                left -= piece;
                data(at, in.readRetainedSlice(piece));
                ended = left == 0;
            } else {
                ended = reader.read(in, data -> data(at, data));
            }
        } catch (MalformedException e) {
            if (at == null || at.isOver()) {
                throw e;
            }
            loop.traffic().count(Count.MALFORMED_REQUESTS);
            closing = true;
            at.requestMalformed(e);
            in.skipBytes(in.readableBytes());
            return;
        }
        if (!ended) {
            return;
        }
        chunks = null;
        if (at == null || at != exchange) {
            // Its exchange is over: the body was only read to get to the next request.
            next();
            return;
        }
        phase = Phase.ANSWER;
        at.requestEnd();
    }

    private void data(@Nullable Exchange at, ByteBuf data) {
        if (at != null && at == exchange) {
            at.requestData(data);
            return;
        }
        discarded += data.readableBytes();
        data.release();
        if (discarded > MOST_DISCARDED) {
            linger();
        }
    }

    /** What came is no request, or it is not clear where it ends: answered without much ado. */
    private void malformed(MalformedException e) {
        loop.traffic().count(Count.MALFORMED_REQUESTS);
        log.debug("{}: {}", clientAddress(), e.getMessage());
        var fault = e.fault();
        var status = fault.status() + " " + LocalAnswer.reason(fault.status());
        var version = fault == HeadFault.UNKNOWN_VERSION ? "HTTP/1.0 " : "HTTP/1.1 ";
        var body = status + "\n";
        var text =
                version
                        + status
                        + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
                        + body.length()
                        + "\r\nConnection: close\r\n\r\n"
                        + body;
        var _ = context().write(Unpooled.wrappedBuffer(Wire.bytes(text)), context().voidPromise());
        linger();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        var at = exchange;
        if (at == null || at.isOver()) {
            return;
        }
        if (phase == Phase.TUNNEL) {
            at.tunnelReadComplete();
        } else {
            at.requestReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        boolean writable = ctx.channel().isWritable();
        var at = exchange;
        if (at != null) {
            at.clientWritable(writable);
        } else if (writable) {
            resume();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        phase = Phase.CLOSED;
        loop.deadlines().cancel(timer);
        var at = exchange;
        if (at != null) {
            if (at.isTunnel()) {
                at.tunnelClosedByClient();
            } else {
                at.clientGone();
            }
        }
        release();
        if (counted) {
            counted = false;
            loop.closed(this);
        }
    }

    private void release() {
        var reading = head;
        if (reading != null) {
            head = null;
            loop.recycle(reading);
        }
        var kept = ahead;
        if (kept != null) {
            ahead = null;
            kept.release();
        }
        var waiting = joined;
        if (waiting != null) {
            joined = null;
            waiting.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException) {
            log.debug("{}: {}", clientAddress(), cause.getMessage());
        } else {
            log.warn("{}", clientAddress(), cause);
        }
        var _ = ctx.close();
    }

    @Override
    public void expired(Deadlines.Kind kind) {
        switch (kind) {
            case CLIENT_IDLE -> close();
            case REQUEST_HEAD -> {
                loop.traffic().count(Count.SLOW_HEADS);
                close();
            }
            case LINGER -> close();
            default -> throw new IllegalStateException("not a deadline of a client: " + kind);
        }
    }

    /** Whether it has no request under way. */
    boolean isIdle() {
        return exchange == null && head == null && phase == Phase.HEAD && ahead == null;
    }

    Timer timer() {
        return timer;
    }

    @Override
    public void drain() {
        closing = true;
        if (isIdle()) {
            linger();
        }
    }

    @Override
    public void close() {
        phase = Phase.CLOSED;
        var _ = context().close();
    }

    /**
     * Ends the connection so that the client gets to read what was written: a plain close with
     * unread bytes would make the kernel reset it (RFC 9112 §9.6).
     */
    private void linger() {
        if (phase == Phase.LINGER || phase == Phase.CLOSED) {
            return;
        }
        phase = Phase.LINGER;
        flushJoined();
        var kept = ahead;
        if (kept != null) {
            ahead = null;
            if (!processing) {
                kept.release();
            }
        }
        discarded = 0;
        readWanted = true;
        update();
        loop.deadlines().start(timer, Deadlines.Kind.LINGER, System.nanoTime());
        var _ =
                context()
                        .writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(done -> {
                            if (done.isSuccess()) {
                                shutdownOutput();
                            } else {
                                close();
                            }
                        });
    }

    private void shutdownOutput() {
        if (!(channel() instanceof DuplexChannel duplex)) {
            close();
            return;
        }
        var ssl = channel().pipeline().get(SslHandler.class);
        if (ssl == null) {
            var _ = duplex.shutdownOutput();
        } else {
            var _ = ssl.closeOutbound().addListener(done -> shutdown(duplex));
        }
    }

    private void closeAfterFlush() {
        phase = Phase.CLOSED;
        var _ =
                context()
                        .writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
    }

    private static void shutdown(DuplexChannel channel) {
        var _ = channel.shutdownOutput();
    }

    // --- the exchange's client

    @Override
    public RequestHead request() {
        var reading = head;
        if (reading == null) {
            throw new IllegalStateException("no request");
        }
        return reading;
    }

    private void address() {
        var remote = ProxyLine.client(channel());
        clientHost = host(remote);
        clientAddress = address(clientHost, remote);
    }

    /** The address without a port, as headers have it. */
    static String host(InetSocketAddress remote) {
        var host = remote.getAddress().getHostAddress();
        int scope = host.indexOf('%');
        return scope < 0 ? host : host.substring(0, scope);
    }

    static String address(String host, InetSocketAddress remote) {
        return host.indexOf(':') < 0
                ? host + ":" + remote.getPort()
                : "[" + host + "]:" + remote.getPort();
    }

    @Override
    public String clientHost() {
        if (clientHost.isEmpty()) {
            address();
        }
        return clientHost;
    }

    @Override
    public String clientAddress() {
        if (clientHost.isEmpty()) {
            address();
        }
        return clientAddress;
    }

    @Override
    public boolean isTls() {
        return tls;
    }

    @Override
    public String protocol() {
        return request().minorVersion() == 1 ? "HTTP/1.1" : "HTTP/1.0";
    }

    @Override
    public @Nullable String clientCertificate() {
        if (tls && !certificateKnown) {
            certificateKnown = true;
            certificate = ClientCertificates.of(channel());
        }
        return certificate;
    }

    @Override
    public void writeContinue() {
        write(Unpooled.wrappedBuffer(Wire.CONTINUE));
    }

    @Override
    public void writeInformational(ResponseHead from) {
        if (request().minorVersion() == 0) {
            return; // HTTP/1.0 knows none
        }
        var out = context().alloc().ioBuffer(from.length() + 64);
        statusLine(out, from);
        for (int i = 0; i < from.count(); i++) {
            switch (from.id(i)) {
                case Field.CONNECTION,
                        Field.KEEP_ALIVE,
                        Field.TRANSFER_ENCODING,
                        Field.CONTENT_LENGTH -> {}
                default -> line(out, from, i);
            }
        }
        out.writeBytes(Wire.CRLF);
        write(out);
    }

    private static void statusLine(ByteBuf out, ResponseHead from) {
        out.writeBytes(Wire.HTTP_1_1);
        Wire.decimal(out, from.status());
        out.writeByte(' ');
        out.writeBytes(from.bytes(), from.reason(), from.reasonEnd() - from.reason());
        out.writeBytes(Wire.CRLF);
    }

    private static void line(ByteBuf out, ResponseHead from, int field) {
        out.writeBytes(from.bytes(), from.name(field), from.nameEnd(field) - from.name(field));
        out.writeBytes(Wire.COLON);
        out.writeBytes(from.bytes(), from.value(field), from.valueEnd(field) - from.value(field));
        out.writeBytes(Wire.CRLF);
    }

    /** What an answer says about the connection and how its body ends. */
    private void framing(ByteBuf out, Body body) {
        var asked = request();
        switch (body.kind()) {
            case NONE, LENGTH -> {
                if (body.length() >= 0) {
                    out.writeBytes(Wire.CONTENT_LENGTH);
                    Wire.decimal(out, body.length());
                    out.writeBytes(Wire.CRLF);
                }
            }
            case STREAM -> {
                if (asked.minorVersion() == 1) {
                    chunkedAnswer = true;
                    out.writeBytes(Wire.CHUNKED);
                } else {
                    endlessAnswer = true;
                    closing = true;
                }
            }
        }
        if (phase == Phase.BODY || proxy.isLeaving()) {
            // What is left of the request may never come, or nobody may be there to read it.
            closing = true;
        }
        if (closing) {
            out.writeBytes(Wire.CLOSE);
        } else if (asked.minorVersion() == 0) {
            out.writeBytes(Wire.KEEP_ALIVE);
        }
    }

    @Override
    public void writeHead(ResponseHead from, Answer answer, Body body) {
        int expected =
                body.kind() == Kind.LENGTH ? (int) Math.min(body.length(), JOINED) : JOINED / 8;
        var out = context().alloc().ioBuffer(from.length() + 320 + expected);
        statusLine(out, from);
        responseFields(out, from, answer);
        framing(out, body);
        out.writeBytes(Wire.CRLF);
        joined = out;
    }

    /** The backend's lines less those that end here, in runs as long as possible, then ours. */
    private void responseFields(ByteBuf out, ResponseHead from, Answer answer) {
        var bytes = from.bytes();
        boolean irregular = from.isIrregular();
        int run = -1;
        for (int i = 0; i < from.count(); i++) {
            if (answer.drops(from, i)) {
                if (run >= 0) {
                    out.writeBytes(bytes, run, from.name(i) - run);
                    run = -1;
                }
            } else if (irregular) {
                line(out, from, i);
            } else if (run < 0) {
                run = from.name(i);
            }
        }
        if (run >= 0) {
            out.writeBytes(bytes, run, from.blockEnd() - run);
        }
        added(out, from, answer);
    }

    private void added(ByteBuf out, ResponseHead from, Answer answer) {
        if (!from.has(Field.X_VCAP_REQUEST_ID)) {
            out.writeBytes(Wire.REQUEST_ID);
            RequestIds.write(out, answer.idHigh, answer.idLow);
            out.writeBytes(Wire.CRLF);
        }
        if (!from.has(Field.DATE)) {
            out.writeBytes(loop.date(System.nanoTime()));
        }
        var more = answer.added();
        for (int i = 0; i < more.size(); i += 2) {
            Wire.field(out, more.get(i), more.get(i + 1));
        }
    }

    @Override
    public void writeData(ByteBuf data) {
        int length = data.readableBytes();
        if (length == 0) {
            data.release();
            return;
        }
        var waiting = joined;
        if (waiting != null && length + 32 <= waiting.writableBytes()) {
            if (chunkedAnswer) {
                chunkStart(waiting, length);
                chunkOpen = true;
            }
            waiting.writeBytes(data);
            data.release();
            return;
        }
        flushJoined();
        if (chunkedAnswer) {
            var size = context().alloc().ioBuffer(16);
            chunkStart(size, length);
            write(size);
            chunkOpen = true;
        }
        write(data);
    }

    /** The line end of a chunk's data goes with what follows it. */
    private void chunkStart(ByteBuf out, int length) {
        if (chunkOpen) {
            out.writeBytes(Wire.CRLF);
        }
        if (length > 0) {
            Wire.hex(out, length);
            out.writeBytes(Wire.CRLF);
        } else {
            out.writeBytes(Wire.LAST_CHUNK);
        }
    }

    @Override
    public void writeEnd(@Nullable TrailerLines trailer) {
        if (!chunkedAnswer) {
            return;
        }
        var waiting = joined;
        boolean fits = waiting != null && waiting.writableBytes() > 16 && trailer == null;
        var out = fits && waiting != null ? waiting : context().alloc().ioBuffer(256);
        chunkStart(out, 0);
        if (trailer != null) {
            for (int i = 0; i < trailer.count(); i++) {
                switch (trailer.id(i)) {
                    case Field.CONTENT_LENGTH,
                            Field.TRANSFER_ENCODING,
                            Field.HOST,
                            Field.CONNECTION,
                            Field.TRAILER -> {}
                    default ->
                            out.writeBytes(
                                    trailer.bytes(),
                                    trailer.name(i),
                                    trailer.lineEnd(i) - trailer.name(i));
                }
            }
        }
        out.writeBytes(Wire.CRLF);
        if (!fits) {
            flushJoined();
            write(out);
        }
    }

    @Override
    public void writeLocal(LocalAnswer answer) {
        if (answer.close()) {
            closing = true;
        }
        var asked = request();
        boolean bodyAhead = phase == Phase.BODY;
        if (bodyAhead
                && (asked.expectsContinue()
                        || asked.bodyLength() > MOST_DISCARDED
                        || proxy.isLeaving())) {
            closing = true;
        }
        var out = context().alloc().ioBuffer(512 + answer.body().length);
        out.writeBytes(Wire.HTTP_1_1);
        Wire.decimal(out, answer.status());
        out.writeByte(' ');
        Wire.text(out, answer.reason());
        out.writeBytes(Wire.CRLF);
        var headers = answer.headers();
        for (int i = 0; i < headers.size(); i += 2) {
            Wire.field(out, headers.get(i), headers.get(i + 1));
        }
        out.writeBytes(loop.date(System.nanoTime()));
        out.writeBytes(Wire.CONTENT_LENGTH);
        Wire.decimal(out, answer.body().length);
        out.writeBytes(Wire.CRLF);
        if (closing || proxy.isLeaving()) {
            closing = true;
            out.writeBytes(Wire.CLOSE);
        } else if (asked.minorVersion() == 0) {
            out.writeBytes(Wire.KEEP_ALIVE);
        }
        out.writeBytes(Wire.CRLF);
        if (!asked.isMethod("HEAD")) {
            out.writeBytes(answer.body());
        }
        joined = out;
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
        flushJoined();
        context().flush();
    }

    @Override
    public boolean isWritable() {
        return channel().isWritable();
    }

    @Override
    public void read(boolean wanted) {
        if (readWanted != wanted) {
            readWanted = wanted;
            if (phase != Phase.CLOSED) {
                update();
            }
        }
    }

    @Override
    public boolean requestEnded() {
        return phase != Phase.BODY;
    }

    @Override
    public void abort() {
        flush();
        if (endlessAnswer) {
            // Its end would look like the body's.
            channel().config().setOption(ChannelOption.SO_LINGER, 0);
        }
        close();
    }

    @Override
    public void tunnel(ResponseHead from, Answer answer) {
        var out = context().alloc().ioBuffer(from.length() + 256);
        statusLine(out, from);
        responseFields(out, from, answer);
        out.writeBytes(Wire.UPGRADE);
        int protocol = from.first(Field.UPGRADE);
        out.writeBytes(
                from.bytes(), from.value(protocol), from.valueEnd(protocol) - from.value(protocol));
        out.writeBytes(Wire.CRLF);
        out.writeBytes(Wire.CRLF);
        write(out);
        context().flush();
        phase = Phase.TUNNEL;
        resume();
    }

    @Override
    public void closeTunnel() {
        closeAfterFlush();
    }

    @Override
    public void exchangeEnded() {
        exchange = null;
        if (phase == Phase.TUNNEL || phase == Phase.CLOSED) {
            return;
        }
        flush();
        readWanted = true;
        if (closing) {
            if (phase == Phase.BODY || ahead != null || tls) {
                linger();
            } else {
                closeAfterFlush();
            }
            return;
        }
        if (phase == Phase.BODY) {
            update();
            return; // the rest is read over
        }
        next();
    }

    /** The connection is free for another request. */
    private void next() {
        var read = head;
        if (read != null) {
            head = null;
            loop.recycle(read);
        }
        if (phase == Phase.CLOSED || phase == Phase.LINGER) {
            return;
        }
        phase = Phase.HEAD;
        loop.deadlines().start(timer, Deadlines.Kind.CLIENT_IDLE, System.nanoTime());
        if (!processing) {
            resume();
        }
    }

    /** Goes on with what came too early. */
    private void resume() {
        var kept = ahead;
        if (kept != null && !processing && channel().isWritable()) {
            ahead = null;
            process(kept);
            channelReadComplete(context());
        }
        if (phase != Phase.CLOSED) {
            update();
        }
    }
}

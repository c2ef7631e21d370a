package io.nimbus.router.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The line by which a load balancer says who its client is (PROXY protocol, version 1), before
 * anything else on a connection. A connection may also begin without. What is neither yet after a
 * while is taken for the client's own.
 */
final class ProxyLine extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<InetSocketAddress> CLIENT =
            AttributeKey.valueOf("nimbus.client");
    private static final byte[] START = "PROXY ".getBytes(US_ASCII);

    /** The longest line that the protocol allows. */
    private static final int MOST = 107;

    private static final long WAIT_MS = 100;

    private @Nullable ByteBuf read;
    private boolean over;

    /** Who the connection is from: the balancer's word, else the socket's. */
    static InetSocketAddress client(Channel channel) {
        var told = channel.attr(CLIENT).get();
        return told == null ? (InetSocketAddress) channel.remoteAddress() : told;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (over || !(message instanceof ByteBuf in)) {
            ctx.fireChannelRead(message);
            return;
        }
        var all = read;
        if (all == null) {
            all = in;
        } else {
            all = ctx.alloc().buffer().writeBytes(all).writeBytes(in);
            release();
            in.release();
        }
        read = all;
        decide(ctx, all);
    }

    private void decide(ChannelHandlerContext ctx, ByteBuf all) {
        int start = all.readerIndex();
        int length = all.readableBytes();
        for (int i = 0; i < Math.min(length, START.length); i++) {
            if (all.getByte(start + i) != START[i]) {
                passOn(ctx);
                return;
            }
        }
        int end = all.indexOf(start, start + Math.min(length, MOST), (byte) '\n');
        if (end < 0) {
            if (length >= MOST) {
                passOn(ctx);
            } else {
                var _ = ctx.executor().schedule(() -> passOn(ctx), WAIT_MS, TimeUnit.MILLISECONDS);
            }
            return;
        }
        var client = client(all.toString(start, end - start, US_ASCII).strip().split(" ", -1));
        if (client != null) {
            ctx.channel().attr(CLIENT).set(client);
        }
        all.readerIndex(end + 1);
        passOn(ctx);
    }

    /** Null where the balancer does not know either. */
    private static @Nullable InetSocketAddress client(String[] words) {
        if (words.length != 6 || !(words[1].equals("TCP4") || words[1].equals("TCP6"))) {
            return null;
        }
        var address = NetUtil.createByteArrayFromIpAddressString(words[2]);
        try {
            int port = Integer.parseInt(words[4]);
            return address == null || port < 0 || port > 65535
                    ? null
                    : new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (NumberFormatException | UnknownHostException e) {
            return null;
        }
    }

    private void passOn(ChannelHandlerContext ctx) {
        if (over) {
            return;
        }
        over = true;
        var all = read;
        read = null;
        if (all != null) {
            if (all.isReadable()) {
                ctx.fireChannelRead(all);
                ctx.fireChannelReadComplete();
            } else {
                all.release();
            }
        }
        ctx.pipeline().remove(this);
    }

    private void release() {
        var all = read;
        if (all != null) {
            read = null;
            all.release();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        over = true;
        release();
    }
}

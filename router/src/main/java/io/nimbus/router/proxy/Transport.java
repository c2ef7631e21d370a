package io.nimbus.router.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.function.Supplier;

/** The operating system's way of waiting for sockets: epoll on Linux, else the JDK's. */
public enum Transport {
    EPOLL(EpollSocketChannel::new, EpollServerSocketChannel::new, true),
    NIO(NioSocketChannel::new, NioServerSocketChannel::new, false);

    private final Supplier<Channel> client;
    private final Supplier<ServerChannel> server;
    private final boolean sharesPorts;

    Transport(Supplier<Channel> client, Supplier<ServerChannel> server, boolean sharesPorts) {
        this.client = client;
        this.server = server;
        this.sharesPorts = sharesPorts;
    }

    public static Transport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    MultiThreadIoEventLoopGroup loops(int count) {
        IoHandlerFactory factory =
                this == EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new MultiThreadIoEventLoopGroup(
                count, new DefaultThreadFactory("loop", true), factory);
    }

    Channel client() {
        return client.get();
    }

    ServerChannel server() {
        return server.get();
    }

    /** Whether every loop may have a listener of its own on one port. */
    boolean sharesPorts() {
        return sharesPorts;
    }

    static ChannelOption<Boolean> reusePort() {
        return UnixChannelOption.SO_REUSEPORT;
    }
}

package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;

/** The backend's side of one exchange: a connection with HTTP/1, or a stream of one with HTTP/2. */
interface Upstream {
    /** Whether it served another exchange before. */
    boolean isReused();

    /** Writes the request's head; the rest follows. */
    void send(Exchange exchange);

    void sendData(ByteBuf data);

    void sendEnd();

    void flush();

    boolean isWritable();

    /** Whether nothing more can be sent; an answer may still come. */
    boolean isBroken();

    /** Whether nothing more comes, either. */
    boolean isGone();

    /** Whether more of the answer is wanted now. */
    void read(boolean wanted);

    /**
     * The exchange is over.
     *
     * @param whole whether the request was sent and the answer read to its end, so that another
     *     exchange can follow
     */
    void release(boolean whole);

    /** Sends what is written and closes. */
    void closeTunnel();

    /** {@code ip:port} of our end. */
    String localAddress();
}

package io.nimbus.router.proxy;

import io.netty.buffer.ByteBuf;
import io.nimbus.router.http.RequestHead;
import io.nimbus.router.http.ResponseHead;
import io.nimbus.router.http.TrailerLines;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one exchange: a connection with HTTP/1, or a stream of one with HTTP/2.
 * Everything is written in order and leaves with {@link #flush}.
 */
interface Downstream {
    RequestHead request();

    /** {@code ip} without port. */
    String clientHost();

    /** {@code ip:port}. */
    String clientAddress();

    boolean isTls();

    /** {@code HTTP/1.1} and the like, for the log. */
    String protocol();

    /** The client's certificate in the form of {@code X-Forwarded-Client-Cert}, or null. */
    @Nullable String clientCertificate();

    void writeContinue();

    /** A response of 1xx that is not the last word. */
    void writeInformational(ResponseHead head);

    /**
     * The backend's head, as the exchange's answer has edited it.
     *
     * @param body how long the body is, or what it ends with
     */
    void writeHead(ResponseHead head, Answer answer, Body body);

    void writeData(ByteBuf data);

    /** The body's end; the trailer's lines, if there were any and the client can take them. */
    void writeEnd(@Nullable TrailerLines trailer);

    /** A response of the router's own. */
    void writeLocal(LocalAnswer answer);

    void flush();

    boolean isWritable();

    /** Whether more of the request's body is wanted now. */
    void read(boolean wanted);

    /** Whether the whole request has been read. */
    boolean requestEnded();

    /** Cuts the answer off where it is, so that the client sees that it is not whole. */
    void abort();

    /** Switches to bytes without meaning: what comes is handed to the exchange as data. */
    void tunnel(ResponseHead head, Answer answer);

    /** Sends what is written and closes. */
    void closeTunnel();

    /** The exchange is over; the answer is complete. */
    void exchangeEnded();

    /** How a body's end is told. */
    enum Kind {
        NONE,
        LENGTH,
        /** In chunks, or up to the end of the connection. */
        STREAM
    }

    /**
     * @param length bytes, with {@link Kind#LENGTH}; for an answer to HEAD the length that the body
     *     would have had, -1 for none given
     */
    record Body(Kind kind, long length) {
        static final Body NONE = new Body(Kind.NONE, -1);
        static final Body STREAM = new Body(Kind.STREAM, -1);
    }
}

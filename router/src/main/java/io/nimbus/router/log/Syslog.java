package io.nimbus.router.log;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lines to a syslog server (RFC 5424, facility user, severity info): a datagram each, cut to what
 * fits one, or over TCP with a line end each. A server that is away is tried again after a second;
 * lines meanwhile are lost.
 */
final class Syslog {
    private static final Logger log = LoggerFactory.getLogger(Syslog.class);
    private static final int DATAGRAM = 65_000;
    private static final long RETRY_NANOS = 1_000_000_000L;

    private final String target;
    private final URI uri;
    private final byte[] middle;
    private @Nullable DatagramSocket datagrams;
    private @Nullable Socket stream;
    private long failedAt;
    private boolean said;

    Syslog(String target) {
        this.target = target;
        this.uri = URI.create(target);
        this.middle =
                (" "
                                + hostName()
                                + " nimbus-router "
                                + ProcessHandle.current().pid()
                                + " access - ")
                        .getBytes(US_ASCII);
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "-";
        }
    }

    boolean isTo(@Nullable String other) {
        return target.equals(other);
    }

    void send(byte[] bytes, int from, int to, long epochNanos) {
        if (failedAt != 0 && System.nanoTime() - failedAt < RETRY_NANOS) {
            return;
        }
        try {
            boolean tcp = "tcp".equals(uri.getScheme());
            int length = tcp ? to - from : Math.min(to - from, DATAGRAM);
            var message = new ByteArrayOutputStream(length + 128);
            var time =
                    Instant.ofEpochSecond(epochNanos / 1_000_000_000L, epochNanos % 1_000_000_000L)
                            .truncatedTo(ChronoUnit.MILLIS);
            message.writeBytes(("<14>1 " + time).getBytes(US_ASCII));
            message.writeBytes(middle);
            message.write(bytes, from, length);
            if (tcp) {
                message.write('\n');
                tcp().getOutputStream().write(message.toByteArray());
            } else {
                udp().send(
                                new DatagramPacket(
                                        message.toByteArray(),
                                        message.size(),
                                        new InetSocketAddress(uri.getHost(), uri.getPort())));
            }
            failedAt = 0;
            said = false;
        } catch (IOException | IllegalArgumentException e) {
            if (!said) {
                log.warn("syslog at {} takes no lines: {}", target, e.toString());
                said = true;
            }
            failedAt = System.nanoTime();
            close();
        }
    }

    private Socket tcp() throws IOException {
        var current = stream;
        if (current == null) {
            current = new Socket();
            current.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), 2000);
            stream = current;
        }
        return current;
    }

    private DatagramSocket udp() throws IOException {
        var current = datagrams;
        if (current == null) {
            current = new DatagramSocket();
            datagrams = current;
        }
        return current;
    }

    void close() {
        try {
            if (stream != null) {
                stream.close();
            }
        } catch (IOException e) {
            log.debug("closing syslog", e);
        }
        stream = null;
        if (datagrams != null) {
            datagrams.close();
            datagrams = null;
        }
    }
}

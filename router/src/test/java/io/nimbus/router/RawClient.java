package io.nimbus.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Locale;

/** A client that writes just the bytes it is told to, and reads HTTP/1 with its own eyes. */
final class RawClient implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    RawClient(int port) {
        this(plain(port));
    }

    RawClient(Socket socket) {
        try {
            this.socket = socket;
            socket.setSoTimeout(20_000);
            socket.setTcpNoDelay(true);
            this.in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Socket plain(int port) {
        try {
            return new Socket(InetAddress.getLoopbackAddress(), port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Socket socket() {
        return socket;
    }

    String address() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    RawClient send(String text) {
        return send(text.getBytes(ISO_8859_1));
    }

    RawClient send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A GET with HTTP/1.1 and these further lines. */
    RawResponse get(String host, String target, String... lines) {
        return request("GET", host, target, lines);
    }

    RawResponse request(String method, String host, String target, String... lines) {
        send(head(method, host, target, lines));
        return read(method);
    }

    static String head(String method, String host, String target, String... lines) {
        var text = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
        for (var line : lines) {
            text.append(line).append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    RawResponse read() {
        return read("GET");
    }

    /** The next response, by its framing; cut where the connection ended too early. */
    RawResponse read(String method) {
        try {
            var statusLine = line();
            var lines = new ArrayList<String>();
            for (var line = line(); !line.isEmpty(); line = line()) {
                lines.add(line);
            }
            var head = new RawResponse(statusLine, lines, new byte[0], "", false);
            int status = head.status();
            if (method.equals("HEAD") || status == 204 || status == 304 || status < 200) {
                return head;
            }
            var body = new ByteArrayOutputStream();
            var trailer = new StringBuilder();
            boolean whole = body(head, body, trailer);
            return new RawResponse(
                    statusLine, lines, body.toByteArray(), trailer.toString(), !whole);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean body(RawResponse head, ByteArrayOutputStream body, StringBuilder trailer)
            throws IOException {
        var encoding = head.header("Transfer-Encoding");
        if (encoding != null && encoding.toLowerCase(Locale.ROOT).equals("chunked")) {
            try {
                while (true) {
                    int size = Integer.parseInt(line(), 16);
                    if (size == 0) {
                        for (var line = line(); !line.isEmpty(); line = line()) {
                            trailer.append(line).append('\n');
                        }
                        return true;
                    }
                    var chunk = in.readNBytes(size);
                    body.write(chunk);
                    if (chunk.length < size || !line().isEmpty()) {
                        return false;
                    }
                }
            } catch (EOFException | SocketException e) {
                return false;
            }
        }
        var length = head.header("Content-Length");
        if (length != null) {
            int wanted = Integer.parseInt(length);
            int got = 0;
            var buffer = new byte[64 * 1024];
            try {
                while (got < wanted) {
                    int n = in.read(buffer, 0, Math.min(buffer.length, wanted - got));
                    if (n < 0) {
                        return false;
                    }
                    body.write(buffer, 0, n);
                    got += n;
                }
            } catch (SocketException e) {
                return false;
            }
            return true;
        }
        try {
            body.write(in.readAllBytes());
        } catch (SocketException e) {
            return false;
        }
        return true;
    }

    String line() throws IOException {
        var line = new ByteArrayOutputStream();
        while (true) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("the connection ended after '" + line + "'");
            }
            if (b == '\n') {
                var text = line.toString(ISO_8859_1);
                if (!text.endsWith("\r")) {
                    throw new IOException("a line without CR: " + text);
                }
                return text.substring(0, text.length() - 1);
            }
            line.write(b);
        }
    }

    byte[] bytes(int count) {
        try {
            return in.readNBytes(count);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the router has ended the connection, with nothing more to read. */
    boolean isClosed() {
        try {
            return in.read() < 0;
        } catch (SocketException e) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that comes until the end. */
    String rest() {
        try {
            return new String(in.readAllBytes(), ISO_8859_1);
        } catch (SocketException e) {
            return "(reset)";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

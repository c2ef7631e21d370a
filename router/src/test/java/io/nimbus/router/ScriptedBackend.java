package io.nimbus.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A backend that records what it gets, byte for byte, and answers as a test tells it to. */
final class ScriptedBackend implements AutoCloseable {
    /** A request as it arrived. */
    record Request(String line, List<String> lines, byte[] body, String trailer, int connection) {
        @Nullable String header(String name) {
            var all = headers(name);
            return all.isEmpty() ? null : all.get(0);
        }

        List<String> headers(String name) {
            var found = new ArrayList<String>();
            for (var line : lines) {
                int colon = line.indexOf(':');
                if (line.substring(0, colon)
                        .toLowerCase(Locale.ROOT)
                        .equals(name.toLowerCase(Locale.ROOT))) {
                    found.add(line.substring(colon + 1).strip());
                }
            }
            return found;
        }

        String method() {
            return line.substring(0, line.indexOf(' '));
        }

        String target() {
            return line.substring(line.indexOf(' ') + 1, line.lastIndexOf(' '));
        }

        String text() {
            return new String(body, ISO_8859_1);
        }
    }

    /** One connection, for scripts that do more than answer. */
    static final class Conversation {
        final Socket socket;
        final InputStream in;
        final OutputStream out;
        final int number;

        Conversation(Socket socket, InputStream in, int number) throws IOException {
            this.socket = socket;
            this.in = in;
            this.out = socket.getOutputStream();
            this.number = number;
        }

        void send(String text) throws IOException {
            out.write(text.getBytes(ISO_8859_1));
            out.flush();
        }

        void answer(int status, String body, String... lines) throws IOException {
            var text = new StringBuilder("HTTP/1.1 " + status + " Reason\r\n");
            for (var line : lines) {
                text.append(line).append("\r\n");
            }
            text.append("Content-Length: ").append(body.length()).append("\r\n\r\n").append(body);
            send(text.toString());
        }

        /** Ends the connection with a reset. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        String line() throws IOException {
            var line = new ByteArrayOutputStream();
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (b == '\n') {
                    var text = line.toString(ISO_8859_1);
                    if (!text.endsWith("\r")) {
                        throw new IOException("a line without CR: " + text);
                    }
                    return text.substring(0, text.length() - 1);
                }
                line.write(b);
            }
            throw new IOException("ended within a line");
        }
    }

    /**
     * What to do with a request whose head has been read; the body is read first unless told not
     * to.
     */
    interface Script {
        void answer(Request request, Conversation conversation) throws IOException;
    }

    private final String name;
    private final ServerSocket server;
    private final AtomicInteger connections = new AtomicInteger();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final Thread accepting;
    private volatile Script script;
    private volatile boolean readsBody = true;

    ScriptedBackend(String name) {
        this(name, open(0));
    }

    ScriptedBackend(String name, ServerSocket server) {
        this.name = name;
        this.server = server;
        this.script = (request, conversation) -> conversation.answer(200, name);
        this.accepting = Thread.ofVirtual().start(this::accept);
    }

    static ServerSocket open(int port) {
        try {
            return new ServerSocket(port, 512, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ScriptedBackend script(Script changed) {
        script = changed;
        return this;
    }

    /** The script gets the request as soon as its head is there. */
    ScriptedBackend headOnly() {
        readsBody = false;
        return this;
    }

    private void accept() {
        try {
            while (!server.isClosed()) {
                var socket = server.accept();
                sockets.add(socket);
                int number = connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(socket, number));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            var conversation =
                    new Conversation(
                            socket, new BufferedInputStream(socket.getInputStream()), number);
            while (true) {
                conversation.in.mark(1);
                if (conversation.in.read() < 0) {
                    return;
                }
                conversation.in.reset();
                var request = read(conversation);
                requests.add(request);
                script.answer(request, conversation);
                if (socket.isClosed()) {
                    return;
                }
            }
        } catch (IOException | RuntimeException e) {
            if (!socket.isClosed() && !String.valueOf(e.getMessage()).contains("reset")) {
                faults.add(name + ": " + e);
            }
        }
    }

    private Request read(Conversation conversation) throws IOException {
        var line = conversation.line();
        var lines = new ArrayList<String>();
        for (var header = conversation.line(); !header.isEmpty(); header = conversation.line()) {
            if (header.indexOf(':') <= 0) {
                throw new IOException("not a header line: " + header);
            }
            lines.add(header);
        }
        var head = new Request(line, lines, new byte[0], "", conversation.number);
        if (!readsBody) {
            return head;
        }
        var trailer = new StringBuilder();
        var body = body(head, conversation, trailer);
        return new Request(line, lines, body, trailer.toString(), conversation.number);
    }

    static byte[] body(Request head, Conversation conversation, StringBuilder trailer)
            throws IOException {
        var body = new ByteArrayOutputStream();
        var encoding = head.header("Transfer-Encoding");
        var length = head.header("Content-Length");
        if (encoding != null) {
            if (length != null || !encoding.equals("chunked")) {
                throw new IOException("two framings, or an unknown one: " + head.lines());
            }
            for (int size = Integer.parseInt(conversation.line(), 16);
                    size > 0;
                    size = Integer.parseInt(conversation.line(), 16)) {
                body.write(conversation.in.readNBytes(size));
                if (!conversation.line().isEmpty()) {
                    throw new IOException("a chunk that does not end");
                }
            }
            for (var rest = conversation.line(); !rest.isEmpty(); rest = conversation.line()) {
                trailer.append(rest).append('\n');
            }
        } else if (length != null) {
            body.write(conversation.in.readNBytes(Integer.parseInt(length)));
        }
        return body.toByteArray();
    }

    String name() {
        return name;
    }

    int port() {
        return server.getLocalPort();
    }

    List<Request> requests() {
        return requests;
    }

    Request last() {
        return requests.get(requests.size() - 1);
    }

    /** Connections made to it so far. */
    int connections() {
        return connections.get();
    }

    /** What it could not read as HTTP. */
    List<String> faults() {
        return faults;
    }

    /** Ends what is open, as an instance that is killed does. */
    void drop() {
        for (var socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        sockets.clear();
    }

    @Override
    public void close() {
        try {
            server.close();
            // The port is open until the thread that waits at it has noticed.
            accepting.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        drop();
    }
}

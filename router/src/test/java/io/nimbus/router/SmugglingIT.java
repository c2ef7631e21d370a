package io.nimbus.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever bytes a client sends: an instance sees the requests that are in them and no other, and
 * the router lives.
 */
class SmugglingIT {
    private static final int MALFORMED = 20_000;
    private static final int CLIENTS = 16;
    private static final long SEED = 7;

    private final Recorder recorder = new Recorder();
    private final TestRouter router = new TestRouter("timeouts: {request_head: 10s}");

    @AfterEach
    void stop() {
        router.close();
        recorder.close();
    }

    /**
     * What a lenient reader might take for something else. Source: RFC 9112 §11.2 and known holes.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 5",
                "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: 5, 5",
                "Content-Length: +5",
                "Content-Length: -1",
                "Content-Length: 0x5",
                "Content-Length: 5 5",
                "Content-Length: 99999999999999999999",
                "Content-Length:",
                "Content-Length: \u00b2",
                "Content-Length : 5",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, gzip",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: chunked;q=1",
                "Transfer-Encoding: chu\u017fked",
                "Transfer-Encoding:",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding\t: chunked",
                "Transfer-Encoding:\u000bchunked",
                "Transfer-Encoding: chunked\u0000",
                "Transfer-Encoding:\r\n chunked",
                "X: y\r\n Transfer-Encoding: chunked",
                "X: y\nTransfer-Encoding: chunked",
                "X: y\rTransfer-Encoding: chunked",
                "X: y\u0000",
                "X: y\u007f",
                "X y: z",
                "X\u0000: y",
                "X(: y",
                ": y",
                "X",
                "Host: other.test",
                "Host: a.test, b.test",
                "Content-Length: 5\r\n\tTransfer-Encoding: chunked"
            })
    void a_head_with_two_meanings_is_refused(String line) {
        var evil = "GET /evil HTTP/1.1\r\nHost: a.test\r\n\r\n";
        try (var client = router.connect()) {
            client.send(
                    "POST /first HTTP/1.1\r\nHost: a.test\r\n" + line + "\r\n\r\n0\r\n\r\n" + evil);
            var answer = client.read();
            assertThat(answer.status()).isIn(400, 501);
            assertThat(client.rest()).isEmpty();
        }
        recorder.routed(router);
        assertThat(recorder.heads).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /a  HTTP/1.1",
                "GET  /a HTTP/1.1",
                " GET /a HTTP/1.1",
                "GET /a HTTP/1.1 ",
                "GET\t/a HTTP/1.1",
                "GET /a",
                "GET /a HTTP/1.1x",
                "GET /a http/1.1",
                "GET /a HTTP/1.5",
                "GET /a HTTP/01.1",
                "GET a HTTP/1.1",
                "GET /%zz HTTP/1.1",
                "GET /a\u0001 HTTP/1.1",
                "GET /a\u007f HTTP/1.1",
                "G(T /a HTTP/1.1",
                "\r\nGET /a HTTP/1.1",
                "GET /a HTTP/2.0",
                "GET http:// HTTP/1.1",
                "GET http://u@a.test/ HTTP/1.1"
            })
    void a_request_line_that_is_none_is_refused(String line) {
        recorder.routed(router);
        try (var client = router.connect()) {
            client.send(line + "\r\nHost: a.test\r\n\r\n");
            assertThat(client.read().status()).isIn(400, 505);
            assertThat(client.rest()).isEmpty();
        }
        assertThat(recorder.heads).isEmpty();
    }

    @Test
    void twenty_thousand_malformed_streams_show_an_instance_nothing_that_was_not_sent()
            throws Exception {
        recorder.routed(router);
        var allowed = new HashMap<String, Integer>();
        var streams = new ArrayList<Stream>();
        var random = new SplittableRandom(SEED);
        for (int malformed = 0, n = 0; malformed < MALFORMED; n++) {
            var stream = new Stream(Mutations.stream(random.split(), n));
            streams.add(stream);
            malformed += stream.verdict.malformed() ? 1 : 0;
            for (var request : stream.verdict.requests()) {
                allowed.merge(request.method() + " " + request.target(), 1, Integer::sum);
                if (request.whole()) {
                    allowed.merge(
                            line(request.method(), request.target(), request.body()),
                            1,
                            Integer::sum);
                }
            }
        }
        var next = new AtomicInteger();
        var faults = new ConcurrentLinkedQueue<String>();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CLIENTS; i++) {
                var _ =
                        clients.submit(() -> {
                            for (int n = next.getAndIncrement();
                                    n < streams.size();
                                    n = next.getAndIncrement()) {
                                play(streams.get(n), faults);
                            }
                        });
            }
        }
        assertThat(faults).isEmpty();
        assertThat(recorder.faults).isEmpty();
        excess(recorder.heads, allowed, streams);
        excess(recorder.whole, allowed, streams);
        // Nobody was refused for a neighbour's fault, and much of it was no fault at all.
        assertThat(recorder.whole.size()).isGreaterThan(1000);
        assertThat(router.get("a.test", "/alive").status()).isEqualTo(200);
    }

    private static String line(String method, String target, String body) {
        return method + " " + target + "\n" + body;
    }

    private static void excess(
            Queue<String> seen, Map<String, Integer> allowed, List<Stream> streams) {
        var counts = new HashMap<String, Integer>();
        seen.forEach(line -> counts.merge(line, 1, Integer::sum));
        counts.forEach((line, count) ->
                assertThat(count)
                        .as(() -> line + "\nof: " + origin(streams, line))
                        .isLessThanOrEqualTo(allowed.getOrDefault(line, 0)));
    }

    private static String origin(List<Stream> streams, String line) {
        var target = line.split("[ \n]")[1];
        return streams.stream()
                .map(Stream::text)
                .filter(text -> text.contains(target))
                .findFirst()
                .orElse("nothing that was sent");
    }

    private record Stream(byte[] bytes, StrictHttp.Verdict verdict) {
        Stream(byte[] bytes) {
            this(bytes, StrictHttp.read(bytes));
        }

        /** Whether the router has to wait for more. */
        boolean isOpen() {
            var requests = verdict.requests();
            return !verdict.malformed()
                    && (requests.isEmpty() || !requests.get(requests.size() - 1).whole());
        }

        String text() {
            return new String(bytes, ISO_8859_1).replace("\r", "\\r").replace("\n", "\\n\n");
        }
    }

    private void play(Stream stream, Queue<String> faults) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), router.router.port())) {
            socket.setSoTimeout(30_000);
            socket.setTcpNoDelay(true);
            var out = socket.getOutputStream();
            out.write(stream.bytes);
            if (stream.isOpen()) {
                socket.shutdownOutput();
            }
            var in = socket.getInputStream();
            var answer = in.readNBytes(12);
            if (answer.length == 12 && !new String(answer, ISO_8859_1).startsWith("HTTP/1.")) {
                faults.add("no answer: " + new String(answer, ISO_8859_1));
            }
            in.skip(Long.MAX_VALUE);
        } catch (SocketTimeoutException e) {
            faults.add("it waits: " + stream.text());
        } catch (SocketException e) {
            // A reset is an answer to nonsense, too.
            return;
        } catch (IOException e) {
            faults.add(e + ": " + stream.text());
        }
    }

    /** Streams of requests with something wrong in them. */
    private static final class Mutations {
        private static final String[] LINES = {
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding:\u000bchunked",
            "transfer-encoding:chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: gzip, chunked",
            "Transfer_Encoding: chunked",
            " Transfer-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked",
            "X: y\nTransfer-Encoding: chunked",
            "Content-Length: 0",
            "Content-Length: 3",
            "Content-Length: 40",
            "Content-Length: 5, 5",
            "Content-Length: +3",
            "Content-Length: 0x10",
            "Content-Length: 1e1",
            "Content-Length:",
            "Content-Length : 3",
            "Content-Length: 18446744073709551617",
            "Content_Length: 3",
            "\tContent-Length: 3",
            "Host: other.test",
            "Host: a.test",
            "Host: a.test b.test",
            "Connection: Content-Length",
            "Connection: Transfer-Encoding, close",
            "Expect: 100-continue",
            "Expect: 200-ok",
            "Upgrade: h2c\r\nConnection: Upgrade",
            "TE: trailers",
            "Trailer: Content-Length",
            "X: \u0000",
            "\u0000: x",
            "X\u0000Y: x",
            ": x",
            "no colon",
            "X: \u00ff\u0080",
            "Content-Length: 5\r\n 6"
        };
        private static final String BYTES =
                "\r\n\0 \t:,;/%\u000b\u000c\u007f\u0085\u00a0\u00ff0aZ=\"{";

        static byte[] stream(SplittableRandom random, int n) {
            var text = new StringBuilder();
            int requests = 1 + random.nextInt(3);
            for (int i = 0; i < requests; i++) {
                text.append(request(random, n + "." + i));
            }
            int mutations = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(2);
            for (int i = 0; i < mutations; i++) {
                mutate(random, text);
            }
            // So that what is fine comes to an end.
            text.append("GET /last.").append(n);
            text.append(" HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
            return text.toString().getBytes(ISO_8859_1);
        }

        private static String request(SplittableRandom random, String id) {
            var evil = "GET /evil." + id + " HTTP/1.1\r\nHost: a.test\r\n\r\n";
            var host = "Host: a.test\r\n";
            return switch (random.nextInt(8)) {
                case 0 -> "GET /get." + id + " HTTP/1.1\r\n" + host + "\r\n";
                case 1 -> "GET http://a.test/url." + id + "?a=%20 HTTP/1.1\r\n" + host + "\r\n";
                case 2 ->
                        "POST /length."
                                + id
                                + " HTTP/1.1\r\n"
                                + host
                                + "Content-Length: "
                                + evil.length()
                                + "\r\n\r\n"
                                + evil;
                case 3 ->
                        "POST /chunked."
                                + id
                                + " HTTP/1.1\r\n"
                                + host
                                + "Transfer-Encoding: chunked\r\n\r\n"
                                + Integer.toHexString(evil.length())
                                + "\r\n"
                                + evil
                                + "\r\n0\r\n\r\n";
                case 4 ->
                        "PUT /pieces."
                                + id
                                + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                                + host
                                + "\r\n4;a=b\r\nbody\r\n"
                                + Integer.toHexString(evil.length()).toUpperCase(Locale.ROOT)
                                + " ; x=\"y\"\r\n"
                                + evil
                                + "\r\n00\r\nX-Trailer: t\r\n\r\n";
                case 5 ->
                        "GET /old."
                                + id
                                + " HTTP/1.0\r\n"
                                + host
                                + "Connection: keep-alive\r\n\r\n";
                case 6 ->
                        "HEAD /head."
                                + id
                                + " HTTP/1.1\r\n"
                                + host
                                + "X-Long: "
                                + "v".repeat(random.nextInt(300))
                                + "\r\nCookie: a=b\r\n\r\n";
                default ->
                        "DELETE /many."
                                + id
                                + " HTTP/1.1\r\nAccept: */*\r\n"
                                + host
                                + "Content-Length: 3\r\nX-A: 1\r\nX-B: 2\r\n\r\nabc";
            };
        }

        private static void mutate(SplittableRandom random, StringBuilder text) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3 -> insertLine(random, text);
                case 4 -> text.setCharAt(at, BYTES.charAt(random.nextInt(BYTES.length())));
                case 5 -> text.insert(at, BYTES.charAt(random.nextInt(BYTES.length())));
                case 6 -> text.deleteCharAt(at);
                case 7 -> text.setCharAt(at, (char) random.nextInt(256));
                case 8 -> {
                    int end = Math.min(text.length(), at + 1 + random.nextInt(20));
                    text.insert(random.nextInt(text.length()), text.substring(at, end));
                }
                case 9 -> lineEnd(random, text);
                case 10 -> {
                    int end = Math.min(text.length(), at + 1 + random.nextInt(8));
                    text.delete(at, end);
                }
                default -> digit(random, text);
            }
        }

        private static void insertLine(SplittableRandom random, StringBuilder text) {
            int end = text.indexOf("\r\n", random.nextInt(text.length()));
            if (end >= 0) {
                text.insert(end + 2, LINES[random.nextInt(LINES.length)] + "\r\n");
            }
        }

        private static void lineEnd(SplittableRandom random, StringBuilder text) {
            int end = text.indexOf("\r\n", random.nextInt(text.length()));
            if (end >= 0) {
                var ends =
                        new String[] {
                            "\n", "\r", "\r\r\n", "\n\r", "\r\n ", " \r\n", "\r\n\r\n", ""
                        };
                text.replace(end, end + 2, ends[random.nextInt(ends.length)]);
            }
        }

        private static void digit(SplittableRandom random, StringBuilder text) {
            int from = random.nextInt(text.length());
            for (int i = from; i < text.length(); i++) {
                if (Character.isDigit(text.charAt(i))) {
                    text.setCharAt(i, (char) ('0' + random.nextInt(10)));
                    return;
                }
            }
        }
    }

    /** A backend that reads by the letter and says so when it cannot. */
    private static final class Recorder implements AutoCloseable {
        final Queue<String> heads = new ConcurrentLinkedQueue<>();
        final Queue<String> whole = new ConcurrentLinkedQueue<>();
        final Queue<String> faults = new ConcurrentLinkedQueue<>();
        private final java.net.ServerSocket server = ScriptedBackend.open(0);

        Recorder() {
            Thread.ofVirtual().start(this::accept);
        }

        void routed(TestRouter router) {
            router.register(TestRouter.instance(server.getLocalPort(), 0, "a.test"));
        }

        private void accept() {
            try {
                while (true) {
                    var socket = server.accept();
                    Thread.ofVirtual().start(() -> serve(socket));
                }
            } catch (IOException e) {
                // closed
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                var in = new BufferedInputStream(socket.getInputStream());
                while (true) {
                    request(in);
                    socket.getOutputStream()
                            .write(
                                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                                            .getBytes(ISO_8859_1));
                }
            } catch (EOFException | SocketException e) {
                // The router ends what its client does not finish.
            } catch (IOException | RuntimeException e) {
                faults.add(e.toString());
            }
        }

        private void request(InputStream in) throws IOException {
            var line = line(in);
            int length = -1;
            boolean chunked = false;
            int hosts = 0;
            for (var field = line(in); !field.isEmpty(); field = line(in)) {
                int colon = field.indexOf(':');
                if (colon <= 0 || field.charAt(0) <= ' ' || field.charAt(colon - 1) <= ' ') {
                    throw new IOException("not a field: " + field);
                }
                var value = field.substring(colon + 1).strip();
                switch (field.substring(0, colon).toLowerCase(Locale.ROOT)) {
                    case "content-length" -> {
                        if (length >= 0) {
                            throw new IOException("two lengths");
                        }
                        length = Integer.parseInt(value);
                    }
                    case "transfer-encoding" -> {
                        if (chunked || !value.equals("chunked")) {
                            throw new IOException("transfer-encoding " + value);
                        }
                        chunked = true;
                    }
                    case "host" -> hosts++;
                    default -> {}
                }
            }
            if (hosts != 1 || (chunked && length >= 0) || !line.endsWith(" HTTP/1.1")) {
                throw new IOException("two meanings: " + line);
            }
            var words = line.split(" ", -1);
            if (words.length != 3) {
                throw new IOException("not a request line: " + line);
            }
            heads.add(words[0] + " " + words[1]);
            var body = chunked ? chunks(in) : exactly(in, Math.max(0, length));
            whole.add(SmugglingIT.line(words[0], words[1], body));
        }

        private static String line(InputStream in) throws IOException {
            var line = new ByteArrayOutputStream();
            for (int b = in.read(); ; b = in.read()) {
                if (b < 0) {
                    throw new EOFException();
                }
                if (b == '\n') {
                    var text = line.toString(ISO_8859_1);
                    if (!text.endsWith("\r") || text.indexOf('\r') < text.length() - 1) {
                        throw new IOException("a line with another end: " + text);
                    }
                    return text.substring(0, text.length() - 1);
                }
                line.write(b);
            }
        }

        private static String exactly(InputStream in, int length) throws IOException {
            var bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException();
            }
            return new String(bytes, ISO_8859_1);
        }

        private static String chunks(InputStream in) throws IOException {
            var body = new StringBuilder();
            while (true) {
                int size = Integer.parseInt(line(in), 16);
                if (size > 0) {
                    body.append(exactly(in, size));
                }
                if (!line(in).isEmpty()) {
                    throw new IOException("a trailer, or a chunk that does not end");
                }
                if (size == 0) {
                    return body.toString();
                }
            }
        }

        @Override
        public void close() {
            try {
                server.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}

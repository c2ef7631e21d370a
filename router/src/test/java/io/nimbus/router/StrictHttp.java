package io.nimbus.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a stream of bytes says as HTTP/1, read by the letter of RFC 9112 and with nothing of the
 * router's own code: the judge of what a client has sent.
 */
final class StrictHttp {
    private static final Pattern LINE =
            Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) HTTP/1\\.([01])");
    private static final Pattern TARGET =
            // Queries are the app's own affair.
            Pattern.compile(
                    "(?:[!-~\\x80-\\xff&&[^%?]]|%[0-9a-fA-F]{2})+(?:\\?[!-~\\x80-\\xff]*)?");
    private static final Pattern FIELD =
            Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\\t -~\\x80-\\xff]*)");
    private static final Pattern CHUNK =
            Pattern.compile("([0-9a-fA-F]{1,15})(?:[ \\t]*;[\\t -~\\x80-\\xff]*)?");

    /**
     * @param whole false if the head is fine, but the body is not or ends too early
     */
    record Request(String method, String target, String body, boolean whole) {}

    /**
     * @param malformed whether there is something in it that is no HTTP
     */
    record Verdict(List<Request> requests, boolean malformed) {}

    private static final class Incomplete extends Exception {}

    private static final class Malformed extends Exception {}

    private final String text;
    private int at;

    private StrictHttp(byte[] bytes) {
        this.text = new String(bytes, ISO_8859_1);
    }

    static Verdict read(byte[] bytes) {
        return new StrictHttp(bytes).read();
    }

    private Verdict read() {
        var requests = new ArrayList<Request>();
        @Nullable Request[] open = new @Nullable Request[1];
        try {
            while (at < text.length()) {
                open[0] = null;
                if (!request(requests, open)) {
                    return new Verdict(requests, false);
                }
            }
            return new Verdict(requests, false);
        } catch (Incomplete | Malformed e) {
            if (open[0] != null) {
                requests.add(open[0]);
            }
            return new Verdict(requests, e instanceof Malformed);
        }
    }

    private String line() throws Incomplete, Malformed {
        int end = text.indexOf('\n', at);
        if (end < 0) {
            if (text.substring(at).chars().anyMatch(c -> c != '\r' && c < ' ' && c != '\t')) {
                throw new Malformed();
            }
            throw new Incomplete();
        }
        if (end == at || text.charAt(end - 1) != '\r') {
            throw new Malformed();
        }
        var line = text.substring(at, end - 1);
        at = end + 1;
        return line;
    }

    /** False when the connection ends with it. */
    private boolean request(List<Request> requests, @Nullable Request[] open)
            throws Incomplete, Malformed {
        var line = LINE.matcher(line());
        if (!line.matches() || !TARGET.matcher(line.group(2)).matches()) {
            throw new Malformed();
        }
        boolean old = line.group(3).equals("0");
        var hosts = new ArrayList<String>();
        var lengths = new HashSet<String>();
        var encodings = new ArrayList<String>();
        var options = new HashSet<String>();
        for (var next = line(); !next.isEmpty(); next = line()) {
            var field = FIELD.matcher(next);
            if (!field.matches()) {
                throw new Malformed();
            }
            var value = field.group(2).replaceAll("^[ \\t]+|[ \\t]+$", "");
            switch (field.group(1).toLowerCase(Locale.ROOT)) {
                case "host" -> hosts.add(value);
                case "content-length" -> lengths.add(value);
                case "transfer-encoding" -> encodings.add(value.toLowerCase(Locale.ROOT));
                case "connection" -> {
                    for (var option : value.split(",")) {
                        options.add(option.strip().toLowerCase(Locale.ROOT));
                    }
                }
                default -> {}
            }
        }
        if (hosts.size() > 1
                || (hosts.isEmpty() && !old)
                || lengths.size() > 1
                || encodings.size() > 1
                || (!encodings.isEmpty()
                        && (old || !lengths.isEmpty() || !encodings.get(0).equals("chunked")))) {
            throw new Malformed();
        }
        var method = line.group(1);
        var target = line.group(2);
        if (!lengths.isEmpty() && !lengths.iterator().next().matches("[0-9]{1,18}")) {
            throw new Malformed();
        }
        open[0] = new Request(method, target, "", false);
        String body = "";
        if (!encodings.isEmpty()) {
            body = chunks();
        } else if (!lengths.isEmpty()) {
            long length = Long.parseLong(lengths.iterator().next());
            if (length > text.length() - at) {
                throw new Incomplete();
            }
            body = text.substring(at, at + (int) length);
            at += (int) length;
        }
        requests.add(new Request(method, target, body, true));
        return !options.contains("close") && (!old || options.contains("keep-alive"));
    }

    private String chunks() throws Incomplete, Malformed {
        var body = new StringBuilder();
        while (true) {
            var size = CHUNK.matcher(line());
            if (!size.matches()) {
                throw new Malformed();
            }
            long length = Long.parseLong(size.group(1), 16);
            if (length == 0) {
                break;
            }
            if (length > text.length() - at) {
                throw new Incomplete();
            }
            body.append(text, at, at + (int) length);
            at += (int) length;
            if (!line().isEmpty()) {
                throw new Malformed();
            }
        }
        for (var trailer = line(); !trailer.isEmpty(); trailer = line()) {
            if (!FIELD.matcher(trailer).matches()) {
                throw new Malformed();
            }
        }
        return body.toString();
    }
}

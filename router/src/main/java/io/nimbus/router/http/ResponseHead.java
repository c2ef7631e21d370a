package io.nimbus.router.http;

/**
 * A response's head. Read with more patience than a request's, since it is written anew for the
 * client: bare LFs and folded lines are understood. What leaves the body's length open to doubt is
 * refused all the same.
 */
public final class ResponseHead extends Head {
    private int status;
    private int reason;
    private int reasonEnd;
    private int minorVersion;
    private long contentLength = -1;
    private boolean chunked;
    private boolean close;
    private boolean keepAlive;
    private boolean nominates;
    private boolean doubtful;

    public ResponseHead() {
        super(true);
    }

    @Override
    public void clear() {
        super.clear();
        contentLength = -1;
        chunked = false;
        close = false;
        keepAlive = false;
        nominates = false;
        doubtful = false;
    }

    @Override
    void firstLine(int from, int to) throws MalformedException {
        if (to - from < 12
                || !Octets.exactly(bytes, from, from + 7, "HTTP/1.")
                || bytes[from + 8] != ' '
                || (to - from > 12 && bytes[from + 12] != ' ')) {
            throw new MalformedException("not a status line of HTTP/1");
        }
        byte minor = bytes[from + 7];
        if (minor != '0' && minor != '1') {
            throw new MalformedException("not a status line of HTTP/1");
        }
        minorVersion = minor - '0';
        status = 0;
        for (int i = from + 9; i < from + 12; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                throw new MalformedException("not a status");
            }
            status = status * 10 + (bytes[i] - '0');
        }
        if (status < 100) {
            throw new MalformedException("not a status");
        }
        reason = Math.min(from + 13, to);
        reasonEnd = to;
        for (int i = reason; i < to; i++) {
            if (!Octets.isValue(bytes[i])) {
                throw new MalformedException("a control character in the reason");
            }
        }
    }

    @Override
    void complete() throws MalformedException {
        int encoding = first(Field.TRANSFER_ENCODING);
        if (encoding >= 0) {
            if (next(encoding) >= 0 || !valueIs(encoding, "chunked")) {
                throw new MalformedException(HeadFault.UNKNOWN_ENCODING, "an unknown encoding");
            }
            chunked = true;
            // The encoding wins (RFC 9112 §6.3), but such a backend is not asked twice.
            doubtful = has(Field.CONTENT_LENGTH) || minorVersion == 0;
        } else {
            contentLength = contentLength();
        }
        for (int i = first(Field.CONNECTION); i >= 0; i = next(i)) {
            Octets.list(bytes, value(i), valueEnd(i), this::connectionOption);
        }
        if (nominates) {
            for (int i = first(Field.CONNECTION); i >= 0; i = next(i)) {
                if (Octets.same(bytes, name(i), nameEnd(i), "connection")) {
                    Octets.list(bytes, value(i), valueEnd(i), this::strike);
                }
            }
        }
    }

    private void connectionOption(int from, int to) {
        if (Octets.same(bytes, from, to, "close")) {
            close = true;
        } else if (Octets.same(bytes, from, to, "keep-alive")) {
            keepAlive = true;
        } else if (!Octets.same(bytes, from, to, "upgrade")) {
            nominates = true;
        }
    }

    private void strike(int from, int to) {
        var name = Octets.lower(bytes, from, to);
        for (int i = 0; i < count; i++) {
            int id = id(i);
            if (id != Field.CONTENT_LENGTH
                    && id != Field.TRANSFER_ENCODING
                    && id != Field.UPGRADE
                    && Octets.same(bytes, name(i), nameEnd(i), name)) {
                rename(i, Field.CONNECTION);
            }
        }
    }

    public int status() {
        return status;
    }

    public int reason() {
        return reason;
    }

    public int reasonEnd() {
        return reasonEnd;
    }

    public int minorVersion() {
        return minorVersion;
    }

    /** Bytes of the body as announced; -1 if chunked or unknown. */
    public long bodyLength() {
        return contentLength;
    }

    public boolean isChunked() {
        return chunked;
    }

    /** Whether the connection may serve another request afterwards. */
    public boolean keepsAlive() {
        return !close && !doubtful && (minorVersion == 1 || keepAlive);
    }

    /**
     * Seconds that an idle connection lives, as {@code Keep-Alive: timeout=} says; -1 if nothing.
     */
    public int idleSeconds() {
        int field = first(Field.KEEP_ALIVE);
        if (field < 0) {
            return -1;
        }
        var text = valueText(field);
        int at = text.indexOf("timeout=");
        if (at < 0) {
            return -1;
        }
        int seconds = 0;
        for (int i = at + 8; i < text.length() && seconds < 1_000_000; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                break;
            }
            seconds = seconds * 10 + (c - '0');
        }
        return seconds;
    }
}

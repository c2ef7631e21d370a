package io.nimbus.router.http;

import java.util.Set;

/**
 * A request's head. After it was read it has exactly one meaning: one host, one body length. The
 * rules are RFC 9112's, in doubt the stricter reading.
 */
public final class RequestHead extends Head {
    /** Form of the request's target. */
    public enum Form {
        ORIGIN,
        ABSOLUTE,
        /** {@code CONNECT host:port}. */
        AUTHORITY,
        /** {@code OPTIONS *}. */
        ASTERISK
    }

    private int methodEnd;
    private int target;
    private int targetEnd;
    private int path;
    private int pathEnd;
    private int host = -1;
    private int hostEnd = -1;
    private int minorVersion;
    private Form form = Form.ORIGIN;
    private long contentLength = -1;
    private boolean chunked;
    private boolean close;
    private boolean keepAlive;
    private boolean upgrade;
    private boolean expectsContinue;
    private boolean nominates;

    public RequestHead() {
        super(false);
    }

    @Override
    public void clear() {
        super.clear();
        host = -1;
        hostEnd = -1;
        contentLength = -1;
        chunked = false;
        close = false;
        keepAlive = false;
        upgrade = false;
        expectsContinue = false;
        nominates = false;
        form = Form.ORIGIN;
    }

    @Override
    void firstLine(int from, int to) throws MalformedException {
        int space = from;
        while (space < to && Octets.isToken(bytes[space])) {
            space++;
        }
        if (space == from || space == to || bytes[space] != ' ') {
            throw new MalformedException("no method");
        }
        methodEnd = space;
        target = space + 1;
        int end = target;
        while (end < to && Octets.isTarget(bytes[end])) {
            end++;
        }
        if (end == target || end == to || bytes[end] != ' ') {
            throw new MalformedException("no target");
        }
        targetEnd = end;
        version(end + 1, to);
        readTarget();
    }

    private void version(int from, int to) throws MalformedException {
        if (to - from != 8
                || !Octets.exactly(bytes, from, from + 5, "HTTP/")
                || bytes[from + 6] != '.') {
            throw new MalformedException(HeadFault.UNKNOWN_VERSION, "no version");
        }
        byte major = bytes[from + 5];
        byte minor = bytes[from + 7];
        if (major == '1' && (minor == '1' || minor == '0')) {
            minorVersion = minor - '0';
            return;
        }
        throw new MalformedException(
                major >= '2' && major <= '9'
                        ? HeadFault.UNSUPPORTED_VERSION
                        : HeadFault.UNKNOWN_VERSION,
                "an unknown version");
    }

    private void readTarget() throws MalformedException {
        if (Octets.exactly(bytes, 0, methodEnd, "CONNECT") && bytes[target] != '/') {
            form = Form.AUTHORITY;
            host(target, targetEnd);
            path = targetEnd;
            pathEnd = targetEnd;
            return;
        }
        if (bytes[target] == '/') {
            form = Form.ORIGIN;
            path = target;
        } else if (targetEnd - target == 1
                && bytes[target] == '*'
                && Octets.exactly(bytes, 0, methodEnd, "OPTIONS")) {
            form = Form.ASTERISK;
            path = targetEnd;
            pathEnd = targetEnd;
            return;
        } else {
            form = Form.ABSOLUTE;
            path = authority();
        }
        int query = path;
        while (query < targetEnd && bytes[query] != '?') {
            if (bytes[query] == '%'
                    && !(query + 2 < targetEnd
                            && Octets.isHex(bytes[query + 1])
                            && Octets.isHex(bytes[query + 2]))) {
                throw new MalformedException("a bad escape in the path");
            }
            query++;
        }
        pathEnd = query;
    }

    /** {@code scheme://authority}; returns where the path begins. */
    private int authority() throws MalformedException {
        int at = target;
        while (at < targetEnd && isScheme(bytes[at], at == target)) {
            at++;
        }
        if (at == target
                || at + 3 > targetEnd
                || bytes[at] != ':'
                || bytes[at + 1] != '/'
                || bytes[at + 2] != '/') {
            throw new MalformedException("a target that is neither a path nor a URL");
        }
        int from = at + 3;
        int to = from;
        while (to < targetEnd && bytes[to] != '/' && bytes[to] != '?') {
            to++;
        }
        if (from == to) {
            throw new MalformedException("a URL without a host");
        }
        host(from, to);
        return to;
    }

    private static boolean isScheme(byte b, boolean first) {
        int lower = b | 0x20;
        return (lower >= 'a' && lower <= 'z')
                || (!first && ((b >= '0' && b <= '9') || b == '+' || b == '-' || b == '.'));
    }

    private void host(int from, int to) throws MalformedException {
        for (int i = from; i < to; i++) {
            if (!Octets.isHost(bytes[i])) {
                throw new MalformedException("a character that no host has");
            }
        }
        host = from;
        hostEnd = to;
    }

    @Override
    void complete() throws MalformedException {
        hostField();
        framing();
        for (int i = first(Field.CONNECTION); i >= 0; i = next(i)) {
            Octets.list(bytes, value(i), valueEnd(i), this::connectionOption);
        }
        if (minorVersion == 1 && has(Field.EXPECT)) {
            expectsContinue = valueIs(first(Field.EXPECT), "100-continue");
        }
    }

    private void hostField() throws MalformedException {
        int field = first(Field.HOST);
        if (field < 0) {
            if (minorVersion == 1) {
                throw new MalformedException("no host");
            }
            return;
        }
        if (next(field) >= 0) {
            throw new MalformedException("two hosts");
        }
        int from = host;
        int to = hostEnd;
        host(value(field), valueEnd(field));
        if (from >= 0) {
            // RFC 9112 §3.2.2: the target's authority replaces the field.
            host = from;
            hostEnd = to;
        }
    }

    private void framing() throws MalformedException {
        contentLength = contentLength();
        int encoding = first(Field.TRANSFER_ENCODING);
        if (encoding < 0) {
            return;
        }
        if (contentLength >= 0) {
            throw new MalformedException("a content length beside a transfer encoding");
        }
        if (minorVersion == 0) {
            throw new MalformedException("a transfer encoding in HTTP/1.0");
        }
        if (next(encoding) >= 0 || !valueIs(encoding, "chunked")) {
            throw new MalformedException(HeadFault.UNKNOWN_ENCODING, "an unknown encoding");
        }
        chunked = true;
    }

    private void connectionOption(int from, int to) {
        if (Octets.same(bytes, from, to, "close")) {
            close = true;
        } else if (Octets.same(bytes, from, to, "keep-alive")) {
            keepAlive = true;
        } else if (Octets.same(bytes, from, to, "upgrade")) {
            upgrade = true;
        } else {
            nominates = true;
        }
    }

    /** Names in Connection beside the usual options: those fields end at this hop. */
    public boolean nominatesFields() {
        return nominates;
    }

    /**
     * Calls the fields that Connection nominates {@link Field#CONNECTION}, so that they go the same
     * way, which is nowhere.
     *
     * @param kept lower-case names that a client cannot have removed
     */
    public void strikeNominated(Set<String> kept) {
        for (int i = first(Field.CONNECTION); i >= 0; i = next(i)) {
            if (!Octets.same(bytes, name(i), nameEnd(i), "connection")) {
                continue; // struck itself meanwhile
            }
            try {
                Octets.list(bytes, value(i), valueEnd(i), (from, to) -> strike(from, to, kept));
            } catch (MalformedException e) {
                throw new IllegalStateException("nothing here refuses an element", e);
            }
        }
    }

    private void strike(int from, int to, Set<String> kept) {
        var name = Octets.lower(bytes, from, to);
        if (kept.contains(name)) {
            return;
        }
        for (int i = 0; i < count; i++) {
            int id = id(i);
            if (id != Field.HOST
                    && id != Field.CONTENT_LENGTH
                    && id != Field.TRANSFER_ENCODING
                    && id != Field.UPGRADE
                    && id != Field.TE
                    && Octets.same(bytes, name(i), nameEnd(i), name)) {
                rename(i, Field.CONNECTION);
            }
        }
    }

    public int methodEnd() {
        return methodEnd;
    }

    public String method() {
        return Octets.text(bytes, 0, methodEnd);
    }

    public boolean isMethod(String method) {
        return Octets.exactly(bytes, 0, methodEnd, method);
    }

    public int target() {
        return target;
    }

    public int targetEnd() {
        return targetEnd;
    }

    public String targetText() {
        return Octets.text(bytes, target, targetEnd);
    }

    public Form form() {
        return form;
    }

    /** Where the path begins; {@link #pathEnd} if there is none. */
    public int path() {
        return path;
    }

    /** Where the query begins or the target ends. */
    public int pathEnd() {
        return pathEnd;
    }

    /** Where the host begins, its port included; -1 if an HTTP/1.0 request has none. */
    public int host() {
        return host;
    }

    public int hostEnd() {
        return hostEnd;
    }

    /** Where the host ends for routing: at its first colon. */
    public int hostNameEnd() {
        int colon = Octets.indexOf(bytes, host, hostEnd, ':');
        return colon < 0 ? hostEnd : colon;
    }

    public String hostText() {
        return host < 0 ? "" : Octets.text(bytes, host, hostEnd);
    }

    public int minorVersion() {
        return minorVersion;
    }

    /** Bytes of the body; -1 if chunked or without. */
    public long bodyLength() {
        return contentLength;
    }

    public boolean isChunked() {
        return chunked;
    }

    public boolean hasBody() {
        return chunked || contentLength > 0;
    }

    /** Whether the client keeps the connection after the answer. */
    public boolean keepsAlive() {
        return !close && (minorVersion == 1 || keepAlive);
    }

    public boolean expectsContinue() {
        return expectsContinue;
    }

    /**
     * Whether the client asks for another protocol. Not for h2c: a tunnel in which further requests
     * are hidden from the router. Nor with a body, whose end nobody could tell.
     */
    public boolean upgrades() {
        int field = first(Field.UPGRADE);
        if (!upgrade || field < 0 || hasBody() || minorVersion == 0) {
            return false;
        }
        for (int i = field; i >= 0; i = next(i)) {
            if (valueText(i).toLowerCase(java.util.Locale.ROOT).contains("h2c")) {
                return false;
            }
        }
        return next(field) < 0;
    }
}

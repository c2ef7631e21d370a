package io.nimbus.router.http;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A head as it came, in one array, and where its parts are in it: nothing is copied or decoded that
 * is only to be passed on. Read piece by piece as the bytes arrive; used again for the next head
 * after {@link #clear}.
 */
public abstract class Head {
    static final int NAME = 0;
    static final int NAME_END = 1;
    static final int VALUE = 2;
    static final int VALUE_END = 3;
    static final int ID = 4;
    static final int LINE_END = 5;
    static final int STRIDE = 6;

    /** What is taken from the network at a time: the rest of the buffer may be body. */
    private static final int PIECE = 2048;

    private static final int USUAL_BYTES = 2048;
    private static final int USUAL_FIELDS = 32;

    private final boolean lenient;
    private final int[] first = new int[Field.COUNT];
    byte[] bytes = new byte[USUAL_BYTES];
    int length;
    int[] fields = new int[USUAL_FIELDS * STRIDE];
    int count;
    private int scanned;
    private int lineStart;
    private int blockStart;
    private int blockEnd;
    private boolean irregular;
    private boolean firstLineRead;

    Head(boolean lenient) {
        this.lenient = lenient;
        Arrays.fill(first, -1);
    }

    /** Forgets everything; keeps its arrays unless they have grown large. */
    public void clear() {
        if (bytes.length > 8 * USUAL_BYTES) {
            bytes = new byte[USUAL_BYTES];
        }
        if (fields.length > 4 * USUAL_FIELDS * STRIDE) {
            fields = new int[USUAL_FIELDS * STRIDE];
        }
        Arrays.fill(first, -1);
        length = 0;
        count = 0;
        scanned = 0;
        lineStart = 0;
        irregular = false;
        firstLineRead = false;
    }

    /** Whether nothing has been read yet. */
    public final boolean isBlank() {
        return length == 0;
    }

    /**
     * Takes bytes up to the head's end.
     *
     * @param most bytes that a head may have
     * @return whether it is complete; what is left in the buffer then is body
     */
    public boolean read(ByteBuf in, int most) throws MalformedException {
        while (in.isReadable()) {
            int before = length;
            int piece = Math.min(in.readableBytes(), PIECE);
            if (before + piece > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(before + piece, bytes.length * 2));
            }
            in.getBytes(in.readerIndex(), bytes, before, piece);
            length = before + piece;
            if (before == 0 && !Octets.isToken(bytes[0])) {
                throw new MalformedException("it does not begin as HTTP does");
            }
            boolean complete = scan();
            if (length > most) {
                throw new MalformedException(HeadFault.TOO_LARGE, "the head is too large");
            }
            if (complete) {
                in.skipBytes(length - before);
                return true;
            }
            in.skipBytes(piece);
        }
        return false;
    }

    private boolean scan() throws MalformedException {
        int end = length;
        while (true) {
            int lf = scanned;
            while (lf < end && bytes[lf] != '\n') {
                lf++;
            }
            if (lf == end) {
                scanned = end;
                return false;
            }
            scanned = lf + 1;
            int lineEnd = lf;
            if (lf > lineStart && bytes[lf - 1] == '\r') {
                lineEnd--;
            } else if (lenient) {
                irregular = true;
            } else {
                throw new MalformedException("a line that ends without CR");
            }
            if (!firstLineRead) {
                firstLine(lineStart, lineEnd);
                firstLineRead = true;
                blockStart = lf + 1;
            } else if (lineEnd == lineStart) {
                blockEnd = lineStart;
                length = lf + 1;
                complete();
                return true;
            } else {
                field(lineStart, lineEnd, lf + 1);
            }
            lineStart = lf + 1;
        }
    }

    /** A header line, without its line end. */
    private void field(int from, int to, int lineEnd) throws MalformedException {
        byte start = bytes[from];
        if (start == ' ' || start == '\t') {
            fold(from, to, lineEnd);
            return;
        }
        int nameEnd = from;
        while (nameEnd < to && Octets.isToken(bytes[nameEnd])) {
            nameEnd++;
        }
        if (nameEnd == from || nameEnd == to || bytes[nameEnd] != ':') {
            throw new MalformedException("a header line without a proper name");
        }
        int value = nameEnd + 1;
        while (value < to && (bytes[value] == ' ' || bytes[value] == '\t')) {
            value++;
        }
        int valueEnd = to;
        while (valueEnd > value && (bytes[valueEnd - 1] == ' ' || bytes[valueEnd - 1] == '\t')) {
            valueEnd--;
        }
        checkValue(value, valueEnd);
        int id = Field.of(bytes, from, nameEnd);
        int at = count * STRIDE;
        if (at == fields.length) {
            fields = Arrays.copyOf(fields, fields.length * 2);
        }
        fields[at + NAME] = from;
        fields[at + NAME_END] = nameEnd;
        fields[at + VALUE] = value;
        fields[at + VALUE_END] = valueEnd;
        fields[at + ID] = id;
        fields[at + LINE_END] = lineEnd;
        if (first[id] < 0) {
            first[id] = count;
        }
        count++;
    }

    /** RFC 9112 §5.2: refused in a request; in a response blanks take the line end's place. */
    private void fold(int from, int to, int lineEnd) throws MalformedException {
        if (!lenient || count == 0) {
            throw new MalformedException("a folded header line");
        }
        checkValue(from, to);
        int at = (count - 1) * STRIDE;
        for (int i = fields[at + VALUE_END]; i < from; i++) {
            bytes[i] = ' ';
        }
        int end = to;
        while (end > from && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) {
            end--;
        }
        if (end > from) {
            fields[at + VALUE_END] = end;
        }
        fields[at + LINE_END] = lineEnd;
    }

    private void checkValue(int from, int to) throws MalformedException {
        for (int i = from; i < to; i++) {
            if (!Octets.isValue(bytes[i])) {
                throw new MalformedException("a control character in a header value");
            }
        }
    }

    abstract void firstLine(int from, int to) throws MalformedException;

    /** All lines have been read. */
    abstract void complete() throws MalformedException;

    public final byte[] bytes() {
        return bytes;
    }

    /** Bytes of the whole head. */
    public final int length() {
        return length;
    }

    /** Number of header lines. */
    public final int count() {
        return count;
    }

    /** Where the header lines begin. */
    public final int blockStart() {
        return blockStart;
    }

    /** Where they end, before the empty line. */
    public final int blockEnd() {
        return blockEnd;
    }

    /** Whether lines cannot be passed on as they came. */
    public final boolean isIrregular() {
        return irregular;
    }

    public final int id(int field) {
        return fields[field * STRIDE + ID];
    }

    /** Makes a line one of another field, as far as the router is concerned. */
    public final void rename(int field, int id) {
        int before = id(field);
        fields[field * STRIDE + ID] = id;
        if (first[before] == field) {
            first[before] = find(before, field + 1);
        }
        if (first[id] < 0 || first[id] > field) {
            first[id] = field;
        }
    }

    private int find(int id, int from) {
        for (int i = from; i < count; i++) {
            if (id(i) == id) {
                return i;
            }
        }
        return -1;
    }

    public final int name(int field) {
        return fields[field * STRIDE + NAME];
    }

    public final int nameEnd(int field) {
        return fields[field * STRIDE + NAME_END];
    }

    public final int value(int field) {
        return fields[field * STRIDE + VALUE];
    }

    public final int valueEnd(int field) {
        return fields[field * STRIDE + VALUE_END];
    }

    public final int lineEnd(int field) {
        return fields[field * STRIDE + LINE_END];
    }

    /** The first line with that field, or -1. */
    public final int first(int id) {
        return first[id];
    }

    public final boolean has(int id) {
        return first[id] >= 0;
    }

    /** The next line with the same field, or -1. */
    public final int next(int field) {
        return find(id(field), field + 1);
    }

    /** The value of the first line with that field, or null. */
    public final @Nullable String text(int id) {
        int field = first[id];
        return field < 0 ? null : Octets.text(bytes, value(field), valueEnd(field));
    }

    public final String valueText(int field) {
        return Octets.text(bytes, value(field), valueEnd(field));
    }

    public final String nameText(int field) {
        return Octets.text(bytes, name(field), nameEnd(field));
    }

    /** The value of the first line of that name in any case, or null. */
    public final @Nullable String text(String lowerName) {
        for (int i = 0; i < count; i++) {
            if (Octets.same(bytes, name(i), nameEnd(i), lowerName)) {
                return valueText(i);
            }
        }
        return null;
    }

    public final boolean valueIs(int field, String lower) {
        return Octets.same(bytes, value(field), valueEnd(field), lower);
    }

    /** The one length that all Content-Length lines give; -1 for none. */
    final long contentLength() throws MalformedException {
        long found = -1;
        for (int i = first[Field.CONTENT_LENGTH]; i >= 0; i = next(i)) {
            int from = value(i);
            int to = valueEnd(i);
            if (from == to || to - from > 18) {
                throw new MalformedException("not a content length");
            }
            long length = 0;
            for (int j = from; j < to; j++) {
                byte b = bytes[j];
                if (b < '0' || b > '9') {
                    throw new MalformedException("not a content length");
                }
                length = length * 10 + (b - '0');
            }
            if (found >= 0 && found != length) {
                throw new MalformedException("two content lengths");
            }
            found = length;
        }
        return found;
    }
}

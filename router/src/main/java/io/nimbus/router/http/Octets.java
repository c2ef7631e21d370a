package io.nimbus.router.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Locale;

/** Questions about bytes of a head. */
public final class Octets {
    private static final byte TOKEN = 1;
    private static final byte VALUE = 2;
    private static final byte TARGET = 4;
    private static final byte HOST = 8;
    private static final byte[] CLASS = classes();

    private Octets() {}

    private static byte[] classes() {
        var classes = new byte[256];
        for (int c = 0; c < 256; c++) {
            boolean alphanumeric =
                    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            int is = 0;
            if (alphanumeric || "!#$%&'*+-.^_`|~".indexOf(c) >= 0) {
                is |= TOKEN;
            }
            if (c == '\t' || (c >= ' ' && c != 0x7f)) {
                is |= VALUE;
            }
            if (c > ' ' && c != 0x7f) {
                is |= TARGET;
            }
            if (alphanumeric || "!$%&'()*+,-.:;=[]_~".indexOf(c) >= 0) {
                is |= HOST;
            }
            classes[c] = (byte) is;
        }
        return classes;
    }

    static boolean isToken(byte b) {
        return (CLASS[b & 0xff] & TOKEN) != 0;
    }

    static boolean isValue(byte b) {
        return (CLASS[b & 0xff] & VALUE) != 0;
    }

    /** Raw bytes from 0x80 on are passed on as they are. */
    static boolean isTarget(byte b) {
        return (CLASS[b & 0xff] & TARGET) != 0;
    }

    static boolean isHost(byte b) {
        return (CLASS[b & 0xff] & HOST) != 0;
    }

    static boolean isHex(byte b) {
        return hex(b) >= 0;
    }

    /** The digit's value, or -1. */
    static int hex(byte b) {
        if (b >= '0' && b <= '9') {
            return b - '0';
        }
        int lower = b | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    /** Equal in any case of its letters. */
    public static boolean same(byte[] bytes, int from, int to, String lower) {
        if (to - from != lower.length()) {
            return false;
        }
        for (int i = 0; i < lower.length(); i++) {
            byte b = bytes[from + i];
            if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lower.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static boolean exactly(byte[] bytes, int from, int to, String text) {
        if (to - from != text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[from + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static int indexOf(byte[] bytes, int from, int to, char c) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == c) {
                return i;
            }
        }
        return -1;
    }

    public static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, ISO_8859_1);
    }

    static String lower(byte[] bytes, int from, int to) {
        return text(bytes, from, to).toLowerCase(Locale.ROOT);
    }

    /** Elements of a comma-separated list, without the blanks around them. */
    interface Element {
        void element(int from, int to) throws MalformedException;
    }

    static void list(byte[] bytes, int from, int to, Element handler) throws MalformedException {
        int start = from;
        for (int i = from; i <= to; i++) {
            if (i == to || bytes[i] == ',') {
                int first = start;
                int last = i;
                while (first < last && (bytes[first] == ' ' || bytes[first] == '\t')) {
                    first++;
                }
                while (last > first && (bytes[last - 1] == ' ' || bytes[last - 1] == '\t')) {
                    last--;
                }
                if (first < last) {
                    handler.element(first, last);
                }
                start = i + 1;
            }
        }
    }
}

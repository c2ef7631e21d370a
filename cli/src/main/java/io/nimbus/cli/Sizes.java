package io.nimbus.cli;

import java.util.Locale;
import java.util.regex.Pattern;

/** Memory and disk as people write them. */
final class Sizes {
    private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*([kKmMgGtT])?[iI]?[bB]?");

    private Sizes() {}

    /** {@code 64M}, {@code 1G}, {@code 1024MB}: MiB. */
    static int megabytes(String text) throws Failure {
        var match = SIZE.matcher(text.strip());
        if (match.matches() && match.group(1).length() < 10) {
            var number = Long.parseLong(match.group(1));
            var unit = match.group(2) == null ? "" : match.group(2).toUpperCase(Locale.ROOT);
            var megabytes =
                    switch (unit) {
                        case "M" -> number;
                        case "G" -> number << 10;
                        case "T" -> number << 20;
                        default -> 0L;
                    };
            if (megabytes > 0 && megabytes < Integer.MAX_VALUE) {
                return (int) megabytes;
            }
        }
        throw new Failure("not a size such as 64M or 1G: " + text);
    }

    /** Bytes for people. */
    static String text(double bytes) {
        if (bytes < 1024) {
            return (long) bytes + "B";
        }
        for (var unit : new String[] {"K", "M", "G"}) {
            bytes /= 1024;
            if (bytes < 1024 || unit.equals("G")) {
                return String.format(
                        Locale.ROOT, bytes == Math.rint(bytes) ? "%.0f%s" : "%.1f%s", bytes, unit);
            }
        }
        throw new IllegalStateException();
    }
}

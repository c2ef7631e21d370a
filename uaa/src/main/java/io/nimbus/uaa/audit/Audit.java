package io.nimbus.uaa.audit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line for every log-in, failure and change: {@code user_authenticated user="joe" …}. Values
 * come from outside, so they are quoted and their control characters shown as dots: nobody writes a
 * line of their own. Never a secret, a password or a token.
 */
public final class Audit {
    /** A logger of its own, so that the lines can be kept apart. */
    private static final Logger log = LoggerFactory.getLogger("io.nimbus.uaa.audit");

    private static final int LONGEST = 200;

    private Audit() {}

    /**
     * @param actor the user or client that did it, or tried to
     * @param address where the request came from
     * @param details names and values in turn; a null value is left out
     */
    public static void event(
            String event, @Nullable String actor, String address, @Nullable String... details) {
        var line = new StringBuilder(event);
        add(line, "by", actor);
        add(line, "address", address);
        for (int i = 0; i + 1 < details.length; i += 2) {
            add(line, String.valueOf(details[i]), details[i + 1]);
        }
        log.info("{}", line);
    }

    /** What the process does of itself. */
    public static void system(String event, @Nullable String... details) {
        event(event, "system", "-", details);
    }

    private static void add(StringBuilder line, String name, @Nullable String value) {
        if (value == null) {
            return;
        }
        line.append(' ').append(name).append("=\"");
        value.codePoints()
                .limit(LONGEST)
                .map(c -> Character.isISOControl(c) || c == '"' || c == '\\' ? '.' : c)
                .forEach(line::appendCodePoint);
        line.append('"');
    }
}

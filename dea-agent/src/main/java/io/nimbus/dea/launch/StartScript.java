package io.nimbus.dea.launch;

import io.nimbus.dea.policy.Address;
import io.nimbus.subjects.DeaStart;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What bash runs in the home folder to become the app: dea contract §11.
 *
 * <p>Values of user variables stand in double quotes, so that {@code $VAR} and {@code $(…)} in them
 * expand, as apps have relied on since 2012. A value that is no valid shell between double quotes
 * (a lone backquote in a password) would have kept the original's app from starting; here it is
 * taken as it is.
 *
 * @param text the script
 * @param unnameable variables whose names a shell cannot say; given to the process itself
 */
public record StartScript(String text, Map<String, String> unnameable) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** What may fail to parse between double quotes. */
    private static final Pattern RISKY = Pattern.compile("`|\\$[({\\[]");

    /**
     * @param command what to run in {@code app/}; null: the droplet's own {@code ./startup}, of the
     *     days before droplets said what their command is
     */
    public static StartScript of(
            DeaStart start,
            String guid,
            Instant startedAt,
            Address address,
            @Nullable String command) {
        var script = new StringBuilder("umask 077\n");
        var unnameable = new LinkedHashMap<String, String>();
        for (var variable : AppEnvironment.of(start, guid, startedAt, address)) {
            if (variable.value().indexOf('\0') >= 0) {
                continue;
            }
            if (NAME.matcher(variable.name()).matches()) {
                script.append(export(variable));
            } else if (!variable.name().contains("=") && !variable.name().contains("\0")) {
                unnameable.put(variable.name(), variable.value());
            }
        }
        if (command == null) {
            script.append("exec ./startup\n");
        } else {
            script.append(
                    """
                    unset GEM_PATH
                    if [ -d app/.profile.d ]; then
                      for i in app/.profile.d/*.sh; do
                        if [ -r "$i" ]; then
                          . "$i"
                        fi
                      done
                      unset i
                    fi
                    DROPLET_BASE_DIR=$PWD
                    cd app
                    echo $$ >> "$DROPLET_BASE_DIR/run.pid"
                    """);
            script.append("exec bash -c ").append(single(command)).append('\n');
        }
        return new StartScript(script.toString(), unnameable);
    }

    private static String export(AppEnvironment.Variable variable) {
        var name = variable.name();
        if (variable.literal()) {
            return "export " + name + "=" + single(variable.value()) + "\n";
        }
        var expanding = "export " + name + "=" + doubled(variable.value());
        if (!RISKY.matcher(variable.value()).find()) {
            return expanding + "\n";
        }
        // Two lines: an error in the first throws away the rest of it, never the second.
        return "NIMBUS_OK=; eval "
                + single(expanding + " && NIMBUS_OK=1")
                + " 2>/dev/null\n"
                + "[ -n \"$NIMBUS_OK\" ] || export "
                + name
                + "="
                + single(variable.value())
                + "; unset NIMBUS_OK\n";
    }

    static String single(String value) {
        return "'" + value.replace("'", "'\\''") + "'";
    }

    /**
     * Only quotes are escaped, and the backslashes that would otherwise escape one or the end;
     * others mean what they mean between double quotes.
     */
    static String doubled(String value) {
        var quoted = new StringBuilder("\"");
        int backslashes = 0;
        for (int i = 0; i <= value.length(); i++) {
            var atEnd = i == value.length();
            if (!atEnd && value.charAt(i) == '\\') {
                backslashes++;
                continue;
            }
            var beforeQuote = atEnd || value.charAt(i) == '"';
            quoted.append("\\".repeat(beforeQuote ? 2 * backslashes : backslashes));
            backslashes = 0;
            if (!atEnd) {
                quoted.append(value.charAt(i) == '"' ? "\\\"" : value.charAt(i));
            }
        }
        return quoted.append('"').toString();
    }

    /** Without the text, which holds secrets. */
    @Override
    public String toString() {
        return "StartScript";
    }
}

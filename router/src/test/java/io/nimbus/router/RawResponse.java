package io.nimbus.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A response as it came off the socket. */
record RawResponse(
        String statusLine, List<String> lines, byte[] body, String trailer, boolean cut) {

    int status() {
        return Integer.parseInt(statusLine.split(" ")[1]);
    }

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

    String text() {
        return new String(body, ISO_8859_1);
    }

    String routerError() {
        var error = header("X-Cf-RouterError");
        return error == null ? "" : error;
    }
}

package io.nimbus.router.proxy;

import io.nimbus.router.http.Field;
import io.nimbus.router.http.Head;
import io.nimbus.router.http.RequestHead;
import io.nimbus.router.http.ResponseHead;
import io.nimbus.router.policy.Backend;
import io.nimbus.router.policy.Route;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client's wish to come back to an instance: its session cookie, set by the app, and beside it
 * ours, which names the instance.
 *
 * @param must whether no other will do: half of a handshake is there
 */
record Affinity(String instance, boolean must) {
    private static final String NEGOTIATE = "Negotiate";
    static final String COOKIE = "__VCAP_ID__";

    /** Null unless the request has both cookies. */
    static @Nullable Affinity of(RequestHead request, Settings.Stickiness rules) {
        int line = request.first(Field.COOKIE);
        if (line < 0) {
            return null;
        }
        String instance = null;
        boolean session = false;
        for (; line >= 0; line = request.next(line)) {
            for (var cookie : request.valueText(line).split(";")) {
                int equals = cookie.indexOf('=');
                if (equals < 0) {
                    continue;
                }
                var name = cookie.substring(0, equals).strip();
                if (name.equals(COOKIE)) {
                    instance = unquote(cookie.substring(equals + 1).strip());
                } else if (rules.cookies().contains(name)) {
                    session = true;
                }
            }
        }
        if (instance == null || instance.isEmpty()) {
            return null;
        }
        boolean must = rules.negotiate() && negotiates(request, Field.AUTHORIZATION);
        return session || must ? new Affinity(instance, must) : null;
    }

    private static boolean negotiates(Head head, int field) {
        var value = head.text(field);
        return value != null && value.regionMatches(true, 0, NEGOTIATE, 0, NEGOTIATE.length());
    }

    private static String unquote(String value) {
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value;
    }

    /**
     * Adds our cookie when the app begins a session, or when another instance than the wanted one
     * answered.
     */
    static void answer(
            Answer answer,
            ResponseHead head,
            Backend backend,
            Route route,
            @Nullable Affinity wanted,
            boolean balanced,
            Settings.Stickiness rules) {
        if (backend.instance().isEmpty()) {
            return;
        }
        String session = null;
        for (int line = head.first(Field.SET_COOKIE); line >= 0; line = head.next(line)) {
            var text = head.valueText(line);
            int equals = text.indexOf('=');
            if (equals < 0) {
                continue;
            }
            var name = text.substring(0, equals).strip();
            if (name.equals(COOKIE)) {
                return; // the app knows better
            }
            if (rules.cookies().contains(name)) {
                session = text;
            }
        }
        if (rules.negotiate() && negotiates(head, Field.WWW_AUTHENTICATE)) {
            answer.add(
                    Field.name(Field.SET_COOKIE),
                    COOKIE
                            + "="
                            + backend.instance()
                            + "; Path="
                            + route.contextPath()
                            + "; Max-Age=60; HttpOnly"
                            + (rules.secure() ? "; Secure" : "")
                            + "; SameSite=Strict");
            return;
        }
        if (session == null
                && (wanted == null || !balanced || wanted.instance().equals(backend.instance()))) {
            return;
        }
        answer.add(Field.name(Field.SET_COOKIE), cookie(backend, route, session, rules));
    }

    private static String cookie(
            Backend backend, Route route, @Nullable String session, Settings.Stickiness rules) {
        var attributes = session == null ? Attributes.NONE : Attributes.of(session);
        var text = new StringBuilder(COOKIE).append('=').append(backend.instance());
        text.append("; Path=").append(route.contextPath());
        if (!attributes.expires.isEmpty()) {
            text.append("; Expires=").append(attributes.expires);
        }
        if (attributes.deleted) {
            text.append("; Max-Age=0");
        }
        text.append("; HttpOnly");
        if (attributes.secure || rules.secure()) {
            text.append("; Secure");
        }
        if (!attributes.sameSite.isEmpty()) {
            text.append("; SameSite=").append(attributes.sameSite);
        }
        if (attributes.partitioned) {
            text.append("; Partitioned");
        }
        return text.toString();
    }

    private record Attributes(
            boolean secure, boolean deleted, String expires, String sameSite, boolean partitioned) {
        static final Attributes NONE = new Attributes(false, false, "", "", false);

        static Attributes of(String setCookie) {
            boolean secure = false;
            boolean deleted = false;
            boolean partitioned = false;
            var expires = "";
            var sameSite = "";
            var parts = setCookie.split(";");
            for (int i = 1; i < parts.length; i++) {
                int equals = parts[i].indexOf('=');
                var name =
                        (equals < 0 ? parts[i] : parts[i].substring(0, equals))
                                .strip()
                                .toLowerCase(Locale.ROOT);
                var value = equals < 0 ? "" : parts[i].substring(equals + 1).strip();
                switch (name) {
                    case "secure" -> secure = true;
                    case "partitioned" -> partitioned = true;
                    case "expires" -> expires = value;
                    case "samesite" -> sameSite = value;
                    case "max-age" ->
                            deleted = value.startsWith("-") || Set.of("0").contains(value);
                    default -> {}
                }
            }
            return new Attributes(secure, deleted, expires, sameSite, partitioned);
        }
    }
}

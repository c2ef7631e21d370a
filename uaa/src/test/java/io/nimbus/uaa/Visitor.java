package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A browser without a screen: keeps cookies, fills in forms, follows redirects on demand. */
final class Visitor {
    private static final Pattern CSRF = Pattern.compile("name=\"csrf\" value=\"([^\"]+)\"");
    private static final Pattern ACTION =
            Pattern.compile("<form method=\"post\" action=\"([^\"]+)\"");

    private static final Pattern PASSCODE = Pattern.compile("id=\"passcode\">([^<]+)<");

    private final String base;
    private final Map<String, String> cookies = new LinkedHashMap<>();
    private final List<String> headers = new ArrayList<>();

    Visitor(Http http) {
        this.base = http.base();
        headers.addAll(List.of("Accept", "text/html,application/xhtml+xml"));
    }

    Visitor with(String name, String value) {
        headers.add(name);
        headers.add(value);
        return this;
    }

    Map<String, String> cookies() {
        return cookies;
    }

    Http.Answer get(String path) {
        return keep(sender().get(path));
    }

    Http.Answer post(String path, String... fields) {
        return keep(sender().form(path, fields));
    }

    /** Follows redirects within the same host. */
    Http.Answer follow(Http.Answer answer) {
        var next = answer;
        while (next.status() / 100 == 3 && next.header("Location").startsWith("/")) {
            next = get(next.header("Location"));
        }
        return next;
    }

    private Http sender() {
        var all = new ArrayList<>(headers);
        if (!cookies.isEmpty()) {
            all.add("Cookie");
            all.add(
                    cookies.entrySet().stream()
                            .map(c -> c.getKey() + "=" + c.getValue())
                            .collect(Collectors.joining("; ")));
        }
        return new Http(base, all);
    }

    private Http.Answer keep(Http.Answer answer) {
        for (var cookie : answer.headers().allValues("Set-Cookie")) {
            var pair = cookie.split(";")[0].split("=", 2);
            if (pair[1].isEmpty() || pair[1].equals("\"\"")) {
                cookies.remove(pair[0]);
            } else {
                cookies.put(pair[0], pair[1]);
            }
        }
        return answer;
    }

    static String csrf(Http.Answer page) {
        return find(CSRF.matcher(page.body()));
    }

    /** Where the page's first form goes. */
    static String action(Http.Answer page) {
        return find(ACTION.matcher(page.body())).replace("&amp;", "&");
    }

    private static String find(Matcher matcher) {
        if (!matcher.find()) {
            throw new AssertionError("not in the page: " + matcher.pattern());
        }
        return matcher.group(1);
    }

    /** A new one, from the page. */
    String passcode() {
        return find(PASSCODE.matcher(get("/passcode").body()));
    }

    /** Fills in the log-in form that a page shows. */
    Http.Answer signIn(Http.Answer page, String user, String password) {
        var to = Pattern.compile("name=\"to\" value=\"([^\"]+)\"").matcher(page.body());
        return post(
                "/login.do",
                "csrf",
                csrf(page),
                "to",
                to.find() ? to.group(1).replace("&amp;", "&") : "/",
                "username",
                user,
                "password",
                password);
    }

    static String inUri(String uri, String field) {
        for (var part : String.valueOf(URI.create(uri).getRawQuery()).split("&")) {
            if (part.startsWith(field + "=")) {
                return java.net.URLDecoder.decode(part.substring(field.length() + 1), UTF_8);
            }
        }
        return "";
    }
}

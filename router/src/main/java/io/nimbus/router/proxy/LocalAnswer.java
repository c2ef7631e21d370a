package io.nimbus.router.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A response of the router's own.
 *
 * @param headers names and values in turn, without framing and Date
 * @param close whether the connection ends with it
 */
record LocalAnswer(int status, String reason, List<String> headers, byte[] body, boolean close) {

    static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 404 -> "Not Found";
            case 408 -> "Request Timeout";
            case 431 -> "Request Header Fields Too Large";
            case 496 -> "SSL Certificate Required";
            case 499 -> "Request Cancelled";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 502 -> "Bad Gateway";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            case 505 -> "HTTP Version Not Supported";
            case 525 -> "SSL Handshake Failed";
            case 526 -> "Invalid SSL Certificate";
            default -> "Unknown";
        };
    }

    /** The form that all of the router's errors have. */
    static LocalAnswer error(int status, String routerError, String message, String caching) {
        var headers = new ArrayList<String>();
        headers.addAll(
                List.of(
                        "Content-Type",
                        "text/plain; charset=utf-8",
                        "X-Content-Type-Options",
                        "nosniff"));
        if (!routerError.isEmpty()) {
            headers.addAll(List.of("X-Cf-RouterError", routerError));
        }
        if (!caching.isEmpty()) {
            headers.addAll(List.of("Cache-Control", caching));
        }
        var body =
                message.isEmpty()
                        ? status + " " + reason(status) + "\n"
                        : status + " " + reason(status) + ": " + message + "\n";
        return new LocalAnswer(status, reason(status), headers, body.getBytes(UTF_8), false);
    }

    LocalAnswer closing() {
        return new LocalAnswer(status, reason, headers, body, true);
    }

    /** The same with what every response shall have, less what none shall. */
    LocalAnswer rewritten(Settings.Rewriting rules) {
        if (rules.isIdle()) {
            return this;
        }
        var all = new ArrayList<String>();
        for (int i = 0; i < headers.size(); i += 2) {
            if (!rules.remove().contains(headers.get(i).toLowerCase(Locale.ROOT))) {
                all.add(headers.get(i));
                all.add(headers.get(i + 1));
            }
        }
        rules.addIfAbsent()
                .forEach((name, value) -> {
                    boolean there = false;
                    for (int i = 0; i < all.size(); i += 2) {
                        there |= all.get(i).equalsIgnoreCase(name);
                    }
                    if (!there) {
                        all.add(name);
                        all.add(value);
                    }
                });
        return new LocalAnswer(status, reason, List.copyOf(all), body, close);
    }
}

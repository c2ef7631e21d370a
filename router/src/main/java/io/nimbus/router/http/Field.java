package io.nimbus.router.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The header fields that the router itself reads or writes, by number; all others are 0. */
public final class Field {
    public static final int OTHER = 0;
    public static final int HOST = 1;
    public static final int CONTENT_LENGTH = 2;
    public static final int TRANSFER_ENCODING = 3;
    public static final int CONNECTION = 4;
    public static final int KEEP_ALIVE = 5;
    public static final int PROXY_CONNECTION = 6;
    public static final int PROXY_AUTHENTICATE = 7;
    public static final int PROXY_AUTHORIZATION = 8;
    public static final int TE = 9;
    public static final int TRAILER = 10;
    public static final int UPGRADE = 11;
    public static final int EXPECT = 12;
    public static final int X_FORWARDED_FOR = 13;
    public static final int X_FORWARDED_PROTO = 14;
    public static final int X_REQUEST_START = 15;
    public static final int X_VCAP_REQUEST_ID = 16;
    public static final int X_CF_APPLICATION_ID = 17;
    public static final int X_CF_INSTANCE_ID = 18;
    public static final int X_CF_INSTANCE_INDEX = 19;
    public static final int X_CF_APP_INSTANCE = 20;
    public static final int X_CF_PROCESS_INSTANCE = 21;
    public static final int X_CF_FORWARDED_URL = 22;
    public static final int X_CF_PROXY_SIGNATURE = 23;
    public static final int X_CF_PROXY_METADATA = 24;
    public static final int X_FORWARDED_CLIENT_CERT = 25;
    public static final int X_VCAP_TRACE = 26;
    public static final int COOKIE = 27;
    public static final int SET_COOKIE = 28;
    public static final int USER_AGENT = 29;
    public static final int REFERER = 30;
    public static final int DATE = 31;
    public static final int B3 = 32;
    public static final int X_B3_TRACE_ID = 33;
    public static final int X_B3_SPAN_ID = 34;
    public static final int TRACEPARENT = 35;
    public static final int TRACESTATE = 36;
    public static final int IDEMPOTENCY_KEY = 37;
    public static final int X_IDEMPOTENCY_KEY = 38;
    public static final int AUTHORIZATION = 39;
    public static final int WWW_AUTHENTICATE = 40;
    public static final int HTTP2_SETTINGS = 41;
    public static final int X_CF_ROUTER_ERROR = 42;
    public static final int COUNT = 43;

    private static final String[] NAMES = {
        "",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Request-Start",
        "X-Vcap-Request-Id",
        "X-CF-ApplicationID",
        "X-CF-InstanceID",
        "X-CF-InstanceIndex",
        "X-CF-App-Instance",
        "X-CF-Process-Instance",
        "X-CF-Forwarded-Url",
        "X-CF-Proxy-Signature",
        "X-CF-Proxy-Metadata",
        "X-Forwarded-Client-Cert",
        "X-Vcap-Trace",
        "Cookie",
        "Set-Cookie",
        "User-Agent",
        "Referer",
        "Date",
        "b3",
        "X-B3-TraceId",
        "X-B3-SpanId",
        "traceparent",
        "tracestate",
        "Idempotency-Key",
        "X-Idempotency-Key",
        "Authorization",
        "WWW-Authenticate",
        "HTTP2-Settings",
        "X-Cf-RouterError",
    };

    private static final int LONGEST = 32;
    private static final Known[][] BY_LENGTH = byLength();

    private record Known(byte[] lower, int id) {}

    private Field() {}

    private static Known[][] byLength() {
        var lists = new ArrayList<List<Known>>();
        for (int i = 0; i <= LONGEST; i++) {
            lists.add(new ArrayList<>());
        }
        for (int id = 1; id < COUNT; id++) {
            var lower = NAMES[id].toLowerCase(Locale.ROOT).getBytes(US_ASCII);
            lists.get(lower.length).add(new Known(lower, id));
        }
        return lists.stream().map(list -> list.toArray(Known[]::new)).toArray(Known[][]::new);
    }

    public static String name(int id) {
        return NAMES[id];
    }

    /** The number of the field with this name, which consists of token characters. */
    public static int of(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length > LONGEST) {
            return OTHER;
        }
        candidates:
        for (var known : BY_LENGTH[length]) {
            var lower = known.lower;
            // The last character tells most names of one length apart.
            if ((bytes[to - 1] | 0x20) != lower[length - 1]) {
                continue;
            }
            for (int i = 0; i < length; i++) {
                if ((bytes[from + i] | 0x20) != lower[i]) {
                    continue candidates;
                }
            }
            return known.id;
        }
        return OTHER;
    }
}

package io.nimbus.router.proxy;

import io.nimbus.router.http.Field;
import io.nimbus.router.http.RequestHead;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request's place in a distributed trace: what the client says is carried on where it is in
 * order, else a trace begins here. Contract: router.md §16.
 */
final class Trace {
    private static final Pattern SINGLE =
            Pattern.compile(
                    "([0-9a-f]{16}|[0-9a-f]{32})-[0-9a-f]{16}(?:-[01d](?:-[0-9a-f]{16})?)?");
    private static final Pattern TRACE_ID = Pattern.compile("[0-9a-f]{16}|[0-9a-f]{32}");
    private static final Pattern SPAN_ID = Pattern.compile("[0-9a-f]{16}");
    private static final Pattern PARENT =
            Pattern.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})");
    private static final String NO_TRACE = "0".repeat(32);
    private static final String NO_PARENT = "0".repeat(16);
    private static final int MOST_MEMBERS = 32;

    private final Map<String, String> lines = new LinkedHashMap<>();
    private final RequestHead request;
    private @Nullable String id;
    private long high;
    private long low;

    private Trace(RequestHead request, long high, long low) {
        this.request = request;
        this.high = high;
        this.low = low;
    }

    /**
     * Null where nothing is traced.
     *
     * @param high the request's id, unless the trace has one
     */
    static @Nullable Trace of(
            RequestHead request,
            Settings.Tracing rules,
            long high,
            long low,
            SplittableRandom random) {
        if (!rules.zipkin() && !rules.w3c()) {
            return null;
        }
        var trace = new Trace(request, high, low);
        if (rules.zipkin()) {
            trace.zipkin(random);
        }
        if (rules.w3c()) {
            trace.w3c(rules.tenant(), random);
        }
        return trace;
    }

    private void zipkin(SplittableRandom random) {
        var single = request.text(Field.B3);
        if (single != null) {
            var known = SINGLE.matcher(single);
            if (known.matches()) {
                follow(known.group(1));
                return;
            }
        }
        var traceId = request.text(Field.X_B3_TRACE_ID);
        var span = request.text(Field.X_B3_SPAN_ID);
        if (traceId != null
                && span != null
                && TRACE_ID.matcher(traceId).matches()
                && SPAN_ID.matcher(span).matches()) {
            follow(traceId);
            lines.put(Field.name(Field.B3), traceId + "-" + span);
            return;
        }
        var made = begin();
        var own = hex(random.nextLong());
        lines.put(Field.name(Field.B3), made + "-" + own);
        lines.put(Field.name(Field.X_B3_TRACE_ID), made);
        lines.put(Field.name(Field.X_B3_SPAN_ID), own);
    }

    private void w3c(String tenant, SplittableRandom random) {
        var parent = hex(random.nextLong() | 1);
        var told = request.text(Field.TRACEPARENT);
        var known = told == null ? null : PARENT.matcher(told);
        var member = (tenant.isEmpty() ? "" : tenant + "@") + "gorouter=" + parent;
        if (known != null
                && known.matches()
                && !known.group(1).equals(NO_TRACE)
                && !known.group(2).equals(NO_PARENT)) {
            follow(known.group(1));
            lines.put(
                    Field.name(Field.TRACEPARENT),
                    "00-" + known.group(1) + "-" + parent + "-" + known.group(3));
            lines.put(Field.name(Field.TRACESTATE), member + others(member));
        } else {
            lines.put(Field.name(Field.TRACEPARENT), "00-" + begin() + "-" + parent + "-01");
            lines.put(Field.name(Field.TRACESTATE), member);
        }
    }

    /** The other members of what the client says, less our own from an earlier visit. */
    private String others(String own) {
        var key = own.substring(0, own.indexOf('=') + 1);
        var rest = new StringBuilder();
        int count = 1;
        for (int i = request.first(Field.TRACESTATE); i >= 0; i = request.next(i)) {
            for (var member : request.valueText(i).split(",")) {
                var stripped = member.strip();
                if (!stripped.isEmpty() && !stripped.startsWith(key) && count < MOST_MEMBERS) {
                    rest.append(',').append(stripped);
                    count++;
                }
            }
        }
        return rest.toString();
    }

    /** The first to know the trace decides what the request's id is. */
    private void follow(String traceId) {
        if (id != null) {
            return;
        }
        id = traceId;
        if (traceId.length() == 32) {
            high = Long.parseUnsignedLong(traceId, 0, 16, 16);
            low = Long.parseUnsignedLong(traceId, 16, 32, 16);
        }
    }

    private String begin() {
        var known = id;
        if (known == null) {
            known = hex(high) + hex(low);
            id = known;
        }
        return known.length() == 32 ? known : NO_PARENT + known;
    }

    private static String hex(long value) {
        return String.format("%016x", value);
    }

    long high() {
        return high;
    }

    long low() {
        return low;
    }

    /** Names and values of the lines that the instance gets from here. */
    Map<String, String> lines() {
        return lines;
    }

    /** Whether the client's line is left out for one of ours. */
    boolean replaces(int field) {
        return lines.containsKey(Field.name(field));
    }
}

package io.nimbus.loggregator.cache;

import io.nimbus.subjects.log.Envelope;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which envelopes of one source are wanted.
 *
 * @param start nanoseconds since the epoch, inclusive; may be negative
 * @param end exclusive
 * @param limit most envelopes
 * @param types empty: any
 * @param descending newest first
 * @param name what a metric's name must match somewhere; logs have none and never do
 */
public record LogQuery(
        long start,
        long end,
        int limit,
        Set<EnvelopeType> types,
        boolean descending,
        @Nullable Pattern name) {
    public LogQuery {
        types = Set.copyOf(types);
    }

    /** The newest log lines. */
    public static LogQuery recent(int limit) {
        return new LogQuery(
                Long.MIN_VALUE, Long.MAX_VALUE, limit, Set.of(EnvelopeType.LOG), true, null);
    }

    boolean matches(Envelope envelope) {
        var type = EnvelopeType.of(envelope);
        return type.isPresent()
                && (types.isEmpty() || types.contains(type.get()))
                && (name == null || isNamed(envelope, name));
    }

    private static boolean isNamed(Envelope envelope, Pattern name) {
        return switch (envelope.getMessageCase()) {
            case COUNTER -> name.matcher(envelope.getCounter().getName()).find();
            case TIMER -> name.matcher(envelope.getTimer().getName()).find();
            case GAUGE ->
                    envelope.getGauge().getMetricsMap().keySet().stream()
                            .anyMatch(key -> name.matcher(key).find());
            case LOG, EVENT, MESSAGE_NOT_SET -> false;
        };
    }
}

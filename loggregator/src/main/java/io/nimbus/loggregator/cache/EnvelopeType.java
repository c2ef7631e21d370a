package io.nimbus.loggregator.cache;

import io.nimbus.subjects.log.Envelope;
import java.util.Locale;
import java.util.Optional;

/** What an envelope holds, by the names that log-cache's clients use. */
public enum EnvelopeType {
    LOG,
    COUNTER,
    GAUGE,
    TIMER,
    EVENT;

    /** Empty for an envelope without a message: nothing asks for those. */
    public static Optional<EnvelopeType> of(Envelope envelope) {
        return switch (envelope.getMessageCase()) {
            case LOG -> Optional.of(LOG);
            case COUNTER -> Optional.of(COUNTER);
            case GAUGE -> Optional.of(GAUGE);
            case TIMER -> Optional.of(TIMER);
            case EVENT -> Optional.of(EVENT);
            case MESSAGE_NOT_SET -> Optional.empty();
        };
    }

    /** By name, in any case. */
    public static Optional<EnvelopeType> named(String name) {
        var wanted = name.toUpperCase(Locale.ROOT);
        for (var type : values()) {
            if (type.name().equals(wanted)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}

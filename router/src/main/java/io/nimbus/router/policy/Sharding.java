package io.nimbus.router.policy;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which isolation segments' endpoints belong to this router.
 *
 * @param segments empty with {@link Mode#ALL}
 */
public record Sharding(Mode mode, Set<String> segments) {
    public enum Mode {
        ALL,
        /** Only the named segments. */
        SEGMENTS,
        /** The named segments and what is in none. */
        SHARED_AND_SEGMENTS
    }

    public static final Sharding EVERYTHING = new Sharding(Mode.ALL, Set.of());

    public Sharding {
        segments = Set.copyOf(segments);
    }

    boolean takes(@Nullable String segment) {
        return switch (mode) {
            case ALL -> true;
            case SEGMENTS -> segment != null && segments.contains(segment);
            case SHARED_AND_SEGMENTS ->
                    segment == null || segment.isEmpty() || segments.contains(segment);
        };
    }
}

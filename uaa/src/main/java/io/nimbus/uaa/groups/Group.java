package io.nimbus.uaa.groups;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A group; its name is a scope that its members' tokens may carry.
 *
 * @param version counts changes, those of the members included
 */
public record Group(
        String id,
        String displayName,
        @Nullable String description,
        Instant created,
        Instant lastModified,
        int version) {}

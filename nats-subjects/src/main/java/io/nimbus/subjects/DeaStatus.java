package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * Answer of one DEA to {@code dea.status}.
 *
 * @param maxMemoryMb capacity after overcommit
 * @param usedMemoryMb what the instances really use
 */
public record DeaStatus(
        String id,
        String ip,
        @Nullable String version,
        @JsonProperty("max_memory") int maxMemoryMb,
        @JsonProperty("reserved_memory") int reservedMemoryMb,
        @JsonProperty("used_memory") int usedMemoryMb,
        @JsonProperty("num_clients") @Nullable Integer clients) {
    public static final RequestSubject<Poke, DeaStatus> SUBJECT =
            new RequestSubject<>("dea.status", Poke.class, DeaStatus.class);
}

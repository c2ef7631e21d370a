package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one RUNNING instance uses.
 *
 * @param host where the router reaches it
 * @param uptimeSeconds since it was STARTING
 * @param memoryQuotaBytes bytes
 * @param diskQuotaBytes bytes
 * @param usage null until the first sample
 */
public record InstanceStats(
        String name,
        List<String> uris,
        String host,
        int port,
        @JsonProperty("uptime") long uptimeSeconds,
        @JsonProperty("mem_quota") long memoryQuotaBytes,
        @JsonProperty("disk_quota") long diskQuotaBytes,
        @JsonProperty("fds_quota") int filesQuota,
        @Nullable Usage usage) {
    public InstanceStats {
        uris = Wire.list(uris);
    }

    /**
     * @param time of the sample, {@code YYYY-MM-DD HH:MM:SS +ZZZZ}
     * @param cpu cores used, 1.0 is one core
     * @param memoryBytes bytes, page cache that is in use included
     * @param diskBytes bytes
     */
    public record Usage(
            String time,
            double cpu,
            @JsonProperty("mem") long memoryBytes,
            @JsonProperty("disk") long diskBytes) {}
}

package io.nimbus.subjects;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What one instance may use.
 *
 * @param memoryMb MiB; the memory and swap limit together
 * @param diskMb MiB
 * @param files open file descriptors
 */
public record Limits(
        @JsonProperty(value = "mem", required = true) int memoryMb,
        @JsonProperty(value = "disk", required = true) int diskMb,
        @JsonProperty(value = "fds", required = true) int files) {
    public Limits {
        Wire.notNegative(memoryMb, "limits.mem");
        Wire.notNegative(diskMb, "limits.disk");
        Wire.notNegative(files, "limits.fds");
    }
}

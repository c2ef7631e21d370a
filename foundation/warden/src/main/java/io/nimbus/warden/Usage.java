package io.nimbus.warden;

/**
 * @param cpuNanos processor time used since the main process's start
 * @param memoryBytes bytes, page cache in use included where the kernel counts per container
 * @param tasks processes, and threads where the kernel counts per container
 */
public record Usage(long cpuNanos, long memoryBytes, int tasks) {
    public static final Usage NONE = new Usage(0, 0, 0);
}

package io.nimbus.warden;

/**
 * What a container may use; 0 means no limit of its own.
 *
 * @param memoryBytes memory and swap together
 * @param diskBytes in the writable layer
 * @param cpuShares weight against other containers; 1024 is the kernel's usual one
 * @param pids processes and threads
 * @param files open files of each process; never more than this process's own hard limit
 */
public record ContainerLimits(
        long memoryBytes, long diskBytes, int cpuShares, int pids, int files) {
    public static final ContainerLimits NONE = new ContainerLimits(0, 0, 0, 0, 0);

    public ContainerLimits {
        if (memoryBytes < 0 || diskBytes < 0 || cpuShares < 0 || pids < 0 || files < 0) {
            throw new IllegalArgumentException("a limit is negative");
        }
    }
}

package io.nimbus.dea.policy;

import io.nimbus.subjects.Limits;
import java.util.Collection;
import java.util.Optional;

/**
 * What a DEA has and what it has promised, in MiB.
 *
 * @param memoryMb after overcommit
 * @param diskMb after overcommit
 */
public record Capacity(int memoryMb, int diskMb) {

    public int reservedMemoryMb(Collection<Instance> instances) {
        return instances.stream()
                .filter(instance -> instance.state().usesMemory())
                .mapToInt(instance -> instance.start().limits().memoryMb())
                .sum();
    }

    public int reservedDiskMb(Collection<Instance> instances) {
        return instances.stream()
                .filter(Instance::usesDisk)
                .mapToInt(instance -> instance.start().limits().diskMb())
                .sum();
    }

    public int freeMemoryMb(Collection<Instance> instances) {
        return memoryMb - reservedMemoryMb(instances);
    }

    public int freeDiskMb(Collection<Instance> instances) {
        return diskMb - reservedDiskMb(instances);
    }

    /** The resource that is short, disk first; empty when the need fits. */
    Optional<String> shortOf(Collection<Instance> instances, Limits need) {
        if (freeDiskMb(instances) < need.diskMb()) {
            return Optional.of("disk");
        }
        return freeMemoryMb(instances) < need.memoryMb() ? Optional.of("memory") : Optional.empty();
    }
}

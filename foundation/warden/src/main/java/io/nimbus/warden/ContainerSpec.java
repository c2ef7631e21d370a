package io.nimbus.warden;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a container shall be.
 *
 * @param handle its name, unique per depot: letters, digits and {@code -}, at most 64
 * @param stack the root file system's name; null: the warden's first
 * @param mounts folders of the host that are visible inside
 * @param ports how many ports shall be reachable from outside
 * @param egress what it may connect to; nothing else, on backends that can tell
 * @param environment of every process, overridden by the process's own
 */
public record ContainerSpec(
        String handle,
        @Nullable String stack,
        List<Mount> mounts,
        ContainerLimits limits,
        int ports,
        List<Egress> egress,
        Map<String, String> environment) {
    private static final Pattern HANDLE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]{0,63}");

    public ContainerSpec {
        if (!HANDLE.matcher(handle).matches()) {
            throw new IllegalArgumentException("not a container's handle: " + handle);
        }
        if (ports < 0 || ports > 16) {
            throw new IllegalArgumentException("0 to 16 ports, not " + ports);
        }
        mounts = List.copyOf(mounts);
        egress = List.copyOf(egress);
        environment = Map.copyOf(environment);
    }

    /** No limits, no ports, no mounts. */
    public static ContainerSpec of(String handle) {
        return new ContainerSpec(
                handle, null, List.of(), ContainerLimits.NONE, 0, List.of(), Map.of());
    }

    public ContainerSpec withStack(@Nullable String stack) {
        return new ContainerSpec(handle, stack, mounts, limits, ports, egress, environment);
    }

    public ContainerSpec withMounts(List<Mount> mounts) {
        return new ContainerSpec(handle, stack, mounts, limits, ports, egress, environment);
    }

    public ContainerSpec withLimits(ContainerLimits limits) {
        return new ContainerSpec(handle, stack, mounts, limits, ports, egress, environment);
    }

    public ContainerSpec withPorts(int ports) {
        return new ContainerSpec(handle, stack, mounts, limits, ports, egress, environment);
    }

    public ContainerSpec withEgress(List<Egress> egress) {
        return new ContainerSpec(handle, stack, mounts, limits, ports, egress, environment);
    }

    public ContainerSpec withEnvironment(Map<String, String> environment) {
        return new ContainerSpec(handle, stack, mounts, limits, ports, egress, environment);
    }

    /** Without the environment, which may hold secrets. */
    @Override
    public String toString() {
        return "ContainerSpec[" + handle + "]";
    }
}

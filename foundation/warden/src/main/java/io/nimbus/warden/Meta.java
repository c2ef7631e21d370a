package io.nimbus.warden;

import java.util.List;

/**
 * What is written down about a container before anything of it is made, so that whatever exists of
 * it can be taken away again.
 *
 * @param backend which made it
 * @param ready whether it is complete
 * @param slot its number on this host, from which user, subnet and interface follow; -1: none
 * @param ports as handed out; released with the container
 * @param reserved numbers of the host's ports it holds
 */
record Meta(
        String backend,
        ContainerSpec spec,
        boolean ready,
        int slot,
        List<Port> ports,
        List<Integer> reserved) {
    static final int NO_SLOT = -1;

    Meta {
        ports = List.copyOf(ports);
        reserved = List.copyOf(reserved);
    }

    Meta complete() {
        return new Meta(backend, spec, true, slot, ports, reserved);
    }
}

package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** The bus of one world; it remembers who was ever on it. */
final class Bus {
    private final InMemoryBus bus;
    private final List<InMemoryBus.Endpoint> everybody = new ArrayList<>();

    Bus(VirtualTime time, RandomGenerator random, InMemoryBus.Faults faults) {
        bus = new InMemoryBus(time, random);
        bus.faults(faults);
    }

    InMemoryBus.Endpoint connect(String name) {
        var endpoint = bus.connect(name);
        everybody.add(endpoint);
        return endpoint;
    }

    /** Messages that somebody could not read, or choked on. */
    long failures() {
        return everybody.stream()
                .map(InMemoryBus.Endpoint::statistics)
                .mapToLong(s -> s.malformed() + s.failures())
                .sum();
    }
}

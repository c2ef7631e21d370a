package io.nimbus.simulation;

import io.nimbus.bus.InMemoryBus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** A bus that loses, repeats and delays, and so reorders, as much as it is told to. */
final class Network implements InMemoryBus.Faults {
    private final RandomGenerator random;
    private double loss;
    private double repetition;
    private Duration delay = Duration.ZERO;

    Network(RandomGenerator random) {
        this.random = random;
    }

    /**
     * @param loss share of deliveries, 0 to 1
     * @param repetition likewise
     * @param delay the longest
     */
    void worsen(double loss, double repetition, Duration delay) {
        this.loss = loss;
        this.repetition = repetition;
        this.delay = delay;
    }

    void heal() {
        worsen(0, 0, Duration.ZERO);
    }

    @Override
    public List<Duration> deliveries(String sender, String receiver, String subject) {
        var deliveries = new ArrayList<Duration>();
        if (random.nextDouble() >= loss) {
            deliveries.add(delay());
        }
        if (random.nextDouble() < repetition) {
            deliveries.add(delay());
        }
        return deliveries;
    }

    private Duration delay() {
        return delay.isZero() ? Duration.ZERO : Duration.ofNanos(random.nextLong(delay.toNanos()));
    }
}

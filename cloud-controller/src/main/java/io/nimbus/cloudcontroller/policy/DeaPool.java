package io.nimbus.cloudcontroller.policy;

import io.nimbus.subjects.DeaAdvertise;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What the DEAs said they have left, and where an instance goes: among the DEAs with room and the
 * stack, those in the zone with the fewest instances of the app, of these those with the fewest, of
 * these the half with more memory, of these any. What is placed is taken off the advert until the
 * DEA speaks again. One lock guards it.
 */
public final class DeaPool {
    /** Two adverts missed. */
    public static final Duration EXPIRY = Duration.ofSeconds(10);

    /**
     * What an instance needs.
     *
     * @param app its guid
     */
    public record Need(String app, int memoryMb, int diskMb, String stack) {}

    private static final class Offer {
        final DeaAdvertise advert;
        final Instant heard;
        final Map<String, Integer> instances;
        int memoryMb;
        int diskMb;

        Offer(DeaAdvertise advert, Instant heard) {
            this.advert = advert;
            this.heard = heard;
            this.instances = new HashMap<>(advert.instancesByApp());
            this.memoryMb = advert.availableMemoryMb();
            var disk = advert.availableDiskMb();
            this.diskMb = disk == null ? Integer.MAX_VALUE : disk;
        }

        boolean fits(Need need) {
            return memoryMb >= need.memoryMb()
                    && diskMb >= need.diskMb()
                    && advert.stacks().contains(need.stack());
        }

        int instancesOf(String app) {
            return instances.getOrDefault(app, 0);
        }

        void take(Need need, int sign) {
            memoryMb -= sign * need.memoryMb();
            if (diskMb != Integer.MAX_VALUE) {
                diskMb -= sign * need.diskMb();
            }
            instances.merge(need.app(), sign, Integer::sum);
        }
    }

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Offer> offers = new LinkedHashMap<>();

    public DeaPool(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    public synchronized void advertised(DeaAdvertise advert) {
        offers.put(advert.id(), new Offer(advert, clock.instant()));
    }

    /** It takes no more work. */
    public synchronized void left(String dea) {
        offers.remove(dea);
    }

    /** A DEA that also stages has less left. */
    public synchronized void staging(String dea, int memoryMb) {
        var offer = offers.get(dea);
        if (offer != null) {
            offer.memoryMb -= memoryMb;
        }
    }

    /** Where the instance goes; empty when no DEA has room. */
    public synchronized Optional<String> place(Need need) {
        var best = best(need);
        best.ifPresent(offer -> offer.take(need, 1));
        return best.map(offer -> offer.advert.id());
    }

    /**
     * Where so many go, in order; empty, and nothing taken, when there is no room for all of them.
     */
    public synchronized Optional<List<String>> placeAll(Need need, int count) {
        var taken = new ArrayList<Offer>();
        while (taken.size() < count) {
            var best = best(need);
            if (best.isEmpty()) {
                taken.forEach(offer -> offer.take(need, -1));
                return Optional.empty();
            }
            best.get().take(need, 1);
            taken.add(best.get());
        }
        return Optional.of(taken.stream().map(offer -> offer.advert.id()).toList());
    }

    /** Those heard of lately. */
    public synchronized int size() {
        expire();
        return offers.size();
    }

    private Optional<Offer> best(Need need) {
        expire();
        var fitting = offers.values().stream().filter(offer -> offer.fits(need)).toList();
        if (fitting.isEmpty()) {
            return Optional.empty();
        }
        var byZone = new HashMap<String, Integer>();
        fitting.forEach(offer ->
                byZone.merge(offer.advert.zone(), offer.instancesOf(need.app()), Integer::sum));
        int fewestOfZone = byZone.values().stream().mapToInt(Integer::intValue).min().orElseThrow();
        var inZone =
                fitting.stream()
                        .filter(offer ->
                                byZone.getOrDefault(offer.advert.zone(), 0) == fewestOfZone)
                        .toList();
        int fewest =
                inZone.stream()
                        .mapToInt(offer -> offer.instancesOf(need.app()))
                        .min()
                        .orElseThrow();
        var candidates =
                inZone.stream()
                        .filter(offer -> offer.instancesOf(need.app()) == fewest)
                        .sorted((a, b) -> Integer.compare(a.memoryMb, b.memoryMb))
                        .toList();
        var median = candidates.get(candidates.size() / 2).memoryMb;
        var upper = candidates.stream().filter(offer -> offer.memoryMb >= median).toList();
        return Optional.of(upper.get(random.nextInt(upper.size())));
    }

    private void expire() {
        var oldest = clock.instant().minus(EXPIRY);
        offers.values().removeIf(offer -> !offer.heard.isAfter(oldest));
    }
}

package io.nimbus.cloudcontroller.policy;

import io.nimbus.subjects.StagingAdvertise;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What the stagers said they have left, and who stages: any of the best few by memory among those
 * with room and the stack. One lock guards it.
 */
public final class StagerPool {
    private static final Duration EXPIRY = Duration.ofSeconds(10);
    private static final int CANDIDATES = 5;
    private static final double TOP_SHARE = 0.1;

    public record Need(int memoryMb, int diskMb, String stack) {}

    /** Who stages, or why nobody does. */
    public sealed interface Choice {
        record Stager(String id) implements Choice {}

        /** There are stagers with the stack, all of them full. */
        record NoRoom() implements Choice {}

        /** No stager has the stack. */
        record NoStack() implements Choice {}
    }

    private static final class Offer {
        final StagingAdvertise advert;
        final Instant heard;
        int memoryMb;

        Offer(StagingAdvertise advert, Instant heard) {
            this.advert = advert;
            this.heard = heard;
            this.memoryMb = advert.availableMemoryMb();
        }

        boolean fits(Need need) {
            var disk = advert.availableDiskMb();
            return memoryMb >= need.memoryMb() && (disk == null || disk >= need.diskMb());
        }
    }

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Offer> offers = new LinkedHashMap<>();

    public StagerPool(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    public synchronized void advertised(StagingAdvertise advert) {
        offers.put(advert.id(), new Offer(advert, clock.instant()));
    }

    /** Those heard of lately. */
    public synchronized int size() {
        expire();
        return offers.size();
    }

    /**
     * @param except those that were asked already, in vain
     */
    public synchronized Choice choose(Need need, Set<String> except) {
        expire();
        var withStack =
                offers.values().stream()
                        .filter(offer -> offer.advert.stacks().contains(need.stack()))
                        .toList();
        if (withStack.isEmpty()) {
            return new Choice.NoStack();
        }
        var best =
                withStack.stream()
                        .filter(offer -> offer.fits(need) && !except.contains(offer.advert.id()))
                        .sorted((a, b) -> Integer.compare(b.memoryMb, a.memoryMb))
                        .limit(Math.max(CANDIDATES, (int) (offers.size() * TOP_SHARE)))
                        .toList();
        if (best.isEmpty()) {
            return new Choice.NoRoom();
        }
        var chosen = best.get(random.nextInt(best.size()));
        chosen.memoryMb -= need.memoryMb();
        return new Choice.Stager(chosen.advert.id());
    }

    private void expire() {
        var oldest = clock.instant().minus(EXPIRY);
        offers.values().removeIf(offer -> !offer.heard.isAfter(oldest));
    }
}

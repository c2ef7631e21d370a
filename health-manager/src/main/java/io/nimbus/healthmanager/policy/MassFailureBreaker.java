package io.nimbus.healthmanager.policy;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds back the replacement of missing instances when a large share of the DEAs fell silent
 * together: most likely it is the network between them and us, their instances serve on, and
 * starting all of them once more on the rest would bring the rest down. Not for ever, since the
 * DEAs may be dead after all.
 */
final class MassFailureBreaker {
    private final HealthSettings.Breaker settings;
    private final Map<String, Instant> silent = new LinkedHashMap<>();
    private @Nullable Instant tripped;
    private long trips;

    MassFailureBreaker(HealthSettings.Breaker settings) {
        this.settings = settings;
    }

    /** A DEA fell silent that had not said good-bye. */
    void silent(String dea, Instant now) {
        silent.put(dea, now);
    }

    /** It is heard of again. */
    void returned(String dea) {
        silent.remove(dea);
    }

    /**
     * Looks at the DEAs as they are now.
     *
     * @param present how many are heard of
     * @return whether the breaker has opened or closed just now
     */
    boolean look(int present, Instant now) {
        var open = tripped;
        if (open == null) {
            silent.values().removeIf(at -> !at.plus(settings.window()).isAfter(now));
            if (isMassive(present)) {
                tripped = now;
                trips++;
                return true;
            }
            return false;
        }
        if (isMassive(present) && open.plus(settings.hold()).isAfter(now)) {
            return false;
        }
        tripped = null;
        // What made it open is settled, either way: only new losses may open it again.
        silent.clear();
        return true;
    }

    private boolean isMassive(int present) {
        var known = present + silent.size();
        return known >= settings.deas() && silent.size() >= settings.share() * known;
    }

    /** Whether missing instances wait. */
    boolean isOpen() {
        return tripped != null;
    }

    int silentDeas() {
        return silent.size();
    }

    long trips() {
        return trips;
    }
}

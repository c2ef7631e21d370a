package io.nimbus.healthmanager.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Crash counts by index, those that are not forgotten yet; knows which are still to be saved. */
final class CrashHistory {
    private final Duration memory;
    private final Map<Slot, CrashCount> counts = new LinkedHashMap<>();
    private final Map<Slot, CrashCount> unsaved = new LinkedHashMap<>();

    CrashHistory(Duration memory) {
        this.memory = memory;
    }

    /** Takes over what was saved, unless something newer is known here. */
    void load(Collection<CrashCount> saved) {
        for (var count : saved) {
            counts.merge(
                    new Slot(count.key(), count.index()),
                    count,
                    (mine, theirs) -> mine.at().isAfter(theirs.at()) ? mine : theirs);
        }
    }

    Optional<CrashCount> of(AppVersion key, int index, Instant now) {
        return Optional.ofNullable(counts.get(new Slot(key, index)))
                .filter(count -> count.at().plus(memory).isAfter(now));
    }

    int count(AppVersion key, int index, Instant now) {
        return of(key, index, now).map(CrashCount::count).orElse(0);
    }

    /** Whether this very crash was answered with a start already. */
    boolean isAnswered(Instance crashed, Instant now) {
        return of(crashed.key(), crashed.index(), now)
                .filter(count -> count.instance().equals(crashed.guid()))
                .isPresent();
    }

    /** A start is sent for this crash. */
    void answered(Instance crashed, Instant now) {
        var slot = new Slot(crashed.key(), crashed.index());
        var count =
                new CrashCount(
                        crashed.key(),
                        crashed.index(),
                        count(crashed.key(), crashed.index(), now) + 1,
                        crashed.guid(),
                        now);
        counts.put(slot, count);
        unsaved.put(slot, count);
    }

    List<CrashCount> of(AppVersion key, Instant now) {
        return counts.values().stream()
                .filter(count -> count.key().equals(key) && count.at().plus(memory).isAfter(now))
                .toList();
    }

    /** What has changed since the last call; the caller saves it, or says that it could not. */
    List<CrashCount> takeUnsaved() {
        var taken = new ArrayList<>(unsaved.values());
        unsaved.clear();
        return taken;
    }

    void notSaved(Collection<CrashCount> again) {
        again.forEach(count -> unsaved.putIfAbsent(new Slot(count.key(), count.index()), count));
    }

    void forgetOld(Instant now) {
        counts.values().removeIf(count -> !count.at().plus(memory).isAfter(now));
    }

    int size() {
        return counts.size();
    }

    private record Slot(AppVersion key, int index) {}
}

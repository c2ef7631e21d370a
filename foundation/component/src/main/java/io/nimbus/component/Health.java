package io.nimbus.component;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;

/**
 * What keeps this process from doing its work right now, by name: the bus away, the database not
 * answering, a disk full. Empty means healthy. Checks are cheap and asked at each look; a fault is
 * a state to wait out, never a reason to exit.
 */
public final class Health {
    private final Map<String, Supplier<Optional<String>>> checks = new ConcurrentSkipListMap<>();

    /**
     * @param check empty while all is well, else what is wrong in a few words
     */
    public void check(String name, Supplier<Optional<String>> check) {
        checks.put(name, check);
    }

    /** A check that is either well or has this one fault. */
    public void check(String name, String fault, java.util.function.BooleanSupplier well) {
        check(name, () -> well.getAsBoolean() ? Optional.empty() : Optional.of(fault));
    }

    public Map<String, String> faults() {
        var faults = new LinkedHashMap<String, String>();
        checks.forEach((name, check) -> check.get().ifPresent(fault -> faults.put(name, fault)));
        return faults;
    }

    public boolean isWell() {
        return faults().isEmpty();
    }
}

package io.nimbus.router.policy;

import java.util.HashMap;
import java.util.Map;

/**
 * One object for equal values that most registrations repeat: hosts, indexes, tags. Used by the
 * table's writer only. Bounded: what is rare enough to overflow it is not worth sharing.
 */
final class Shared {
    private static final int MOST = 50_000;

    private final Map<String, String> texts = new HashMap<>();
    private final Map<Map<String, String>, Map<String, String>> tags = new HashMap<>();

    String text(String value) {
        if (texts.size() >= MOST) {
            texts.clear();
        }
        var known = texts.putIfAbsent(value, value);
        return known == null ? value : known;
    }

    Map<String, String> tags(Map<String, String> value) {
        if (tags.size() >= MOST) {
            tags.clear();
        }
        var known = tags.get(value);
        if (known == null) {
            known = Map.copyOf(value);
            tags.put(known, known);
        }
        return known;
    }
}

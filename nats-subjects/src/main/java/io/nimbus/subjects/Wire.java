package io.nimbus.subjects;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the records' constructors share. */
final class Wire {
    private Wire() {}

    static <T> T required(@Nullable T value, String key) {
        if (value == null) {
            throw new IllegalArgumentException("missing " + key);
        }
        return value;
    }

    static int notNegative(int value, String key) {
        if (value < 0) {
            throw new IllegalArgumentException(key + " is negative");
        }
        return value;
    }

    static int port(int value) {
        if (value < 1 || value > 65535) {
            throw new IllegalArgumentException("port is not within 1 to 65535");
        }
        return value;
    }

    /** Absent reads as empty. */
    static <T> List<T> list(@Nullable List<T> values) {
        return values == null ? List.of() : List.copyOf(values);
    }

    /** Absent stays absent: in a filter, no list and an empty list are opposites. */
    static <T> @Nullable List<T> filter(@Nullable List<T> values) {
        return values == null ? null : List.copyOf(values);
    }

    /** Absent reads as empty; order is kept. */
    static <K, V> Map<K, V> map(@Nullable Map<K, V> values) {
        return values == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** As {@link #list}, for lists of JSON objects, which may hold nulls deeper down. */
    static List<Map<String, Object>> objects(@Nullable List<Map<String, Object>> values) {
        return values == null ? List.of() : Collections.unmodifiableList(new ArrayList<>(values));
    }
}

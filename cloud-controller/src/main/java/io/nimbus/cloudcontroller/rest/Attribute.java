package io.nimbus.cloudcontroller.rest;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/**
 * A declared attribute: its type, when it may be written, what it must satisfy, where it is kept
 * and how it is shown. Declared once, at assembly; not changed afterwards.
 */
public final class Attribute<T> implements Member {
    /** How it is shown. */
    public interface Reader {
        @Nullable Object read(Row row);
    }

    /** How it is kept, when it is more than a column. */
    public interface Writer<T> {
        void write(Change change, T value);
    }

    /** What a given value must satisfy; throws an error of the catalogue. */
    public interface Check<T> {
        void check(T value);
    }

    private final String key;
    private final Kind<T> kind;
    private final List<Check<T>> checks = new ArrayList<>();
    private boolean onCreate = true;
    private boolean onUpdate = true;
    private boolean shown = true;
    private boolean required;
    private boolean stripped;
    private @Nullable Supplier<? extends T> fallback;
    private Function<Caller, List<Field<?>>> needs = caller -> List.of();
    private Reader reader = row -> null;
    private @Nullable Writer<T> writer;

    private Attribute(String key, Kind<T> kind) {
        this.key = key;
        this.kind = kind;
    }

    public static Attribute<String> text(String key) {
        return new Attribute<>(key, Kind.TEXT);
    }

    public static Attribute<Integer> integer(String key) {
        return new Attribute<>(key, Kind.INTEGER);
    }

    public static Attribute<Boolean> flag(String key) {
        return new Attribute<>(key, Kind.FLAG);
    }

    public static Attribute<Map<String, @Nullable Object>> object(String key) {
        return new Attribute<>(key, Kind.OBJECT);
    }

    public static Attribute<List<Map<String, @Nullable Object>>> objects(String key) {
        return new Attribute<>(key, Kind.OBJECTS);
    }

    public static Attribute<List<String>> texts(String key) {
        return new Attribute<>(key, Kind.TEXTS);
    }

    public static Attribute<List<Integer>> integers(String key) {
        return new Attribute<>(key, Kind.INTEGERS);
    }

    /** Shown only, in whole seconds. */
    public static Attribute<String> time(String key, Field<Instant> column) {
        return text(key).readOnly().shows(row -> Json.time(row.get(column)), column);
    }

    /** Always shown with this value, never written: what this platform does not have. */
    public static Attribute<String> constant(String key, @Nullable Object value) {
        return text(key).readOnly().shows(row -> value);
    }

    /** Kept in and shown from a column. */
    public Attribute<T> column(Field<T> column) {
        writer = (change, value) -> change.set(column, value);
        return shows(row -> row.get(column), column);
    }

    /**
     * @param fields what the reader looks at
     */
    public Attribute<T> shows(Reader how, Field<?>... fields) {
        var needed = List.of(fields);
        return shows(how, caller -> needed);
    }

    public Attribute<T> shows(Reader how, Function<Caller, List<Field<?>>> fields) {
        reader = how;
        needs = fields;
        return this;
    }

    public Attribute<T> writes(Writer<T> how) {
        writer = how;
        return this;
    }

    public Attribute<T> required() {
        required = true;
        return this;
    }

    /** When a create request does not give it. */
    public Attribute<T> orElse(T value) {
        return orElse(() -> value);
    }

    public Attribute<T> orElse(Supplier<? extends T> value) {
        fallback = value;
        return this;
    }

    public Attribute<T> readOnly() {
        onCreate = false;
        onUpdate = false;
        return this;
    }

    public Attribute<T> createOnly() {
        onUpdate = false;
        return this;
    }

    /** Taken, never shown. */
    public Attribute<T> hidden() {
        shown = false;
        return this;
    }

    /** Blanks around it do not count. */
    public Attribute<T> stripped() {
        stripped = true;
        return this;
    }

    public Attribute<T> check(Check<T> check) {
        checks.add(check);
        return this;
    }

    @Override
    public String key() {
        return key;
    }

    Kind<T> kind() {
        return kind;
    }

    boolean isWritable(boolean creating) {
        return creating ? onCreate : onUpdate;
    }

    boolean isRequired() {
        return required;
    }

    boolean isShown() {
        return shown;
    }

    List<Field<?>> needs(Caller caller) {
        return needs.apply(caller);
    }

    @Nullable Object read(Row row) {
        return reader.read(row);
    }

    /** Checks and keeps what was given, or the default. */
    void write(Change change) {
        if (writer == null || !isWritable(change.isCreating())) {
            return;
        }
        var given = change.given().get(this);
        if (given.isPresent()) {
            var value = given.get();
            if (stripped && value instanceof String text) {
                // The kind of a stripped attribute is TEXT: readers of the declaration see to that.
                @SuppressWarnings("unchecked")
                var cut = (T) text.strip();
                value = cut;
            }
            for (var check : checks) {
                check.check(value);
            }
            writer.write(change, value);
        } else if (change.isCreating() && fallback != null) {
            writer.write(change, fallback.get());
        }
    }
}

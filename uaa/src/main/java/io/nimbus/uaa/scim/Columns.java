package io.nimbus.uaa.scim;

import static org.jooq.impl.DSL.lower;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.SortField;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** The attributes that a kind of resource can be filtered and sorted by, as database columns. */
public final class Columns {
    private final Map<String, Column> columns = new HashMap<>();

    private sealed interface Column {
        Field<?> field();
    }

    /** Compared as written: ids. */
    private record Exact(Field<String> field) implements Column {}

    /** Compared in whatever case. */
    private record Text(Field<String> field) implements Column {}

    private record Flag(Field<Boolean> field) implements Column {}

    private record Whole(Field<Integer> field) implements Column {}

    private record Time(Field<Instant> field) implements Column {}

    public Columns exact(Field<String> field, String... attributes) {
        return add(new Exact(field), attributes);
    }

    public Columns text(Field<String> field, String... attributes) {
        return add(new Text(field), attributes);
    }

    public Columns flag(Field<Boolean> field, String... attributes) {
        return add(new Flag(field), attributes);
    }

    public Columns number(Field<Integer> field, String... attributes) {
        return add(new Whole(field), attributes);
    }

    public Columns time(Field<Instant> field, String... attributes) {
        return add(new Time(field), attributes);
    }

    private Columns add(Column column, String... attributes) {
        for (var attribute : attributes) {
            columns.put(attribute.toLowerCase(Locale.ROOT), column);
        }
        return this;
    }

    /**
     * @param filter as the client wrote it; null for everything
     */
    public Condition where(@Nullable String filter) {
        return filter == null || filter.isBlank()
                ? DSL.noCondition()
                : condition(FilterParser.parse(filter));
    }

    public Condition condition(Filter filter) {
        return switch (filter) {
            case Filter.And(var parts) -> DSL.and(parts.stream().map(this::condition).toList());
            case Filter.Or(var parts) -> DSL.or(parts.stream().map(this::condition).toList());
            case Filter.Present(var attribute) -> column(attribute).field().isNotNull();
            case Filter.Compare compare -> compare(column(compare.attribute()), compare);
        };
    }

    /** The column to sort by, {@code created} when the client does not say. */
    public SortField<?> sort(@Nullable String attribute, @Nullable String order) {
        var column = column(attribute == null || attribute.isBlank() ? "created" : attribute);
        Field<?> field =
                switch (column) {
                    case Text(var text) -> lower(text);
                    case Exact(var text) -> text;
                    case Flag(var flag) -> flag;
                    case Whole(var number) -> number;
                    case Time(var time) -> time;
                };
        return "descending".equalsIgnoreCase(order) ? field.desc() : field.asc();
    }

    private Column column(String attribute) {
        var column = columns.get(attribute.toLowerCase(Locale.ROOT));
        if (column == null) {
            throw FilterParser.invalid("there is no attribute " + attribute + " to compare");
        }
        return column;
    }

    private static Condition compare(Column column, Filter.Compare compare) {
        var value = compare.value();
        var operator = compare.operator();
        return switch (column) {
            case Exact(var field) -> text(field, operator, value);
            case Text(var field) -> text(lower(field), operator, value.toLowerCase(Locale.ROOT));
            case Flag(var field) -> {
                if (operator != Filter.Operator.EQ) {
                    throw FilterParser.invalid(compare.attribute() + " takes eq only");
                }
                yield field.eq(flag(value));
            }
            case Whole(var field) -> ordered(field, operator, number(value), compare);
            case Time(var field) -> ordered(field, operator, time(value), compare);
        };
    }

    private static Condition text(Field<String> field, Filter.Operator operator, String value) {
        return switch (operator) {
            case EQ -> field.eq(value);
            case CO -> field.contains(value);
            case SW -> field.startsWith(value);
            case GT -> field.gt(value);
            case GE -> field.ge(value);
            case LT -> field.lt(value);
            case LE -> field.le(value);
        };
    }

    private static <T> Condition ordered(
            Field<T> field, Filter.Operator operator, T value, Filter.Compare compare) {
        return switch (operator) {
            case EQ -> field.eq(value);
            case GT -> field.gt(value);
            case GE -> field.ge(value);
            case LT -> field.lt(value);
            case LE -> field.le(value);
            case CO, SW -> throw FilterParser.invalid(compare.attribute() + " is not a text");
        };
    }

    private static boolean flag(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw FilterParser.invalid("neither true nor false: " + value);
        };
    }

    private static Integer number(String value) {
        try {
            return Integer.valueOf(value);
        } catch (NumberFormatException e) {
            throw FilterParser.invalid("not a number: " + value);
        }
    }

    private static Instant time(String value) {
        try {
            return Instant.parse(value);
        } catch (DateTimeException e) {
            throw FilterParser.invalid("not a time: " + value);
        }
    }
}

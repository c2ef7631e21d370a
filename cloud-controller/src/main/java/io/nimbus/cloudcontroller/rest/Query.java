package io.nimbus.cloudcontroller.rest;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;

/**
 * A key that lists may be filtered by.
 *
 * @param condition of an operator and the text after it
 */
public record Query(String key, Comparison condition) {
    interface Comparison {
        Condition with(Operator operator, String value);
    }

    enum Operator {
        EQUAL,
        GREATER,
        AT_LEAST,
        LESS,
        AT_MOST,
        IN
    }

    /** Compared as it is. */
    public static Query text(String key, Field<String> field) {
        return within(key, field, UnaryOperator.identity());
    }

    /** Upper and lower case do not count. */
    public static Query name(String key, Field<String> field) {
        var lower = DSL.lower(field);
        return new Query(
                key,
                (operator, value) ->
                        operator == Operator.IN
                                ? lower.in(
                                        items(value).stream()
                                                .map(i -> DSL.lower(DSL.val(i)))
                                                .toList())
                                : compare(operator, lower, DSL.lower(DSL.val(value))));
    }

    /**
     * By a column of another table.
     *
     * @param within makes a condition on this resource of the one on the column
     */
    public static Query within(String key, Field<String> field, UnaryOperator<Condition> within) {
        return new Query(
                key,
                (operator, value) ->
                        within.apply(
                                operator == Operator.IN
                                        ? field.eq(DSL.any(items(value).toArray(String[]::new)))
                                        : compare(operator, field, DSL.val(value))));
    }

    /** By the members of a relation: {@code developer_guid} of a space. */
    public static Query member(String key, Field<String> guid, Link link) {
        return within(key, link.member(), condition -> guid.in(link.parentsWhere(condition)));
    }

    public static Query integer(String key, Field<Integer> field) {
        return typed(
                key,
                field,
                text -> {
                    try {
                        return Integer.valueOf(text.strip());
                    } catch (NumberFormatException e) {
                        throw CloudError.BAD_QUERY_PARAMETER.of(
                                key + " is compared with a whole number");
                    }
                });
    }

    public static Query flag(String key, Field<Boolean> field) {
        return typed(key, field, text -> text.equals("t") || text.equals("true"));
    }

    private static <T> Query typed(String key, Field<T> field, Function<String, T> parse) {
        return new Query(
                key,
                (operator, value) -> {
                    if (operator == Operator.IN) {
                        return field.in(items(value).stream().map(parse).toList());
                    }
                    return value.isEmpty()
                            ? field.isNull()
                            : compare(operator, field, DSL.val(parse.apply(value), field));
                });
    }

    /** Compared by whole seconds: a time counts as equal to all of its second. */
    public static Query time(String key, Field<Instant> field) {
        return new Query(
                key,
                (operator, value) -> {
                    if (operator == Operator.IN) {
                        return DSL.or(
                                items(value).stream()
                                        .map(i -> time(field, Operator.EQUAL, instant(key, i)))
                                        .toList());
                    }
                    return value.isEmpty()
                            ? field.isNull()
                            : time(field, operator, instant(key, value));
                });
    }

    private static Condition time(Field<Instant> field, Operator operator, Instant second) {
        var next = second.plusSeconds(1);
        return switch (operator) {
            case EQUAL, IN -> field.ge(second).and(field.lt(next));
            case GREATER -> field.ge(next);
            case AT_LEAST -> field.ge(second);
            case LESS -> field.lt(second);
            case AT_MOST -> field.lt(next);
        };
    }

    private static final List<Function<String, Instant>> TIMES =
            List.of(
                    text -> OffsetDateTime.parse(text).toInstant(),
                    text ->
                            OffsetDateTime.parse(
                                            text,
                                            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss Z"))
                                    .toInstant(),
                    text -> LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC),
                    text -> LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());

    private static Instant instant(String key, String text) {
        for (var form : TIMES) {
            try {
                var time = form.apply(text.strip());
                if (time.isAfter(Instant.parse("0001-01-01T00:00:00Z"))
                        && time.isBefore(Instant.parse("9999-01-01T00:00:00Z"))) {
                    return Instant.ofEpochSecond(time.getEpochSecond());
                }
            } catch (DateTimeException e) {
                // another form, or none
            }
        }
        throw CloudError.BAD_QUERY_PARAMETER.of(
                key + " is compared with a time such as 2026-01-31T12:00:00Z");
    }

    private static <T> Condition compare(Operator operator, Field<T> field, Field<T> value) {
        return switch (operator) {
            case EQUAL, IN -> field.eq(value);
            case GREATER -> field.gt(value);
            case AT_LEAST -> field.ge(value);
            case LESS -> field.lt(value);
            case AT_MOST -> field.le(value);
        };
    }

    private static List<String> items(String value) {
        return Arrays.asList(value.split(",", -1));
    }
}

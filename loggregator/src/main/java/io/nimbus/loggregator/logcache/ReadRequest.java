package io.nimbus.loggregator.logcache;

import io.nimbus.loggregator.cache.EnvelopeType;
import io.nimbus.loggregator.cache.LogQuery;
import java.util.EnumSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** The parameters of {@code GET /api/v1/read/:source_id}. */
final class ReadRequest {
    private static final int DEFAULT_LIMIT = 100;
    private static final int MOST = 1_000;
    private static final int LONGEST_PATTERN = 200;

    private ReadRequest() {}

    /** Cannot be read; the message says which parameter. */
    static final class BadParameter extends Exception {
        private static final long serialVersionUID = 1;

        BadParameter(String message) {
            super(message);
        }
    }

    interface Parameters {
        @Nullable String one(String name);

        List<String> all(String name);
    }

    /** Without an end it is open: what comes while it is answered belongs to it. */
    static LogQuery parse(Parameters parameters) throws BadParameter {
        // log-cache's own default is 0, the epoch; cf sends Go's zero time, long before it.
        var start = number(parameters, "start_time", 0);
        var end = number(parameters, "end_time", Long.MAX_VALUE);
        if (parameters.one("end_time") != null && start >= end) {
            throw new BadParameter("start_time must be before end_time");
        }
        var limit = number(parameters, "limit", DEFAULT_LIMIT);
        if (limit < 0 || limit > MOST) {
            throw new BadParameter("limit must be 1 to " + MOST);
        }
        return new LogQuery(
                start,
                end,
                limit == 0 ? DEFAULT_LIMIT : (int) limit,
                types(parameters.all("envelope_types")),
                flag(parameters, "descending"),
                pattern(parameters.one("name_filter")));
    }

    private static long number(Parameters parameters, String name, long fallback)
            throws BadParameter {
        var value = parameters.one(name);
        if (value == null || value.isEmpty()) {
            return fallback;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new BadParameter(name + " is not a whole number");
        }
    }

    private static boolean flag(Parameters parameters, String name) throws BadParameter {
        var value = parameters.one(name);
        return switch (value == null ? "" : value) {
            case "true", "1", "t", "T", "TRUE", "True" -> true;
            case "", "false", "0", "f", "F", "FALSE", "False" -> false;
            default -> throw new BadParameter(name + " is neither true nor false");
        };
    }

    private static EnumSet<EnvelopeType> types(List<String> names) throws BadParameter {
        var types = EnumSet.noneOf(EnvelopeType.class);
        for (var name : names) {
            if (name.equalsIgnoreCase("ANY") || name.isEmpty()) {
                return EnumSet.noneOf(EnvelopeType.class);
            }
            types.add(
                    EnvelopeType.named(name)
                            .orElseThrow(() -> new BadParameter("envelope_types: no such type")));
        }
        return types;
    }

    private static @Nullable Pattern pattern(@Nullable String text) throws BadParameter {
        if (text == null || text.isEmpty()) {
            return null;
        }
        if (text.length() > LONGEST_PATTERN) {
            throw new BadParameter("name_filter is too long");
        }
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new BadParameter("name_filter is not a regular expression");
        }
    }
}

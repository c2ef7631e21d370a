package io.nimbus.uaa.scim;

import io.javalin.http.Context;
import io.nimbus.uaa.web.UaaError;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The part of a list that a client asked for.
 *
 * @param startIndex counted from 1
 * @param count 1 to 500
 */
public record Page(int startIndex, int count) {
    private static final int DEFAULT = 100;
    private static final int MOST = 500;

    public static final String CORE = "urn:scim:schemas:core:1.0";

    public static Page of(Context ctx) {
        var count = number(ctx, "count", DEFAULT);
        return new Page(
                Math.max(1, number(ctx, "startIndex", 1)),
                count < 1 ? DEFAULT : Math.min(MOST, count));
    }

    private static int number(Context ctx, String name, int fallback) {
        var text = ctx.queryParam(name);
        if (text == null || text.isEmpty()) {
            return fallback;
        }
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw UaaError.SCIM.of(name + " is not a number: " + text);
        }
    }

    public int offset() {
        return startIndex - 1;
    }

    /**
     * The answer with these resources, each cut down to the attributes that the client named.
     *
     * @param total of all that match
     */
    public Map<String, Object> answer(
            Context ctx, List<Map<String, Object>> resources, int total, String schema) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("resources", project(ctx, resources));
        answer.put("startIndex", startIndex);
        answer.put("itemsPerPage", count);
        answer.put("totalResults", total);
        answer.put("schemas", List.of(schema));
        return answer;
    }

    private static List<Map<String, Object>> project(
            Context ctx, List<Map<String, Object>> resources) {
        var attributes = ctx.queryParam("attributes");
        if (attributes == null || attributes.isBlank()) {
            return resources;
        }
        // Of emails.value the whole of emails is given.
        var names =
                Arrays.stream(attributes.split(","))
                        .map(name -> name.strip().toLowerCase(Locale.ROOT).split("\\.", 2)[0])
                        .collect(Collectors.toSet());
        return resources.stream().map(resource -> project(resource, names)).toList();
    }

    private static Map<String, Object> project(Map<String, Object> resource, Set<String> names) {
        var projected = new LinkedHashMap<String, Object>();
        resource.forEach((name, value) -> {
            if (names.contains(name.toLowerCase(Locale.ROOT))) {
                projected.put(name, value);
            }
        });
        return projected;
    }
}

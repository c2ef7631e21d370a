package io.nimbus.cloudcontroller.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jooq.Condition;
import org.jooq.OrderField;
import org.jooq.SortOrder;
import org.jspecify.annotations.Nullable;

/**
 * What a list request asks for.
 *
 * @param page from 1
 * @param kept further parameters that the next page's address carries on
 */
record ListOptions(
        int page,
        int perPage,
        List<OrderField<?>> order,
        Condition filter,
        Inlining inlining,
        TreeMap<String, List<String>> kept) {
    private static final int PER_PAGE = 50;

    /** CF orders nested lists by any column; by what everybody may see is enough. */
    private static final Set<String> SHOWN =
            Set.of("guid", "name", "created_at", "updated_at", "position", "timestamp");

    /**
     * How deep relations are written out.
     *
     * @param include null: every relation
     */
    record Inlining(
            int depth, boolean orphans, Set<String> exclude, @Nullable Set<String> include) {
        static final Inlining NONE = new Inlining(0, false, Set.of(), null);

        boolean covers(String relation) {
            return !exclude.contains(relation) && (include == null || include.contains(relation));
        }
    }

    /**
     * @param nested a list below another resource: ordered by whatever column is asked for
     */
    static ListOptions of(ApiRequest request, Resource resource, boolean nested, int maxDepth) {
        var kept = new TreeMap<String, List<String>>();
        var perPage = number(request, "results-per-page", PER_PAGE, 1, resource.maxPerPage());
        var page = number(request, "page", 1, 1, Integer.MAX_VALUE);
        var queries = request.queries("q");
        kept.put("q", queries);
        for (var name : resource.listParameters()) {
            request.query(name).ifPresent(value -> kept.put(name, List.of(value)));
        }
        return new ListOptions(
                page,
                perPage,
                order(request, resource, nested, kept),
                Filters.of(resource, queries),
                inlining(request, maxDepth, kept),
                kept);
    }

    static Inlining inlining(ApiRequest request, int maxDepth) {
        return inlining(request, maxDepth, new TreeMap<>());
    }

    private static Inlining inlining(
            ApiRequest request, int maxDepth, TreeMap<String, List<String>> kept) {
        var depth = number(request, "inline-relations-depth", 0, 0, maxDepth);
        request.query("inline-relations-depth")
                .ifPresent(d -> kept.put("inline-relations-depth", List.of(d)));
        request.query("orphan-relations").ifPresent(o -> kept.put("orphan-relations", List.of(o)));
        request.query("exclude-relations")
                .ifPresent(e -> kept.put("exclude-relations", List.of(e)));
        request.query("include-relations")
                .ifPresent(i -> kept.put("include-relations", List.of(i)));
        return new Inlining(
                request.caller().isKnown() ? depth : 0,
                request.query("orphan-relations").equals(Optional.of("1")),
                request.query("exclude-relations").map(ListOptions::names).orElse(Set.of()),
                request.query("include-relations").map(ListOptions::names).orElse(null));
    }

    private static Set<String> names(String list) {
        return Arrays.stream(list.split(",")).map(String::strip).collect(Collectors.toSet());
    }

    private static List<OrderField<?>> order(
            ApiRequest request,
            Resource resource,
            boolean nested,
            TreeMap<String, List<String>> kept) {
        var order = resource.defaultOrder();
        var key = request.query("order-by");
        if (key.isPresent() && !key.get().isEmpty()) {
            var by = resource.order(key.get());
            if (by == null && nested) {
                var column = SHOWN.contains(key.get()) ? resource.table().field(key.get()) : null;
                by = column == null ? null : List.of(column, resource.id());
            }
            if (by == null) {
                throw CloudError.ORDER_BY_PARAMETER_INVALID.of(key.get());
            }
            order = by;
            kept.put("order-by", List.of(key.get()));
        }
        var direction = request.query("order-direction").orElse("asc");
        if (!direction.equals("asc") && !direction.equals("desc")) {
            throw CloudError.BAD_QUERY_PARAMETER.of("order-direction is asc or desc");
        }
        kept.put("order-direction", List.of(direction));
        var sort = direction.equals("desc") ? SortOrder.DESC : SortOrder.ASC;
        var sorted = new ArrayList<OrderField<?>>();
        for (var field : order) {
            sorted.add(((org.jooq.Field<?>) field).sort(sort));
        }
        return sorted;
    }

    private static int number(ApiRequest request, String name, int fallback, int least, int most) {
        var given = request.query(name);
        if (given.isEmpty() || given.get().isEmpty()) {
            return fallback;
        }
        try {
            var number = Integer.parseInt(given.get());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, as what is out of range is
        }
        throw CloudError.BAD_QUERY_PARAMETER.of(
                name
                        + " is a whole number from "
                        + least
                        + (most == Integer.MAX_VALUE ? "" : " to " + most));
    }

    long offset() {
        return (page - 1L) * perPage;
    }

    /** The address of another page, relative to the API. */
    String address(String path, int other) {
        var parameters = new TreeMap<>(kept);
        parameters.put("page", List.of(Integer.toString(other)));
        parameters.put("results-per-page", List.of(Integer.toString(perPage)));
        return path
                + "?"
                + parameters.entrySet().stream()
                        .flatMap(parameter ->
                                parameter.getValue().stream()
                                        .map(value ->
                                                parameter.getKey()
                                                        + "="
                                                        + URLEncoder.encode(value, UTF_8)))
                        .collect(Collectors.joining("&"));
    }
}

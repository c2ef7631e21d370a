package io.nimbus.cloudcontroller.rest;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jooq.Condition;
import org.jooq.impl.DSL;

/**
 * {@code q}: conditions of a key, an operator ({@code : > >= < <= IN}) and a text, joined by
 * semicolons; two semicolons stand for one that is part of the text. All must hold.
 */
final class Filters {
    private static final Pattern BETWEEN = Pattern.compile("(?<!;);(?!;)");
    private static final Pattern CONDITION =
            Pattern.compile("(\\w+)( IN |>=|<=|:|>|<)(.*)", Pattern.DOTALL);
    private static final Map<String, Query.Operator> OPERATORS =
            Map.of(
                    ":", Query.Operator.EQUAL,
                    ">", Query.Operator.GREATER,
                    ">=", Query.Operator.AT_LEAST,
                    "<", Query.Operator.LESS,
                    "<=", Query.Operator.AT_MOST,
                    " IN ", Query.Operator.IN);

    private Filters() {}

    /** One condition as it was written. */
    record Term(String key, Query.Operator operator, String value) {}

    static List<Term> parse(List<String> queries) {
        var terms = new ArrayList<Term>();
        for (var query : queries) {
            for (var part : BETWEEN.split(query, -1)) {
                var match = CONDITION.matcher(part);
                if (!match.matches()) {
                    throw CloudError.BAD_QUERY_PARAMETER.of("q=" + part);
                }
                terms.add(
                        new Term(
                                match.group(1),
                                java.util.Objects.requireNonNull(OPERATORS.get(match.group(2))),
                                match.group(3).replace(";;", ";")));
            }
        }
        return terms;
    }

    /** The same in SQL, for the keys that the resource knows. */
    static Condition of(Resource resource, List<String> queries) {
        var condition = DSL.noCondition();
        for (var term : parse(queries)) {
            var query = resource.query(term.key());
            if (query == null) {
                throw CloudError.BAD_QUERY_PARAMETER.of(term.key());
            }
            condition = condition.and(query.condition().with(term.operator(), term.value()));
        }
        return condition;
    }
}

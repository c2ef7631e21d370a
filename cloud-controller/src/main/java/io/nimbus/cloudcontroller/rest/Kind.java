package io.nimbus.cloudcontroller.rest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A JSON type that an attribute may have.
 *
 * @param noun for the message about a value of another type
 * @param decode null when the value is of another type
 */
public record Kind<T>(String noun, Function<JsonNode, @Nullable T> decode) {
    public static final Kind<String> TEXT =
            new Kind<>("a text", n -> n.isString() ? n.asString() : null);
    public static final Kind<Integer> INTEGER =
            new Kind<>(
                    "a whole number",
                    n -> n.isIntegralNumber() && n.canConvertToInt() ? n.asInt() : null);
    public static final Kind<Boolean> FLAG =
            new Kind<>("true or false", n -> n.isBoolean() ? (Boolean) n.asBoolean() : null);
    public static final Kind<Map<String, @Nullable Object>> OBJECT =
            new Kind<>("an object", n -> n.isObject() ? Json.object(n) : null);
    public static final Kind<List<String>> TEXTS =
            new Kind<>(
                    "a list of texts",
                    n ->
                            n.isArray() && n.valueStream().allMatch(JsonNode::isString)
                                    ? Json.texts(n)
                                    : null);
    public static final Kind<List<Integer>> INTEGERS =
            new Kind<>(
                    "a list of whole numbers",
                    n ->
                            n.isArray()
                                            && n.valueStream()
                                                    .allMatch(i ->
                                                            i.isIntegralNumber()
                                                                    && i.canConvertToInt())
                                    ? n.valueStream().map(JsonNode::asInt).toList()
                                    : null);
    public static final Kind<List<Map<String, @Nullable Object>>> OBJECTS =
            new Kind<>(
                    "a list of objects",
                    n -> {
                        if (!n.isArray() || n.valueStream().anyMatch(i -> !i.isObject())) {
                            return null;
                        }
                        var objects = new ArrayList<Map<String, @Nullable Object>>();
                        n.forEach(item -> objects.add(Json.object(item)));
                        return objects;
                    });
}

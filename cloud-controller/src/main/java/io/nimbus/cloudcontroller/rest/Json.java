package io.nimbus.cloudcontroller.rest;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON as the API speaks it. */
public final class Json {
    private static final int MAX_NESTING = 200;

    public static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(MAX_NESTING)
                                                    .build())
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private Json() {}

    /** {@code 2026-01-31T12:00:00Z}, whole seconds; null stays null. */
    public static @Nullable String time(@Nullable Instant time) {
        return time == null ? null : time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    public static String write(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /**
     * @throws JacksonException when it is not JSON
     */
    public static JsonNode read(String text) {
        return MAPPER.readTree(text);
    }

    /** Maps, lists, texts, numbers, booleans and nulls. */
    public static @Nullable Object plain(JsonNode node) {
        if (node.isObject()) {
            return object(node);
        }
        if (node.isArray()) {
            var list = new ArrayList<@Nullable Object>();
            node.forEach(item -> list.add(plain(item)));
            return list;
        }
        if (node.isString()) {
            return node.asString();
        }
        if (node.isBoolean()) {
            return node.asBoolean();
        }
        if (node.isNumber()) {
            return node.numberValue();
        }
        return null;
    }

    public static Map<String, @Nullable Object> object(JsonNode node) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        node.propertyStream()
                .forEach(property -> map.put(property.getKey(), plain(property.getValue())));
        return map;
    }

    /** The texts of an array. */
    public static List<String> texts(JsonNode node) {
        var texts = new ArrayList<String>();
        node.forEach(item -> texts.add(item.asString()));
        return texts;
    }

    /** Whether PostgreSQL and every client can hold it: no NUL, no half of a surrogate pair. */
    static boolean isClean(String text) {
        for (int i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c == 0) {
                return false;
            }
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    static boolean isClean(JsonNode node) {
        if (node.isString()) {
            return isClean(node.asString());
        }
        return node.propertyStream().allMatch(p -> isClean(p.getKey()) && isClean(p.getValue()))
                && (!node.isArray() || node.valueStream().allMatch(Json::isClean));
    }
}

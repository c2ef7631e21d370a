package io.nimbus.uaa.web;

import io.javalin.http.Context;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON in and out, by one mapper. */
public final class Json {
    public static final JsonMapper MAPPER = JsonMapper.builder().build();

    private static final String TYPE = "application/json;charset=UTF-8";

    private Json() {}

    /** Answers with a body of JSON; the status is the context's. */
    public static void answer(Context ctx, Object body) {
        ctx.result(MAPPER.writeValueAsBytes(body)).contentType(TYPE);
    }

    /**
     * The request's body as an object.
     *
     * @throws UaaException {@code fault} when it is something else
     */
    public static ObjectNode object(Context ctx, UaaError fault) {
        if (parse(ctx, fault) instanceof ObjectNode object) {
            return object;
        }
        throw fault.of("The body is not a JSON object");
    }

    /**
     * The request's body.
     *
     * @throws UaaException {@code fault} when it is not JSON
     */
    public static JsonNode parse(Context ctx, UaaError fault) {
        try {
            return MAPPER.readTree(ctx.bodyAsBytes());
        } catch (JacksonException e) {
            throw fault.of("The body is not JSON");
        }
    }
}

package io.nimbus.uaa.web;

import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a request: its form, and for what that lacks its query, as older clients send some
 * there. An empty field is as good as none; of a repeated one the first counts.
 */
public final class Form {
    private final Map<String, List<String>> form;
    private final Map<String, List<String>> query;

    private Form(Map<String, List<String>> form, Map<String, List<String>> query) {
        this.form = form;
        this.query = query;
    }

    public static Form of(Context ctx) {
        try {
            return new Form(ctx.formParamMap(), ctx.queryParamMap());
        } catch (IllegalArgumentException e) {
            throw UaaError.INVALID_REQUEST.of("The form is not properly encoded");
        }
    }

    public @Nullable String get(String field) {
        var value = raw(field);
        return value == null || value.isEmpty() ? null : value;
    }

    /** The same, with the empty text told apart from none: an empty password is a password. */
    public @Nullable String raw(String field) {
        var values = form.get(field);
        if (values == null || values.isEmpty()) {
            values = query.get(field);
        }
        return values == null || values.isEmpty() ? null : values.getFirst();
    }

    public List<String> all(String field) {
        return form.getOrDefault(field, List.of());
    }

    public String require(String field) {
        var value = get(field);
        if (value == null) {
            throw UaaError.INVALID_REQUEST.of("Missing parameter: " + field);
        }
        return value;
    }
}

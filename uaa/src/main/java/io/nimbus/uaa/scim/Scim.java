package io.nimbus.uaa.scim;

import io.javalin.http.Context;
import io.nimbus.uaa.web.UaaError;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What users and groups have in common on the wire. */
public final class Scim {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private Scim() {}

    public static String time(Instant time) {
        return TIME.format(time);
    }

    public static Map<String, Object> meta(int version, Instant created, Instant lastModified) {
        var meta = new LinkedHashMap<String, Object>();
        meta.put("version", version);
        meta.put("created", time(created));
        meta.put("lastModified", time(lastModified));
        return meta;
    }

    public static void tag(Context ctx, int version) {
        ctx.header("ETag", "\"" + version + "\"");
    }

    /**
     * Compares the version that the client knows, in {@code If-Match}, with the current one.
     *
     * @param required whether it must be sent
     */
    public static void requireMatch(Context ctx, int version, boolean required) {
        var header = ctx.header("If-Match");
        if (header == null) {
            if (required) {
                throw UaaError.SCIM.of("Missing If-Match for " + ctx.method());
            }
            return;
        }
        var known = header.strip().replaceAll("^(W/)?\"?|\"$", "");
        if (!known.equals("*") && !known.equals(Integer.toString(version))) {
            throw UaaError.SCIM_RESOURCE_CONFLICT.of(
                    "The version is " + version + " by now, not " + known);
        }
    }

    /**
     * A text of the body; null when it is missing, null or empty.
     *
     * @throws io.nimbus.uaa.web.UaaException invalid_scim_resource, when it is something else
     */
    public static @Nullable String text(JsonNode json, String name) {
        var value = json.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isString()) {
            throw UaaError.INVALID_SCIM_RESOURCE.of(name + " is not a text");
        }
        return value.asString().isEmpty() ? null : value.asString();
    }

    /** The same for a flag. */
    public static boolean flag(JsonNode json, String name, boolean fallback) {
        var value = json.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return fallback;
        }
        if (!value.isBoolean()) {
            throw UaaError.INVALID_SCIM_RESOURCE.of(name + " is neither true nor false");
        }
        return value.asBoolean();
    }
}

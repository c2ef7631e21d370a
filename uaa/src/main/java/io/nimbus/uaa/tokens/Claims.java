package io.nimbus.uaa.tokens;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What an access token says. The names and forms in JSON are those that C6, J and the controller
 * read: the audience is always a list, a client's own token has neither user nor origin, C6 panics
 * when a user's has no origin.
 *
 * @param id {@code jti}; that of a refresh token ends in {@code -r}
 * @param user null for a client's own token
 * @param authTime when the user authenticated
 * @param revision {@code rev_sig}: those of client and user at the time
 * @param revocable whether it is remembered, so that it can be revoked before its end
 */
record Claims(
        String id,
        @Nullable Person user,
        String client,
        String grantType,
        List<String> scope,
        Instant issued,
        Instant expires,
        @Nullable Instant authTime,
        String issuer,
        List<String> audience,
        String revision,
        boolean revocable) {
    /** The only identity zone. */
    private static final String ZONE = "uaa";

    static final String REFRESH_SUFFIX = "-r";

    Claims {
        scope = List.copyOf(scope);
        audience = List.copyOf(audience);
    }

    record Person(String id, String name, String email, String origin) {}

    boolean isRefresh() {
        return id.endsWith(REFRESH_SUFFIX);
    }

    Claims withId(String other) {
        return new Claims(
                other, user, client, grantType, scope, issued, expires, authTime, issuer, audience,
                revision, revocable);
    }

    Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("jti", id);
        json.put("sub", user == null ? client : user.id());
        if (user == null) {
            json.put("authorities", scope);
        }
        json.put("scope", scope);
        json.put("client_id", client);
        json.put("cid", client);
        json.put("azp", client);
        if (revocable) {
            json.put("revocable", true);
        }
        json.put("grant_type", grantType);
        if (user != null) {
            json.put("user_id", user.id());
            json.put("origin", user.origin());
            json.put("user_name", user.name());
            json.put("email", user.email());
        }
        if (authTime != null) {
            json.put("auth_time", authTime.getEpochSecond());
        }
        json.put("rev_sig", revision);
        json.put("iat", issued.getEpochSecond());
        json.put("exp", expires.getEpochSecond());
        json.put("iss", issuer);
        json.put("zid", ZONE);
        json.put("aud", audience);
        return json;
    }

    /**
     * @throws IllegalArgumentException when something is missing or of another form
     */
    static Claims of(JsonNode json) {
        return new Claims(
                text(json, "jti"),
                json.has("user_id")
                        ? new Person(
                                text(json, "user_id"),
                                text(json, "user_name"),
                                text(json, "email"),
                                text(json, "origin"))
                        : null,
                text(json, "client_id"),
                text(json, "grant_type"),
                texts(json, "scope"),
                time(json, "iat"),
                time(json, "exp"),
                json.has("auth_time") ? time(json, "auth_time") : null,
                text(json, "iss"),
                texts(json, "aud"),
                text(json, "rev_sig"),
                json.path("revocable").asBoolean(false));
    }

    private static String text(JsonNode json, String name) {
        var value = json.path(name);
        if (!value.isString()) {
            throw new IllegalArgumentException("no " + name);
        }
        return value.asString();
    }

    private static List<String> texts(JsonNode json, String name) {
        var values = new ArrayList<String>();
        for (var value : json.path(name)) {
            if (!value.isString()) {
                throw new IllegalArgumentException("no " + name);
            }
            values.add(value.asString());
        }
        return values;
    }

    private static Instant time(JsonNode json, String name) {
        var value = json.path(name);
        if (!value.canConvertToLong()) {
            throw new IllegalArgumentException("no " + name);
        }
        return Instant.ofEpochSecond(value.asLong());
    }
}

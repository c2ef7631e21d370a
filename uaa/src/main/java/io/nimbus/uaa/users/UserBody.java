package io.nimbus.uaa.users;

import io.nimbus.uaa.scim.Scim;
import io.nimbus.uaa.web.UaaError;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a client may say about a user. Of several addresses or numbers the primary is kept, else the
 * first.
 *
 * @param origin null when not given
 */
record UserBody(
        String userName,
        @Nullable String origin,
        @Nullable String externalId,
        @Nullable String givenName,
        @Nullable String familyName,
        String email,
        @Nullable String phoneNumber,
        @Nullable String password,
        boolean active,
        boolean verified) {
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}+\\-_.@'!]+");
    private static final Pattern ORIGIN = Pattern.compile("[A-Za-z0-9._-]{1,36}");
    private static final int LONGEST = 255;

    static UserBody parse(ObjectNode json) {
        var name = text(json, "userName");
        if (name == null || !NAME.matcher(name).matches()) {
            throw UaaError.INVALID_SCIM_RESOURCE.of(
                    "Username must match pattern: " + NAME.pattern());
        }
        var email = value(json, "emails");
        if (email == null) {
            throw UaaError.INVALID_SCIM_RESOURCE.of("Exactly one email must be provided.");
        }
        var origin = text(json, "origin");
        if (origin != null && !ORIGIN.matcher(origin).matches()) {
            throw UaaError.INVALID_SCIM_RESOURCE.of("The origin is not a name");
        }
        return new UserBody(
                name,
                origin,
                text(json, "externalId"),
                text(json.path("name"), "givenName"),
                text(json.path("name"), "familyName"),
                email,
                value(json, "phoneNumbers"),
                Scim.text(json, "password"),
                Scim.flag(json, "active", true),
                Scim.flag(json, "verified", true));
    }

    /**
     * The user with some attributes replaced. SCIM 1.1, 3.3.2: those listed under {@code
     * meta.attributes} are removed first.
     */
    static UserBody merge(User user, ObjectNode changes) {
        var json = changes.objectNode();
        json.put("userName", user.userName());
        json.put("externalId", user.externalId());
        json.putObject("name")
                .put("givenName", user.givenName())
                .put("familyName", user.familyName());
        json.putArray("emails").addObject().put("value", user.email());
        if (user.phoneNumber() != null) {
            json.putArray("phoneNumbers").addObject().put("value", user.phoneNumber());
        }
        json.put("active", user.active());
        json.put("verified", user.verified());
        for (var name : changes.path("meta").path("attributes")) {
            remove(json, name.asString("").toLowerCase(Locale.ROOT));
        }
        changes.propertyStream()
                .forEach(change -> {
                    if (change.getKey().equals("name")
                            && change.getValue() instanceof ObjectNode name
                            && json.path("name") instanceof ObjectNode current) {
                        current.setAll(name);
                    } else {
                        json.set(change.getKey(), change.getValue());
                    }
                });
        return parse(json);
    }

    private static void remove(ObjectNode json, String attribute) {
        for (var name : json.propertyNames().toArray(String[]::new)) {
            if (name.toLowerCase(Locale.ROOT).equals(attribute)) {
                json.remove(name);
            }
            if (attribute.startsWith(name.toLowerCase(Locale.ROOT) + ".")
                    && json.path(name) instanceof ObjectNode inner) {
                remove(inner, attribute.substring(name.length() + 1));
            }
        }
    }

    private static @Nullable String text(JsonNode json, String name) {
        var text = Scim.text(json, name);
        if (text != null && text.length() > LONGEST) {
            throw UaaError.INVALID_SCIM_RESOURCE.of(name + " is too long");
        }
        return text;
    }

    private static @Nullable String value(JsonNode json, String name) {
        String first = null;
        for (var entry : json.path(name)) {
            var value = text(entry, "value");
            if (value != null && Scim.flag(entry, "primary", false)) {
                return value;
            }
            first = first == null ? value : first;
        }
        return first;
    }

    User applyTo(User user) {
        return new User(
                user.id(),
                user.origin(),
                userName,
                externalId,
                givenName,
                familyName,
                email,
                phoneNumber,
                user.password(),
                user.passwordModified(),
                user.passwordChangeRequired(),
                active,
                verified,
                user.revision(),
                user.lastLogon(),
                user.previousLogon(),
                user.created(),
                user.lastModified(),
                user.version());
    }

    @Override
    public String toString() {
        return "UserBody[" + userName + "]";
    }
}

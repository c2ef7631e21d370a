package io.nimbus.cloudcontroller.rest;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a request body gives for a resource, decoded. A key whose value is null counts as absent,
 * unknown keys are ignored.
 */
public final class Values {
    private final ObjectNode body;
    private final Map<String, Object> decoded;

    private Values(ObjectNode body, Map<String, Object> decoded) {
        this.body = body;
        this.decoded = decoded;
    }

    /**
     * @throws io.nimbus.cloudcontroller.errors.CloudException MessageParseError, naming every field
     *     that is missing or of the wrong type
     */
    static Values decode(Resource resource, ObjectNode body, boolean creating) {
        var decoded = new HashMap<String, Object>();
        var faults = new ArrayList<String>();
        for (var member : resource.members()) {
            switch (member) {
                case Attribute<?> attribute -> {
                    if (attribute.isWritable(creating)) {
                        decode(
                                body,
                                member.key(),
                                attribute.kind(),
                                creating && attribute.isRequired(),
                                decoded,
                                faults);
                    }
                }
                case ToOne relation -> {
                    if (!relation.isReadOnly()) {
                        decode(
                                body,
                                member.key(),
                                Kind.TEXT,
                                creating && !relation.isOptional(),
                                decoded,
                                faults);
                    }
                }
            }
        }
        for (var relation : resource.toMany()) {
            var key = relation.guidsKey();
            if (key != null) {
                decode(body, key, Kind.TEXTS, false, decoded, faults);
            }
        }
        if (!faults.isEmpty()) {
            throw CloudError.MESSAGE_PARSE_ERROR.of(String.join(", ", faults));
        }
        return new Values(body, decoded);
    }

    private static <T> void decode(
            ObjectNode body,
            String key,
            Kind<T> kind,
            boolean required,
            Map<String, Object> decoded,
            List<String> faults) {
        JsonNode node = body.path(key);
        if (node.isMissingNode() || node.isNull()) {
            if (required) {
                faults.add(key + " is missing");
            }
            return;
        }
        var value = kind.decode().apply(node);
        if (value == null) {
            faults.add(key + " is not " + kind.noun());
        } else {
            decoded.put(key, value);
        }
    }

    public boolean has(String key) {
        return decoded.containsKey(key);
    }

    /** As given, when it was. */
    @SuppressWarnings("unchecked") // decoded by this very attribute's kind
    public <T> Optional<T> get(Attribute<T> attribute) {
        return Optional.ofNullable((T) decoded.get(attribute.key()));
    }

    public Optional<String> text(String key) {
        return Optional.ofNullable(decoded.get(key)).map(String.class::cast);
    }

    @Nullable String guid(String key) {
        return (String) decoded.get(key);
    }

    @SuppressWarnings("unchecked") // decoded as TEXTS
    @Nullable List<String> guids(String key) {
        return (List<String>) decoded.get(key);
    }

    /** The body as it was sent: for the audit, which redacts it. */
    public ObjectNode body() {
        return body;
    }
}

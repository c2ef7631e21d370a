package io.nimbus.subjects;

import com.google.protobuf.InvalidProtocolBufferException;
import io.nimbus.subjects.log.EnvelopeBatch;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * How messages become bytes: JSON, save log envelopes (protobuf) and pokes (whose body nobody
 * reads).
 */
final class WireFormat {
    /**
     * A heartbeat of 10,000 instances nests three deep; what nests deeper than this is an attack.
     */
    private static final int MAX_NESTING = 200;

    private static final JsonMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(MAX_NESTING)
                                                    .build())
                                    .build())
                    // A state that a newer or older peer sends reads as UNKNOWN and does not cost
                    // the whole message.
                    .enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
                    .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private WireFormat() {}

    static byte[] encode(Object message) {
        if (message instanceof EnvelopeBatch batch) {
            return batch.toByteArray();
        }
        return JSON.writeValueAsBytes(message);
    }

    static <T> T decode(String subject, byte[] body, Class<T> type)
            throws MalformedMessageException {
        if (type == Poke.class) {
            return type.cast(Poke.POKE);
        }
        try {
            if (type == EnvelopeBatch.class) {
                return type.cast(EnvelopeBatch.parseFrom(body));
            }
            var message = JSON.readValue(body, type);
            if (message == null) {
                throw new MalformedMessageException(subject, "null");
            }
            return message;
        } catch (JacksonException e) {
            throw new MalformedMessageException(subject, fault(e));
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedMessageException(subject, "not a protobuf envelope batch");
        }
    }

    /** Where and what, without a piece of the body: a start message holds credentials. */
    private static String fault(JacksonException e) {
        var cause = e.getCause();
        var what =
                cause instanceof IllegalArgumentException
                        ? cause.getMessage()
                        : e.getClass().getSimpleName();
        var path = e.getPathReference();
        return path == null || path.isEmpty() ? String.valueOf(what) : what + " at " + path;
    }
}

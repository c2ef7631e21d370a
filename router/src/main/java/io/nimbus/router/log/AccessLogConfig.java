package io.nimbus.router.log;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * @param file null for none
 * @param json the file's and syslog's lines as JSON objects; an app's own stream always gets text
 * @param apps whether apps get the lines of their requests
 * @param syslog {@code udp://host:port} or {@code tcp://host:port}, null for none
 * @param extraHeaders request headers written at a line's end, in lower case
 * @param extraFields times and counts written before {@code x_cf_routererror}, in this order
 * @param forwardedFor whether {@code X-Forwarded-For} is written
 * @param source whether the client's address is written
 * @param redactQuery what becomes of the query of GET requests
 */
public record AccessLogConfig(
        @Nullable Path file,
        boolean json,
        boolean apps,
        @Nullable String syslog,
        List<String> extraHeaders,
        List<ExtraField> extraFields,
        boolean forwardedFor,
        boolean source,
        Redaction redactQuery) {

    /** What a line can say beyond the usual. */
    public enum ExtraField {
        FAILED_ATTEMPTS,
        FAILED_ATTEMPTS_TIME,
        DNS_TIME,
        DIAL_TIME,
        TLS_TIME,
        BACKEND_TIME,
        LOCAL_ADDRESS
    }

    /** What becomes of a query. */
    public enum Redaction {
        NONE,
        ALL,
        /** SHA-1 in its place. */
        HASH
    }

    public AccessLogConfig {
        extraHeaders = List.copyOf(extraHeaders);
        extraFields = List.copyOf(extraFields);
    }

    /** Whether any line is wanted at all. */
    public boolean isOn() {
        return file != null || apps || syslog != null;
    }
}

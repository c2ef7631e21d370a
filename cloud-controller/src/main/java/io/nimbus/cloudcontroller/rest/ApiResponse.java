package io.nimbus.cloudcontroller.rest;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is answered. Headers set on the request come on top of these. */
public final class ApiResponse {
    /** Opened when the response is written; closed after it. */
    public interface Content {
        InputStream open() throws IOException;
    }

    private final int status;
    private final @Nullable Object body;
    private final @Nullable Content content;
    private final long length;
    private final Map<String, String> headers = new LinkedHashMap<>();

    private ApiResponse(int status, @Nullable Object body, @Nullable Content content, long length) {
        this.status = status;
        this.body = body;
        this.content = content;
        this.length = length;
    }

    /** JSON: maps, lists, records and plain values. */
    public static ApiResponse of(int status, Object body) {
        return new ApiResponse(status, body, null, -1);
    }

    public static ApiResponse ok(Object body) {
        return of(200, body);
    }

    public static ApiResponse empty(int status) {
        return new ApiResponse(status, null, null, 0);
    }

    public static ApiResponse noContent() {
        return empty(204);
    }

    public static ApiResponse redirect(String address) {
        return empty(302).with("Location", address);
    }

    /**
     * A file.
     *
     * @param length bytes; -1 when unknown
     */
    public static ApiResponse file(String type, long length, Content content) {
        return new ApiResponse(200, null, content, length).with("Content-Type", type);
    }

    public ApiResponse with(String header, String value) {
        headers.put(header, value);
        return this;
    }

    int status() {
        return status;
    }

    @Nullable Object body() {
        return body;
    }

    @Nullable Content content() {
        return content;
    }

    long length() {
        return length;
    }

    Map<String, String> headers() {
        return headers;
    }
}

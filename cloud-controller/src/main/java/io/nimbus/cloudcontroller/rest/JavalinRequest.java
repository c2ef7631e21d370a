package io.nimbus.cloudcontroller.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.javalin.http.Context;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.Part;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A request as the server gives it. */
final class JavalinRequest implements ApiRequest {
    static final String SERVED = "nimbus.served";

    /** A security group's rules may be 16 MiB; nothing else comes near. */
    private static final int MAX_BODY = 20 * 1024 * 1024;

    private static final int IN_MEMORY = 64 * 1024;
    private static final int MAX_TEXT_PART = 64 * 1024 * 1024;

    private final Context context;
    private final Caller caller;
    private final Origins origins;
    private final HttpApi.Settings settings;

    JavalinRequest(Context context, Caller caller, Origins origins, HttpApi.Settings settings) {
        this.context = context;
        this.caller = caller;
        this.origins = origins;
        this.settings = settings;
        if (!Json.isClean(context.path())) {
            throw CloudError.INVALID_REQUEST.of();
        }
    }

    @Override
    public String method() {
        return context.method().name();
    }

    @Override
    public String path() {
        return context.path();
    }

    @Override
    public String part(String name) {
        var part = context.pathParam(name);
        if (!Json.isClean(part)) {
            throw CloudError.INVALID_REQUEST.of();
        }
        return part;
    }

    @Override
    public Optional<String> query(String name) {
        return queries(name).stream().findFirst();
    }

    @Override
    public List<String> queries(String name) {
        var values = context.queryParams(name);
        if (!values.stream().allMatch(Json::isClean)) {
            throw CloudError.BAD_QUERY_PARAMETER.of(name + " holds characters that no text has");
        }
        return values;
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(context.header(name));
    }

    @Override
    public Caller caller() {
        return caller;
    }

    @Override
    public JsonNode json() {
        byte[] bytes;
        try (var in = context.bodyInputStream()) {
            bytes = in.readNBytes(MAX_BODY + 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (bytes.length > MAX_BODY) {
            throw CloudError.MESSAGE_PARSE_ERROR.of("the body is too large");
        }
        try {
            var node = Json.MAPPER.readTree(bytes);
            if (!Json.isClean(node)) {
                throw CloudError.MESSAGE_PARSE_ERROR.of("a text holds characters that no text has");
            }
            return node;
        } catch (JacksonException e) {
            throw CloudError.MESSAGE_PARSE_ERROR.of("the body is not JSON");
        }
    }

    @Override
    public ObjectNode object() {
        if (json() instanceof ObjectNode object) {
            return object;
        }
        throw CloudError.MESSAGE_PARSE_ERROR.of("the body is not a JSON object");
    }

    @Override
    public InputStream stream() {
        return context.bodyInputStream();
    }

    @Override
    public Form form() {
        var request = context.req();
        var type = request.getContentType();
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")) {
            return new Parts(List.of());
        }
        request.setAttribute(
                "org.eclipse.jetty.multipartConfig",
                new MultipartConfigElement(
                        settings.uploads().toString(), -1, settings.maxUpload(), IN_MEMORY));
        try {
            return new Parts(request.getParts());
        } catch (IOException e) {
            if (isFullDisk(e)) {
                throw CloudError.BLOBSTORE_ERROR.saying("The upload does not fit on the disk.");
            }
            throw CloudError.MESSAGE_PARSE_ERROR.of("the multipart body is broken");
        } catch (ServletException | RuntimeException e) {
            throw CloudError.MESSAGE_PARSE_ERROR.of("the multipart body is broken");
        }
    }

    private static boolean isFullDisk(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).contains("No space left")) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String origin() {
        var forwarded = context.header("X-Forwarded-Proto");
        var scheme =
                "https".equalsIgnoreCase(forwarded) || "https".equals(context.scheme())
                        ? "https"
                        : "http";
        var host = context.header("Host");
        return origins.of(scheme, host == null ? "" : host);
    }

    @Override
    public void warn(String text) {
        var warnings = context.res().getHeader("X-Cf-Warnings");
        var encoded = URLEncoder.encode(text, UTF_8);
        context.header("X-Cf-Warnings", warnings == null ? encoded : warnings + "," + encoded);
    }

    @Override
    public void set(String name, String value) {
        context.header(name, value);
    }

    private static final class Parts implements Form {
        private final List<Part> parts;

        Parts(Collection<Part> parts) {
            this.parts = List.copyOf(parts);
        }

        private @Nullable Part named(String name) {
            return parts.stream()
                    .filter(part -> part.getName().equals(name))
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public Optional<String> text(String name) {
            var part = named(name);
            if (part == null) {
                return Optional.empty();
            }
            if (part.getSize() > MAX_TEXT_PART) {
                throw CloudError.MESSAGE_PARSE_ERROR.of(name + " is too large");
            }
            try (var in = part.getInputStream()) {
                return Optional.of(new String(in.readAllBytes(), UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public Optional<File> file(String name) {
            var part = named(name);
            if (part == null || part.getSubmittedFileName() == null) {
                return Optional.empty();
            }
            return Optional.of(new Upload(part));
        }
    }

    private record Upload(Part part) implements File {
        @Override
        public String name() {
            return part.getSubmittedFileName();
        }

        @Override
        public long length() {
            return part.getSize();
        }

        @Override
        public InputStream open() {
            try {
                return part.getInputStream();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** For {@link CloudException}s that are thrown where no other kind fits. */
    @Override
    public String toString() {
        return method() + " " + path();
    }
}

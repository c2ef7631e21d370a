package io.nimbus.cloudcontroller.rest;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A request, and the headers of its response. Used by one thread. */
public interface ApiRequest extends Change.Headers {

    String method();

    /** Without the query. */
    String path();

    /** A named part of the route's path. */
    String part(String name);

    /** The first of this name. */
    Optional<String> query(String name);

    /** {@code true} exactly. */
    default boolean flag(String name) {
        return query(name).equals(Optional.of("true"));
    }

    List<String> queries(String name);

    Optional<String> header(String name);

    Caller caller();

    /** The body as JSON of any kind. */
    JsonNode json();

    /**
     * The body as a JSON object.
     *
     * @throws io.nimbus.cloudcontroller.errors.CloudException MessageParseError
     */
    ObjectNode object();

    InputStream stream();

    /** The body's parts; files are on disk while the request lasts. */
    Form form();

    /**
     * Where the caller reached this API: {@code scheme://host:port}, the host as it was named in
     * the request if that is one to trust, else the configured one.
     */
    String origin();

    /** Adds to {@code X-Cf-Warnings}. */
    void warn(String text);

    /** {@code multipart/form-data}. */
    interface Form {
        Optional<String> text(String name);

        Optional<File> file(String name);
    }

    /** An uploaded file. */
    interface File {
        /** As the client named it; not a path to use. */
        String name();

        long length();

        InputStream open();
    }
}

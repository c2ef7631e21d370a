package io.nimbus.cloudcontroller.apps;

import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.ApiRequest;
import io.nimbus.cloudcontroller.rest.ApiResponse;
import io.nimbus.subjects.FindDroplet;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Files of an instance: the caller is sent to the DEA's file server, or this controller fetches
 * them for him where he cannot resolve that server's name.
 */
public final class AppFiles {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** Whether callers are sent on or served. */
    public enum Mode {
        REDIRECT,
        PROXY
    }

    private final Mode mode;
    private final URI router;
    private final Supplier<HttpClient> http;

    /**
     * @param router where the names of the DEAs' file servers lead; asked with such a name as Host
     * @param http must be allowed to set Host
     */
    public AppFiles(Mode mode, URI router, Supplier<HttpClient> http) {
        this.mode = mode;
        this.router = router;
        this.http = http;
    }

    /** The path within the instance that is asked for. */
    static String path(ApiRequest request) {
        var marker = "/files";
        var path = request.path();
        var at = path.indexOf(marker, path.indexOf("/instances/"));
        var rest = path.substring(at + marker.length());
        return rest.startsWith("/") ? rest.substring(1) : rest;
    }

    ApiResponse serve(ApiRequest request, FindDroplet.Found found) throws IOException {
        var address = found.fileUri();
        if (address == null) {
            throw CloudError.FILE_ERROR.of("the DEA does not show files");
        }
        var target = request.query("tail").isPresent() ? address + "&tail" : address;
        return mode == Mode.REDIRECT
                ? ApiResponse.redirect(target)
                : proxy(request, URI.create(target));
    }

    private ApiResponse proxy(ApiRequest request, URI target) throws IOException {
        var asked =
                HttpRequest.newBuilder(
                                URI.create(
                                        router.getScheme()
                                                + "://"
                                                + router.getAuthority()
                                                + target.getRawPath()
                                                + "?"
                                                + target.getRawQuery()))
                        .header("Host", target.getAuthority())
                        .timeout(TIMEOUT);
        request.header("Range").ifPresent(range -> asked.header("Range", range));
        HttpResponse<InputStream> response;
        try {
            response = http.get().send(asked.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        if (response.statusCode() >= 400) {
            try (var body = response.body()) {
                var text =
                        new String(body.readNBytes(1024), java.nio.charset.StandardCharsets.UTF_8);
                throw CloudError.FILE_ERROR.of(
                        text.isBlank() ? "the DEA answers " + response.statusCode() : text.strip());
            }
        }
        return ApiResponse.file(
                response.headers().firstValue("Content-Type").orElse("text/plain"),
                response.headers().firstValueAsLong("Content-Length").orElse(-1),
                response::body);
    }
}

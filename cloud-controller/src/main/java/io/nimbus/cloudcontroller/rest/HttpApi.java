package io.nimbus.cloudcontroller.rest;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.nimbus.bus.BusUnavailableException;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.errors.CloudException;
import io.nimbus.component.Component;
import io.nimbus.database.DatabaseUnavailableException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server of the API. Every answer is JSON of the catalogue's form when something goes
 * wrong, whatever it is; a fault of ours is logged with its trace and told without. A request runs
 * on a virtual thread of its own.
 */
public final class HttpApi implements Component {
    private static final Logger log = LoggerFactory.getLogger(HttpApi.class);
    private static final String TYPE = "application/json;charset=utf-8";
    private static final Pattern REQUEST_ID = Pattern.compile("[^\\w-]");
    private static final Pattern PART = Pattern.compile(":(\\w+)");
    private static final Pattern REST = Pattern.compile("\\*(\\w+)$");
    private static final int REQUEST_ID_LENGTH = 255;

    /** What happened to a request, for the metrics. */
    public interface Observer {
        void answered(Route route, int status, Duration time);
    }

    /**
     * @param port 0 for a free one
     * @param uploads where the parts of uploads are kept while their request lasts
     * @param maxUpload bytes of one request
     */
    public record Settings(String host, int port, Path uploads, long maxUpload) {}

    private final Settings settings;
    private final List<Route> routes;
    private final Gate gate;
    private final Origins origins;
    private final Supplier<String> guids;
    private final Observer observer;
    private @Nullable Javalin server;

    public HttpApi(
            Settings settings,
            List<Route> routes,
            Gate gate,
            Origins origins,
            Supplier<String> guids,
            Observer observer) {
        this.settings = settings;
        this.routes = List.copyOf(routes);
        this.gate = gate;
        this.origins = origins;
        this.guids = guids;
        this.observer = observer;
        var seen = new HashSet<String>();
        for (var route : routes) {
            if (!seen.add(route.method() + " " + PART.matcher(route.path()).replaceAll(":"))) {
                throw new IllegalStateException(
                        "two routes for " + route.method() + " " + route.path());
            }
        }
    }

    @Override
    public void start() {
        server = Javalin.create(this::configure).start();
    }

    /** Where it listens. */
    public int port() {
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        return server.port();
    }

    private void configure(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.concurrency.useVirtualThreads = true;
        config.http.compressionStrategy = CompressionStrategy.NONE;
        config.http.defaultContentType = TYPE;
        config.jetty.host = settings.host();
        config.jetty.port = settings.port();
        config.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setSendDateHeader(true);
            // A file's path may hold anything; what it leads to is checked where it is used.
            http.setUriCompliance(UriCompliance.UNSAFE);
        });
        config.jetty.modifyServer(jetty -> {
            jetty.setErrorHandler(new CatalogueErrors());
            jetty.setStopTimeout(Duration.ofSeconds(5).toMillis());
        });
        // The longest literal prefix first: "reserved" is not a guid.
        routes.stream()
                .sorted((a, b) -> Boolean.compare(a.path().contains("*"), b.path().contains("*")))
                .forEach(route ->
                        config.routes.addHttpHandler(
                                HandlerType.findOrCreate(route.method()),
                                pattern(route.path()),
                                context -> serve(route, context)));
        config.routes.error(
                404,
                context -> {
                    if (context.attribute(JavalinRequest.SERVED) == null) {
                        identify(context);
                        fail(context, CloudError.NOT_FOUND.of());
                    }
                });
        config.routes.error(405, context -> fail(context, CloudError.NOT_FOUND.of()));
        config.routes.exception(Exception.class, (e, context) -> fail(context, translate(e)));
    }

    private static String pattern(String path) {
        return REST.matcher(PART.matcher(path).replaceAll("{$1}")).replaceAll("<$1>");
    }

    private void serve(Route route, Context context) {
        var started = System.nanoTime();
        context.attribute(JavalinRequest.SERVED, true);
        identify(context);
        try {
            var request = new JavalinRequest(context, caller(route, context), origins, settings);
            respond(context, route.handler().handle(request));
        } catch (Exception e) {
            fail(context, translate(e));
        }
        observer.answered(
                route, context.statusCode(), Duration.ofNanos(System.nanoTime() - started));
    }

    private Caller caller(Route route, Context context) {
        var header = context.header("Authorization");
        return switch (route.login()) {
            case NONE -> {
                try {
                    yield header == null ? Caller.NOBODY : gate.token(header, false);
                } catch (CloudException | DatabaseUnavailableException e) {
                    yield Caller.NOBODY;
                }
            }
            case OPTIONAL -> header == null ? Caller.NOBODY : gate.token(header, false);
            case TOKEN -> gate.token(known(header), false);
            case TOKEN_WITH_GRACE -> gate.token(known(header), true);
            case STAGING, BULK, INTERNAL -> {
                if (!gate.password(route.login(), known(header))) {
                    throw CloudError.NOT_AUTHENTICATED.of();
                }
                yield Caller.NOBODY;
            }
        };
    }

    private static String known(@Nullable String header) {
        if (header == null || header.isBlank()) {
            throw CloudError.NOT_AUTHENTICATED.of();
        }
        return header;
    }

    /** Every response names its request, so that logs of several processes can be joined. */
    private void identify(Context context) {
        var given = context.header("X-Vcap-Request-Id");
        if (given == null) {
            given = context.header("X-Request-Id");
        }
        var own = guids.get();
        var clean = given == null ? "" : REQUEST_ID.matcher(given).replaceAll("");
        context.header(
                "X-VCAP-Request-ID",
                clean.isEmpty()
                        ? own
                        : clean.substring(0, Math.min(clean.length(), REQUEST_ID_LENGTH))
                                + "::"
                                + own);
        context.header("X-Content-Type-Options", "nosniff");
    }

    private static void respond(Context context, ApiResponse response) throws IOException {
        context.status(response.status());
        context.contentType(TYPE);
        response.headers().forEach(context::header);
        var body = response.body();
        var content = response.content();
        if (body != null) {
            context.result(Json.MAPPER.writeValueAsBytes(body));
        } else if (content != null) {
            try (var in = content.open()) {
                if (response.length() >= 0) {
                    context.res().setContentLengthLong(response.length());
                }
                in.transferTo(context.outputStream());
            }
        }
    }

    private static CloudException translate(Exception e) {
        return switch (e) {
            case CloudException known -> known;
            case DatabaseUnavailableException away -> {
                log.warn("refused: {}", away.getMessage());
                yield CloudError.SERVICE_UNAVAILABLE.of(
                        "The database does not answer; try again in a while.");
            }
            case BusUnavailableException away -> {
                log.warn("refused: {}", away.getMessage());
                yield CloudError.SERVICE_UNAVAILABLE.of(
                        "The message bus does not answer; try again in a while.");
            }
            case EofException gone -> {
                log.debug("the client left", gone);
                yield CloudError.INVALID_REQUEST.of();
            }
            case EOFException gone -> {
                log.debug("the client left", gone);
                yield CloudError.INVALID_REQUEST.of();
            }
            case DataAccessException database -> {
                log.error("the database refused a statement", database);
                yield CloudError.DATABASE_ERROR.of();
            }
            case Exception fault -> {
                log.error("a request failed", fault);
                yield CloudError.SERVER_ERROR.of();
            }
        };
    }

    private static void fail(Context context, CloudException e) {
        if (context.res().isCommitted()) {
            // Half an answer is out; only closing the connection can tell the client.
            log.info("{} {}: broke off: {}", context.method(), context.path(), e.description());
            throw e;
        }
        log.info("{} {}: {} {}", context.method(), context.path(), e.error(), e.description());
        context.status(e.status());
        context.contentType(TYPE);
        context.result(
                Json.MAPPER.writeValueAsBytes(
                        context.path().startsWith("/v3") ? bodyOfV3(e) : body(e)));
    }

    /** The catalogue's form. */
    public static Map<String, Object> body(CloudException e) {
        var body = new LinkedHashMap<String, Object>();
        body.put("description", e.description());
        body.put(
                "error_code",
                e.error() == CloudError.SERVER_ERROR
                        ? "UnknownError"
                        : "CF-" + e.error().wireName());
        body.put("code", e.error().code());
        return body;
    }

    private static Map<String, Object> bodyOfV3(CloudException e) {
        return Map.of(
                "errors",
                List.of(
                        Map.of(
                                "code",
                                e.error().code(),
                                "title",
                                "CF-" + e.error().wireName(),
                                "detail",
                                e.error() == CloudError.NOT_FOUND
                                        ? "Unknown request"
                                        : e.description())));
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop();
        }
    }

    /**
     * What the server refuses before anybody is asked: a malformed address, headers that are too
     * long.
     */
    private static final class CatalogueErrors extends ErrorHandler {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            var status = response.getStatus();
            var error = status >= 500 ? CloudError.SERVER_ERROR : CloudError.INVALID_REQUEST;
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, TYPE);
            response.getHeaders().put("X-VCAP-Request-ID", UUID.randomUUID().toString());
            Content.Sink.write(response, true, Json.write(body(error.of())), callback);
            return true;
        }
    }
}

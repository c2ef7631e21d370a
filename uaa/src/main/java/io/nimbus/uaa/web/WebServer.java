package io.nimbus.uaa.web;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.nimbus.component.Component;
import io.nimbus.database.DatabaseUnavailableException;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.HttpException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server: every feature's endpoints, and one form for every error. */
public final class WebServer implements Component {
    private static final Logger log = LoggerFactory.getLogger(WebServer.class);

    /** The controller asks for 200 user ids in one filter: 12 KB of URL. */
    private static final int HEADER_BYTES = 64 * 1024;

    private static final long BODY_BYTES = 1024 * 1024;

    /** These need no database, so they are served from the first moment on. */
    private static final Set<String> ALWAYS =
            Set.of("/login", "/info", "/healthz", "/.well-known/openid-configuration");

    private final String host;
    private final int port;
    private final List<Endpoints> endpoints;
    private final BooleanSupplier ready;
    private final ErrorPage errorPage;
    private @Nullable Javalin server;

    /**
     * @param ready whether what every request needs exists; until then they are answered with 503
     */
    public WebServer(
            String host,
            int port,
            List<Endpoints> endpoints,
            BooleanSupplier ready,
            ErrorPage errorPage) {
        this.host = host;
        this.port = port;
        this.endpoints = List.copyOf(endpoints);
        this.ready = ready;
        this.errorPage = errorPage;
    }

    /** Shows an error to a person. */
    public interface ErrorPage {
        /** Whether it did; not when a program asked. */
        boolean show(Context ctx, UaaException e);
    }

    /** The port it listens on; 0 before it is started. */
    public int port() {
        return server == null ? 0 : server.port();
    }

    @Override
    public void start() {
        server = Javalin.create(this::configure).start();
        log.info("listening on {}:{}", host, port());
    }

    private void configure(JavalinConfig config) {
        config.jetty.host = host;
        config.jetty.port = port;
        config.jetty.modifyHttpConfiguration(http -> {
            http.setRequestHeaderSize(HEADER_BYTES);
            http.setSendServerVersion(false);
        });
        config.http.prefer405over404 = true;
        config.http.maxRequestSize = BODY_BYTES;
        config.concurrency.useVirtualThreads = true;
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.routes.before(ctx -> {
            ctx.header("X-Content-Type-Options", "nosniff");
            ctx.header("Cache-Control", "no-store");
            ctx.header("Pragma", "no-cache");
            if (!ready.getAsBoolean() && !ALWAYS.contains(ctx.path())) {
                throw unavailable();
            }
        });
        endpoints.forEach(part -> part.addTo(config.routes));
        config.routes.exception(UaaException.class, this::answer);
        config.routes.exception(
                DatabaseUnavailableException.class,
                (e, ctx) -> {
                    log.warn("{} {} refused: {}", ctx.method(), ctx.path(), e.getMessage());
                    answer(unavailable(), ctx);
                });
        config.routes.exception(
                HttpResponseException.class, (e, ctx) -> answer(translate(e.getStatus()), ctx));
        config.routes.exception(
                HttpException.RuntimeException.class,
                (e, ctx) -> answer(translate(e.getCode()), ctx));
        config.routes.exception(
                Exception.class,
                (e, ctx) -> {
                    log.error("{} {} failed", ctx.method(), ctx.path(), e);
                    answer(UaaError.SERVER_ERROR.of("An internal error occurred"), ctx);
                });
    }

    private static UaaException unavailable() {
        return UaaError.TEMPORARILY_UNAVAILABLE
                .of("The identity service is not ready, try again")
                .retryAfter(1);
    }

    private static UaaException translate(int status) {
        return switch (status) {
            case 404 -> UaaError.NOT_FOUND.of("No such page");
            case 405 -> UaaError.METHOD_NOT_ALLOWED.of("This method is not supported here");
            case 413 -> UaaError.TOO_LARGE.of("The request is too large");
            default -> UaaError.INVALID_REQUEST.of("The request is malformed");
        };
    }

    private void answer(UaaException e, Context ctx) {
        ctx.status(e.error().status());
        if (e.challenge() != null) {
            ctx.header("WWW-Authenticate", e.challenge());
        }
        if (e.retryAfterS() > 0) {
            ctx.header("Retry-After", Integer.toString(e.retryAfterS()));
        }
        if (!errorPage.show(ctx, e)) {
            Json.answer(ctx, e.body());
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop();
        }
    }
}

package io.nimbus.loggregator.doppler;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.bus.Timers;
import io.nimbus.loggregator.access.Access;
import io.nimbus.loggregator.access.LogAccess;
import io.nimbus.loggregator.cache.EnvelopeType;
import io.nimbus.loggregator.cache.LogCache;
import io.nimbus.loggregator.cache.LogQuery;
import io.nimbus.subjects.log.Envelope;
import java.io.IOException;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.websocket.server.JettyServerUpgradeRequest;
import org.eclipse.jetty.ee10.websocket.server.JettyServerUpgradeResponse;
import org.eclipse.jetty.ee10.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /apps/:guid/recentlogs}, {@code /apps/:guid/containermetrics} over HTTP; {@code
 * /apps/:guid/stream} and {@code /firehose/:subscription} over WebSocket.
 */
public final class DopplerEndpoints implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DopplerEndpoints.class);
    private static final Duration FAREWELL = Duration.ofSeconds(2);
    private static final int RECENT = 1_000;
    private static final int BOUNDARY_BYTES = 30;
    private static final Pattern GUID =
            Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Pattern STREAM = Pattern.compile("/apps/([^/]*)/stream/?");
    private static final Pattern FIREHOSE = Pattern.compile("/firehose/([^/]+)/?");

    private final LogCache cache;
    private final LogAccess access;
    private final DopplerSettings settings;
    private final Timers timers;
    private final RandomGenerator random;
    private final long bytes;
    private final Firehose firehose = new Firehose();
    private final Set<LogSocket> sockets = ConcurrentHashMap.newKeySet();

    /**
     * @param random for boundaries
     * @param bytes most of one answer
     */
    public DopplerEndpoints(
            LogCache cache,
            LogAccess access,
            DopplerSettings settings,
            Timers timers,
            RandomGenerator random,
            long bytes) {
        this.cache = cache;
        this.access = access;
        this.settings = settings;
        this.timers = timers;
        this.random = random;
        this.bytes = bytes;
        cache.listenToAll(firehose);
    }

    public void register(RoutesConfig routes) {
        routes.get("/apps/{guid}/recentlogs", this::recentLogs);
        routes.get("/apps/{guid}/containermetrics", this::containerMetrics);
    }

    private void recentLogs(Context context) throws IOException {
        var guid = context.pathParam("guid");
        if (isRefused(context, guid)) {
            return;
        }
        var lines = cache.of(guid).read(LogQuery.recent(limit(context.queryParam("limit"))), bytes);
        answer(context, lines.reversed());
    }

    /** What is no sensible number is as if it were not there. */
    private static int limit(@Nullable String text) {
        try {
            var limit = text == null ? RECENT : Integer.parseInt(text);
            return limit > 0 && limit <= RECENT ? limit : RECENT;
        } catch (NumberFormatException e) {
            return RECENT;
        }
    }

    private void containerMetrics(Context context) throws IOException {
        var guid = context.pathParam("guid");
        if (isRefused(context, guid)) {
            return;
        }
        var latest = new LinkedHashMap<String, Envelope>();
        for (var gauge :
                cache.of(guid)
                        .read(
                                new LogQuery(
                                        Long.MIN_VALUE,
                                        Long.MAX_VALUE,
                                        RECENT,
                                        Set.of(EnvelopeType.GAUGE),
                                        true,
                                        null),
                                bytes)) {
            if (Dropsonde.isContainerMetric(gauge)) {
                latest.putIfAbsent(gauge.getInstanceId(), gauge);
            }
        }
        answer(context, List.copyOf(latest.values()));
    }

    private void answer(Context context, List<Envelope> envelopes) throws IOException {
        var boundary = boundary();
        context.res().setContentType(Multipart.contentType(boundary));
        var multipart = new Multipart(boundary, context.outputStream());
        for (var envelope : envelopes) {
            for (var dropsonde : Dropsonde.of(envelope)) {
                multipart.part(dropsonde.toByteArray());
            }
        }
        multipart.end();
    }

    private String boundary() {
        var bytesOfIt = new byte[BOUNDARY_BYTES];
        random.nextBytes(bytesOfIt);
        return HexFormat.of().formatHex(bytesOfIt);
    }

    private boolean isRefused(Context context, String guid) {
        var refusal =
                Refusal.of(
                        toApp(
                                context.header("Authorization"),
                                context.cookie("authorization"),
                                guid));
        if (refusal == null) {
            return false;
        }
        if (refusal.status() == 401) {
            context.header("WWW-Authenticate", "Basic");
        }
        context.status(refusal.status()).result(refusal.reason());
        return true;
    }

    private Access toApp(@Nullable String header, @Nullable String cookie, String guid) {
        if (!GUID.matcher(guid).matches()) {
            return new Access.NoToken("not an app's guid");
        }
        return access.toApp(authorization(header, cookie), guid);
    }

    /** The header, or for browsers a cookie. */
    private static @Nullable String authorization(
            @Nullable String header, @Nullable String cookie) {
        if (header != null || cookie == null) {
            return header;
        }
        try {
            return URLDecoder.decode(cookie, UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private record Refusal(int status, String reason) {
        static @Nullable Refusal of(Access access) {
            return switch (access) {
                case Access.Granted _ -> null;
                case Access.NoToken no -> new Refusal(401, no.reason());
                case Access.Hidden _ -> new Refusal(404, "no such app");
                case Access.Failed failed -> new Refusal(500, failed.reason());
                case Access.Unavailable away -> new Refusal(503, away.reason());
            };
        }
    }

    /**
     * Beside Javalin's own websockets, which do not tell of a pong; a request that is no upgrade
     * passes on to its routes.
     */
    public void register(ServletContextHandler handler) {
        JettyWebSocketServletContainerInitializer.configure(
                handler,
                (context, container) -> {
                    container.addMapping("/apps/*", this::stream);
                    container.addMapping("/firehose/*", this::firehose);
                });
    }

    private @Nullable Object stream(
            JettyServerUpgradeRequest request, JettyServerUpgradeResponse response)
            throws IOException {
        var path = STREAM.matcher(request.getRequestPath());
        if (!path.matches()) {
            response.sendError(404, "no such stream");
            return null;
        }
        var guid = path.group(1);
        return open(
                toApp(request.getHeader("Authorization"), cookie(request), guid),
                response,
                socket -> cache.listen(guid, socket));
    }

    private @Nullable Object firehose(
            JettyServerUpgradeRequest request, JettyServerUpgradeResponse response)
            throws IOException {
        var path = FIREHOSE.matcher(request.getRequestPath());
        if (!path.matches()) {
            response.sendError(404, "no such stream");
            return null;
        }
        var wanted = request.getParameterMap().getOrDefault("filter-type", List.of(""));
        var filter =
                switch (wanted.isEmpty() ? "" : wanted.getFirst()) {
                    case "logs" -> Firehose.Filter.LOGS;
                    case "metrics" -> Firehose.Filter.METRICS;
                    default -> Firehose.Filter.ALL;
                };
        return open(
                access.toAll(authorization(request.getHeader("Authorization"), cookie(request))),
                response,
                socket -> firehose.join(path.group(1), socket, filter));
    }

    private static @Nullable String cookie(JettyServerUpgradeRequest request) {
        return request.getCookies().stream()
                .filter(cookie -> cookie.getName().equals("authorization"))
                .map(java.net.HttpCookie::getValue)
                .findFirst()
                .orElse(null);
    }

    private @Nullable Object open(
            Access granted,
            JettyServerUpgradeResponse response,
            Function<LogSocket, LogCache.Listening> listen)
            throws IOException {
        var refusal = Refusal.of(granted);
        if (refusal != null) {
            if (refusal.status() == 401) {
                response.setHeader("WWW-Authenticate", "Basic");
            }
            response.sendError(refusal.status(), refusal.reason());
            return null;
        }
        var holder = new LogSocket[1];
        var socket = new LogSocket(settings, timers, listen, () -> sockets.remove(holder[0]));
        holder[0] = socket;
        sockets.add(socket);
        socket.listen();
        return socket;
    }

    /** Clients that listen now. */
    public int clients() {
        return sockets.size();
    }

    @Override
    public void close() {
        var told =
                CompletableFuture.allOf(
                        sockets.stream()
                                .map(LogSocket::goAway)
                                .toArray(CompletableFuture<?>[]::new));
        try {
            told.get(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.debug("some clients were not told that this process stops", e);
        }
    }
}

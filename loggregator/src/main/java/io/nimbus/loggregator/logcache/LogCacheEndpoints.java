package io.nimbus.loggregator.logcache;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.nimbus.loggregator.access.Access;
import io.nimbus.loggregator.access.LogAccess;
import io.nimbus.loggregator.cache.LogCache;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/info}, {@code /api/v1/read/:source_id}, {@code /api/v1/meta}. */
public final class LogCacheEndpoints {
    /** From 2.0.0 on clients use {@code /api/v1/read}; this is the reference's that was traced. */
    private static final String VERSION = "2.6.2";

    /** Apps looked at for one user who may not see them all. */
    private static final int META_ASKED = 200;

    private final LogCache cache;
    private final LogAccess access;
    private final InstantSource clock;
    private final TailReader reader;
    private final Instant started;

    /**
     * @param hold how long an answer is kept back that would be asked for anew at once
     * @param bytes most of one answer
     */
    public LogCacheEndpoints(
            LogCache cache, LogAccess access, InstantSource clock, Duration hold, long bytes) {
        this.cache = cache;
        this.access = access;
        this.clock = clock;
        this.reader = new TailReader(clock, hold, bytes);
        this.started = clock.instant();
    }

    public void register(RoutesConfig routes) {
        routes.get("/api/v1/info", this::info);
        routes.get("/api/v1/read/{source_id}", this::read);
        routes.get("/api/v1/meta", this::meta);
        routes.get("/api/v1/query", this::query);
        routes.get("/api/v1/query_range", this::query);
    }

    private void info(Context context) {
        var uptime = Duration.between(started, clock.instant()).toSeconds();
        context.json(Map.of("version", VERSION, "vm_uptime", Long.toString(uptime)));
    }

    private void read(Context context) throws InterruptedException {
        var source = context.pathParam("source_id");
        switch (access.toApp(context.header("Authorization"), source)) {
            case Access.Granted _ -> answer(context, source);
            case Access denied -> refuse(context, denied);
        }
    }

    private void answer(Context context, String source) throws InterruptedException {
        try {
            var query = ReadRequest.parse(parameters(context));
            var found = reader.read(cache.of(source), query);
            context.contentType("application/json");
            EnvelopeJson.write(found, context.outputStream());
        } catch (ReadRequest.BadParameter e) {
            error(context, 400, 3, String.valueOf(e.getMessage()));
        }
    }

    private static ReadRequest.Parameters parameters(Context context) {
        return new ReadRequest.Parameters() {
            @Override
            public @Nullable String one(String name) {
                return context.queryParam(name);
            }

            @Override
            public List<String> all(String name) {
                return context.queryParams(name);
            }
        };
    }

    private void meta(Context context) {
        var authorization = context.header("Authorization");
        switch (access.token(authorization)) {
            case Access.Granted granted -> {
                var all = LogAccess.seesAll(granted.token());
                var meta = new LinkedHashMap<String, Map<String, String>>();
                var asked = 0;
                for (var source : cache.sources()) {
                    if (all
                            || (asked++ < META_ASKED
                                    && access.toApp(authorization, source)
                                            instanceof Access.Granted)) {
                        cache.known(source)
                                .map(log -> log.meta())
                                .ifPresent(m ->
                                        meta.put(
                                                source,
                                                Map.of(
                                                        "count",
                                                        Long.toString(m.count()),
                                                        "expired",
                                                        Long.toString(m.expired()),
                                                        "oldest_timestamp",
                                                        Long.toString(m.oldest()),
                                                        "newest_timestamp",
                                                        Long.toString(m.newest()))));
                    }
                }
                context.json(Map.of("meta", meta));
            }
            case Access denied -> refuse(context, denied);
        }
    }

    private void query(Context context) {
        error(context, 501, 12, "PromQL queries are not supported here");
    }

    private static void refuse(Context context, Access denied) {
        switch (denied) {
            case Access.NoToken no -> error(context, 401, 16, no.reason());
            case Access.Hidden _ -> error(context, 404, 5, "no such source");
            case Access.Failed failed -> error(context, 500, 2, failed.reason());
            case Access.Unavailable away -> error(context, 503, 14, away.reason());
            case Access.Granted _ -> throw new IllegalStateException("granted is not denied");
        }
    }

    /**
     * @param code gRPC's, as the original's gateway writes it
     */
    private static void error(Context context, int status, int code, String message) {
        context.status(status).json(Map.of("error", message, "code", code, "message", message));
    }
}

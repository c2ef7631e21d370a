package io.nimbus.loggregator;

import io.javalin.Javalin;
import io.javalin.json.JavalinJackson3;
import io.nimbus.component.Component;
import io.nimbus.loggregator.doppler.DopplerEndpoints;
import io.nimbus.loggregator.logcache.LogCacheEndpoints;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/** The port that clients and the router reach. */
final class LogServer implements Component {
    private static final Logger log = LoggerFactory.getLogger(LogServer.class);

    private final LoggregatorConfig.Http config;
    private final LogCacheEndpoints logCache;
    private final DopplerEndpoints doppler;
    private @Nullable Javalin server;

    LogServer(LoggregatorConfig.Http config, LogCacheEndpoints logCache, DopplerEndpoints doppler) {
        this.config = config;
        this.logCache = logCache;
        this.doppler = doppler;
    }

    @Override
    public void start() {
        var made =
                Javalin.create(c -> {
                    c.startup.showJavalinBanner = false;
                    c.startup.showOldJavalinVersionWarning = false;
                    c.concurrency.useVirtualThreads = true;
                    c.http.prefer405over404 = true;
                    c.jetty.host = config.host();
                    c.jetty.port = config.port();
                    c.jetty.modifyServletContextHandler(doppler::register);
                    c.jsonMapper(new JavalinJackson3(JsonMapper.shared(), true));
                    logCache.register(c.routes);
                    doppler.register(c.routes);
                });
        made.start();
        server = made;
        log.info("logs on {}:{}", config.host(), port());
    }

    /** 0 before the start. */
    int port() {
        return server == null ? 0 : server.port();
    }

    @Override
    public void close() {
        doppler.close();
        if (server != null) {
            server.stop();
        }
    }
}

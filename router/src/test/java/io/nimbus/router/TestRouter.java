package io.nimbus.router;

import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.subjects.Logs;
import io.nimbus.subjects.RouterRegister;
import io.nimbus.subjects.log.Envelope;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The whole router on an in-memory bus and virtual time, with real sockets. The bus and the time
 * belong to the test's thread.
 */
final class TestRouter implements AutoCloseable {
    static final String APP = "11111111-2222-3333-4444-555555555555";

    final VirtualTime time = new VirtualTime();
    final InMemoryBus world;
    final InMemoryBus.Endpoint bus;
    final InMemoryBus.Endpoint others;
    final Router router;
    final List<Envelope> appLog = new CopyOnWriteArrayList<>();

    /** With further lines of YAML. */
    TestRouter(String... yaml) {
        this(true, yaml);
    }

    TestRouter(boolean start, String... yaml) {
        world = new InMemoryBus(time, new SplittableRandom(1));
        bus = world.connect("router");
        others = world.connect("others");
        others.subscribe(Logs.ALL_APPS, batch -> appLog.addAll(batch.getBatchList()));
        router = RouterMain.assemble(config(yaml), bus, time, new SplittableRandom(1));
        if (start) {
            router.start();
            settle();
        }
    }

    static RouterConfig config(String... yaml) {
        var text =
                "port: 0\nstart_delay: 0s\nloops: 2\nstatus: {port: 0, user: ops, password: secret}\n"
                        + String.join("\n", yaml);
        try {
            return RouterConfig.complete(Config.parse(text, "test", "router", Map.of()));
        } catch (ConfigException e) {
            throw new IllegalArgumentException(String.valueOf(e.faults()), e);
        }
    }

    void settle() {
        time.settle();
    }

    void advance(Duration step) {
        time.advance(step);
    }

    RawClient connect() {
        return new RawClient(router.port());
    }

    RawResponse get(String host, String target, String... lines) {
        try (var client = connect()) {
            return client.get(host, target, lines);
        }
    }

    /** The backends as instances 0, 1, 2… of {@link #APP}, named i1, i2, i3… */
    void register(String uri, ScriptedBackend... backends) {
        for (int i = 0; i < backends.length; i++) {
            register(instance(backends[i].port(), i, uri));
        }
    }

    void register(RouterRegister message) {
        others.publish(RouterRegister.REGISTER, message);
        settle();
    }

    void unregister(RouterRegister message) {
        others.publish(RouterRegister.UNREGISTER, message);
        settle();
    }

    static RouterRegister instance(int port, int index, String... uris) {
        return new Registration(port, uris).index(index).message();
    }

    /** A registration with what matters in a test. */
    static final class Registration {
        private final int port;
        private final List<String> uris;
        private @Nullable String app = APP;
        private @Nullable String id = "i1";
        private @Nullable String index = "0";
        private Map<String, String> tags = Map.of("component", "dea-0");
        private @Nullable Integer stale;
        private @Nullable String service;
        private @Nullable String segment;
        private boolean tls;
        private @Nullable String san;
        private @Nullable String protocol;
        private @Nullable String zone;
        private RouterRegister.@Nullable Options options;

        Registration(int port, String... uris) {
            this.port = port;
            this.uris = List.of(uris);
        }

        Registration index(int value) {
            index = String.valueOf(value);
            id = "i" + (value + 1);
            return this;
        }

        Registration app(@Nullable String value) {
            app = value;
            return this;
        }

        Registration id(@Nullable String value) {
            id = value;
            return this;
        }

        Registration tags(Map<String, String> value) {
            tags = value;
            return this;
        }

        Registration stale(int seconds) {
            stale = seconds;
            return this;
        }

        Registration service(String url) {
            service = url;
            return this;
        }

        Registration segment(String value) {
            segment = value;
            return this;
        }

        Registration tls(@Nullable String name) {
            tls = true;
            san = name;
            return this;
        }

        Registration protocol(String value) {
            protocol = value;
            return this;
        }

        Registration zone(String value) {
            zone = value;
            return this;
        }

        Registration balancing(String value) {
            options = new RouterRegister.Options(value);
            return this;
        }

        RouterRegister message() {
            return new RouterRegister(
                    "127.0.0.1",
                    tls ? null : port,
                    uris,
                    app,
                    null,
                    tags,
                    id,
                    index,
                    stale,
                    service,
                    segment,
                    tls ? port : null,
                    san,
                    protocol,
                    zone,
                    options);
        }
    }

    /** The lines that apps got, once they have left the router. */
    List<String> appLines() {
        advance(Duration.ofMillis(200));
        var lines = new ArrayList<String>();
        for (var envelope : appLog) {
            lines.add(envelope.getLog().getPayload().toStringUtf8());
        }
        return lines;
    }

    HttpResponse<String> status(String path, boolean authenticated) {
        var request =
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + router.statusPort() + path));
        if (authenticated) {
            request.header(
                    "Authorization",
                    "Basic "
                            + Base64.getEncoder()
                                    .encodeToString(
                                            "ops:secret"
                                                    .getBytes(
                                                            java.nio.charset.StandardCharsets
                                                                    .UTF_8)));
        }
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        router.close();
    }
}

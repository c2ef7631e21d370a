package io.nimbus.component;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.nimbus.bus.MessageBus;
import io.nimbus.subjects.ComponentAnnounce;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The port where a process says how it is: {@code /healthz} and {@code /health} ({@code ok}, or 503
 * and a line per fault), {@code /varz} (JSON, the collector's form) and {@code /metrics}
 * (Prometheus), the latter two behind basic authentication. It also announces the process on the
 * bus and answers {@code vcap.component.discover}.
 */
public final class StatusServer implements Component {
    private static final Logger log = LoggerFactory.getLogger(StatusServer.class);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss Z").withZone(ZoneOffset.UTC);
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final String type;
    private final StatusConfig config;
    private final Health health;
    private final MessageBus bus;
    private final InstantSource clock;
    private final String uuid;
    private final String password;
    private final PrometheusMeterRegistry metrics =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private volatile Supplier<Map<String, Object>> varz = Map::of;
    private final Map<String, Page> pages = new LinkedHashMap<>();
    private Instant started = Instant.EPOCH;
    private @Nullable HttpServer server;

    /**
     * @param type the collector's name of this kind of process, such as {@code Router}
     */
    public StatusServer(
            String type, StatusConfig config, Health health, MessageBus bus, InstantSource clock) {
        this.type = type;
        this.config = config;
        this.health = health;
        this.bus = bus;
        this.clock = clock;
        this.uuid = config.index() + "-" + random();
        var configured = config.password();
        this.password = configured == null ? random() : configured;
        health.check("bus", "the bus is away", bus::isConnected);
        metrics.more()
                .counter("nimbus.bus.received", List.of(), bus, b -> b.statistics().received());
        metrics.more().counter("nimbus.bus.sent", List.of(), bus, b -> b.statistics().sent());
        metrics.more()
                .counter("nimbus.bus.malformed", List.of(), bus, b -> b.statistics().malformed());
        metrics.more()
                .counter("nimbus.bus.failures", List.of(), bus, b -> b.statistics().failures());
        metrics.more().counter("nimbus.bus.unsent", List.of(), bus, b -> b.statistics().unsent());
    }

    private static String random() {
        var bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** What this kind of process adds to {@code /varz}. */
    public void varz(Supplier<Map<String, Object>> fields) {
        varz = fields;
    }

    /** Writes JSON as far as the reader takes it. */
    public interface Page {
        void write(OutputStream out) throws IOException;
    }

    /** Adds a page of JSON behind the same authentication; before the start. */
    public void page(String path, Page page) {
        pages.put(path, page);
    }

    /** Where this process's meters live. */
    public PrometheusMeterRegistry metrics() {
        return metrics;
    }

    /** Unique per start: {@code <index>-<32 hex>}. */
    public String uuid() {
        return uuid;
    }

    public int port() {
        return server == null ? 0 : server.getAddress().getPort();
    }

    @Override
    public void start() {
        started = clock.instant();
        try {
            var http = HttpServer.create(new InetSocketAddress(config.host(), config.port()), 0);
            http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            http.createContext("/healthz", this::healthz);
            http.createContext("/health", this::healthz);
            pages.forEach((path, page) ->
                    guarded(http.createContext(path, exchange -> stream(exchange, page))));
            guarded(http.createContext("/varz", exchange -> json(exchange, varz())));
            guarded(
                    http.createContext(
                            "/metrics",
                            exchange ->
                                    respond(
                                            exchange,
                                            200,
                                            "text/plain; version=0.0.4; charset=utf-8",
                                            metrics.scrape())));
            http.start();
            server = http;
            writeFile();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the status port "
                            + config.host()
                            + ":"
                            + config.port()
                            + " cannot be opened: "
                            + e.getMessage(),
                    e);
        }
        bus.answer(
                ComponentAnnounce.DISCOVER, (poke, replier) -> replier.reply(announcement(true)));
        bus.onConnect(() -> bus.publish(ComponentAnnounce.SUBJECT, announcement(false)));
        log.info("status on {}:{}", config.host(), port());
    }

    private void guarded(HttpContext context) {
        context.setAuthenticator(
                new BasicAuthenticator("nimbus") {
                    @Override
                    public boolean checkCredentials(String user, String given) {
                        // Both are compared whatever the first says, so that the time tells nothing
                        // about the user's name.
                        var rightUser =
                                MessageDigest.isEqual(
                                        user.getBytes(UTF_8), config.user().getBytes(UTF_8));
                        var rightPassword =
                                MessageDigest.isEqual(
                                        given.getBytes(UTF_8), password.getBytes(UTF_8));
                        return rightUser && rightPassword;
                    }
                });
    }

    private void writeFile() throws IOException {
        var file = config.file();
        if (file == null) {
            return;
        }
        var body =
                JSON.writeValueAsString(
                        new StatusFile(
                                ProcessHandle.current().pid(),
                                config.host(),
                                port(),
                                config.user(),
                                password));
        var temporary = Path.of(file + ".new");
        Files.deleteIfExists(temporary);
        Files.createFile(
                temporary,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(temporary, body);
        Files.move(
                temporary,
                file,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** What {@code status.file} holds: where whoever started the process finds its status port. */
    public record StatusFile(long pid, String host, int port, String user, String password) {
        @Override
        public String toString() {
            return "StatusFile[pid=" + pid + ", " + host + ":" + port + "]";
        }
    }

    private ComponentAnnounce announcement(boolean uptime) {
        return new ComponentAnnounce(
                type,
                config.index(),
                uuid,
                config.host() + ":" + port(),
                List.of(config.user(), password),
                TIME.format(started),
                uptime ? uptime() : null);
    }

    private String uptime() {
        var up = Duration.between(started, clock.instant());
        return up.toDays()
                + "d:"
                + up.toHoursPart()
                + "h:"
                + up.toMinutesPart()
                + "m:"
                + up.toSecondsPart()
                + "s";
    }

    private void healthz(HttpExchange exchange) throws IOException {
        var faults = health.faults();
        if (faults.isEmpty()) {
            respond(exchange, 200, "text/plain; charset=utf-8", "ok\n");
            return;
        }
        var lines = new StringBuilder();
        faults.forEach((name, fault) -> lines.append(name).append(": ").append(fault).append('\n'));
        respond(exchange, 503, "text/plain; charset=utf-8", lines.toString());
    }

    private Map<String, Object> varz() {
        var runtime = Runtime.getRuntime();
        var system =
                ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
        var resident = resident();
        var fields = new LinkedHashMap<String, Object>();
        fields.put("type", type);
        fields.put("index", config.index());
        fields.put("uuid", uuid);
        fields.put("host", config.host() + ":" + port());
        fields.put("start", TIME.format(started));
        fields.put("uptime", uptime());
        fields.put("num_cores", runtime.availableProcessors());
        fields.put("cpu", Math.round(Math.max(0, system.getProcessCpuLoad()) * 1000) / 10.0);
        fields.put("mem", resident / 1024);
        fields.put("mem_bytes", resident);
        fields.put("cpu_load_avg", system.getSystemLoadAverage());
        fields.put("mem_used_bytes", system.getTotalMemorySize() - system.getFreeMemorySize());
        fields.put("mem_free_bytes", system.getFreeMemorySize());
        fields.put("log_counts", LogCounts.counts());
        fields.put("bus", bus.statistics());
        fields.put("faults", health.faults());
        fields.putAll(varz.get());
        return fields;
    }

    /** Bytes of this process in memory, as the kernel counts them. */
    private static long resident() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                            .map(line -> line.replaceAll("\\D", ""))
                            .mapToLong(Long::parseLong)
                            .findFirst()
                            .orElse(0)
                    * 1024;
        } catch (IOException | UncheckedIOException e) {
            return Runtime.getRuntime().totalMemory();
        }
    }

    private static void json(HttpExchange exchange, Object body) throws IOException {
        respond(exchange, 200, "application/json", JSON.writeValueAsString(body) + "\n");
    }

    private static void stream(HttpExchange exchange, Page page) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, 0);
            try (var out = new BufferedOutputStream(exchange.getResponseBody(), 64 * 1024)) {
                page.write(out);
            }
        }
    }

    private static void respond(HttpExchange exchange, int status, String type, String body)
            throws IOException {
        try (exchange) {
            var bytes = body.getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop(0);
        }
    }
}

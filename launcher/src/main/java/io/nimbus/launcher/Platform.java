package io.nimbus.launcher;

import io.nimbus.servers.Command;
import io.nimbus.subjects.BusUser;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The processes of the platform in the order of their start, each with its configuration. */
final class Platform {
    static final String ADMIN = "admin";
    static final String ORG = "nimbus";
    static final String SPACE = "dev";

    private static final String STACK = "cflinuxfs4";
    private static final String CCDB = "ccdb";
    private static final String UAADB = "uaadb";
    private static final String USERNAME_LOOKUP = "cloud_controller_username_lookup";
    private static final String USERNAME_LOOKUP_SECRET = "client-username-lookup";

    /** Laptops have less to spare than the field's default of 4096. */
    private static final int STAGING_DISK_MB = 1024;

    private static final Duration QUICK = Duration.ofSeconds(20);

    /** An instance has two seconds to drain and ten to end; several end at once. */
    private static final Duration INSTANCES = Duration.ofSeconds(60);

    private final State state;
    private final Settings settings;
    private final Secrets secrets;
    private final Path distribution;

    Platform(State state, Settings settings, Secrets secrets, Path distribution) {
        this.state = state;
        this.settings = settings;
        this.secrets = secrets;
        this.distribution = distribution;
    }

    List<Service> services() {
        return List.of(
                new PostgresService(
                        state,
                        settings.port(Settings.POSTGRES),
                        secrets.of("postgres"),
                        Map.of(
                                CCDB, secrets.of("database-" + CCDB),
                                UAADB, secrets.of("database-" + UAADB))),
                new NatsService(state, settings.port(Settings.NATS), secrets),
                java("uaa", 160, QUICK, uaa()),
                java("cloud-controller", 256, QUICK, controller()),
                java("stager", 128, Duration.ofSeconds(30), stager()),
                java("dea-agent", 128, INSTANCES, dea()),
                java("health-manager", 96, QUICK, healthManager()),
                java("router", 160, Duration.ofSeconds(70), router()),
                java("loggregator", 192, QUICK, loggregator()));
    }

    private JavaService java(
            String name, int heapMb, Duration stopWithin, Map<String, Object> config) {
        var whole = new LinkedHashMap<>(config);
        @SuppressWarnings("unchecked")
        var status =
                new LinkedHashMap<>((Map<String, Object>) whole.getOrDefault("status", Map.of()));
        status.put("file", state.status(name).toString());
        whole.put("status", status);
        return new JavaService(state, distribution, name, heapMb, stopWithin, whole);
    }

    private Map<String, Object> nats(BusUser user) {
        return Map.of(
                "servers", List.of("nats://127.0.0.1:" + settings.port(Settings.NATS)),
                "user", user.user(),
                "password", secrets.of("nats-" + user.user()));
    }

    private Map<String, Object> database(String name, int poolSize) {
        return Map.of(
                "url",
                "jdbc:postgresql://127.0.0.1:" + settings.port(Settings.POSTGRES) + "/" + name,
                "user",
                name,
                "password",
                secrets.of("database-" + name),
                "pool_size",
                poolSize);
    }

    private Map<String, Object> uaa() {
        return Map.of(
                "port", settings.port(Settings.UAA),
                "url", settings.uaaUrl(),
                "domain", settings.domain(),
                "nats", nats(BusUser.UAA),
                "database", database(UAADB, 8),
                "secrets_file", state.folder().resolve("config/uaa-secrets.yml").toString(),
                "admin", Map.of("user", ADMIN, "password", secrets.password("admin")),
                "clients",
                        List.of(
                                Map.of(
                                        "id",
                                        USERNAME_LOOKUP,
                                        "secret",
                                        secrets.of(USERNAME_LOOKUP_SECRET))));
    }

    private Map<String, Object> controller() {
        return Map.ofEntries(
                Map.entry("port", settings.port(Settings.API)),
                Map.entry("domain", settings.domain()),
                Map.entry(
                        "external",
                        Map.of(
                                "url",
                                settings.apiUrl(),
                                "hosts",
                                List.of("api." + settings.domain()))),
                Map.entry("nats", nats(BusUser.CLOUD_CONTROLLER)),
                Map.entry("database", database(CCDB, 16)),
                Map.entry(
                        "uaa",
                        Map.of(
                                "url", "http://127.0.0.1:" + settings.port(Settings.UAA),
                                "issuer", issuer(),
                                "public_url", settings.uaaUrl(),
                                "client", USERNAME_LOOKUP,
                                "client_secret", secrets.of(USERNAME_LOOKUP_SECRET))),
                Map.entry(
                        "logs",
                        Map.of(
                                "log_cache_url",
                                "http://localhost:" + settings.port(Settings.LOGS),
                                "doppler_url",
                                "ws://localhost:" + settings.port(Settings.LOGS))),
                Map.entry("blobstore", Map.of("folder", state.data("blobstore").toString())),
                Map.entry(
                        "staging",
                        Map.of(
                                "password", secrets.of("staging"),
                                "minimum_memory_mb", stagingMemoryMb(),
                                "minimum_disk_mb", STAGING_DISK_MB)),
                Map.entry("internal", Map.of("password", secrets.of("internal"))),
                Map.entry("bulk", Map.of("password", secrets.of("bulk"))),
                Map.entry("encryption", Map.of("key", secrets.key("encryption"))),
                Map.entry(
                        "stacks",
                        List.of(
                                Map.of(
                                        "name",
                                        STACK,
                                        "description",
                                        "The operating system of this host: its /usr"))),
                Map.entry(
                        "files",
                        Map.of("router_url", "http://127.0.0.1:" + settings.port(Settings.ROUTER))),
                Map.entry("buildpacks", Map.of("folder", buildpacks(distribution).toString())));
    }

    /** Built things like the jars, and not this platform's alone. */
    static Path buildpacks(Path distribution) {
        return distribution.resolveSibling("buildpacks");
    }

    private Map<String, Object> stager() {
        return Map.of(
                "base", state.data("stager").toString(),
                "nats", nats(BusUser.STAGER),
                "memory_mb", Math.max(1024, memoryMb() / 3),
                "disk_mb", Math.max(4096, diskMb() / 3),
                "least_memory_mb", stagingMemoryMb(),
                "least_disk_mb", STAGING_DISK_MB,
                "stacks", List.of(Map.of("name", STACK)));
    }

    private Map<String, Object> dea() {
        return Map.of(
                "state", state.data("dea").toString(),
                "nats", nats(BusUser.DEA),
                "memory_mb", Math.max(1024, memoryMb() / 2),
                "disk_mb", Math.max(4096, diskMb() / 2),
                "stacks", List.of(Map.of("name", STACK)));
    }

    private Map<String, Object> healthManager() {
        return Map.of(
                "nats", nats(BusUser.HEALTH_MANAGER),
                "controller", Map.of("url", "http://127.0.0.1:" + settings.port(Settings.API)));
    }

    private Map<String, Object> router() {
        return Map.of(
                "port", settings.port(Settings.ROUTER),
                "nats", nats(BusUser.ROUTER),
                // One machine: the table is full as soon as everybody has answered the start
                // message.
                "start_delay", "1s",
                "status",
                        Map.of(
                                "port", settings.port(Settings.ROUTER_STATUS),
                                "user", "nimbus",
                                "password", secrets.of("router-status")));
    }

    private Map<String, Object> loggregator() {
        return Map.of(
                "domain", settings.domain(),
                "http", Map.of("port", settings.port(Settings.LOGS)),
                "nats", nats(BusUser.LOGGREGATOR),
                "uaa",
                        Map.of(
                                "url",
                                "http://127.0.0.1:" + settings.port(Settings.UAA),
                                "issuer",
                                issuer()),
                "controller", Map.of("url", "http://127.0.0.1:" + settings.port(Settings.API)));
    }

    private String issuer() {
        return settings.uaaUrl() + "/oauth/token";
    }

    /** Real containers as root; said at start where not. */
    static boolean hasContainers() {
        return Command.isRoot()
                && Command.find("runc").isPresent()
                && Command.find("conmon").isPresent();
    }

    private static int memoryMb() {
        return (int)
                Math.min(
                        1 << 20,
                        ManagementFactory.getPlatformMXBean(
                                                com.sun.management.OperatingSystemMXBean.class)
                                        .getTotalMemorySize()
                                >> 20);
    }

    /**
     * A third of the machine at most, within what a staging needs and what the field's default is.
     */
    private static int stagingMemoryMb() {
        return Math.clamp(memoryMb() / 4, 512, 1024);
    }

    private int diskMb() {
        try {
            return (int)
                    Math.min(1 << 24, Files.getFileStore(state.folder()).getUsableSpace() >> 20);
        } catch (IOException e) {
            return 0;
        }
    }
}

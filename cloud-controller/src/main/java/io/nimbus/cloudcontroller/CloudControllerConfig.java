package io.nimbus.cloudcontroller;

import io.nimbus.bus.NatsConfig;
import io.nimbus.cloudcontroller.access.TokenGate.Login;
import io.nimbus.cloudcontroller.apps.AppConfig;
import io.nimbus.cloudcontroller.apps.AppFiles;
import io.nimbus.cloudcontroller.bootstrap.BootstrapConfig;
import io.nimbus.cloudcontroller.encryption.Encryptor;
import io.nimbus.cloudcontroller.info.InfoConfig;
import io.nimbus.cloudcontroller.staging.StagingConfig;
import io.nimbus.component.BusConfig;
import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.StatusConfig;
import io.nimbus.database.DatabaseConfig;
import io.nimbus.subjects.BusUser;
import io.nimbus.tokens.UaaConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The configuration, read whole; README.md documents the keys. */
public record CloudControllerConfig(
        Http http,
        String domain,
        List<String> systemHosts,
        UaaConfig uaa,
        UserLookup userLookup,
        InfoConfig info,
        DatabaseConfig database,
        NatsConfig nats,
        StatusConfig status,
        Path blobs,
        Logins logins,
        URI controller,
        StagingConfig staging,
        AppConfig apps,
        long maxDroplet,
        long maxBuildpack,
        Files files,
        EncryptionKeys encryption,
        BootstrapConfig bootstrap,
        String partition,
        int jobThreads,
        int maxInlineDepth,
        Duration uploadGrace,
        Duration keepEvents) {

    private static final long MEBIBYTE = 1024 * 1024;

    /**
     * @param external where callers reach this API whose own word for it is not repeated
     * @param names hosts that documents may repeat, beside loopback
     * @param registered what routers are told to dial; null: host and port
     */
    public record Http(
            String host, int port, URI external, List<String> names, String registered) {}

    /** A client of the UAA that may look users up by name. */
    public record UserLookup(String client, String secret) {
        @Override
        public String toString() {
            return "UserLookup[" + client + "]";
        }
    }

    /** Users and passwords of those who have no token. */
    public record Logins(Login staging, Login internal, Login bulk) {}

    public record Files(AppFiles.Mode mode, URI router) {}

    /**
     * @param current the label of the key for new values
     * @param keys label to 64 hex digits
     */
    public record EncryptionKeys(String current, Map<String, String> keys) {
        @Override
        public String toString() {
            return "EncryptionKeys[" + keys.keySet() + "]";
        }
    }

    static CloudControllerConfig read(Config config) throws ConfigException {
        var host = config.text("host", "127.0.0.1");
        var port = config.port("port", 8181);
        var external = config.section("external");
        var url = external.uri("url", URI.create("http://localhost:" + port));
        var router = config.section("router");
        var domain = config.text("domain", "localhost");
        var uaa = UaaConfig.read(config, "cloud_controller");
        var uaaMore = config.section("uaa");
        var publicUaa = uaaMore.uri("public_url", uaa.url());
        var read =
                new CloudControllerConfig(
                        new Http(
                                host,
                                port,
                                url,
                                external.texts("hosts", List.of()),
                                router.text("register_host", isAny(host) ? "127.0.0.1" : host)),
                        domain,
                        config.texts(
                                "system_hosts",
                                List.of(
                                        "api",
                                        "uaa",
                                        "login",
                                        "doppler",
                                        "log-cache",
                                        "loggregator",
                                        "hm9000")),
                        uaa,
                        new UserLookup(
                                uaaMore.text("client", "cloud_controller_username_lookup"),
                                uaaMore.secret("client_secret")),
                        info(config, publicUaa, uaaMore.uri("login_url", publicUaa)),
                        DatabaseConfig.read(config),
                        BusConfig.read(config, BusUser.CLOUD_CONTROLLER),
                        StatusConfig.read(config),
                        config.section("blobstore").path("folder"),
                        new Logins(
                                login(config.section("staging"), "staging"),
                                login(config.section("internal"), "internal"),
                                login(config.section("bulk"), "bulk_api")),
                        config.uri("controller_url", URI.create("http://127.0.0.1:" + port)),
                        staging(config.section("staging")),
                        apps(config.section("apps")),
                        mebibytes(config.section("limits"), "droplet_mb", 2048),
                        mebibytes(config.section("limits"), "buildpack_mb", 1024),
                        files(config.section("files")),
                        encryption(config.section("encryption")),
                        bootstrap(config, domain),
                        config.text("partition", "default"),
                        config.section("jobs").integer("threads", 4, 1, 100),
                        config.section("limits").integer("inline_relations_depth", 2, 0, 5),
                        config.section("limits").duration("upload_grace", Duration.ofMinutes(20)),
                        Duration.ofDays(
                                config.section("events").integer("keep_days", 31, 1, 36_500)));
        return config.complete(read);
    }

    private static boolean isAny(String host) {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    private static Login login(Config section, String user) {
        return new Login(section.text("user", user), section.secret("password"));
    }

    private static long mebibytes(Config section, String key, int fallback) {
        return section.integer(key, fallback, 1, 1_000_000) * MEBIBYTE;
    }

    private static InfoConfig info(Config config, URI uaa, URI login) {
        var info = config.section("info");
        var logs = config.section("logs");
        return new InfoConfig(
                info.text("name", "Nimbus"),
                info.text("build", ""),
                info.text("support", ""),
                info.text("description", ""),
                uaa,
                login,
                logs.has("log_cache_url") ? logs.uri("log_cache_url") : null,
                logs.has("doppler_url") ? logs.uri("doppler_url") : null);
    }

    private static StagingConfig staging(Config section) {
        return new StagingConfig(
                section.integer("minimum_memory_mb", 1024, 1, 1_000_000),
                section.integer("minimum_disk_mb", 4096, 1, 10_000_000),
                section.duration("timeout", Duration.ofMinutes(15)),
                section.duration("pending_timeout", Duration.ofMinutes(20)),
                section.flag("custom_buildpacks", true));
    }

    private static AppConfig apps(Config section) {
        return new AppConfig(
                section.text("default_stack", "cflinuxfs4"),
                section.integer("memory_mb", 1024, 1, 1_000_000),
                section.integer("disk_mb", 1024, 1, 1_000_000),
                section.integer("max_disk_mb", 2048, 1, 10_000_000),
                section.integer("max_health_check_timeout_s", 180, 1, 86_400),
                mebibytes(section, "max_package_mb", 1024),
                section.integer("min_resource_bytes", 65_536, 0, Integer.MAX_VALUE),
                mebibytes(section, "max_resource_mb", 512));
    }

    private static Files files(Config section) {
        return new Files(
                section.choice("mode", AppFiles.Mode.PROXY),
                section.uri("router_url", URI.create("http://127.0.0.1:8080")));
    }

    private static EncryptionKeys encryption(Config section) {
        var label = section.text("label", "key-1");
        var keys = new LinkedHashMap<>(section.map("retired"));
        keys.put(label, section.secret("key"));
        keys.forEach((name, key) -> {
            if (!Encryptor.isKey(key)) {
                section.fault(
                        name.equals(label) ? "key" : "retired." + name, "is not 64 hex digits");
            }
        });
        return new EncryptionKeys(label, keys);
    }

    private static BootstrapConfig bootstrap(Config config, String domain) {
        var quota = config.section("quota");
        var buildpacks = config.section("buildpacks");
        var stacks = new ArrayList<BootstrapConfig.Stack>();
        for (var stack : config.sections("stacks")) {
            stacks.add(
                    new BootstrapConfig.Stack(stack.text("name"), stack.text("description", "")));
        }
        if (stacks.isEmpty()) {
            stacks.add(
                    new BootstrapConfig.Stack(
                            "cflinuxfs4", "The operating system of the DEAs' hosts"));
        }
        return new BootstrapConfig(
                domain,
                config.optionalText("organization"),
                new BootstrapConfig.Quota(
                        quota.text("name", "default"),
                        quota.integer("memory_limit_mb", 102_400, -1, Integer.MAX_VALUE),
                        quota.integer("instance_memory_limit_mb", -1, -1, Integer.MAX_VALUE),
                        quota.integer("total_routes", 1000, -1, Integer.MAX_VALUE),
                        quota.integer("total_services", 100, -1, Integer.MAX_VALUE),
                        quota.integer("app_instance_limit", -1, -1, Integer.MAX_VALUE)),
                stacks,
                buildpacks.optionalPath("folder"),
                buildpacks.texts("order", List.of()),
                securityGroups(config));
    }

    private static List<BootstrapConfig.SecurityGroup> securityGroups(Config config) {
        if (!config.has("security_groups")) {
            return List.of(
                    new BootstrapConfig.SecurityGroup(
                            "public_networks", publicNetworks(), true, true),
                    new BootstrapConfig.SecurityGroup(
                            "dns",
                            List.of(
                                    Map.of(
                                            "protocol",
                                            "tcp",
                                            "destination",
                                            "0.0.0.0/0",
                                            "ports",
                                            "53"),
                                    Map.of(
                                            "protocol",
                                            "udp",
                                            "destination",
                                            "0.0.0.0/0",
                                            "ports",
                                            "53")),
                            true,
                            true));
        }
        var groups = new ArrayList<BootstrapConfig.SecurityGroup>();
        for (var section : config.sections("security_groups")) {
            var rules = new ArrayList<Map<String, Object>>();
            for (var rule : section.sections("rules")) {
                var entry = new LinkedHashMap<String, Object>();
                entry.put("protocol", rule.text("protocol"));
                entry.put("destination", rule.text("destination"));
                put(entry, "ports", rule.optionalText("ports"));
                put(entry, "description", rule.optionalText("description"));
                if (rule.has("type")) {
                    entry.put("type", rule.integer("type", -1, 255));
                    entry.put("code", rule.integer("code", -1, 255));
                }
                if (rule.flag("log", false)) {
                    entry.put("log", true);
                }
                rules.add(entry);
            }
            groups.add(
                    new BootstrapConfig.SecurityGroup(
                            section.text("name"),
                            rules,
                            section.flag("running", true),
                            section.flag("staging", true)));
        }
        return groups;
    }

    private static void put(Map<String, Object> entry, String key, @Nullable String value) {
        if (value != null) {
            entry.put(key, value);
        }
    }

    /** Everything that is not private, link-local or multicast. */
    private static List<Map<String, Object>> publicNetworks() {
        var rules = new ArrayList<Map<String, Object>>();
        for (var range :
                List.of(
                        "0.0.0.0-9.255.255.255",
                        "11.0.0.0-126.255.255.255",
                        "128.0.0.0-169.253.255.255",
                        "169.255.0.0-172.15.255.255",
                        "172.32.0.0-192.167.255.255",
                        "192.169.0.0-223.255.255.255")) {
            rules.add(Map.of("protocol", "all", "destination", range));
        }
        return rules;
    }
}

package io.nimbus.dea;

import io.nimbus.component.Config;
import io.nimbus.component.ConfigException;
import io.nimbus.component.StatusConfig;
import io.nimbus.warden.Egress;
import io.nimbus.warden.NetworkOptions;
import io.nimbus.warden.Stack;
import io.nimbus.warden.WardenOptions;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * @param state folder of everything this DEA keeps
 * @param id null: made at the first start and kept in the state folder
 * @param index its number among the DEAs
 * @param zone failure domain
 * @param memoryMb MiB to hand out before overcommit; 0: what the host has
 * @param diskMb MiB to hand out before overcommit; 0: what is free below the state folder
 * @param maxProcesses processes and threads of an instance
 * @param drain how long an instance serves on after it was unregistered
 * @param grace between SIGTERM and SIGKILL
 * @param cacheMb MiB of droplets that no instance uses
 * @param logMb MiB of unread output kept of an instance
 */
record DeaConfig(
        Path state,
        @Nullable String id,
        int index,
        String zone,
        int memoryMb,
        double memoryOvercommit,
        int diskMb,
        double diskOvercommit,
        int maxProcesses,
        WardenOptions.Backend backend,
        List<Stack> stacks,
        NetworkOptions network,
        Duration healthCheckTimeout,
        Duration drain,
        Duration grace,
        Duration crashRetention,
        Duration evacuationLimit,
        Duration downloadInactivity,
        int cacheMb,
        int logMb,
        StatusConfig status) {

    static DeaConfig read(Config config) throws ConfigException {
        return config.complete(
                new DeaConfig(
                        config.path("state").toAbsolutePath().normalize(),
                        id(config),
                        config.integer("index", 0, 0, 1_000_000),
                        config.text("zone", "default"),
                        config.integer("memory_mb", 0, 0, Integer.MAX_VALUE),
                        config.number("memory_overcommit_factor", 1, 0.01, 100),
                        config.integer("disk_mb", 0, 0, Integer.MAX_VALUE),
                        config.number("disk_overcommit_factor", 1, 0.01, 100),
                        config.integer("max_processes", 512, 16, 100_000),
                        config.choice("backend", WardenOptions.Backend.AUTO),
                        stacks(config),
                        network(config.section("network")),
                        config.duration("health_check_timeout", Duration.ofSeconds(60)),
                        config.duration("drain", Duration.ofSeconds(2)),
                        config.duration("grace", Duration.ofSeconds(10)),
                        config.duration("crash_retention", Duration.ofHours(1)),
                        config.duration("evacuation_limit", Duration.ofMinutes(10)),
                        config.duration("download_inactivity", Duration.ofSeconds(30)),
                        config.integer("droplet_cache_mb", 2048, 0, Integer.MAX_VALUE),
                        config.integer("log_mb", 10, 1, 10_000),
                        StatusConfig.read(config)));
    }

    private static @Nullable String id(Config config) {
        var id = config.optionalText("id");
        if (id != null && !id.matches("[A-Za-z0-9_-]{1,80}")) {
            config.fault("id", "is not letters, digits, - and _: " + id);
        }
        return id;
    }

    private static List<Stack> stacks(Config config) {
        var stacks = new ArrayList<Stack>();
        for (var section : config.sections("stacks")) {
            try {
                stacks.add(new Stack(section.text("name"), section.optionalPath("rootfs")));
            } catch (IllegalArgumentException e) {
                section.fault("name", "is not a stack's name");
            }
        }
        return stacks.isEmpty() ? List.of(Stack.ofThisHost("cflinuxfs4")) : stacks;
    }

    private static NetworkOptions network(Config network) {
        var ports = new ArrayList<Integer>();
        for (var port : network.texts("platform_ports", List.of())) {
            try {
                ports.add(
                        new Egress.PortRange(Integer.parseInt(port), Integer.parseInt(port))
                                .first());
            } catch (IllegalArgumentException e) {
                network.fault("platform_ports", "has what is no port: " + port);
            }
        }
        var allowed = new ArrayList<Egress>();
        for (var destination : network.texts("allow_networks", List.of())) {
            try {
                allowed.add(Egress.parse("all", destination, null, null, null, false));
            } catch (IllegalArgumentException e) {
                network.fault("allow_networks", "has what is no IPv4 network: " + destination);
            }
        }
        var platform = network.text("platform_address", "169.254.200.1");
        return new NetworkOptions(
                network.choice("mode", NetworkOptions.Mode.DIRECT),
                network.text("address", "127.0.0.1"),
                network.text("range", "10.254.0.0/16"),
                network.port("first_port", 0),
                network.port("last_port", 65000),
                platform.equals("none") ? null : platform,
                ports,
                allowed,
                network.texts("name_servers", List.of()));
    }

    /** All values by default, for tests. */
    static DeaConfig of(Path state, Map<String, String> keys) {
        var yaml = new StringBuilder("state: " + state + "\n");
        keys.forEach((key, value) -> yaml.append(key).append(": ").append(value).append('\n'));
        try {
            return read(Config.parse(yaml.toString(), "test", "dea-agent", Map.of()));
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** MiB that apps may be promised. */
    int memoryCapacityMb() {
        var host =
                ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
        var real = memoryMb == 0 ? (int) (host.getTotalMemorySize() >> 20) : memoryMb;
        return (int) Math.min(Integer.MAX_VALUE, real * memoryOvercommit);
    }

    /**
     * MiB that apps may be promised.
     *
     * @param freeMb MiB free below the state folder, with what this DEA's containers hold
     */
    int diskCapacityMb(long freeMb) {
        return (int) Math.min(Integer.MAX_VALUE, (diskMb == 0 ? freeMb : diskMb) * diskOvercommit);
    }
}

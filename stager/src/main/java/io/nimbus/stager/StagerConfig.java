package io.nimbus.stager;

import io.nimbus.bus.NatsConfig;
import io.nimbus.component.BusConfig;
import io.nimbus.component.Config;
import io.nimbus.component.StatusConfig;
import io.nimbus.subjects.BusUser;
import io.nimbus.warden.Egress;
import io.nimbus.warden.NetworkOptions;
import io.nimbus.warden.Stack;
import io.nimbus.warden.WardenOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stager's configuration; README.md has the table.
 *
 * @param base folder of its own: depot, buildpacks, work
 * @param id null: made once and kept in {@code base}
 * @param memoryMb MiB for all tasks together
 * @param diskMb MiB for all tasks together
 * @param leastMemoryMb a task's memory limit at least
 * @param leastDiskMb a task's disk limit at least
 * @param scriptLimit for all scripts of a task together; below the controller's own limit
 * @param allowed what every task may reach beside the rules of its request
 * @param range IPv4 block of which each task gets a /30
 * @param platformAddress the one address of the host that tasks reach; null: none
 * @param platformPorts the ports that are open there
 */
record StagerConfig(
        NatsConfig nats,
        StatusConfig status,
        Path base,
        @Nullable String id,
        List<Stack> stacks,
        WardenOptions.Backend backend,
        int memoryMb,
        int diskMb,
        int leastMemoryMb,
        int leastDiskMb,
        int pids,
        Duration scriptLimit,
        Duration advertisePeriod,
        List<Egress> allowed,
        String range,
        @Nullable String platformAddress,
        List<Integer> platformPorts,
        List<String> nameServers) {

    static StagerConfig read(Config config) {
        var stacks = new ArrayList<Stack>();
        for (var stack : config.sections("stacks")) {
            stacks.add(new Stack(stack.text("name"), stack.optionalPath("rootfs")));
        }
        var allowed = new ArrayList<Egress>();
        for (var rule : config.sections("allowed_networks")) {
            try {
                allowed.add(
                        Egress.parse(
                                rule.text("protocol", "all"),
                                rule.optionalText("destination"),
                                rule.optionalText("ports"),
                                null,
                                null,
                                false));
            } catch (IllegalArgumentException e) {
                rule.fault("destination", String.valueOf(e.getMessage()));
            }
        }
        var ports = new ArrayList<Integer>();
        for (var port : config.texts("platform_ports", List.of())) {
            try {
                ports.add(
                        new Egress.PortRange(Integer.parseInt(port), Integer.parseInt(port))
                                .first());
            } catch (IllegalArgumentException e) {
                config.fault("platform_ports", "has what is no port: " + port);
            }
        }
        var platform = config.text("platform_address", "169.254.200.1");
        return new StagerConfig(
                BusConfig.read(config, BusUser.STAGER),
                StatusConfig.read(config),
                config.path("base"),
                config.optionalText("id"),
                stacks.isEmpty() ? List.of(Stack.ofThisHost("cflinuxfs4")) : stacks,
                config.choice("backend", WardenOptions.Backend.AUTO),
                config.integer("memory_mb", 4096, 64, 1 << 24),
                config.integer("disk_mb", 16384, 64, 1 << 26),
                config.integer("least_memory_mb", 1024, 16, 1 << 20),
                config.integer("least_disk_mb", 2048, 16, 1 << 20),
                config.integer("pids", 1024, 32, 1 << 20),
                config.duration("script_limit", Duration.ofSeconds(840)),
                config.duration("advertise_period", Duration.ofSeconds(5)),
                allowed,
                config.text("range", "10.254.0.0/16"),
                platform.equals("none") ? null : platform,
                ports,
                config.texts("name_servers", List.of()));
    }

    NetworkOptions network() {
        var local = NetworkOptions.local();
        return new NetworkOptions(
                local.mode(),
                local.address(),
                range,
                local.firstPort(),
                local.lastPort(),
                platformAddress,
                platformPorts,
                allowed,
                nameServers);
    }
}

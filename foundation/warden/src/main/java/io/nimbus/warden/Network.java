package io.nimbus.warden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Networks of containers: a namespace and a pair of links each, and one firewall table for all of
 * an owner's. What comes from a container may go where its rules say and to the platform's address,
 * and else nowhere, the host included; what goes to one comes from this host, or through a
 * forwarded port.
 *
 * <p>Every name in the kernel carries the owner: several owners share a host.
 */
final class Network {
    private static final Logger log = LoggerFactory.getLogger(Network.class);
    private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");
    private static final String PLATFORM_LINK = "nimbus0";
    private static final Path NAMESPACES = Path.of("/run/netns");

    private final String owner;
    private final NetworkOptions options;
    private final Ipv4 range;
    private final List<String> nameServers;

    Network(String owner, NetworkOptions options) throws WardenException {
        this.owner = owner;
        this.options = options;
        try {
            range = Ipv4.parse(options.range());
        } catch (IllegalArgumentException e) {
            throw new WardenException("network range: " + e.getMessage(), e);
        }
        nameServers =
                options.nameServers().isEmpty() ? NameServers.ofHost() : options.nameServers();
    }

    /** Those in the containers' {@code resolv.conf}; they may be asked whatever the rules say. */
    List<String> nameServers() {
        return nameServers;
    }

    /** Whether nothing on the host has the slot's address. */
    boolean isFree(int slot) {
        try {
            return NetworkInterface.getByInetAddress(InetAddress.ofLiteral(range.hostAddress(slot)))
                    == null;
        } catch (SocketException e) {
            return true;
        }
    }

    Ipv4 range() {
        return range;
    }

    private String link(int slot) {
        return prefix() + slot;
    }

    /** At most 15 characters with the slot's five. */
    private String prefix() {
        return "n" + owner + "-";
    }

    private String namespace(int slot) {
        return "nimbus-" + owner + "-" + slot;
    }

    Path namespaceFile(int slot) {
        return NAMESPACES.resolve(namespace(slot));
    }

    private String table() {
        return "nimbus_" + owner;
    }

    /** What all containers share. Leaves those that run untouched: an agent restarts. */
    void prepare() throws WardenException {
        checkRange();
        try {
            if (!Files.readString(FORWARDING).strip().equals("1")) {
                log.info("forwarding of IPv4 packets is switched on for containers");
                Files.writeString(FORWARDING, "1\n");
            }
        } catch (IOException e) {
            throw new WardenException("IPv4 forwarding cannot be switched on: " + e, e);
        }
        preparePlatform();
        nft(sharedRules());
        passDocker();
    }

    private void checkRange() throws WardenException {
        try (var lines = Files.lines(Path.of("/proc/net/route"))) {
            for (var line : lines.skip(1).map(l -> l.split("\\s+")).toList()) {
                var destination = Long.reverseBytes(Long.parseLong(line[1], 16)) >>> 32;
                var mask = Long.reverseBytes(Long.parseLong(line[7], 16)) >>> 32;
                var prefix = Long.bitCount(mask);
                var ours = line[0].matches("n[a-z0-9]{6}-\\d+");
                if (prefix > 0 && !ours && range.overlaps(new Ipv4(destination, prefix))) {
                    throw new WardenException(
                            "the containers' range "
                                    + range
                                    + " overlaps with a route of this host on "
                                    + line[0]
                                    + ": choose another network.range");
                }
            }
        } catch (IOException | UncheckedIOException e) {
            throw new WardenException("the host's routes cannot be read: " + e.getMessage(), e);
        }
    }

    /** An interface that leads nowhere and has the one address that containers may talk to. */
    private void preparePlatform() throws WardenException {
        var address = options.platformAddress();
        if (address == null) {
            return;
        }
        if (!exists(PLATFORM_LINK)) {
            // A kernel without dummies has bridges; without ports they are as good.
            if (!Shell.run("ip", "link", "add", PLATFORM_LINK, "type", "dummy").ok()
                    && !Shell.run("ip", "link", "add", PLATFORM_LINK, "type", "bridge").ok()
                    && !exists(PLATFORM_LINK)) {
                throw new WardenException(
                        "no interface can be made for the platform's address "
                                + address
                                + " (network.platform_address)");
            }
        }
        Shell.must("ip", "address", "replace", address + "/32", "dev", PLATFORM_LINK);
        Shell.must("ip", "link", "set", PLATFORM_LINK, "up");
    }

    private static boolean exists(String link) {
        try {
            return NetworkInterface.getByName(link) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    private String sharedRules() {
        var table = "inet " + table();
        var mine = "\"" + prefix() + "*\"";
        var lines = new ArrayList<String>();
        lines.add("add table " + table);
        lines.add("add map " + table + " verdicts { type ifname : verdict; }");
        lines.add("add map " + table + " ports { type inet_service : ipv4_addr . inet_service; }");
        for (var chain : List.of("inward", "platform")) {
            lines.add("add chain " + table + " " + chain);
            lines.add("flush chain " + table + " " + chain);
        }
        base(lines, "passing", "filter hook forward priority filter");
        base(lines, "arriving", "filter hook input priority filter");
        base(lines, "redirect_in", "nat hook prerouting priority dstnat");
        base(lines, "redirect_own", "nat hook output priority -100");
        base(lines, "disguise", "nat hook postrouting priority srcnat");

        rule(lines, "inward", "ct status dnat accept");
        rule(lines, "inward", "reject with icmpx admin-prohibited");
        rule(lines, "passing", "ct state established,related accept");
        // Before the container's own rules: they may not open another container.
        rule(lines, "passing", "oifname " + mine + " jump inward");
        askNameServers(lines, "passing", "iifname " + mine + " ");
        rule(lines, "passing", "iifname vmap @verdicts");
        rule(lines, "passing", "iifname " + mine + " reject with icmpx admin-prohibited");

        rule(lines, "platform", "ct state established,related accept");
        if (options.platformAddress() != null && !options.platformPorts().isEmpty()) {
            var ports =
                    options.platformPorts().stream()
                            .map(String::valueOf)
                            .collect(Collectors.joining(", "));
            rule(
                    lines,
                    "platform",
                    "ip daddr "
                            + options.platformAddress()
                            + " tcp dport { "
                            + ports
                            + " } accept");
        }
        askNameServers(lines, "platform", "");
        rule(lines, "platform", "reject with icmpx admin-prohibited");
        rule(lines, "arriving", "iifname " + mine + " jump platform");

        if (options.mode() == NetworkOptions.Mode.HOST) {
            var forward =
                    "ip daddr != 127.0.0.0/8 fib daddr type local dnat ip to tcp dport map @ports";
            rule(lines, "redirect_in", forward);
            rule(lines, "redirect_own", forward);
        }
        rule(lines, "disguise", "ip saddr " + range + " oifname != " + mine + " masquerade");
        return String.join("\n", lines) + "\n";
    }

    private void askNameServers(List<String> lines, String chain, String which) {
        if (!nameServers.isEmpty()) {
            var servers = "ip daddr { " + String.join(", ", nameServers) + " } ";
            rule(lines, chain, which + servers + "udp dport 53 accept");
            rule(lines, chain, which + servers + "tcp dport 53 accept");
        }
    }

    private void base(List<String> lines, String chain, String hook) {
        lines.add(
                "add chain inet "
                        + table()
                        + " "
                        + chain
                        + " { type "
                        + hook
                        + "; policy accept; }");
        lines.add("flush chain inet " + table() + " " + chain);
    }

    private void rule(List<String> lines, String chain, String rule) {
        lines.add("add rule inet " + table() + " " + chain + " " + rule);
    }

    private static void nft(String script) throws WardenException {
        var outcome = Shell.feed(script, "nft", "-f", "-");
        if (!outcome.ok()) {
            throw new WardenException("the firewall refuses: " + outcome.output());
        }
    }

    /** Docker drops what it does not know; its own chain for others' rules lets ours pass. */
    private void passDocker() throws WardenException {
        if (Shell.find("iptables").isEmpty()
                || !Shell.run("iptables", "-w", "-n", "-L", "DOCKER-USER").ok()) {
            return;
        }
        for (var direction : List.of("-i", "-o")) {
            if (!Shell.run(
                            "iptables",
                            "-w",
                            "-C",
                            "DOCKER-USER",
                            direction,
                            prefix() + "+",
                            "-j",
                            "ACCEPT")
                    .ok()) {
                Shell.must(
                        "iptables",
                        "-w",
                        "-I",
                        "DOCKER-USER",
                        direction,
                        prefix() + "+",
                        "-j",
                        "ACCEPT");
            }
        }
    }

    private void unpassDocker() throws WardenException {
        if (Shell.find("iptables").isPresent()
                && Shell.run("iptables", "-w", "-n", "-L", "DOCKER-USER").ok()) {
            for (var direction : List.of("-i", "-o")) {
                Shell.run(
                        "iptables",
                        "-w",
                        "-D",
                        "DOCKER-USER",
                        direction,
                        prefix() + "+",
                        "-j",
                        "ACCEPT");
            }
        }
    }

    /** Namespace, links, addresses and rules of one container: three programs in one shell. */
    void create(Meta meta) throws WardenException {
        var slot = meta.slot();
        var script =
                """
                set -e
                ip -batch - <<'END'
                netns add NAMESPACE
                link add LINK type veth peer name eth0 netns NAMESPACE
                address add HOST/30 dev LINK
                link set LINK up
                END
                ip -netns NAMESPACE -batch - <<'END'
                link set lo up
                address add OWN/30 dev eth0
                link set eth0 up
                route add default via HOST
                END
                nft -f - <<'END'
                RULES
                END
                """
                        .replace("NAMESPACE", namespace(slot))
                        .replace("LINK", link(slot))
                        .replace("HOST", range.hostAddress(slot))
                        .replace("OWN", range.containerAddress(slot))
                        .replace("RULES", rules(meta));
        var outcome = Shell.feed(script, "/bin/sh");
        if (!outcome.ok()) {
            throw new WardenException("no network for the container: " + outcome.output());
        }
    }

    private String chain(int slot) {
        return "c" + slot;
    }

    private String rules(Meta meta) {
        var slot = meta.slot();
        var table = "inet " + table();
        var lines = new ArrayList<String>();
        lines.add("add chain " + table + " " + chain(slot));
        lines.add("flush chain " + table + " " + chain(slot));
        var all = new ArrayList<>(options.allowed());
        all.addAll(meta.spec().egress());
        // Those that log come first: a rule that only accepts would hide them.
        all.stream().filter(Egress::log).forEach(e -> rule(lines, chain(slot), match(e, meta)));
        all.stream().filter(e -> !e.log()).forEach(e -> rule(lines, chain(slot), match(e, meta)));
        lines.add(
                "add element "
                        + table
                        + " verdicts { \""
                        + link(slot)
                        + "\" : jump "
                        + chain(slot)
                        + " }");
        for (int i = 0; i < meta.reserved().size(); i++) {
            lines.add("create element " + table + " ports { " + forward(meta, i) + " }");
        }
        return String.join("\n", lines);
    }

    private String forward(Meta meta, int index) {
        return meta.reserved().get(index)
                + " : "
                + range.containerAddress(meta.slot())
                + " . "
                + meta.ports().get(index).inside();
    }

    /** A rule's words for the firewall. */
    static String match(Egress egress, Meta meta) {
        var words = new ArrayList<String>();
        words.add("ip daddr " + egress.destination());
        var ports =
                egress.ports().stream()
                        .map(p ->
                                p.first() == p.last() ? "" + p.first() : p.first() + "-" + p.last())
                        .collect(Collectors.joining(", ", "{ ", " }"));
        switch (egress.protocol()) {
            case TCP, UDP -> {
                var name = egress.protocol() == Egress.Protocol.TCP ? "tcp" : "udp";
                words.add(
                        egress.ports().isEmpty()
                                ? "meta l4proto " + name
                                : name + " dport " + ports);
            }
            case ICMP -> {
                words.add("meta l4proto icmp");
                if (egress.icmpType() >= 0) {
                    words.add("icmp type " + egress.icmpType());
                }
                if (egress.icmpCode() >= 0) {
                    words.add("icmp code " + egress.icmpCode());
                }
            }
            case ALL -> {}
        }
        if (egress.log()) {
            words.add("ct state new log prefix \"" + meta.spec().handle() + " \"");
            // A second statement: what is established does not come here, the rest is accepted.
        }
        words.add("accept");
        return String.join(" ", words);
    }

    /** Nothing happens for what is not there. */
    void destroy(Meta meta) throws WardenException {
        var slot = meta.slot();
        var table = "inet " + table();
        var lines = new ArrayList<String>();
        // Added first, for then it can be deleted whether it was there or not.
        lines.add("add table " + table);
        lines.add("add map " + table + " verdicts { type ifname : verdict; }");
        lines.add("add chain " + table + " " + chain(slot));
        var element = " verdicts { \"" + link(slot) + "\" : jump " + chain(slot) + " }";
        lines.add("add element " + table + element);
        lines.add("delete element " + table + " verdicts { \"" + link(slot) + "\" }");
        lines.add("flush chain " + table + " " + chain(slot));
        lines.add("delete chain " + table + " " + chain(slot));
        if (!meta.reserved().isEmpty()) {
            lines.add(
                    "add map "
                            + table
                            + " ports { type inet_service : ipv4_addr . inet_service; }");
        }
        for (int i = 0; i < meta.reserved().size(); i++) {
            lines.add("add element " + table + " ports { " + forward(meta, i) + " }");
            lines.add("delete element " + table + " ports { " + meta.reserved().get(i) + " }");
        }
        nft(String.join("\n", lines) + "\n");
        removeNamespace(namespace(slot), link(slot));
    }

    /** The link goes with the namespace that has its other end, when the kernel gets to it. */
    private static void removeNamespace(String namespace, String link) throws WardenException {
        if (exists(link)) {
            var outcome = Shell.run("ip", "link", "delete", link);
            if (!outcome.ok() && exists(link)) {
                throw new WardenException("link " + link + " stays: " + outcome.output());
            }
        }
        if (Files.exists(NAMESPACES.resolve(namespace))) {
            var outcome = Shell.run("ip", "netns", "delete", namespace);
            if (!outcome.ok() && Files.exists(NAMESPACES.resolve(namespace))) {
                throw new WardenException(
                        "network namespace " + namespace + " stays: " + outcome.output());
            }
        }
    }

    /** Takes away namespaces and links of this owner that no container of the depot has. */
    void sweep(List<Integer> slots) throws WardenException {
        var kept = slots.stream().map(this::namespace).toList();
        for (var namespace : namespaces()) {
            if (!kept.contains(namespace)) {
                var slot = namespace.substring(namespace.lastIndexOf('-') + 1);
                log.warn("network {} belongs to no container and is removed", namespace);
                removeNamespace(namespace, prefix() + slot);
            }
        }
    }

    private List<String> namespaces() {
        var found = new ArrayList<String>();
        if (Files.isDirectory(NAMESPACES)) {
            try (var all = Files.newDirectoryStream(NAMESPACES, "nimbus-" + owner + "-*")) {
                all.forEach(file -> found.add(file.getFileName().toString()));
            } catch (IOException e) {
                log.warn("network namespaces cannot be listed: {}", e.getMessage());
            }
        }
        return found;
    }

    /** Takes away what all containers shared. */
    void purge() throws WardenException {
        sweep(List.of());
        // Added first, for then it can be deleted whether it was there or not.
        nft("add table inet " + table() + "\ndelete table inet " + table() + "\n");
        unpassDocker();
    }

    /** Takes away what all owners shared. */
    static void purgePlatform() throws WardenException {
        if (exists(PLATFORM_LINK)) {
            Shell.must("ip", "link", "delete", PLATFORM_LINK);
        }
    }
}

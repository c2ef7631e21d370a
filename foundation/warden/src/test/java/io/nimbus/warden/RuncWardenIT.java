package io.nimbus.warden;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only real containers keep apart. */
class RuncWardenIT extends WardenContract {
    private static final String GUEST =
            String.format("g%05d", ProcessHandle.current().pid() % 100000);
    private static final String PLATFORM = "169.254.200.1";

    @BeforeAll
    static void need_root_and_tools() {
        assumeTrue(Shell.isRoot(), "containers by runc need root");
        for (var tool : RuncWarden.TOOLS) {
            assumeTrue(Shell.find(tool).isPresent(), tool + " is not installed");
        }
    }

    /** An owner that stays, so that what all share is made once. */
    @BeforeAll
    static void stay(@TempDir Path folder) throws Exception {
        if (Shell.isRoot()) {
            HostShare.enter(GUEST, folder, Skeleton::get);
        }
    }

    @AfterAll
    static void leave() throws Exception {
        if (Shell.isRoot()) {
            HostShare.leave(GUEST, () -> Trees.delete(HostShare.ROOT.resolve("skeletons")));
        }
    }

    @Override
    WardenOptions.Backend backend() {
        return WardenOptions.Backend.RUNC;
    }

    @Override
    List<String> remains(String owner) throws Exception {
        var found = new ArrayList<String>();
        Shell.must("nft", "list", "tables")
                .lines()
                .filter(l -> l.contains(owner))
                .forEach(found::add);
        NetworkInterface.networkInterfaces()
                .map(NetworkInterface::getName)
                .filter(name -> name.contains(owner))
                .forEach(found::add);
        try (var lines = Files.lines(Path.of("/proc/mounts"))) {
            lines.filter(line -> line.contains(owner)).forEach(found::add);
        }
        try (var all = Files.walk(HostShare.ROOT, 2)) {
            all.map(Path::toString).filter(name -> name.contains(owner)).forEach(found::add);
        }
        if (Files.isDirectory(Path.of("/run/netns"))) {
            try (var all = Files.list(Path.of("/run/netns"))) {
                all.map(Path::toString).filter(name -> name.contains(owner)).forEach(found::add);
            }
        }
        new Cgroups().folders(Cgroups.path(owner)).forEach(folder -> found.add(folder.toString()));
        return found;
    }

    @Override
    void killWithoutTrace(Container container) throws Exception {
        var run = Path.of(container.outside("/") + "/../run").normalize();
        Posix.kill(Long.parseLong(Files.readString(run.resolve("conmon")).strip()), Posix.SIGKILL);
        await().atMost(LONG).until(() -> !Runc.isConmonAlive(run.resolveSibling(".").normalize()));
        Posix.kill(
                Processes.parse(Files.readString(run.resolve("identity")).split("\n")[0]).pid(),
                Posix.SIGKILL);
    }

    @Test
    void the_host_s_files_and_processes_are_not_there() throws Exception {
        var container = container("a");
        assertThat(
                        lines(
                                container,
                                sh(
                                        "ls / | tr '\\n' ' '; echo; ls /root /home | tr '\\n' ' '; echo; cat /etc/shadow 2>&1; ls -d "
                                                + options().depot()
                                                + " 2>&1; ls -d /proc/[0-9]* | wc -l; id -un; hostname")))
                .satisfiesExactly(
                        line -> assertThat(line).doesNotContain("work").contains("usr"),
                        line -> assertThat(line).isEqualTo("/home: vcap  /root: "),
                        line -> assertThat(line).contains("No such file"),
                        line -> assertThat(line).contains("No such file"),
                        // The first, the shell, ls and wc at most.
                        line -> assertThat(Integer.parseInt(line.strip())).isLessThan(6),
                        line -> assertThat(line).isEqualTo("vcap"),
                        line -> assertThat(line).isEqualTo("a"));
    }

    @Test
    void there_are_no_rights_to_be_had() throws Exception {
        var container = container("a");
        assertThat(
                        lines(
                                container,
                                sh(
                                        "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t ' ' ';"
                                                + " touch /usr/x 2>&1; touch /etc/x 2>&1; unshare -U true 2>&1; mount -t tmpfs x /tmp 2>&1 | head -1;"
                                                + " cat /proc/timer_list 2>/dev/null | wc -c; (echo 1 > /proc/sys/net/ipv4/ip_forward) 2>&1; mknod /tmp/d c 1 1 2>&1; cat /proc/1/environ >/dev/null && echo own")))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("CapEff: 0000000000000000"),
                        line -> assertThat(line).isEqualTo("CapBnd: 0000000000000000"),
                        line -> assertThat(line).isEqualTo("NoNewPrivs: 1"),
                        line -> assertThat(line).isEqualTo("Seccomp: 2"),
                        line -> assertThat(line).contains("Read-only"),
                        line -> assertThat(line).contains("Permission denied"),
                        line -> assertThat(line).contains("not permitted"),
                        line -> assertThat(line).contains("mount"),
                        line -> assertThat(line.strip()).isEqualTo("0"),
                        line -> assertThat(line).contains("Read-only", "ip_forward"),
                        line -> assertThat(line).contains("not permitted"),
                        line -> assertThat(line).isEqualTo("own"));
    }

    @Test
    void the_memory_limit_is_what_programs_see() throws Exception {
        var container =
                warden.create(
                        ContainerSpec.of("a")
                                .withLimits(new ContainerLimits(96L << 20, 0, 64, 0, 0)));
        var group = Cgroups.path(options().owner(), "a");
        container.start(
                sh(
                        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; sleep 1000"));
        await().atMost(LONG)
                .untilAsserted(() ->
                        assertThat(read(container.output())).containsExactly("O " + (96 << 20)));
        if (!new Cgroups().isSecond()) {
            assertThat(Path.of("/sys/fs/cgroup/cpu" + group + "/cpu.shares")).hasContent("64\n");
        }
    }

    @Test
    void variables_of_any_name_reach_a_program() throws Exception {
        var container = container("a");
        assertThat(
                        lines(
                                container,
                                ProcessSpec.of(
                                                "perl",
                                                "-e",
                                                "print \"$ENV{'dotted.name'} $ENV{X}\\n\"")
                                        .with("dotted.name", "kept")
                                        .with("X", "y")))
                .containsExactly("kept y");
    }

    /** A machine beyond this host: a namespace with a listener. */
    private final class Outside implements AutoCloseable {
        private final String name = "out" + options().owner();
        private final Process server;

        Outside() throws Exception {
            Shell.must("ip", "netns", "add", name);
            Shell.must(
                    "ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns",
                    name);
            Shell.must("ip", "address", "add", "198.18.77.1/30", "dev", name);
            Shell.must("ip", "link", "set", name, "up");
            Shell.must("ip", "-n", name, "address", "add", "198.18.77.2/30", "dev", "eth0");
            Shell.must("ip", "-n", name, "link", "set", "eth0", "up");
            server =
                    new ProcessBuilder(
                                    "ip",
                                    "netns",
                                    "exec",
                                    name,
                                    "perl",
                                    "-MIO::Socket::INET",
                                    "-e",
                                    server(5000))
                            .start();
            await().atMost(LONG)
                    .ignoreExceptions()
                    .until(() -> {
                        try (var socket = new Socket("198.18.77.2", 5000)) {
                            return socket.isConnected();
                        }
                    });
        }

        @Override
        public void close() throws Exception {
            server.destroyForcibly().waitFor();
            Shell.must("ip", "netns", "delete", name);
            await().atMost(LONG).until(() -> NetworkInterface.getByName(name) == null);
        }
    }

    private static String server(int port) {
        return "$s = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => "
                + port
                + ", Listen => 9, ReuseAddr => 1) or die $!;"
                + " while ($c = $s->accept) { print $c $c->peerhost . \"\\n\"; close $c }";
    }

    private static ProcessSpec dial(String... addresses) {
        var command = new ArrayList<String>();
        command.addAll(
                List.of(
                        "perl",
                        "-MIO::Socket::INET",
                        "-e",
                        "for (@ARGV) { $s = IO::Socket::INET->new(PeerAddr => $_, Timeout => 10); $l = $s ? <$s> : undef; chomp $l; print $s ? \"in $l\\n\" : \"out\\n\" }"));
        command.addAll(List.of(addresses));
        return ProcessSpec.of(command.toArray(String[]::new));
    }

    private static Egress tcp(String destination, String ports) {
        return Egress.parse("tcp", destination, ports, null, null, false);
    }

    @Test
    void only_what_a_rule_names_is_reached() throws Exception {
        try (var outside = new Outside()) {
            assertThat(outside.server.isAlive()).isTrue();
            var closed = container("closed");
            assertThat(lines(closed, dial("198.18.77.2:5000"))).containsExactly("out");
            var open =
                    warden.create(
                            ContainerSpec.of("open")
                                    .withEgress(List.of(tcp("198.18.77.0/30", "4000,5000-5001"))));
            // Others see the host's address.
            assertThat(lines(open, dial("198.18.77.2:5000"))).containsExactly("in 198.18.77.1");
            var other =
                    warden.create(
                            ContainerSpec.of("other")
                                    .withEgress(List.of(tcp("198.18.77.2", "80"))));
            assertThat(lines(other, dial("198.18.77.2:5000"))).containsExactly("out");
            var logged =
                    warden.create(
                            ContainerSpec.of("logged")
                                    .withEgress(
                                            List.of(
                                                    Egress.parse(
                                                            "all",
                                                            "0.0.0.0/0",
                                                            null,
                                                            null,
                                                            null,
                                                            true),
                                                    Egress.parse(
                                                            "icmp",
                                                            "10.0.0.1-10.0.0.9",
                                                            null,
                                                            8,
                                                            0,
                                                            false))));
            assertThat(lines(logged, dial("198.18.77.2:5000"))).containsExactly("in 198.18.77.1");
        }
    }

    @Test
    void neither_the_host_nor_another_container_is_reached_save_the_platform_s_ports()
            throws Exception {
        try (var anywhere = new ServerSocket(0);
                var listed = new ServerSocket(0)) {
            for (var server : List.of(anywhere, listed)) {
                Thread.ofVirtual()
                        .start(() -> {
                            while (!server.isClosed()) {
                                try (var socket = server.accept()) {
                                    socket.getOutputStream().write("hello\n".getBytes(UTF_8));
                                } catch (java.io.IOException e) {
                                    return;
                                }
                            }
                        });
            }
            reopen(
                    options()
                            .withNetwork(
                                    NetworkOptions.local()
                                            .withPlatform(
                                                    PLATFORM, List.of(listed.getLocalPort()))));
            var peer = warden.create(ContainerSpec.of("peer").withPorts(1));
            var port = peer.ports().getFirst();
            peer.start(ProcessSpec.of("perl", "-MIO::Socket::INET", "-e", server(port.inside())));
            await().atMost(LONG)
                    .ignoreExceptions()
                    .until(() -> {
                        try (var socket = new Socket(port.host(), port.port())) {
                            return socket.isConnected();
                        }
                    });
            var container =
                    warden.create(ContainerSpec.of("a").withEgress(List.of(Egress.anywhere())));
            var own =
                    NetworkInterface.networkInterfaces()
                            .flatMap(NetworkInterface::inetAddresses)
                            .filter(a ->
                                    a instanceof java.net.Inet4Address && !a.isLoopbackAddress())
                            .map(InetAddress::getHostAddress)
                            .filter(a -> !a.equals(PLATFORM))
                            .map(a -> a + ":" + anywhere.getLocalPort())
                            .toList();
            assertThat(own).isNotEmpty();
            assertThat(lines(container, dial(own.toArray(String[]::new)))).containsOnly("out");
            assertThat(
                            lines(
                                    container,
                                    dial(
                                            "127.0.0.1:" + anywhere.getLocalPort(),
                                            PLATFORM + ":" + anywhere.getLocalPort(),
                                            port.host() + ":" + port.port(),
                                            PLATFORM + ":" + listed.getLocalPort())))
                    .containsExactly("out", "out", "out", "in hello");
        }
    }

    @Test
    void a_forwarded_port_is_reached_under_the_host_s_address() throws Exception {
        var address =
                NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .filter(a ->
                                a instanceof java.net.Inet4Address
                                        && !a.isLoopbackAddress()
                                        && !a.isLinkLocalAddress())
                        .map(InetAddress::getHostAddress)
                        .findFirst()
                        .orElse("127.0.0.1");
        reopen(
                options()
                        .withNetwork(
                                NetworkOptions.local()
                                        .withMode(NetworkOptions.Mode.HOST, address)));
        var container = warden.create(ContainerSpec.of("a").withPorts(1));
        var port = container.ports().getFirst();
        assertThat(port.host()).isEqualTo(address);
        container.start(ProcessSpec.of("perl", "-MIO::Socket::INET", "-e", server(port.inside())));
        await().atMost(LONG)
                .ignoreExceptions()
                .until(() -> {
                    try (var socket = new Socket(port.host(), port.port())) {
                        return socket.getInputStream().readAllBytes().length > 0;
                    }
                });
        warden.destroy("a");
        assertThatThrownBy(() -> new Socket(port.host(), port.port()).close())
                .isInstanceOf(java.io.IOException.class);
    }

    @Test
    void names_are_asked_of_the_host_s_servers() throws Exception {
        var servers = NameServers.ofHost();
        assumeTrue(!servers.isEmpty(), "this host has no name server beyond its loopback");
        var container = container("a");
        assertThat(
                        lines(
                                container,
                                sh(
                                        "grep -c nameserver /etc/resolv.conf; grep localhost /etc/hosts | head -1")))
                .containsExactly(Integer.toString(servers.size()), "127.0.0.1 localhost");
        var rules = Shell.must("nft", "list", "table", "inet", "nimbus_" + options().owner());
        servers.forEach(server -> assertThat(rules).contains(server));
    }

    @Test
    void a_purge_takes_running_containers_along() throws Exception {
        container("a").start(sh("sleep 1000"));
        container("b");
        warden.close();
        Wardens.purge(options(), InstantSource.system());
        assertThat(options().depot()).doesNotExist();
        assertThat(remains(options().owner())).isEmpty();
        Wardens.purge(options(), InstantSource.system());
        reopen(options());
    }

    @Test
    void what_a_killed_agent_left_half_made_is_cleared_away() throws Exception {
        var container = container("a");
        container.start(sh("sleep 1000"));
        warden.close();
        // As if the description was never written.
        Files.delete(options().depot().resolve("c/a/meta.json"));
        reopen(options());
        assertThat(warden.find("a")).isEmpty();
        assertThat(warden.handles()).contains("a");
        warden.destroy("a");
        assertThat(warden.handles()).isEmpty();
        assertThat(remains(options().owner()))
                .allMatch(name ->
                        name.contains("table")
                                || name.contains("owners")
                                || name.contains("cgroup")
                                || name.contains("/run/nimbus/runc"));
    }

    @Test
    void a_daemon_is_buried_and_the_app_may_kill_itself() throws Exception {
        var container = container("a");
        assertThat(
                        lines(
                                container,
                                sh(
                                        "for i in 1 2 3 4 5; do (sh -c 'true' &) ; done; sleep 0.5; grep -l 'State:.Z' /proc/[0-9]*/status | wc -l")))
                .containsExactly("0");
        var told = new java.util.concurrent.CompletableFuture<Exit>();
        container.start(sh("kill -TERM $$; sleep 1000"));
        container.onExit(told::complete);
        assertThat(told.get(60, TimeUnit.SECONDS)).isEqualTo(new Exit(143, Exit.Cause.EXITED));
    }

    @Test
    void why_it_ended_is_known_to_the_next_agent() throws Exception {
        var container =
                warden.create(
                        ContainerSpec.of("a")
                                .withLimits(new ContainerLimits(32 << 20, 0, 0, 0, 0)));
        container.start(sh("exec perl -e '$x = \"x\" x 100000000; sleep 1000'"));
        assertThat(container.await(LONG).cause()).isEqualTo(Exit.Cause.OUT_OF_MEMORY);
        reopen(options());
        assertThat(warden.find("a").orElseThrow().exit())
                .contains(new Exit(137, Exit.Cause.OUT_OF_MEMORY));
    }
}

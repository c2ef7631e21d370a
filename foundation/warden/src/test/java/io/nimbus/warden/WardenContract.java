package io.nimbus.warden;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every backend does. What one of them does not keep apart it must say; a test that needs a
 * capability asserts that where it is missing.
 */
abstract class WardenContract {
    static final Duration LONG = Duration.ofSeconds(60);
    private static final AtomicInteger COUNT = new AtomicInteger();

    private Path folder = Path.of("/nonexistent");
    private WardenOptions options = WardenOptions.of(folder, "000000");
    Warden warden = new NoWarden();

    abstract WardenOptions.Backend backend();

    /** What is left of this owner in the kernel; asserted to be nothing. */
    abstract List<String> remains(String owner) throws Exception;

    @BeforeEach
    void open() throws Exception {
        folder = Files.createTempDirectory("nimbus-warden-test");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        var owner =
                String.format(
                        "t%05d",
                        (ProcessHandle.current().pid() * 31 + COUNT.incrementAndGet()) % 100000);
        options =
                WardenOptions.of(folder.resolve("depot"), owner)
                        .withBackend(backend())
                        .withLogBytes(1 << 20);
        warden = Wardens.open(options, InstantSource.system());
    }

    @AfterEach
    void nothing_is_left() throws Exception {
        for (var handle : warden.handles()) {
            warden.destroy(handle);
        }
        assertThat(warden.handles()).isEmpty();
        assertThat(options.depot().resolve("c")).isEmptyDirectory();
        assertThat(options.depot().resolve("exits")).isEmptyDirectory();
        warden.purge();
        warden.close();
        assertThat(options.depot()).doesNotExist();
        assertThat(processesMentioning(options.depot().toString())).isEmpty();
        assertThat(remains(options.owner())).isEmpty();
        Trees.delete(folder);
    }

    private static List<String> processesMentioning(String text) {
        return Processes.all().stream()
                .map(p -> {
                    try {
                        return Files.readString(Path.of("/proc/" + p.pid() + "/cmdline"))
                                .replace('\0', ' ');
                    } catch (IOException e) {
                        return "";
                    }
                })
                .filter(line -> line.contains(text))
                .toList();
    }

    WardenOptions options() {
        return options;
    }

    /** As after kill -9 of the process that had the warden. */
    private void anotherWarden() throws WardenException {
        reopen(options);
    }

    /** The same depot, with other options. */
    void reopen(WardenOptions changed) throws WardenException {
        warden.close();
        options = changed;
        warden = Wardens.open(options, InstantSource.system());
    }

    static ProcessSpec sh(String script) {
        return ProcessSpec.of("sh", "-c", script);
    }

    List<String> lines(Container container, ProcessSpec process) throws Exception {
        var lines = new ArrayList<String>();
        var exit = container.run(process, LONG, line -> lines.add(line.string()));
        assertThat(exit).as(lines.toString()).isEqualTo(new Exit(0, Exit.Cause.EXITED));
        return lines;
    }

    private static Exit end(Container container) throws Exception {
        return container.await(LONG);
    }

    Container container(String handle) throws WardenException {
        return warden.create(ContainerSpec.of(handle).withEgress(List.of()));
    }

    static List<String> read(Output output) {
        var lines = new ArrayList<String>();
        output.read(
                Integer.MAX_VALUE, line -> lines.add((line.error() ? "E " : "O ") + line.string()));
        return lines;
    }

    @Test
    void a_process_runs_to_its_end_and_its_lines_are_heard() throws Exception {
        var container = container("a");
        var lines = new ArrayList<String>();
        var exit =
                container.run(
                        sh("echo one; echo two >&2; printf three; exit 3"),
                        LONG,
                        line -> lines.add((line.error() ? "E " : "O ") + line.string()));
        assertThat(exit).isEqualTo(new Exit(3, Exit.Cause.EXITED));
        assertThat(lines).containsExactlyInAnyOrder("O one", "E two", "O three");
        assertThat(container.isRunning()).isFalse();
        assertThat(container.exit()).contains(exit);
    }

    @Test
    void several_commands_share_one_file_system() throws Exception {
        var container = container("a");
        lines(container, sh("echo kept > file"));
        assertThat(lines(container, sh("cat file; pwd")))
                .containsExactly("kept", container.inside(Container.HOME));
        assertThat(new String(container.read("/home/vcap/file").readAllBytes(), UTF_8))
                .isEqualTo("kept\n");
    }

    @Test
    void a_signal_shows_in_the_status() throws Exception {
        var container = container("a");
        container.start(sh("kill -9 $$"));
        assertThat(end(container)).isEqualTo(new Exit(137, Exit.Cause.EXITED));
        assertThat(end(container).signal()).hasValue(9);
        container.start(ProcessSpec.of("no-such-program"));
        assertThat(end(container).status()).isIn(126, 127);
    }

    @Test
    void environment_values_have_any_characters() throws Exception {
        var value = "quote' double\" dollar$HOME back`slash\\ \n newline ü €";
        var container =
                warden.create(
                        ContainerSpec.of("a").withEnvironment(Map.of("ONE", value, "TWO", "2")));
        var lines =
                lines(
                        container,
                        sh("printf '%s|%s|%s' \"$ONE\" \"$TWO\" \"$USER\"").with("TWO", "two"));
        assertThat(String.join("\n", lines)).isEqualTo(value + "|two|vcap");
    }

    @Test
    void nothing_of_this_process_s_environment_or_files_is_inherited() throws Exception {
        var container = container("a");
        // 0, 1, 2 and what ls itself opens
        var lines =
                lines(container, sh("env | grep -c -e JAVA -e MAVEN; ls /proc/self/fd | wc -l"));
        assertThat(lines).containsExactly("0", "4");
    }

    @Test
    void the_exit_is_told_at_once() throws Exception {
        var container = container("a");
        var told = new CompletableFuture<Exit>();
        container.start(sh("exit 7"));
        container.onExit(told::complete);
        assertThat(told.get(60, TimeUnit.SECONDS).status()).isEqualTo(7);
        var again = new CompletableFuture<Exit>();
        container.onExit(again::complete);
        assertThat(again.get(60, TimeUnit.SECONDS).status()).isEqualTo(7);
    }

    @Test
    void only_one_main_process_at_a_time() throws Exception {
        var container = container("a");
        container.start(sh("sleep 1000"));
        assertThatThrownBy(() -> container.start(sh("true")))
                .isInstanceOf(WardenException.class)
                .hasMessageContaining("already runs");
    }

    @Test
    void a_time_limit_ends_a_script_and_keeps_its_lines() throws Exception {
        var container = container("a");
        var lines = new ArrayList<String>();
        assertThatThrownBy(() ->
                        container.run(
                                sh("echo begun; sleep 1000"),
                                Duration.ofMillis(700),
                                line -> lines.add(line.string())))
                .isInstanceOf(TimeoutException.class);
        assertThat(lines).containsExactly("begun");
        assertThat(container.isRunning()).isFalse();
    }

    @Test
    void files_come_in_and_out() throws Exception {
        var container = container("a");
        container.write(
                "/home/vcap/one/two/script", "#!/bin/sh\necho $0 runs\n".getBytes(UTF_8), 0755);
        var archive = folder.resolve("a.tgz");
        var source = Files.createDirectories(folder.resolve("source/app/deep"));
        Files.writeString(source.resolve("f"), "text");
        Files.setPosixFilePermissions(
                source.resolve("f"), PosixFilePermissions.fromString("rwxr-x---"));
        Shell.must(
                "tar", "czf", archive.toString(), "-C", folder.resolve("source").toString(), ".");
        container.unpack(archive, "/home/vcap/app");
        assertThat(
                        lines(
                                container,
                                sh(
                                        "one/two/script; stat -c '%a %U' app/app/deep/f; echo more >> app/app/deep/f")))
                .hasSize(2)
                .allMatch(line -> line.endsWith("script runs") || line.startsWith("750 "));
        container.copyOut("/home/vcap/app", folder.resolve("copy"), 1000);
        assertThat(folder.resolve("copy/app/deep/f")).hasContent("textmore\n");
        container.copyOut("/home/vcap/app/app/deep/f", folder.resolve("copy/single"), 1000);
        assertThat(folder.resolve("copy/single")).hasContent("textmore\n");
        assertThatThrownBy(() -> container.copyOut("/home/vcap/app", folder.resolve("copy2"), 5))
                .isInstanceOf(IOException.class);
        Trees.delete(folder.resolve("source"));
    }

    @Test
    void what_was_put_in_from_outside_is_given_to_the_user() throws Exception {
        var container = container("a");
        var app = Files.createDirectories(container.outside("/tmp/app/deep"));
        Files.writeString(app.resolve("f"), "x");
        container.own("/tmp/app");
        assertThat(
                        lines(
                                container,
                                sh(
                                        "cd \"$1\" && echo y > deep/f && mkdir z && cat deep/f"
                                                .replace("$1", container.inside("/tmp/app")))))
                .containsExactly("y");
    }

    @Test
    void links_inside_do_not_lead_out() throws Exception {
        var secret = folder.resolve("secret");
        Files.writeString(secret, "secret");
        var container = container("a");
        lines(
                container,
                sh(
                        "ln -s "
                                + secret
                                + " absolute; ln -s ../../../../../../../../.."
                                + secret
                                + " up; ln -s "
                                + folder
                                + " dir"));
        for (var path : List.of("absolute", "up", "dir/secret")) {
            assertThatThrownBy(() -> container.read("/home/vcap/" + path))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(
                            () -> container.copyOut("/home/vcap/" + path, folder.resolve("x"), 100))
                    .isInstanceOf(IOException.class);
        }
        container.write("/home/vcap/absolute", "mine".getBytes(UTF_8), 0644);
        assertThat(secret).hasContent("secret");
        assertThatThrownBy(() -> container.read("/home/vcap/../x"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void an_archive_does_not_write_outside() throws Exception {
        var container = container("a");
        var target = Files.createDirectories(folder.resolve("target"));
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxrwxrwx"));
        var in = Files.createDirectories(folder.resolve("in"));
        Files.createSymbolicLink(in.resolve("link"), target);
        Shell.must("tar", "cf", folder.resolve("a.tar").toString(), "-C", in.toString(), "link");
        Files.delete(in.resolve("link"));
        Files.createDirectories(in.resolve("link"));
        Files.writeString(in.resolve("link/escaped"), "x");
        Shell.must(
                "tar",
                "rf",
                folder.resolve("a.tar").toString(),
                "-C",
                in.toString(),
                "link/escaped");
        Shell.must(
                "tar",
                "rPf",
                folder.resolve("a.tar").toString(),
                "--transform",
                "s,.*,../../../../../../../../.." + target + "/up,",
                "-C",
                in.toString(),
                "link/escaped");
        Shell.must("gzip", folder.resolve("a.tar").toString());
        try {
            container.unpack(folder.resolve("a.tar.gz"), "/home/vcap");
        } catch (WardenException refused) {
            assertThat(refused).hasMessageContaining("unpacked");
        }
        assertThat(target).isEmptyDirectory();
    }

    @Test
    void mounts_are_visible_and_writable_only_if_said() throws Exception {
        var fixed = Files.createDirectories(folder.resolve("fixed"));
        Files.writeString(fixed.resolve("f"), "from outside");
        var shared = Files.createDirectories(folder.resolve("shared"));
        var container =
                warden.create(
                        ContainerSpec.of("a")
                                .withMounts(
                                        List.of(
                                                Mount.readOnly(fixed, "/opt/fixed"),
                                                Mount.writable(shared, "/opt/shared"))));
        var script =
                "cat FIXED/f; echo written > SHARED/f; { echo x > FIXED/g; } 2>/dev/null || echo refused"
                        .replace("FIXED", container.inside("/opt/fixed"))
                        .replace("SHARED", container.inside("/opt/shared"));
        var lines = lines(container, sh(script));
        assertThat(lines.getFirst()).startsWith("from outside");
        assertThat(shared.resolve("f")).hasContent("written");
        if (warden.capabilities().has(Capability.USER)) {
            assertThat(lines.getLast()).endsWith("refused");
        }
        assertThat(container.outside("/opt/fixed/f")).isEqualTo(fixed.resolve("f"));
        warden.destroy("a");
        assertThat(fixed.resolve("f")).exists();
    }

    @Test
    void a_running_container_is_found_again_with_its_output_and_exit() throws Exception {
        var container = container("a");
        container.start(
                sh(
                        "i=0; while [ $i -lt 30 ]; do echo line $i; i=$((i+1)); sleep 0.03; done; exit 5"));
        var output = container.output();
        var lines = new ArrayList<String>();
        await().atMost(LONG)
                .until(() -> {
                    output.read(3, line -> lines.add(line.string()));
                    output.commit();
                    return lines.size() >= 3;
                });
        anotherWarden();
        var found = warden.find("a").orElseThrow();
        assertThat(found).isNotSameAs(container);
        assertThat(found.spec()).isEqualTo(container.spec());
        assertThat(found.startedAt().orElseThrow())
                .isEqualTo(
                        container
                                .startedAt()
                                .orElseThrow()
                                .truncatedTo(java.time.temporal.ChronoUnit.MILLIS));
        assertThat(end(found).status()).isEqualTo(5);
        found.output().read(Integer.MAX_VALUE, line -> lines.add(line.string()));
        assertThat(lines).hasSize(30).doesNotHaveDuplicates().first().isEqualTo("line 0");
    }

    @Test
    void one_that_ended_while_nobody_watched_has_its_status() throws Exception {
        var container = container("a");
        container.start(sh("sleep 0.5; echo last words; exit 6"));
        warden.close();
        await().atMost(LONG).until(() -> Files.exists(options.depot().resolve("exits/a")));
        anotherWarden();
        var found = warden.find("a").orElseThrow();
        assertThat(end(found)).isEqualTo(new Exit(6, Exit.Cause.EXITED));
        assertThat(read(found.output())).containsExactly("O last words");
    }

    @Test
    void one_that_is_gone_without_a_trace_is_lost() throws Exception {
        var container = container("a");
        container.start(sh("sleep 1000"));
        killWithoutTrace(container);
        assertThat(end(container)).isEqualTo(new Exit(Exit.UNKNOWN, Exit.Cause.LOST));
    }

    /** As a restart of the host would. */
    abstract void killWithoutTrace(Container container) throws Exception;

    @Test
    void stopping_asks_first() throws Exception {
        var container = container("a");
        container.start(
                sh("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"));
        ready(container);
        container.stop(Duration.ofSeconds(30));
        assertThat(container.exit()).contains(new Exit(0, Exit.Cause.STOPPED));
        assertThat(read(container.output())).contains("O bye");
        container.stop(Duration.ofSeconds(30));
    }

    @Test
    void stopping_asks_children_too_and_kills_who_does_not_listen() throws Exception {
        var container = container("a");
        container.start(
                sh(
                        "(trap 'echo child' TERM; echo ready; while :; do sleep 0.05; done) & trap '' TERM; while :; do sleep 0.05; done"));
        ready(container);
        var start = System.nanoTime();
        container.stop(Duration.ofMillis(1500));
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isGreaterThan(Duration.ofMillis(1400));
        assertThat(container.exit()).contains(new Exit(137, Exit.Cause.STOPPED));
        assertThat(read(container.output())).contains("O child");
    }

    private static void ready(Container container) {
        await().atMost(LONG).until(() -> read(container.output()).contains("O ready"));
    }

    @Test
    void children_end_with_the_main_process() throws Exception {
        var container = container("a");
        container.start(
                sh(
                        "setsid sh -c 'sleep 1001' & (setsid sh -c 'sleep 1001 & sleep 1001' &) ; sleep 0.2; exit 0"));
        end(container);
        assertThat(processesMentioning("sleep 1001")).isEmpty();
    }

    @Test
    void a_daemon_dies_with_its_container() throws Exception {
        var container = container("a");
        container.start(sh("(setsid sh -c 'sleep 1002 & echo ready; sleep 1002' &) ; sleep 1002"));
        ready(container);
        warden.destroy("a");
        assertThat(processesMentioning("sleep 1002")).isEmpty();
    }

    @Test
    void memory_is_limited_and_said_to_be_the_reason() throws Exception {
        var container =
                warden.create(
                        ContainerSpec.of("a")
                                .withLimits(new ContainerLimits(64 << 20, 0, 0, 0, 0)));
        // A child of the main shell: the shell itself would survive it.
        container.start(
                sh(
                        "perl -e 'my @a; for (1..200) { push @a, \"x\" x (4*1024*1024); select(undef,undef,undef,0.02) }'; sleep 1000"));
        assertThat(end(container).cause()).isEqualTo(Exit.Cause.OUT_OF_MEMORY);
        assertThat(container.isRunning()).isFalse();
        if (!warden.capabilities().has(Capability.MEMORY)) {
            assertThat(warden.capabilities().warnings()).anyMatch(w -> w.contains("memory limits"));
        }
    }

    @Test
    void disk_is_limited_and_said_to_be_the_reason() throws Exception {
        var container =
                warden.create(
                        ContainerSpec.of("a").withLimits(new ContainerLimits(0, 8 << 20, 0, 0, 0)));
        container.start(
                sh("dd if=/dev/zero of=big bs=1M count=20 2>&1; echo status $?; sleep 1000"));
        if (warden.capabilities().has(Capability.DISK)) {
            await().atMost(LONG).until(() -> read(container.output()).contains("O status 1"));
        } else {
            assertThat(end(container).cause()).isEqualTo(Exit.Cause.OUT_OF_DISK);
            assertThat(warden.capabilities().warnings()).anyMatch(w -> w.contains("disk limits"));
        }
    }

    @Test
    void processes_are_limited() throws Exception {
        var container =
                warden.create(
                        ContainerSpec.of("a").withLimits(new ContainerLimits(0, 0, 0, 20, 0)));
        var lines = new ArrayList<String>();
        container.run(
                sh(
                        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do sleep 2 & done; echo all; wait"),
                LONG,
                line -> lines.add(line.string()));
        if (warden.capabilities().has(Capability.PIDS)) {
            assertThat(lines).anyMatch(line -> line.contains("fork"));
        } else {
            assertThat(lines).contains("all");
            assertThat(warden.capabilities().warnings())
                    .anyMatch(w -> w.contains("number of processes"));
        }
    }

    @Test
    void open_files_are_limited_but_never_above_what_this_process_may() throws Exception {
        var few =
                warden.create(
                        ContainerSpec.of("a").withLimits(new ContainerLimits(0, 0, 0, 0, 333)));
        assertThat(lines(few, sh("ulimit -n"))).containsExactly("333");
        var many =
                warden.create(
                        ContainerSpec.of("b")
                                .withLimits(new ContainerLimits(0, 0, 0, 0, 100_000_000)));
        assertThat(lines(many, sh("ulimit -n")))
                .containsExactly(Integer.toString(Processes.hardFilesLimit()));
    }

    @Test
    void a_port_is_reached_from_outside() throws Exception {
        var container = warden.create(ContainerSpec.of("a").withPorts(1));
        var port = container.ports().getFirst();
        container.start(
                ProcessSpec.of(
                        "perl",
                        "-MIO::Socket::INET",
                        "-e",
                        "$s = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => $ARGV[0], Listen => 9, ReuseAddr => 1) or die $!;"
                                + " while ($c = $s->accept) { print $c \"hello\\n\"; close $c }",
                        Integer.toString(port.inside())));
        await().atMost(LONG).ignoreExceptions().until(() -> answer(port).equals("hello\n"));
        var other = warden.create(ContainerSpec.of("b").withPorts(2));
        assertThat(other.ports()).hasSize(2).doesNotContain(port);
        anotherWarden();
        assertThat(warden.find("a").orElseThrow().ports()).containsExactly(port);
        assertThat(answer(port)).isEqualTo("hello\n");
    }

    private static String answer(Port port) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(port.host(), port.port()), 5000);
            socket.setSoTimeout(5000);
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    @Test
    void creating_again_gives_the_same_container() throws Exception {
        var container = container("a");
        container.start(sh("sleep 1000"));
        assertThat(container("a")).isSameAs(container);
        anotherWarden();
        assertThat(container("a").isRunning()).isTrue();
        assertThat(warden.find("b")).isEmpty();
        warden.destroy("b");
    }

    @Test
    void remains_of_a_creation_that_was_interrupted_are_cleared_away() throws Exception {
        var meta = options.depot().resolve("c/a/meta.json");
        container("a").start(sh("sleep 1003"));
        Files.writeString(
                meta, Files.readString(meta).replace("\"ready\":true", "\"ready\":false"));
        anotherWarden();
        assertThat(warden.find("a")).isEmpty();
        assertThat(warden.handles()).contains("a");
        var again = container("a");
        assertThat(processesMentioning("sleep 1003")).isEmpty();
        assertThat(lines(again, sh("echo fresh"))).containsExactly("fresh");
    }

    @Test
    void a_creation_that_fails_leaves_nothing() {
        assertThatThrownBy(() ->
                        warden.create(
                                ContainerSpec.of("a")
                                        .withMounts(
                                                List.of(
                                                        Mount.readOnly(
                                                                folder.resolve("missing"),
                                                                "/opt/x")))))
                .isInstanceOf(WardenException.class)
                .hasMessageContaining("missing");
        assertThat(warden.handles()).isEmpty();
    }

    @Test
    void usage_is_measured() throws Exception {
        var container = container("a");
        assertThat(container.usage()).isEqualTo(Usage.NONE);
        container.start(sh("perl -e '$x = \"x\" x 30000000; 1 while 1'"));
        await().atMost(LONG)
                .untilAsserted(() -> {
                    var usage = container.usage();
                    assertThat(usage.cpuNanos()).isGreaterThan(300_000_000);
                    assertThat(usage.memoryBytes()).isBetween(25_000_000L, 100_000_000L);
                    assertThat(usage.tasks()).isBetween(1, 4);
                });
        container.write("/home/vcap/f", new byte[1_000_000], 0644);
        await().atMost(LONG).until(() -> container.diskBytes() >= 1_000_000);
    }

    @Test
    void a_reader_that_is_slow_loses_the_oldest_and_is_told() throws Exception {
        var container = container("a");
        container.start(
                sh(
                        "yes 'forty bytes of text with its line end...' | head -c 4000000; echo; echo the end"));
        end(container);
        var output = container.output();
        var count = new AtomicInteger();
        var last = new String[1];
        output.read(
                Integer.MAX_VALUE,
                line -> {
                    count.incrementAndGet();
                    last[0] = line.string();
                });
        assertThat(last[0]).isEqualTo("the end");
        assertThat(output.dropped()).isGreaterThan(2_000_000);
        assertThat(output.dropped()).isZero();
        assertThat(count.get()).isBetween(5_000, 30_000);
    }

    @Test
    void very_long_lines_come_in_pieces() throws Exception {
        var container = container("a");
        var pieces =
                lines(container, sh("head -c 150000 /dev/zero | tr '\\0' x; echo; echo short"));
        assertThat(pieces).hasSize(4);
        assertThat(String.join("", pieces.subList(0, 3))).hasSize(150_000);
        assertThat(pieces.getLast()).isEqualTo("short");
    }

    @Test
    void twenty_at_once() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var work = new ArrayList<java.util.concurrent.Future<Integer>>();
            for (int i = 0; i < 20; i++) {
                var status = i;
                work.add(
                        threads.submit(() -> {
                            var container =
                                    warden.create(ContainerSpec.of("c" + status).withPorts(1));
                            container.start(sh("exit " + status));
                            var exit = container.await(LONG);
                            warden.destroy("c" + status);
                            return exit.status();
                        }));
            }
            for (int i = 0; i < 20; i++) {
                assertThat(work.get(i).get()).isEqualTo(i);
            }
        }
    }

    @Test
    void what_is_not_kept_apart_is_said() {
        var capabilities = warden.capabilities();
        for (var capability : Capability.values()) {
            if (!capabilities.has(capability)) {
                assertThat(capabilities.warnings()).anyMatch(w -> w.contains(capability.missing()));
            }
        }
    }

    /** Until the first is opened. */
    private static final class NoWarden implements Warden {
        @Override
        public Capabilities capabilities() {
            throw new IllegalStateException();
        }

        @Override
        public Container create(ContainerSpec spec) {
            throw new IllegalStateException();
        }

        @Override
        public java.util.Optional<Container> find(String handle) {
            throw new IllegalStateException();
        }

        @Override
        public List<String> handles() {
            return List.of();
        }

        @Override
        public void destroy(String handle) {}

        @Override
        public void purge() {}

        @Override
        public void close() {}
    }
}

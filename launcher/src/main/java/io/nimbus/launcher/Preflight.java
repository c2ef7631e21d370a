package io.nimbus.launcher;

import io.nimbus.servers.Command;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What must be so before anything is started; each fault is one line that says what to do. */
final class Preflight {
    private static final long LEAST_BYTES = 2L << 30;
    private static final Duration INSTALL = Duration.ofMinutes(10);

    private Preflight() {}

    /**
     * @param because what it is needed for
     */
    record Wanted(String name, String program, String because) {
        boolean isThere() {
            return program.startsWith("/")
                    ? Files.exists(Path.of(program))
                    : Command.find(program).isPresent();
        }
    }

    /** The list beside this class. */
    static List<Wanted> packages() {
        try (var lines =
                new BufferedReader(
                        new InputStreamReader(
                                Objects.requireNonNull(
                                        Preflight.class.getResourceAsStream("packages.txt")),
                                StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .map(line -> line.split("\\s+", 3))
                    .map(fields -> new Wanted(fields[0], fields[1], fields[2]))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * As root on Debian and Ubuntu: installs what is missing, saying so. Otherwise says the line to
     * run; the platform then does with plain processes.
     */
    static void install(boolean allowed, Terminal terminal) throws Trouble {
        var missing = packages().stream().filter(p -> !p.isThere()).toList();
        if (missing.isEmpty()) {
            return;
        }
        var names = missing.stream().map(Wanted::name).toList();
        if (!Command.isRoot() || !allowed || Command.find("apt-get").isEmpty()) {
            terminal.say(
                    "not installed: "
                            + String.join(" ", names)
                            + ". As root: apt-get install --no-install-recommends "
                            + String.join(" ", names));
            return;
        }
        terminal.step("installing " + String.join(" ", names));
        var environment = Map.of("DEBIAN_FRONTEND", "noninteractive", "LC_ALL", "C.UTF-8");
        var command =
                new ArrayList<>(
                        List.of("apt-get", "install", "-y", "-q", "--no-install-recommends"));
        command.addAll(names);
        try {
            var outcome = Command.run(INSTALL, environment, command);
            if (!outcome.ok()) {
                // The lists may be missing or old.
                Command.run(INSTALL, environment, List.of("apt-get", "update", "-q"));
                outcome = Command.run(INSTALL, environment, command);
            }
            if (!outcome.ok()) {
                throw new Trouble(
                        "the packages "
                                + String.join(" ", names)
                                + " cannot be installed ("
                                + lastLine(outcome.output())
                                + "); is there network to Debian's packages? --no-install goes on without them");
            }
        } catch (IOException e) {
            throw new Trouble(
                    "the packages cannot be installed ("
                            + e.getMessage()
                            + "); --no-install goes on without them",
                    e);
        }
        terminal.done();
    }

    private static String lastLine(String output) {
        return output.lines()
                .filter(line -> !line.isBlank())
                .reduce((a, b) -> b)
                .orElse("no reason given");
    }

    /** Ports that nobody but ourselves may hold. */
    static void ports(Settings settings, List<Long> ours) throws Trouble {
        for (var name : Settings.PUBLIC.keySet().stream().sorted().toList()) {
            var port = settings.port(name);
            if (isFree(port)) {
                continue;
            }
            var user = PortUser.pid(port);
            if (user.isPresent() && ours.contains(user.get())) {
                continue;
            }
            throw new Trouble(
                    "port "
                            + port
                            + " is taken"
                            + user.map(pid -> " by " + Procs.name(pid) + " (pid " + pid + ")")
                                    .orElse("")
                            + "; choose another with --"
                            + name
                            + "-port N");
        }
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            // As servers do: a port in TIME_WAIT is free.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    static void disk(State state) throws Trouble {
        try {
            var free = Files.getFileStore(state.folder()).getUsableSpace();
            if (free < LEAST_BYTES) {
                throw new Trouble(
                        "only "
                                + (free >> 20)
                                + " MB are free where the state folder "
                                + state.folder()
                                + " is; 2048 MB are needed. Make room, or choose another place with --state DIR");
            }
        } catch (IOException e) {
            throw new Trouble(
                    "no disk can be seen at " + state.folder() + ": " + e.getMessage(), e);
        }
    }

    static Trouble notWritten(State state, IOException e) {
        return new Trouble(
                "the state folder "
                        + state.folder()
                        + " cannot be written: "
                        + e.getMessage()
                        + " (is the disk full?)",
                e);
    }
}

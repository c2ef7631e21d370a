package io.nimbus.launcher;

import io.nimbus.servers.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code nimbus down}. */
final class Down {
    /** All processes, instances included. */
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private final State state;
    private final Terminal terminal;

    Down(State state, Terminal terminal) {
        this.state = state;
        this.terminal = terminal;
    }

    /**
     * Stops everything in reverse; data stays.
     *
     * @param services to be stopped here when there is no supervisor to do it
     */
    void stop(List<Service> services) throws Trouble, InterruptedException {
        var supervisor = supervisor();
        if (supervisor.isPresent()) {
            terminal.step("stopping the platform");
            supervisor.get().signal("TERM");
            if (!supervisor.get().ends(PATIENCE)) {
                terminal.failed();
                throw new Trouble(
                        "the supervisor (pid "
                                + supervisor.get().pid()
                                + ") does not end; see "
                                + state.log("supervisor"));
            }
            terminal.done();
            return;
        }
        // It was killed: what it kept running is stopped from here, by its records.
        for (var service : services.reversed()) {
            var process =
                    ProcessRecord.read(state, service.name())
                            .flatMap(ProcessRecord::running)
                            .or(service::find);
            if (process.isPresent()) {
                terminal.step("stopping " + service.name());
                Supervisor.stop(state, service, process.get());
                terminal.done();
            }
        }
    }

    private Optional<Procs.Running> supervisor() {
        return state.isSupervised()
                ? ProcessRecord.read(state, Supervisor.NAME).flatMap(ProcessRecord::running)
                : Optional.empty();
    }

    /** Takes everything away that this platform has on this machine. */
    void reset(Path distribution) throws Trouble, InterruptedException {
        terminal.step("taking everything away");
        var config = state.config("dea-agent");
        try {
            if (Files.exists(config)) {
                purge(distribution, "dea-agent", config);
            }
            if (Files.exists(state.config("stager"))) {
                purge(distribution, "stager", state.config("stager"));
            }
            new HostsFile(Path.of("/etc/hosts")).write(List.of());
            Folders.delete(state.folder());
            terminal.done();
        } catch (IOException e) {
            terminal.failed();
            throw new Trouble("not everything could be taken away: " + e.getMessage(), e);
        }
    }

    /** What the kernel keeps for containers: their agents know it by name. */
    private void purge(Path distribution, String process, Path config)
            throws IOException, Trouble, InterruptedException {
        var outcome =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-jar",
                                distribution.resolve(process + ".jar").toString(),
                                "--purge",
                                config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(state.log(process).toFile()))
                        .start()
                        .waitFor();
        if (outcome != 0) {
            throw new Trouble(
                    "containers of " + process + " are left over; see " + state.log(process));
        }
    }
}

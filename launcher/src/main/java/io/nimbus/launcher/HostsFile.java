package io.nimbus.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.TreeSet;

/**
 * A marked block in /etc/hosts that names this platform's hosts, for programs that use the system's
 * resolver: {@code *.localhost} is resolved by curl and browsers only.
 */
final class HostsFile {
    private static final String BEGIN =
            "# begin nimbus: kept by `nimbus up --hosts`, taken out by `nimbus down`";
    private static final String END = "# end nimbus";

    private final Path file;

    HostsFile(Path file) {
        this.file = file;
    }

    /**
     * Replaces the block; an empty collection takes it out. Nothing is written when nothing
     * changes.
     */
    void write(Collection<String> hosts) throws IOException {
        var before = Files.readAllLines(file);
        var after = new ArrayList<String>();
        var inside = false;
        for (var line : before) {
            inside = inside || line.equals(BEGIN);
            if (!inside) {
                after.add(line);
            }
            inside = inside && !line.equals(END);
        }
        if (!hosts.isEmpty()) {
            after.add(BEGIN);
            new TreeSet<>(hosts).forEach(host -> after.add("127.0.0.1 " + host));
            after.add(END);
        }
        if (!after.equals(before)) {
            // In place: the file may be a mount of its own, which cannot be replaced.
            Files.writeString(file, String.join("\n", after) + "\n");
        }
    }
}

package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whom containers ask for addresses: as the host does, save a resolver on its loopback. */
final class NameServers {
    /** The second is where systemd-resolved keeps those that it asks itself. */
    private static final List<Path> FILES =
            List.of(Path.of("/etc/resolv.conf"), Path.of("/run/systemd/resolve/resolv.conf"));

    private NameServers() {}

    /** IPv4 addresses; empty when the host has none that a container could reach. */
    static List<String> ofHost() {
        for (var file : FILES) {
            try {
                var found = parse(Files.readString(file));
                if (!found.isEmpty()) {
                    return found;
                }
            } catch (IOException e) {
                // Not every host has both.
            }
        }
        return List.of();
    }

    static List<String> parse(String text) {
        return text.lines()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words.length >= 2 && words[0].equals("nameserver"))
                .map(words -> words[1])
                .filter(address -> address.matches("\\d+\\.\\d+\\.\\d+\\.\\d+"))
                .filter(address -> !address.startsWith("127.") && !address.equals("0.0.0.0"))
                .distinct()
                .toList();
    }
}

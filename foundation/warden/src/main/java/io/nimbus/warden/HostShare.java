package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What all owners on a host share, in {@code /run}, which a restart of the host empties as it does
 * the kernel: who is here, numbers that are taken, root file systems made of the host's own files.
 * The last owner that leaves takes all of it away.
 */
final class HostShare {
    static final Path ROOT = Path.of("/run/nimbus");

    private HostShare() {}

    static void enter(String owner, Path depot) throws IOException {
        Trees.passable(ROOT);
        Files.createDirectories(ROOT.resolve("owners"));
        Files.writeString(ROOT.resolve("owners").resolve(owner), depot.toString());
    }

    /** True when nobody else is left. */
    static boolean leave(String owner) throws IOException {
        var owners = ROOT.resolve("owners");
        Files.deleteIfExists(owners.resolve(owner));
        if (!Files.isDirectory(owners)) {
            return true;
        }
        try (var others = Files.newDirectoryStream(owners)) {
            for (var other : others) {
                // An owner whose depot is gone was taken away by hand.
                if (Files.isDirectory(Path.of(Files.readString(other)))) {
                    return false;
                }
            }
        }
        return true;
    }
}

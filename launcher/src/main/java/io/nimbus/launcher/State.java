package io.nimbus.launcher;

import io.nimbus.servers.Command;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The state folder: everything that this platform keeps on this machine, and nothing elsewhere. */
record State(Path folder) {
    /**
     * As root a folder that other accounts can pass through: PostgreSQL and containers run as
     * others.
     */
    static State at(@Nullable Path chosen) {
        if (chosen != null) {
            return new State(chosen.toAbsolutePath().normalize());
        }
        return new State(
                Command.isRoot()
                        ? Path.of("/var/lib/nimbus")
                        : Path.of(System.getProperty("user.home"), ".nimbus"));
    }

    Path settings() {
        return folder.resolve("settings.json");
    }

    Path secrets() {
        return folder.resolve("secrets.json");
    }

    /** Where the first user's password stands, for its owner only. */
    Path password() {
        return folder.resolve("admin-password");
    }

    Path logs() {
        return folder.resolve("log");
    }

    Path log(String process) {
        return logs().resolve(process + ".log");
    }

    Path config(String process) {
        return folder.resolve("config").resolve(process + ".yml");
    }

    /** What the supervisor knows of a process. */
    Path record(String process) {
        return folder.resolve("run").resolve(process + ".json");
    }

    /** What a process says of its status port. */
    Path status(String process) {
        return folder.resolve("run").resolve(process + ".status");
    }

    /** Unpacked servers. */
    Path servers() {
        return folder.resolve("servers");
    }

    Path data(String process) {
        return folder.resolve("data").resolve(process);
    }

    boolean exists() {
        return Files.isDirectory(folder.resolve("run"));
    }

    /** Makes the folders. */
    void create() throws Trouble {
        try {
            Files.createDirectories(folder);
            for (var name : new String[] {"run", "config", "log", "data", "servers"}) {
                Files.createDirectories(folder.resolve(name));
            }
            for (var name : new String[] {"run", "config"}) {
                Files.setPosixFilePermissions(
                        folder.resolve(name), PosixFilePermissions.fromString("rwx------"));
            }
        } catch (AccessDeniedException e) {
            throw new Trouble(
                    "no right to write to the state folder "
                            + folder
                            + "; choose another with --state DIR",
                    e);
        } catch (IOException e) {
            throw new Trouble(
                    "the state folder "
                            + folder
                            + " cannot be made ("
                            + e.getMessage()
                            + "); choose another with --state DIR",
                    e);
        }
        if (Command.isRoot()) {
            for (Path parent = folder; parent != null; parent = parent.getParent()) {
                if (!passable(parent)) {
                    throw new Trouble(
                            "the state folder "
                                    + folder
                                    + " lies below "
                                    + parent
                                    + ", which other accounts cannot pass; PostgreSQL and apps do not run as root."
                                    + " Choose another with --state DIR");
                }
            }
        }
    }

    private static boolean passable(Path folder) {
        try {
            return Files.getPosixFilePermissions(folder)
                    .contains(PosixFilePermission.OTHERS_EXECUTE);
        } catch (IOException e) {
            return false;
        }
    }

    /** Held by the one {@code up} that is starting things. */
    Optional<Lock> lockUp() throws Trouble {
        return lock("up.lock");
    }

    /** Held by the supervisor while it lives. */
    Optional<Lock> lockSupervisor() throws Trouble {
        return lock("supervisor.lock");
    }

    boolean isSupervised() {
        try (var lock = lockSupervisor().orElse(null)) {
            return lock == null;
        } catch (Trouble e) {
            return false;
        }
    }

    private Optional<Lock> lock(String name) throws Trouble {
        try {
            var channel =
                    FileChannel.open(
                            folder.resolve("run").resolve(name),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            try {
                var lock = channel.tryLock();
                if (lock == null) {
                    channel.close();
                    return Optional.empty();
                }
                return Optional.of(new Lock(channel, lock));
            } catch (OverlappingFileLockException e) {
                channel.close();
                return Optional.empty();
            }
        } catch (IOException e) {
            throw new Trouble(
                    "no right to use the state folder " + folder + ": " + e.getMessage(), e);
        }
    }

    /** Released with the process that holds it, however that ends. */
    record Lock(FileChannel channel, FileLock lock) implements AutoCloseable {
        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new IllegalStateException("a lock that cannot be released", e);
            }
        }
    }

    /** Writes a file that only its owner can read, whole or not at all. */
    static void writePrivately(Path file, String text) throws IOException {
        var temporary =
                Files.createTempFile(
                        file.getParent(),
                        "." + file.getFileName(),
                        ".new",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(temporary, text);
            Files.move(
                    temporary,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}

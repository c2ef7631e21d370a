package io.nimbus.servers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * PostgreSQL's server programs, unpacked once from the archive on the class path: {@code initdb},
 * {@code postgres}, {@code pg_ctl} and the contrib extensions.
 */
public final class PostgresBinaries {
    private PostgresBinaries() {}

    /**
     * @param folder holds one sub-folder per version; every user must be able to pass through it
     * @return the folder with {@code bin/postgres}
     */
    public static Path find(Path folder, Consumer<String> say) throws ServerUnavailableException {
        var archive = "postgres-linux-" + architecture() + ".txz";
        try (var found = PostgresBinaries.class.getResourceAsStream("/" + archive)) {
            if (found == null) {
                throw new ServerUnavailableException(
                        "no PostgreSQL for this platform ("
                                + archive
                                + "); configure the address of a running one");
            }
            // The archive's length stands for its version; a hash would cost more than the
            // unpacking check is worth.
            var target = folder.resolve("postgres-" + found.available());
            if (Files.isExecutable(target.resolve("bin/postgres"))
                    && Files.exists(target.resolve(".complete"))) {
                return target;
            }
            say.accept("unpacking PostgreSQL");
            Folders.delete(target);
            unpack(found, target);
            Files.createFile(target.resolve(".complete"));
            return target;
        } catch (IOException e) {
            throw new ServerUnavailableException(
                    "PostgreSQL cannot be unpacked to " + folder + ": " + e.getMessage(), e);
        }
    }

    private static String architecture() {
        return switch (System.getProperty("os.arch").toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            default -> System.getProperty("os.arch");
        };
    }

    private static void unpack(InputStream archive, Path target) throws IOException {
        Files.createDirectories(target);
        var made = new HashSet<Path>();
        try (var tar = new TarArchiveInputStream(new XZCompressorInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("the archive leaves its folder: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                if (made.add(path.getParent())) {
                    Files.createDirectories(path.getParent());
                }
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    Files.setPosixFilePermissions(
                            path,
                            PosixFilePermissions.fromString(
                                    (entry.getMode() & 0100) != 0 ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }
}

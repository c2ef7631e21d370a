package io.nimbus.stager;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Objects;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Unpacks zips that come from outside: nothing may land beside the target, not by {@code ..}, not
 * by an absolute name, not through a link, and not more bytes or files than allowed.
 */
final class Zips {
    private static final int MOST_FILES = 200_000;

    private Zips() {}

    /**
     * @param limit bytes in all, unpacked
     * @param fileMode null: as in the zip (executable or not); else given to every file
     * @throws IOException with a text for the user when the zip is damaged or does what it must not
     */
    static void unpack(
            Path zip, Path target, long limit, @org.jspecify.annotations.Nullable String fileMode)
            throws IOException {
        Files.createDirectories(target);
        var root = target.toRealPath();
        var links = new ArrayList<ZipArchiveEntry>();
        long left = limit;
        int files = 0;
        try (var archive = ZipFile.builder().setPath(zip).get()) {
            for (var entries = archive.getEntries(); entries.hasMoreElements(); ) {
                var entry = entries.nextElement();
                if (++files > MOST_FILES) {
                    throw new IOException("the archive holds more than " + MOST_FILES + " files");
                }
                var path = resolve(root, entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else if (entry.isUnixSymlink()) {
                    links.add(entry); // last, so that no file is written through one
                } else {
                    Files.createDirectories(folder(path));
                    try (var in = archive.getInputStream(entry)) {
                        left -= copy(in, path, left);
                    }
                    var executable = (entry.getUnixMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            path,
                            PosixFilePermissions.fromString(
                                    fileMode != null
                                            ? fileMode
                                            : executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
            for (var link : links) {
                var path = resolve(root, link.getName());
                var to = archive.getUnixSymlink(link);
                var resolved = folder(path).resolve(to).normalize();
                if (Path.of(to).isAbsolute() || !resolved.startsWith(root)) {
                    throw new IOException(
                            "the archive holds a link that leaves it: " + link.getName());
                }
                Files.createDirectories(folder(path));
                Files.createSymbolicLink(path, Path.of(to));
            }
        } catch (java.nio.file.FileAlreadyExistsException e) {
            throw new IOException(
                    "the archive holds a name twice: " + root.relativize(Path.of(e.getFile())), e);
        } catch (IllegalArgumentException e) {
            throw new IOException("the archive is damaged", e);
        }
    }

    private static Path folder(Path path) {
        return Objects.requireNonNull(path.getParent());
    }

    private static Path resolve(Path root, String name) throws IOException {
        if (name.indexOf('\0') >= 0 || name.startsWith("/") || name.contains("\\")) {
            throw new IOException(
                    "the archive holds a name that is not allowed: " + name.replace('\0', '?'));
        }
        var path = root.resolve(name).normalize();
        if (!path.startsWith(root)) {
            throw new IOException("the archive holds a name that leaves it: " + name);
        }
        return path;
    }

    private static long copy(InputStream in, Path path, long limit) throws IOException {
        long copied = 0;
        try (var out = Files.newOutputStream(path)) {
            var buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                copied += n;
                if (copied > limit) {
                    throw new IOException(
                            "the archive is larger than the disk limit when unpacked");
                }
                out.write(buffer, 0, n);
            }
        }
        return copied;
    }
}

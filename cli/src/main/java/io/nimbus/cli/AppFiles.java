package io.nimbus.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * The files of an app: of a folder, without what {@code .cfignore} names, or of an archive (jar,
 * war, zip), which is pushed unpacked.
 */
final class AppFiles implements AutoCloseable {
    private final List<Entry> entries;
    private final AutoCloseable archive;

    private AppFiles(List<Entry> entries, AutoCloseable archive) {
        this.entries = entries;
        this.archive = archive;
    }

    private interface Content {
        InputStream open() throws IOException;
    }

    /**
     * @param name relative, with {@code /}
     * @param mode such as 0644
     * @param link where a symbolic link leads; empty for files
     */
    record Entry(String name, long size, int mode, String sha1, String link, Content content) {
        boolean isLink() {
            return !link.isEmpty();
        }
    }

    /** Reads every file once, for its SHA-1. */
    static AppFiles of(Path path) throws Failure {
        try {
            if (Files.isDirectory(path)) {
                return folder(path.toRealPath());
            }
            if (!Files.exists(path)) {
                throw new Failure("there is nothing at " + path);
            }
            var name = path.getFileName().toString().toLowerCase(Locale.ROOT);
            if (name.endsWith(".jar")
                    || name.endsWith(".war")
                    || name.endsWith(".zip")
                    || name.endsWith(".ear")) {
                return archive(path);
            }
            throw new Failure(path + " is neither a folder nor a jar, war or zip");
        } catch (NoSuchFileException e) {
            throw new Failure("there is nothing at " + e.getMessage(), e);
        } catch (IOException e) {
            throw new Failure(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static AppFiles folder(Path root) throws IOException, Failure {
        var file = root.resolve(".cfignore");
        var ignore = new Ignore(Files.exists(file) ? Files.readAllLines(file) : List.of());
        var entries = new ArrayList<Entry>();
        var strayed = new ArrayList<String>();
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path dir, BasicFileAttributes attributes) {
                        return !dir.equals(root) && ignore.ignores(name(root, dir), true)
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        var name = name(root, file);
                        if (ignore.ignores(name, false)) {
                            return FileVisitResult.CONTINUE;
                        }
                        if (attributes.isSymbolicLink()) {
                            var to = Files.readSymbolicLink(file);
                            if (to.isAbsolute()
                                    || !file.resolveSibling(to).normalize().startsWith(root)) {
                                strayed.add(name);
                            }
                            entries.add(
                                    new Entry(
                                            name,
                                            0,
                                            0777,
                                            "",
                                            to.toString(),
                                            InputStream::nullInputStream));
                        } else if (attributes.isRegularFile()) {
                            entries.add(
                                    new Entry(
                                            name,
                                            attributes.size(),
                                            mode(file),
                                            sha1(Files.newInputStream(file)),
                                            "",
                                            () -> Files.newInputStream(file)));
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        if (!strayed.isEmpty()) {
            throw new Failure(
                    "links that leave the app's folder cannot be pushed: "
                            + String.join(", ", strayed));
        }
        entries.sort(Comparator.comparing(Entry::name));
        return new AppFiles(entries, () -> {});
    }

    private static String name(Path root, Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }

    private static int mode(Path file) throws IOException {
        Set<PosixFilePermission> permissions;
        try {
            permissions = Files.getPosixFilePermissions(file);
        } catch (UnsupportedOperationException e) {
            return 0744; // a file system without modes: everything may be run
        }
        var mode = 0;
        // Owner, group, others; read, write, execute: as in rwxr-x---.
        for (var letter : PosixFilePermissions.toString(permissions).toCharArray()) {
            mode = mode << 1 | (letter == '-' ? 0 : 1);
        }
        // The controller wants files that their owner can read and write.
        return mode | 0600;
    }

    private static AppFiles archive(Path path) throws IOException {
        var zip = ZipFile.builder().setPath(path).get();
        var entries = new ArrayList<Entry>();
        try {
            for (var all = zip.getEntries(); all.hasMoreElements(); ) {
                var entry = all.nextElement();
                if (entry.isDirectory()) {
                    continue;
                }
                var mode = entry.getUnixMode() & 0777;
                entries.add(
                        new Entry(
                                entry.getName(),
                                entry.getSize(),
                                mode == 0 ? 0744 : mode | 0600,
                                sha1(zip.getInputStream(entry)),
                                entry.isUnixSymlink() ? zip.getUnixSymlink(entry) : "",
                                () -> zip.getInputStream(entry)));
            }
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
        return new AppFiles(entries, zip);
    }

    private static String sha1(InputStream content) throws IOException {
        try (content) {
            var digest = MessageDigest.getInstance("SHA-1");
            var buffer = new byte[1 << 16];
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    List<Entry> entries() {
        return entries;
    }

    /** A zip of those whose SHA-1 the platform does not know yet. */
    static Path zip(List<Entry> entries) throws IOException {
        var file = Files.createTempFile("nimbus-push", ".zip");
        try (var zip =
                new ZipArchiveOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            for (var entry : entries) {
                var zipped = new ZipArchiveEntry(entry.name());
                zipped.setUnixMode(entry.isLink() ? 0120777 : 0100000 | entry.mode());
                zip.putArchiveEntry(zipped);
                if (entry.isLink()) {
                    zip.write(entry.link().getBytes(java.nio.charset.StandardCharsets.UTF_8));
                } else {
                    try (var content = entry.content().open()) {
                        content.transferTo(zip);
                    }
                }
                zip.closeArchiveEntry();
            }
        }
        return file;
    }

    @Override
    public void close() {
        try {
            archive.close();
        } catch (Exception e) {
            throw new IllegalStateException("an archive that cannot be closed", e);
        }
    }
}

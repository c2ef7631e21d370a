package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Folders as wholes; links are never followed. */
final class Trees {
    private static final Set<PosixFilePermission> OPEN =
            PosixFilePermissions.fromString("rwx--x--x");

    private Trees() {}

    /** Makes a folder, and those above it, that others may pass through but not list. */
    static Path passable(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            var parent = folder.getParent();
            if (parent != null) {
                passable(parent);
            }
            Files.createDirectory(folder);
            Files.setPosixFilePermissions(folder, OPEN);
        }
        return folder;
    }

    /** The first folder above or at this one that others may not pass through. */
    static Optional<Path> closed(Path folder) throws IOException {
        for (var at = folder.toRealPath(); at != null; at = at.getParent()) {
            if (!Files.getPosixFilePermissions(at).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return Optional.of(at);
            }
        }
        return Optional.empty();
    }

    /** Nothing happens when it is not there. */
    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path dir, BasicFileAttributes attributes) {
                        makeWritable(dir);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException fault)
                            throws IOException {
                        if (fault instanceof NoSuchFileException) {
                            return FileVisitResult.CONTINUE;
                        }
                        throw fault;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException fault)
                            throws IOException {
                        if (fault != null && !(fault instanceof NoSuchFileException)) {
                            throw fault;
                        }
                        Files.deleteIfExists(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    /** An app may have left folders that even their owner cannot write to. */
    private static void makeWritable(Path folder) {
        if (Shell.isRoot()) {
            return;
        }
        try {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            // The deletion that follows says what is wrong.
        }
    }

    /** Bytes of all files; what vanishes meanwhile does not count. */
    static long size(Path folder) {
        var sum = new long[1];
        try {
            Files.walkFileTree(
                    folder,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(
                                Path file, BasicFileAttributes attributes) {
                            if (attributes.isRegularFile()) {
                                sum[0] += attributes.size();
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException fault) {
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult postVisitDirectory(
                                Path dir, @Nullable IOException fault) {
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new IllegalStateException("unreachable: no visit throws", e);
        }
        return sum[0];
    }

    static void own(Path path, int id) throws IOException {
        Files.walkFileTree(
                path,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path dir, BasicFileAttributes attributes) throws IOException {
                        Posix.own(dir, id);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Posix.own(file, id);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    /** Copies files, folders and links; owned by this process's user. */
    static void copy(Path source, Path target, long limit) throws IOException {
        var sum = new long[1];
        Files.walkFileTree(
                source,
                new SimpleFileVisitor<>() {
                    private Path place(Path path) {
                        var relative = source.relativize(path);
                        return relative.toString().isEmpty()
                                ? target
                                : target.resolve(relative.toString());
                    }

                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path dir, BasicFileAttributes attributes) throws IOException {
                        Files.createDirectory(place(dir));
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        if (attributes.isSymbolicLink()) {
                            Files.createSymbolicLink(place(file), Files.readSymbolicLink(file));
                        } else if (attributes.isRegularFile()) {
                            sum[0] += attributes.size();
                            if (sum[0] > limit) {
                                throw new IOException(
                                        "more than " + limit + " bytes below " + source);
                            }
                            Files.copy(
                                    file,
                                    place(file),
                                    LinkOption.NOFOLLOW_LINKS,
                                    StandardCopyOption.COPY_ATTRIBUTES);
                            if (Shell.isRoot()) {
                                // The attributes brought the owner along.
                                Posix.own(place(file), 0);
                            }
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}

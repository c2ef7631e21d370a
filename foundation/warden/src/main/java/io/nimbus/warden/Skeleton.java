package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A root file system made of this host's own programs: links into {@code /usr}, which is mounted
 * over it read-only, empty folders, and the part of {@code /etc} that programs need. Nothing of it
 * is secret: only files that everybody on the host may read.
 */
final class Skeleton {
    private static final List<String> LINKS =
            List.of("bin", "sbin", "lib", "lib32", "lib64", "libx32");

    private static final List<String> FOLDERS =
            List.of(
                    "usr",
                    "etc",
                    "proc",
                    "sys",
                    "sys/fs",
                    "sys/fs/cgroup",
                    "dev",
                    "run",
                    "var",
                    "var/lib",
                    "home",
                    "home/vcap",
                    "root",
                    "mnt",
                    "opt",
                    "srv");

    private static final List<String> ETC =
            List.of(
                    "alternatives",
                    "ca-certificates",
                    "ca-certificates.conf",
                    "debian_version",
                    "fonts",
                    "gai.conf",
                    "host.conf",
                    "ld.so.cache",
                    "ld.so.conf",
                    "ld.so.conf.d",
                    "localtime",
                    "lsb-release",
                    "mime.types",
                    "nsswitch.conf",
                    "os-release",
                    "protocols",
                    "services",
                    "ssl/certs",
                    "ssl/openssl.cnf",
                    "timezone");

    /** Where programs link to their configuration from: java, maven and others do. */
    private static final List<String> LINKING = List.of("/usr/lib", "/usr/share", "/usr/bin");

    private static final long LARGEST_FILE = 16L << 20;

    private Skeleton() {}

    /** The one for the host as it is now; made if need be, for all owners on it. */
    static Path get() throws IOException {
        var folder = Trees.passable(HostShare.ROOT.resolve("skeletons"));
        var skeleton = folder.resolve(fingerprint());
        synchronized (Skeleton.class) {
            if (!Files.isDirectory(skeleton)) {
                var temporary = folder.resolve("new." + UUID.randomUUID());
                make(temporary);
                try {
                    Files.move(temporary, skeleton, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    Trees.delete(temporary);
                    if (!Files.isDirectory(skeleton)) {
                        throw e;
                    }
                }
            }
        }
        return skeleton;
    }

    /** Changes whenever a package is installed or removed. */
    private static String fingerprint() throws IOException {
        var packages = Path.of("/var/lib/dpkg/status");
        var marker = Files.exists(packages) ? packages : Path.of("/usr");
        return Long.toString(Files.getLastModifiedTime(marker).toMillis());
    }

    private static void make(Path root) throws IOException {
        Files.createDirectory(root);
        open(root);
        for (var folder : FOLDERS) {
            open(Files.createDirectories(root.resolve(folder)));
        }
        for (var folder : List.of("tmp", "var/tmp")) {
            Files.createDirectories(root.resolve(folder));
            Files.setPosixFilePermissions(
                    root.resolve(folder), PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        for (var link : LINKS) {
            var host = Path.of("/", link);
            if (Files.isSymbolicLink(host)) {
                Files.createSymbolicLink(root.resolve(link), Files.readSymbolicLink(host));
            } else if (Files.isDirectory(host)) {
                throw new IOException(
                        host
                                + " is not a link into /usr: this host cannot serve as a stack, give one"
                                + " with a rootfs");
            }
        }
        var etc = Path.of("/etc");
        for (var name : ETC) {
            copy(etc.resolve(name), root);
        }
        for (var target : linkedFromUsr()) {
            copy(target, root);
        }
    }

    private static void open(Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Paths below /etc that links below /usr point to. */
    private static Set<Path> linkedFromUsr() throws IOException {
        var targets = new TreeSet<Path>();
        for (var start : LINKING) {
            Files.walkFileTree(
                    Path.of(start),
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(
                                Path dir, BasicFileAttributes attributes) {
                            return dir.startsWith("/usr/share/man")
                                            || dir.startsWith("/usr/share/doc")
                                    ? FileVisitResult.SKIP_SUBTREE
                                    : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                                throws IOException {
                            if (attributes.isSymbolicLink()) {
                                var parent = file.getParent();
                                var target =
                                        (parent == null ? file : parent)
                                                .resolve(Files.readSymbolicLink(file))
                                                .normalize();
                                if (target.startsWith("/etc") && target.getNameCount() > 1) {
                                    targets.add(target);
                                }
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException fault) {
                            return FileVisitResult.CONTINUE;
                        }
                    });
        }
        return targets;
    }

    /** As a whole; links within /etc and /usr stay links, others become what they point to. */
    private static void copy(Path source, Path root) throws IOException {
        if (!Files.exists(source) || source.startsWith("/etc/ssl/private")) {
            return;
        }
        Files.walkFileTree(
                source,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path dir, BasicFileAttributes attributes) throws IOException {
                        if (dir.startsWith("/etc/ssl/private") || !isPublic(dir)) {
                            return FileVisitResult.SKIP_SUBTREE;
                        }
                        open(Files.createDirectories(place(root, dir)));
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        copyFile(file, place(root, file), attributes);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException fault) {
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private static void copyFile(Path file, Path target, BasicFileAttributes attributes)
            throws IOException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var parent = target.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        if (attributes.isSymbolicLink()) {
            var link = Files.readSymbolicLink(file);
            var above = file.getParent();
            var to = (above == null ? file : above).resolve(link).normalize();
            if (to.startsWith("/usr") || to.startsWith("/etc")) {
                Files.createSymbolicLink(target, link);
                return;
            }
        }
        if (Files.isRegularFile(file) && isPublic(file) && Files.size(file) <= LARGEST_FILE) {
            Files.copy(file, target);
            Files.setPosixFilePermissions(target, Files.getPosixFilePermissions(file));
        }
    }

    private static boolean isPublic(Path path) throws IOException {
        return Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ);
    }

    private static Path place(Path root, Path absolute) {
        return root.resolve(Paths.relative(absolute));
    }
}

package io.nimbus.launcher;

import io.nimbus.servers.Command;
import io.nimbus.servers.DebianPackage;
import io.nimbus.servers.Folders;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/**
 * Makes the zips of the platform's own buildpacks: their scripts, and what each brings along
 * ({@code vendor/}), so that staging needs nothing of the machine it runs on. Made once, and again
 * when a script or the JDK has changed.
 */
final class SystemBuildpacks {
    /** In the order in which they are asked. */
    private static final List<String> ORDER = List.of("staticfile", "java", "nodejs", "binary");

    /** A long-term line of Node.js, and the npm that its own distribution carries. */
    private static final String NODE = "22";

    private static final String NPM = "10";

    private static final String RUNTIME_MODULES =
            "java.se,jdk.unsupported,jdk.httpserver,jdk.zipfs,jdk.management,jdk.jfr,jdk.naming.dns,jdk.charsets,"
                    + "jdk.crypto.cryptoki,jdk.localedata";
    private static final Duration FETCH = Duration.ofMinutes(5);

    private final Path sources;
    private final Path target;
    private final Terminal terminal;

    /**
     * @param sources the distribution's {@code buildpacks} folder
     * @param target where the zips go: {@code 1-staticfile.zip} …
     */
    SystemBuildpacks(Path sources, Path target, Terminal terminal) {
        this.sources = sources;
        this.target = target;
        this.terminal = terminal;
    }

    /**
     * Makes what is missing or stale.
     *
     * @return by name, what a buildpack could not be given; it is then installed without, and says
     *     so when it is used
     */
    Map<String, String> make() throws IOException {
        Files.createDirectories(target);
        var missing = new TreeMap<String, String>();
        for (var name : ORDER) {
            var zip = target.resolve((ORDER.indexOf(name) + 1) + "-" + name + ".zip");
            var stamp = target.resolve(name + ".stamp");
            var wanted = identity(sources.resolve(name));
            if (Files.exists(zip)
                    && Files.exists(stamp)
                    && Files.readString(stamp).equals(wanted)) {
                continue;
            }
            terminal.step("making the buildpack " + name);
            var work = Files.createTempDirectory(target, name + "-");
            try {
                copy(sources.resolve(name), work);
                var fault = vendor(name, work.resolve("vendor"));
                if (fault != null) {
                    missing.put(name, fault);
                }
                zip(work, zip);
                if (fault == null) {
                    Files.writeString(stamp, wanted);
                } else {
                    Files.deleteIfExists(stamp); // tried again at the next start
                }
                terminal.done(fault == null ? "" : "without its runtime: " + fault);
            } finally {
                Folders.delete(work);
            }
        }
        return missing;
    }

    private @org.jspecify.annotations.Nullable String vendor(String name, Path vendor) {
        try {
            switch (name) {
                case "staticfile" -> nginx(vendor.resolve("nginx"));
                case "java" -> runtime(vendor);
                case "nodejs" -> node(vendor.resolve("node"));
                default -> {
                    return null;
                }
            }
            return null;
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    private static void nginx(Path folder) throws IOException {
        if (!DebianPackage.isPossible()) {
            throw new IOException(
                    "nginx is taken from Debian's package, and this is not Debian or Ubuntu");
        }
        var work = Files.createTempDirectory(Files.createDirectories(folder), "package-");
        try {
            DebianPackage.unpack(work, "nginx", "nginx-common");
            Files.copy(
                    work.resolve("usr/sbin/nginx"),
                    folder.resolve("nginx"),
                    StandardCopyOption.COPY_ATTRIBUTES);
            Files.copy(work.resolve("etc/nginx/mime.types"), folder.resolve("mime.types"));
        } finally {
            Folders.delete(work);
        }
    }

    private static void runtime(Path folder) throws IOException {
        Files.createDirectories(folder);
        var linked = folder.resolve("jre");
        var jlink = Path.of(System.getProperty("java.home"), "bin", "jlink");
        run(
                "jlink",
                jlink.toString(),
                "--add-modules",
                RUNTIME_MODULES,
                "--strip-debug",
                "--no-header-files",
                "--no-man-pages",
                "--compress",
                "zip-6",
                "--output",
                linked.toString());
        run(
                "tar",
                "tar",
                "-C",
                linked.toString(),
                "-czf",
                folder.resolve("jre.tar.gz").toString(),
                ".");
        Folders.delete(linked);
    }

    private static void node(Path folder) throws IOException {
        if (Command.find("npm").isEmpty()) {
            throw new IOException(
                    "Node.js is taken from the npm registry by npm, and there is no npm on the PATH");
        }
        var machine = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        var work = Files.createTempDirectory(Files.createDirectories(folder), "package-");
        try {
            run(
                    "npm",
                    "npm",
                    "pack",
                    "--silent",
                    "--pack-destination",
                    work.toString(),
                    "node-linux-" + machine + "@" + NODE,
                    "npm@" + NPM);
            try (var archives = Files.newDirectoryStream(work, "*.tgz")) {
                for (var archive : archives) {
                    var unpacked =
                            Files.createDirectory(work.resolve(archive.getFileName() + ".d"));
                    run("tar", "tar", "-C", unpacked.toString(), "-xzf", archive.toString());
                    if (archive.getFileName().toString().startsWith("npm-")) {
                        Files.createDirectories(folder.resolve("lib/node_modules"));
                        Files.move(
                                unpacked.resolve("package"),
                                folder.resolve("lib/node_modules/npm"));
                    } else {
                        Files.createDirectories(folder.resolve("bin"));
                        Files.move(
                                unpacked.resolve("package/bin/node"), folder.resolve("bin/node"));
                    }
                }
            }
            for (var program : List.of("npm", "npx")) {
                var script = folder.resolve("bin/" + program);
                Files.writeString(
                        script,
                        """
                        #!/bin/sh
                        here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
                        exec "$here/node" "$here/../lib/node_modules/npm/bin/%s-cli.js" "$@"
                        """
                                .formatted(program));
                Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            Files.setPosixFilePermissions(
                    folder.resolve("bin/node"), PosixFilePermissions.fromString("rwxr-xr-x"));
        } finally {
            Folders.delete(work);
        }
    }

    private static void run(String what, String... command) throws IOException {
        var outcome = Command.run(FETCH, command);
        if (!outcome.ok()) {
            throw new IOException(
                    what
                            + " says: "
                            + outcome.output()
                                    .lines()
                                    .filter(l -> !l.isBlank())
                                    .reduce((a, b) -> b)
                                    .orElse("nothing"));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : (Iterable<Path>) files::iterator) {
                var copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    /** The same files give the same bytes, so that the controller sees when nothing changed. */
    static void zip(Path folder, Path zip) throws IOException {
        var temporary = Files.createTempFile(zip.getParent(), "zip", ".new");
        try (var files = Files.walk(folder);
                var out =
                        new ZipArchiveOutputStream(
                                new BufferedOutputStream(Files.newOutputStream(temporary)))) {
            for (var file :
                    (Iterable<Path>) files.filter(Files::isRegularFile).sorted()::iterator) {
                var entry = new ZipArchiveEntry(folder.relativize(file).toString());
                entry.setUnixMode(Files.isExecutable(file) ? 0100755 : 0100644);
                entry.setLastModifiedTime(FileTime.fromMillis(1_767_225_600_000L));
                out.putArchiveEntry(entry);
                Files.copy(file, out);
                out.closeArchiveEntry();
            }
        }
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(
                temporary,
                zip,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static String identity(Path folder) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(
                    (System.getProperty("java.runtime.version") + NODE + NPM + RUNTIME_MODULES)
                            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
            try (var files = Files.walk(folder)) {
                for (var file :
                        (Iterable<Path>) files.filter(Files::isRegularFile).sorted()::iterator) {
                    digest.update(
                            folder.relativize(file)
                                    .toString()
                                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
                    digest.update(Files.readAllBytes(file));
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

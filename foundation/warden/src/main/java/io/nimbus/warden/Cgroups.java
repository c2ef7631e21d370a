package io.nimbus.warden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The kernel's accounts of a container, in both versions. A hybrid host is a version 1 host: only a
 * list of controllers at the root tells a version 2 host, never a folder named unified.
 */
final class Cgroups {
    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    private final boolean second = Files.exists(ROOT.resolve("cgroup.controllers"));

    /** Whether swap can be limited: a runtime fails when it is told to and cannot. */
    boolean limitsSwap() {
        return second || Files.exists(ROOT.resolve("memory/memory.memsw.limit_in_bytes"));
    }

    /** The group of a container, below every controller's root. */
    static String path(String owner, String handle) {
        return path(owner) + "/" + handle;
    }

    /** That of all of an owner's. */
    static String path(String owner) {
        return "/nimbus/" + owner;
    }

    private Path file(String controller, String group, String name) {
        var base = second ? ROOT : ROOT.resolve(controller);
        return base.resolve(group.substring(1)).resolve(name);
    }

    /** Host pids of everything in the group, those of its main process's ancestors not. */
    List<Long> processes(String group) {
        var pids = new ArrayList<Long>();
        for (var line : read(file("pids", group, "cgroup.procs")).split("\n")) {
            if (!line.isBlank() && !line.equals("0")) {
                pids.add(Long.parseLong(line.strip()));
            }
        }
        return pids;
    }

    /** How often the kernel killed in it for want of memory. */
    long oomKills(String group) {
        return second
                ? value(file("memory", group, "memory.events"), "oom_kill")
                : value(file("memory", group, "memory.oom_control"), "oom_kill");
    }

    Usage usage(String group) {
        var tasks = (int) number(file("pids", group, "pids.current"));
        if (second) {
            var memory =
                    number(file("memory", group, "memory.current"))
                            - value(file("memory", group, "memory.stat"), "inactive_file");
            return new Usage(
                    value(file("cpu", group, "cpu.stat"), "usage_usec") * 1000,
                    Math.max(0, memory),
                    tasks);
        }
        var stat = file("memory", group, "memory.stat");
        var memory =
                value(stat, "total_rss")
                        + value(stat, "total_cache")
                        - value(stat, "total_inactive_file");
        return new Usage(
                number(file("cpuacct", group, "cpuacct.usage")), Math.max(0, memory), tasks);
    }

    private static long value(Path file, String key) {
        for (var line : read(file).split("\n")) {
            if (line.startsWith(key + " ")) {
                return Long.parseLong(line.substring(key.length() + 1).strip());
            }
        }
        return 0;
    }

    private static long number(Path file) {
        var text = read(file).strip();
        return text.isEmpty() ? 0 : Long.parseLong(text);
    }

    /** Empty when the group is gone. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    /** Every folder of this group under all controllers. */
    List<Path> folders(String group) {
        var found = new ArrayList<Path>();
        if (second) {
            add(found, ROOT.resolve(group.substring(1)));
            return found;
        }
        try (var controllers = Files.newDirectoryStream(ROOT)) {
            controllers.forEach(controller -> add(found, controller.resolve(group.substring(1))));
        } catch (IOException e) {
            throw new IllegalStateException("cgroups cannot be read: " + e.getMessage(), e);
        }
        return found;
    }

    private static void add(List<Path> found, Path folder) {
        if (Files.isDirectory(folder)) {
            found.add(folder);
        }
    }

    /** The groups within this one. */
    Set<String> children(String group) {
        var names = new TreeSet<String>();
        for (var folder : folders(group)) {
            try (var inner = Files.newDirectoryStream(folder, Files::isDirectory)) {
                inner.forEach(sub -> names.add(sub.getFileName().toString()));
            } catch (IOException e) {
                // Gone meanwhile.
            }
        }
        return names;
    }

    /** Whether memory, processor and processes can be limited here. */
    boolean isUsable() {
        return second
                ? Files.isWritable(ROOT)
                : Stream.of("memory", "cpu", "pids", "devices", "freezer")
                        .allMatch(name -> Files.isDirectory(ROOT.resolve(name)));
    }

    boolean isSecond() {
        return second;
    }

    /** Takes away what all owners share, unless somebody has a group in it. */
    void removeRoot() {
        for (var folder : folders("/nimbus")) {
            try {
                Files.deleteIfExists(folder);
            } catch (IOException e) {
                // Somebody has; the kernel refuses.
            }
        }
    }

    /** Takes empty groups away, those within first. */
    void remove(String group) throws IOException {
        for (var folder : folders(group)) {
            removeTree(folder);
        }
    }

    private static void removeTree(Path folder) throws IOException {
        try (var inner = Files.newDirectoryStream(folder, Files::isDirectory)) {
            for (var sub : inner) {
                removeTree(sub);
            }
        } catch (NoSuchFileException e) {
            return;
        }
        // The files in it are no files: rmdir takes them along.
        Files.deleteIfExists(folder);
    }
}

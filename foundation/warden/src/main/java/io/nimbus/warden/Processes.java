package io.nimbus.warden;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The host's processes, as /proc shows them. */
final class Processes {
    private static final Path PROC = Path.of("/proc");
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    /** Bytes; the same on every architecture we run on. */
    private static final long PAGE = 4096;

    /** What the kernel's clock tick is to user space, on every architecture we run on: 10 ms. */
    private static final long TICK_NANOS = 10_000_000;

    private Processes() {}

    /**
     * One process at one moment.
     *
     * @param startTicks since the boot; with the pid it names a process for ever
     */
    record Stat(long pid, char state, long parent, long session, long cpuTicks, long startTicks) {
        /** A zombie is dead; it only waits to be counted by its parent. */
        boolean isAlive() {
            return state != 'Z' && state != 'X';
        }

        long cpuNanos() {
            return cpuTicks * TICK_NANOS;
        }
    }

    /**
     * Parses a line of {@code /proc/PID/stat}; the name in it may hold blanks and parentheses.
     *
     * @throws IllegalArgumentException when it is not such a line, or half of one
     */
    static Stat parse(String line) {
        var end = line.lastIndexOf(')');
        var start = line.indexOf(' ');
        if (end < 0 || start < 0) {
            throw new IllegalArgumentException("not a process: " + line);
        }
        var fields = line.substring(Math.min(line.length(), end + 2)).split(" ");
        if (fields.length < 20) {
            throw new IllegalArgumentException("not a process: " + line);
        }
        return new Stat(
                Long.parseLong(line.substring(0, start)),
                fields[0].charAt(0),
                Long.parseLong(fields[1]),
                Long.parseLong(fields[3]),
                Long.parseLong(fields[11]) + Long.parseLong(fields[12]),
                Long.parseLong(fields[19]));
    }

    static Optional<Stat> find(long pid) {
        try {
            return Optional.of(parse(Files.readString(PROC.resolve(pid + "/stat"))));
        } catch (IOException | IllegalArgumentException e) {
            // It ended meanwhile.
            return Optional.empty();
        }
    }

    static boolean isAlive(long pid, long startTicks) {
        return find(pid)
                .filter(s -> s.startTicks() == startTicks)
                .filter(Stat::isAlive)
                .isPresent();
    }

    static List<Stat> all() {
        var all = new ArrayList<Stat>();
        try (var folders = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (var folder : folders) {
                find(Long.parseLong(folder.getFileName().toString()))
                        .filter(Stat::isAlive)
                        .ifPresent(all::add);
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new IllegalStateException("/proc cannot be read: " + e.getMessage(), e);
        }
        return all;
    }

    /** Those of a session, their descendants, and those that the predicate knows. */
    static List<Stat> family(List<Stat> all, long session, Predicate<Stat> marked) {
        var members = new HashSet<Long>();
        var found = new ArrayList<Stat>();
        for (var grown = true; grown; ) {
            grown = false;
            for (var process : all) {
                if (!members.contains(process.pid())
                        && (process.session() == session
                                || members.contains(process.parent())
                                || marked.test(process))) {
                    members.add(process.pid());
                    found.add(process);
                    grown = true;
                }
            }
        }
        return found;
    }

    /** Whether the process was started with this variable; false when that cannot be seen. */
    static boolean hasVariable(long pid, String nameAndValue) {
        try {
            var environment =
                    new String(
                            Files.readAllBytes(PROC.resolve(pid + "/environ")),
                            StandardCharsets.ISO_8859_1);
            return ("\0" + environment + "\0").contains("\0" + nameAndValue + "\0");
        } catch (IOException e) {
            return false;
        }
    }

    /** Bytes in memory that no other process shares. */
    static long ownBytes(long pid) {
        try {
            var fields = Files.readString(PROC.resolve(pid + "/statm")).split(" ");
            return Math.max(0, Long.parseLong(fields[1]) - Long.parseLong(fields[2])) * PAGE;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Another one after each start of the host. */
    static String boot() {
        try {
            return kernelText(BOOT);
        } catch (IOException e) {
            throw new IllegalStateException("no boot id: " + e.getMessage(), e);
        }
    }

    /**
     * A setting of the kernel. Such a file says everything in its first read and nothing in the
     * next, so that reading it byte by byte, as {@link Files#readString} begins to, yields one.
     */
    static String kernelText(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var buffer = new byte[4096];
            var length = Math.max(0, in.read(buffer));
            return new String(buffer, 0, length, StandardCharsets.US_ASCII).strip();
        }
    }

    /** How many files a process may open at most, whatever it is asked for. */
    static int hardFilesLimit() {
        try (var lines = Files.lines(PROC.resolve("self/limits"))) {
            return lines.filter(line -> line.startsWith("Max open files"))
                    .map(line -> line.split("\\s{2,}")[2])
                    .map(limit ->
                            limit.equals("unlimited")
                                    ? Integer.MAX_VALUE
                                    : (int) Math.min(Integer.MAX_VALUE, Long.parseLong(limit)))
                    .findFirst()
                    .orElse(1024);
        } catch (IOException e) {
            return 1024;
        }
    }
}

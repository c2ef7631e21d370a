package io.nimbus.launcher;

import io.nimbus.servers.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Processes as the kernel shows them. {@link ProcessHandle} alone is not enough: it takes a zombie
 * for alive, and a pid may be another process's by now, which the start time tells.
 */
final class Procs {
    private static final long TICKS_PER_SECOND = 100;

    private Procs() {}

    /**
     * @param started ticks since the machine's boot, which no second process of this pid has
     */
    record Running(long pid, long started) {
        boolean isAlive() {
            return of(pid).filter(this::equals).isPresent();
        }

        /** In words: {@code TERM}, {@code KILL}, {@code INT}, {@code USR2}. */
        void signal(String name) {
            if (isAlive()) {
                try {
                    Command.run(Duration.ofSeconds(10), "kill", "-" + name, String.valueOf(pid));
                } catch (IOException e) {
                    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
                }
            }
        }

        /** Waits until it is gone. */
        boolean ends(Duration within) throws InterruptedException {
            var deadline = System.nanoTime() + within.toNanos();
            while (isAlive()) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                Thread.sleep(20);
            }
            return true;
        }

        Duration age() {
            try {
                var up =
                        Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
                return Duration.ofMillis((long) (up * 1000) - started * 1000 / TICKS_PER_SECOND);
            } catch (IOException | NumberFormatException e) {
                return Duration.ZERO;
            }
        }

        /** Bytes in memory. */
        long resident() {
            try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
                return lines.filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                        .findFirst()
                        .orElse(0);
            } catch (IOException | java.io.UncheckedIOException e) {
                return 0;
            }
        }
    }

    /** The process of this pid, unless it is gone or only waits to be reaped. */
    static Optional<Running> of(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The name, in parentheses, may hold anything; the fields after it are fixed.
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[0].equals("Z") || fields[0].equals("X")
                    ? Optional.empty()
                    : Optional.of(new Running(pid, Long.parseLong(fields[19])));
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** What a person would call it: the program, or the jar that Java runs. */
    static String name(long pid) {
        try {
            var arguments = Files.readString(Path.of("/proc/" + pid + "/cmdline")).split("\0");
            for (int i = 0; i + 1 < arguments.length; i++) {
                if (arguments[i].equals("-jar")) {
                    return Path.of(arguments[i + 1]).getFileName().toString();
                }
            }
            var program = Path.of(arguments[0]).getFileName();
            return program == null ? arguments[0] : program.toString();
        } catch (IOException | java.nio.file.InvalidPathException e) {
            return "a process";
        }
    }
}

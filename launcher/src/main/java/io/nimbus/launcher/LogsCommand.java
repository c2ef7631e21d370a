package io.nimbus.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The platform's own logs, of one process or of all, each line after the process's name. */
final class LogsCommand {
    private static final int TAIL = 64 * 1024;

    private final State state;
    private final PrintStream out;

    LogsCommand(State state, PrintStream out) {
        this.state = state;
        this.out = out;
    }

    private static final class Tail {
        final String name;
        final Path file;
        long position;
        String rest = "";

        Tail(String name, Path file) {
            this.name = name;
            this.file = file;
        }
    }

    /**
     * Prints the last lines and, when following, what is written from then on.
     *
     * @param processes empty for all
     * @param following asked again after each look
     */
    void run(List<String> processes, int lines, BooleanSupplier following)
            throws IOException, Trouble {
        var tails = new ArrayList<Tail>();
        try (var files = Files.newDirectoryStream(state.logs(), "*.log")) {
            for (var file : files) {
                var name = file.getFileName().toString().replaceFirst("\\.log$", "");
                if (processes.isEmpty() || processes.contains(name)) {
                    tails.add(new Tail(name, file));
                }
            }
        }
        if (tails.isEmpty()) {
            throw new Trouble(
                    processes.isEmpty()
                            ? "there are no logs in " + state.logs()
                            : "no process of that name: "
                                    + String.join(", ", processes)
                                    + " (logs are in "
                                    + state.logs()
                                    + ")");
        }
        var named = tails.size() > 1;
        for (var tail : tails) {
            var size = Files.size(tail.file);
            tail.position = Math.max(0, size - TAIL);
            var recent = read(tail);
            recent.subList(Math.max(0, recent.size() - lines), recent.size())
                    .forEach(l -> print(tail, l, named));
        }
        while (following.getAsBoolean()) {
            for (var tail : tails) {
                read(tail).forEach(line -> print(tail, line, named));
            }
        }
    }

    private void print(Tail tail, String line, boolean named) {
        out.println(named ? String.format("%-16s %s", tail.name, line) : line);
    }

    /** The whole lines that were added since. */
    private static List<String> read(Tail tail) throws IOException {
        try (var file = new RandomAccessFile(tail.file.toFile(), "r")) {
            if (file.length() < tail.position) {
                tail.position = 0; // begun anew
                tail.rest = "";
            }
            var bytes = new byte[(int) Math.min(file.length() - tail.position, 1 << 20)];
            file.seek(tail.position);
            file.readFully(bytes);
            tail.position += bytes.length;
            var text = tail.rest + new String(bytes, StandardCharsets.UTF_8);
            var end = text.lastIndexOf('\n');
            tail.rest = text.substring(end + 1);
            return end < 0 ? List.of() : List.of(text.substring(0, end).split("\n", -1));
        }
    }
}

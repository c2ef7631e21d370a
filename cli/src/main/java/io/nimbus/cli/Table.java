package io.nimbus.cli;

import java.io.PrintStream;
import java.util.List;

/** Rows in columns as wide as their longest cell; the first row is the heading. */
final class Table {
    private Table() {}

    static void print(PrintStream out, List<List<String>> rows) {
        var widths = new int[rows.getFirst().size()];
        for (var row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (var row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 3));
            }
            out.println(line.toString().stripTrailing());
        }
    }
}

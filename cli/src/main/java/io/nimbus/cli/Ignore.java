package io.nimbus.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which files of a folder stay at home: {@code .cfignore}, in the form of {@code .gitignore}. The
 * last rule that matches a path decides; {@code !} takes a path in again.
 */
final class Ignore {
    /** As every cf client. */
    private static final List<String> ALWAYS =
            List.of(
                    ".cfignore",
                    "_darcs",
                    ".DS_Store",
                    ".git",
                    ".gitignore",
                    ".hg",
                    "/manifest.yml",
                    "/manifest.yaml",
                    ".svn");

    private final List<Rule> rules = new ArrayList<>();

    private record Rule(Pattern pattern, boolean folderOnly, boolean takenIn) {}

    Ignore(List<String> lines) {
        ALWAYS.forEach(this::add);
        lines.forEach(this::add);
    }

    private void add(String line) {
        var text = line.strip();
        if (text.isEmpty() || text.startsWith("#")) {
            return;
        }
        var takenIn = text.startsWith("!");
        if (takenIn) {
            text = text.substring(1);
        }
        var folderOnly = text.endsWith("/");
        if (folderOnly) {
            text = text.substring(0, text.length() - 1);
        }
        // A slash within ties the rule to the root; without one it holds at every depth.
        var rooted = text.indexOf('/') >= 0;
        if (text.startsWith("/")) {
            text = text.substring(1);
        }
        rules.add(
                new Rule(
                        Pattern.compile((rooted ? "" : "(?:.*/)?") + regex(text)),
                        folderOnly,
                        takenIn));
    }

    private static String regex(String glob) {
        var regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            var c = glob.charAt(i);
            if (glob.startsWith("**/", i)) {
                regex.append("(?:.*/)?");
                i += 2;
            } else if (glob.startsWith("**", i)) {
                regex.append(".*");
                i++;
            } else if (c == '*') {
                regex.append("[^/]*");
            } else if (c == '?') {
                regex.append("[^/]");
            } else if (c == '[' && glob.indexOf(']', i) > i) {
                var end = glob.indexOf(']', i);
                regex.append('[')
                        .append(
                                glob.substring(i + 1, end)
                                        .replaceFirst("^!", "^")
                                        .replace("\\", "\\\\"))
                        .append(']');
                i = end;
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.toString();
    }

    /**
     * Whether the path stays at home; a folder that does takes everything in it with it.
     *
     * @param path relative, with {@code /}
     */
    boolean ignores(String path, boolean folder) {
        var ignored = false;
        for (var rule : rules) {
            if ((!rule.folderOnly || folder) && rule.pattern.matcher(path).matches()) {
                ignored = !rule.takenIn;
            }
        }
        return ignored;
    }
}

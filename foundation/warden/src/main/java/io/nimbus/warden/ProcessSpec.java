package io.nimbus.warden;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A process to run as the container's user ({@code vcap}), with an empty standard input.
 *
 * @param command program and arguments; the program as a path inside, or a name to be found in PATH
 * @param environment beside the container's; values of any characters save NUL. Plain processes get
 *     only those whose names a shell can say
 * @param folder working folder, a path inside
 */
public record ProcessSpec(List<String> command, Map<String, String> environment, String folder) {
    public ProcessSpec {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("a process needs a command");
        }
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        Paths.inside(folder);
    }

    /** In the home folder. */
    public static ProcessSpec of(String... command) {
        return new ProcessSpec(List.of(command), Map.of(), Container.HOME);
    }

    public ProcessSpec with(String name, String value) {
        var more = new HashMap<>(environment);
        more.put(name, value);
        return new ProcessSpec(command, more, folder);
    }

    public ProcessSpec in(String folder) {
        return new ProcessSpec(command, environment, folder);
    }

    /** Without the environment, which may hold secrets. */
    @Override
    public String toString() {
        return "ProcessSpec" + command;
    }
}

package io.nimbus.warden;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The environment of a container's processes.
 *
 * @param sayable {@code NAME=value}, with names that a shell knows
 * @param unsayable the others
 */
record Variables(List<String> sayable, List<String> unsayable) {
    static final String PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    static boolean isSayable(String name) {
        return NAME.matcher(name).matches();
    }

    /** By name, the process's own over the container's over what every container has. */
    static Map<String, String> all(
            ContainerSpec container, ProcessSpec process, String home, String temporary) {
        var all = new LinkedHashMap<String, String>();
        all.put("PATH", PATH);
        all.put("LANG", "C.UTF-8");
        all.put("USER", "vcap");
        all.put("HOME", home);
        all.put("TMPDIR", temporary);
        all.putAll(container.environment());
        all.putAll(process.environment());
        return all;
    }

    static Variables of(Map<String, String> all) {
        var sayable = new ArrayList<String>();
        var unsayable = new ArrayList<String>();
        all.forEach((name, value) -> {
            if (isSayable(name)) {
                sayable.add(name + "=" + value);
            } else if (!name.isEmpty() && !name.contains("=")) {
                unsayable.add(name + "=" + value);
            }
        });
        return new Variables(sayable, unsayable);
    }
}

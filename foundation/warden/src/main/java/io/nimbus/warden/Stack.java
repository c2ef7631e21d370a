package io.nimbus.warden;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A root file system by name.
 *
 * @param rootfs a whole root file system, used read-only below each container's own layer; null:
 *     one made of this host's {@code /usr} and a few files of its {@code /etc}
 */
public record Stack(String name, @Nullable Path rootfs) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

    public Stack {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a stack's name: " + name);
        }
    }

    /** Made of this host's own programs. */
    public static Stack ofThisHost(String name) {
        return new Stack(name, null);
    }
}

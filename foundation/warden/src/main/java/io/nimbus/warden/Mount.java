package io.nimbus.warden;

import java.nio.file.Path;

/**
 * A folder of the host that is visible in a container.
 *
 * @param source absolute; must exist. Others must be able to pass through the folders above it
 * @param target absolute path inside, outside of {@code /proc}, {@code /sys}, {@code /dev}
 * @param writable whether the container's user may write; it becomes the folder's owner then. What
 *     is written there counts against no disk limit
 */
public record Mount(Path source, String target, boolean writable) {
    public Mount {
        if (!source.isAbsolute()) {
            throw new IllegalArgumentException("a mount's source is absolute: " + source);
        }
        Paths.inside(target);
    }

    public static Mount readOnly(Path source, String target) {
        return new Mount(source, target, false);
    }

    public static Mount writable(Path source, String target) {
        return new Mount(source, target, true);
    }
}

package io.nimbus.warden;

import java.nio.file.Path;

/** Paths inside containers. */
final class Paths {
    private Paths() {}

    /**
     * The path, checked.
     *
     * @throws IllegalArgumentException when it is not absolute or has {@code .} or {@code ..} in it
     */
    static Path inside(String path) {
        var checked = Path.of(path);
        if (!checked.isAbsolute() || !checked.normalize().equals(checked)) {
            throw new IllegalArgumentException("not an absolute, plain path inside: " + path);
        }
        return checked;
    }

    /** The path without its leading slash, to be resolved against a folder. */
    static Path relative(Path inside) {
        return Path.of("/").relativize(inside);
    }
}

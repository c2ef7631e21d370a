package io.nimbus.launcher;

/** placeholder to compile the parts; replaced below. */
public final class LauncherMain {
    private LauncherMain() {}

    public static void main(String[] arguments) {
        System.exit(0);
    }
}

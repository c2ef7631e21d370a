package io.nimbus.stager.policy;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which command starts the web process: the user's, the Procfile's, the buildpack's. */
public final class StartCommand {
    private StartCommand() {}

    /** Empty: staging succeeds, and the start fails with {@code missing start command}. */
    public static Optional<String> choose(
            @Nullable String given, Map<String, String> procfile, Map<String, String> released) {
        if (given != null && !given.isBlank()) {
            return Optional.of(given);
        }
        var declared = procfile.get("web");
        if (declared != null && !declared.isBlank()) {
            return Optional.of(declared);
        }
        return Optional.ofNullable(released.get("web")).filter(command -> !command.isBlank());
    }

    /** Whether the buildpack's release script need not be asked. */
    public static boolean isKnownWithoutRelease(
            @Nullable String given, Map<String, String> procfile) {
        return choose(given, procfile, Map.of()).isPresent();
    }
}

package io.nimbus.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where commands go and as whom, kept between them in a file that only its owner can read.
 *
 * @param uaa where tokens come from
 * @param logs where log lines come from
 */
record Target(
        @Nullable String api,
        @Nullable String uaa,
        @Nullable String logs,
        @Nullable String user,
        @Nullable String accessToken,
        @Nullable String refreshToken,
        @Nullable Named org,
        @Nullable Named space) {
    static final Target NONE = new Target(null, null, null, null, null, null, null, null);

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** A thing with a name and a guid. */
    record Named(String guid, String name) {}

    Target withTokens(@Nullable String access, @Nullable String refresh) {
        return new Target(api, uaa, logs, user, access, refresh, org, space);
    }

    Target withUser(@Nullable String name) {
        return new Target(api, uaa, logs, name, accessToken, refreshToken, org, space);
    }

    Target withPlace(@Nullable Named newOrg, @Nullable Named newSpace) {
        return new Target(api, uaa, logs, user, accessToken, refreshToken, newOrg, newSpace);
    }

    Named requireSpace() throws Failure {
        if (space == null) {
            throw new Failure("no space is targeted; `nimbus target -o ORG -s SPACE` chooses one");
        }
        return space;
    }

    Named requireOrg() throws Failure {
        if (org == null) {
            throw new Failure("no org is targeted; `nimbus target -o ORG` chooses one");
        }
        return org;
    }

    /** {@code NIMBUS_CLI_HOME}, else the user's configuration folder. */
    static Path file(Map<String, String> environment) {
        var home = environment.get("NIMBUS_CLI_HOME");
        if (home == null) {
            var configuration = environment.get("XDG_CONFIG_HOME");
            home =
                    (configuration == null
                                    ? System.getProperty("user.home") + "/.config"
                                    : configuration)
                            + "/nimbus";
        }
        return Path.of(home, "cli.json");
    }

    static Target read(Path file) throws Failure {
        try {
            return Files.exists(file) ? JSON.readValue(Files.readString(file), Target.class) : NONE;
        } catch (IOException | JacksonException e) {
            throw new Failure(
                    file + " cannot be read (" + e.getMessage() + "); delete it and log in again",
                    e);
        }
    }

    void write(Path file) throws Failure {
        try {
            var folder = Objects.requireNonNull(file.getParent());
            Files.createDirectories(folder);
            var temporary =
                    Files.createTempFile(
                            folder,
                            "cli",
                            ".new",
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            Files.writeString(temporary, JSON.writeValueAsString(this));
            Files.move(
                    temporary,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new Failure(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Without the tokens. */
    @Override
    public String toString() {
        return "Target[" + api + " as " + user + "]";
    }
}

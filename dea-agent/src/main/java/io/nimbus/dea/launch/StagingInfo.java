package io.nimbus.dea.launch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** {@code staging_info.yml} of a droplet: what its stager found out. */
public record StagingInfo(Optional<String> startCommand) {
    private static final YAMLMapper YAML = new YAMLMapper();

    /** It holds a handful of short texts; what is larger was not written by a stager. */
    private static final int LIMIT = 1 << 20;

    /**
     * @throws IOException when it cannot be read or is not YAML
     */
    public static StagingInfo read(InputStream in) throws IOException {
        var bytes = in.readNBytes(LIMIT + 1);
        if (bytes.length > LIMIT) {
            throw new IOException("staging_info.yml is too large");
        }
        try {
            var tree = YAML.readTree(new String(bytes, StandardCharsets.UTF_8));
            var command = tree == null ? "" : tree.path("start_command").asString("");
            return new StagingInfo(command.isBlank() ? Optional.empty() : Optional.of(command));
        } catch (JacksonException e) {
            throw new IOException("staging_info.yml is not YAML", e);
        }
    }
}

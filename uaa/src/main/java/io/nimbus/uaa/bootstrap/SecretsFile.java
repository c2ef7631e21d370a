package io.nimbus.uaa.bootstrap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Generated secrets, for the operator: name to secret in YAML, readable by the owner only. What is
 * in it is used again, so that a database made anew gets the same ones.
 */
final class SecretsFile {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final String HEAD =
            "# Secrets that were generated because the configuration gave none.\n";

    private final Path file;
    private final Map<String, String> secrets;
    private boolean changed;

    private SecretsFile(Path file, Map<String, String> secrets) {
        this.file = file;
        this.secrets = secrets;
    }

    static SecretsFile read(Path file) {
        try {
            return new SecretsFile(
                    file,
                    Files.exists(file)
                            ? new TreeMap<>(
                                    YAML.readValue(
                                            Files.readString(file),
                                            new TypeReference<Map<String, String>>() {}))
                            : new TreeMap<>());
        } catch (IOException e) {
            throw new UncheckedIOException("the secrets file cannot be read: " + file, e);
        } catch (JacksonException e) {
            throw new IllegalStateException("the secrets file is not YAML: " + file, e);
        }
    }

    Optional<String> get(String name) {
        return Optional.ofNullable(secrets.get(name));
    }

    void put(String name, String secret) {
        secrets.put(name, secret);
        changed = true;
    }

    /** Whether there was something new to write. */
    boolean write() {
        if (!changed) {
            return false;
        }
        try {
            var temporary = file.resolveSibling(file.getFileName() + ".new");
            Files.deleteIfExists(temporary);
            Files.createFile(
                    temporary,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(temporary, HEAD + YAML.writeValueAsString(secrets));
            Files.move(
                    temporary,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("the secrets file cannot be written: " + file, e);
        }
    }
}

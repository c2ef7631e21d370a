package io.nimbus.dea;

import io.nimbus.dea.policy.SavedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The registry in a file, {@code instances.json}: replaced as a whole after each change, so that
 * whoever reads it finds one state or the next. Only its owner may read it: it holds what the start
 * messages hold.
 */
final class SnapshotStore {
    private static final Logger log = LoggerFactory.getLogger(SnapshotStore.class);
    private static final JsonMapper JSON =
            JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

    private final Path file;
    private final InstantSource clock;
    private volatile Optional<String> fault = Optional.empty();

    private record Snapshot(Instant time, List<SavedInstance> instances) {}

    SnapshotStore(Path folder, InstantSource clock) throws IOException {
        Files.createDirectories(folder);
        this.file = folder.resolve("instances.json");
        this.clock = clock;
    }

    /** Why the last change is not in the file, if so. */
    Optional<String> fault() {
        return fault;
    }

    void save(List<SavedInstance> instances) {
        var temporary = file.resolveSibling("instances.json.new");
        try {
            Files.deleteIfExists(temporary);
            Files.createFile(
                    temporary,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.write(
                    temporary, JSON.writeValueAsBytes(new Snapshot(clock.instant(), instances)));
            Files.move(
                    temporary,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            fault = Optional.empty();
        } catch (IOException | JacksonException e) {
            fault = Optional.of("the snapshot cannot be written: " + e.getMessage());
            log.error("the snapshot cannot be written", e);
        }
    }

    /**
     * What was saved last. An unreadable file is put aside: what ran is then nobody's, is taken
     * away, and the health manager has it started again.
     */
    List<SavedInstance> load() {
        try {
            return JSON.readValue(Files.readAllBytes(file), Snapshot.class).instances();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | JacksonException e) {
            var aside = file.resolveSibling("instances.json.unreadable");
            log.error("the snapshot is unreadable and put aside as {}", aside, e);
            try {
                Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException again) {
                log.error("it cannot be put aside", again);
            }
            return List.of();
        }
    }
}

package io.nimbus.warden;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The folder of one owner's containers:
 *
 * <pre>
 * c/HANDLE/meta.json   what it is
 *          log/        what its processes wrote, and how far that was read
 *          run/        the main process: when it was started, who it is
 *          …           the backend's
 * exits/HANDLE         the status of the main process, once it has ended
 * </pre>
 */
final class Depot {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Path root;

    Depot(Path root) throws IOException {
        this.root = root;
        Trees.passable(root);
        Trees.passable(root.resolve("c"));
        Files.createDirectories(exits());
    }

    Path root() {
        return root;
    }

    Path exits() {
        return root.resolve("exits");
    }

    Path exit(String handle) {
        return exits().resolve(handle);
    }

    Path folder(String handle) {
        return root.resolve("c").resolve(handle);
    }

    List<String> handles() {
        var handles = new ArrayList<String>();
        try (var folders = Files.newDirectoryStream(root.resolve("c"))) {
            folders.forEach(folder -> handles.add(folder.getFileName().toString()));
        } catch (IOException e) {
            throw new IllegalStateException("the depot cannot be read: " + e.getMessage(), e);
        }
        return handles;
    }

    /** Makes the container's folder with its description. */
    void begin(Meta meta) throws IOException {
        var folder = Trees.passable(folder(meta.spec().handle()));
        Files.createDirectories(folder.resolve("log"));
        Trees.passable(folder.resolve("run"));
        write(meta);
    }

    void write(Meta meta) throws IOException {
        var file = folder(meta.spec().handle()).resolve("meta.json");
        var temporary = file.resolveSibling("meta.json.new");
        Files.deleteIfExists(temporary);
        // The environment may hold secrets.
        Files.createFile(
                temporary,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(temporary, JSON.writeValueAsBytes(meta));
        Files.move(
                temporary,
                file,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** Empty when there is none, or nothing that can be read. */
    Optional<Meta> read(String handle) {
        try {
            return Optional.of(
                    JSON.readValue(
                            Files.readString(folder(handle).resolve("meta.json")), Meta.class));
        } catch (IOException | JacksonException e) {
            return Optional.empty();
        }
    }

    /** The status that was left, if the process has ended. */
    Optional<Integer> status(String handle) {
        try {
            return Optional.of(
                    Integer.parseInt(
                            Files.readString(exit(handle), StandardCharsets.US_ASCII).strip()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.of(Exit.UNKNOWN);
        }
    }
}

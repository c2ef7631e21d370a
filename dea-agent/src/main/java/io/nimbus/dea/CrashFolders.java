package io.nimbus.dea;

import io.nimbus.warden.Container;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What crashed instances leave for their developers: a folder each, by the instance's guid. */
final class CrashFolders {
    private static final Logger log = LoggerFactory.getLogger(CrashFolders.class);

    /** An app's own log files; more than this of them helps nobody. */
    private static final long LIMIT = 64L << 20;

    /** Above this share of used space the oldest crashes go. */
    private static final double FULL = 0.8;

    private final Path folder;

    CrashFolders(Path folder) throws IOException {
        Files.createDirectories(folder);
        this.folder = folder;
    }

    /** Copies its log files; what cannot be copied is not worth a crash's report. */
    void keep(Container container, String guid) {
        var target = folder.resolve(guid);
        try {
            Files.createDirectories(target);
            container.copyOut(Container.HOME + "/logs", target.resolve("logs"), LIMIT);
        } catch (NoSuchFileException e) {
            log.debug("{} crashed without log files", guid);
        } catch (IOException e) {
            log.warn("the log files of {} are not kept: {}", guid, e.getMessage());
        }
    }

    void drop(String guid) {
        try {
            delete(folder.resolve(guid));
        } catch (IOException e) {
            log.warn("the crash folder of {} stays: {}", guid, e.getMessage());
        }
    }

    /** Takes away folders of which no crash is known. */
    void sweep(Set<String> known) {
        try (var folders = Files.newDirectoryStream(folder)) {
            for (var crash : folders) {
                if (!known.contains(crash.getFileName().toString())) {
                    delete(crash);
                }
            }
        } catch (IOException e) {
            log.warn("the crash folders cannot be swept: {}", e.getMessage());
        }
    }

    boolean isNearlyFull() {
        try {
            var store = Files.getFileStore(folder);
            var total = store.getTotalSpace();
            return total > 0 && total - store.getUsableSpace() > FULL * total;
        } catch (IOException e) {
            log.warn("how full the disk is cannot be seen: {}", e.getMessage());
            return false;
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException fault)
                            throws IOException {
                        if (fault != null) {
                            throw fault;
                        }
                        Files.delete(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}

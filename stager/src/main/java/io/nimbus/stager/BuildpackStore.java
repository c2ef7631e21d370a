package io.nimbus.stager;

import io.nimbus.subjects.StagingStart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's buildpacks, unpacked once under their key, which changes with their content. What
 * no request names any more and no task uses is deleted.
 *
 * <p>One lock for all: the first task that needs a buildpack downloads it while the others wait.
 */
final class BuildpackStore {
    private static final Logger log = LoggerFactory.getLogger(BuildpackStore.class);
    private static final int ATTEMPTS = 3;
    private static final long LARGEST = 4L << 30;

    private final Path folder;
    private final Transfers transfers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Integer> inUse = new HashMap<>();

    BuildpackStore(Path folder, Transfers transfers) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.transfers = transfers;
    }

    /** The folder with one sub-folder per key. */
    Path folder() {
        return folder;
    }

    /** What a task uses; close it when the task is done. */
    interface Lease extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Makes sure that these are there, and keeps them there.
     *
     * @throws IOException naming the buildpack that cannot be had
     */
    Lease lease(List<StagingStart.Buildpack> buildpacks) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            deleteOthers(buildpacks);
            for (var buildpack : buildpacks) {
                if (!Files.isDirectory(path(buildpack.key()))) {
                    fetch(buildpack);
                }
            }
            buildpacks.forEach(b -> inUse.merge(b.key(), 1, Integer::sum));
        } finally {
            lock.unlock();
        }
        return () -> {
            lock.lock();
            try {
                buildpacks.forEach(
                        b -> inUse.merge(b.key(), -1, (a, d) -> a + d == 0 ? null : a + d));
            } finally {
                lock.unlock();
            }
        };
    }

    private Path path(String key) throws IOException {
        if (!key.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
            throw new IOException("not a buildpack's key: " + key);
        }
        return folder.resolve(key);
    }

    private void fetch(StagingStart.Buildpack buildpack) throws IOException, InterruptedException {
        var zip = folder.resolve(".download.zip");
        var unpacked = folder.resolve(".unpacked");
        for (int attempt = 1; ; attempt++) {
            try {
                Trees.delete(unpacked);
                transfers.download(buildpack.url(), zip, "buildpack " + buildpack.key());
                Zips.unpack(zip, unpacked, LARGEST, null);
                makeReadable(unpacked);
                Files.move(unpacked, path(buildpack.key()), StandardCopyOption.ATOMIC_MOVE);
                log.info("buildpack {} is here", buildpack.key());
                return;
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                log.warn("buildpack {}: {}; trying again", buildpack.key(), e.getMessage());
            } finally {
                Files.deleteIfExists(zip);
            }
        }
    }

    /** Container users have no rights on the host. */
    private static void makeReadable(Path root) throws IOException {
        try (var files = Files.walk(root)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (Files.isSymbolicLink(file)) {
                    continue;
                }
                var permissions = new HashSet<>(Files.getPosixFilePermissions(file));
                permissions.add(PosixFilePermission.OTHERS_READ);
                if (Files.isDirectory(file)
                        || permissions.contains(PosixFilePermission.OWNER_EXECUTE)) {
                    permissions.add(PosixFilePermission.OTHERS_EXECUTE);
                }
                Files.setPosixFilePermissions(file, permissions);
            }
        }
    }

    private void deleteOthers(List<StagingStart.Buildpack> wanted) throws IOException {
        Set<String> keep = new HashSet<>(inUse.keySet());
        wanted.forEach(b -> keep.add(b.key()));
        var superfluous = new ArrayList<Path>();
        try (var kept = Files.list(folder)) {
            kept.filter(f -> !keep.contains(f.getFileName().toString())).forEach(superfluous::add);
        }
        for (var path : superfluous) {
            Trees.delete(path);
        }
    }

    /** Whole folders. */
    static final class Trees {
        private Trees() {}

        /** Deletes a folder and what is in it, links not followed. */
        static void delete(Path root) throws IOException {
            if (!Files.exists(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            try (var files = Files.walk(root)) {
                for (var file :
                        (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                    Files.delete(file);
                }
            }
        }
    }
}

package io.nimbus.dea.droplets;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Droplets in a folder, by sha1: {@code <sha1>/droplet.tgz}. Many starts of one droplet share one
 * download; nothing is used whose content is not what its name says. What no instance uses is kept
 * within a budget, least recently used first to go.
 */
public final class DropletCache implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DropletCache.class);
    private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");
    private static final String FILE = "droplet.tgz";

    private final Path folder;
    private final long budget;
    private final InstantSource clock;
    private final Download download;
    private final Map<String, CompletableFuture<Path>> fetching = new ConcurrentHashMap<>();

    /** Whose content was compared with its name since this process started. */
    private final Set<String> verified = ConcurrentHashMap.newKeySet();

    /**
     * @param budget bytes of droplets that no instance uses
     * @param inactivity after which a silent server is given up
     */
    public DropletCache(Path folder, long budget, Duration inactivity, InstantSource clock)
            throws IOException {
        Files.createDirectories(folder);
        this.folder = folder;
        this.budget = budget;
        this.clock = clock;
        this.download = new Download(inactivity);
        try (var entries = Files.newDirectoryStream(folder)) {
            for (var entry : entries) {
                if (!SHA1.matcher(entry.getFileName().toString()).matches()) {
                    // A download that was cut off by our own end.
                    delete(entry);
                }
            }
        }
    }

    /**
     * The droplet's file, from the cache or from its address.
     *
     * @throws DropletException when it cannot be had, or is not what its sha1 says
     */
    public Path fetch(String sha1, URI address) throws DropletException, InterruptedException {
        var name = sha1.toLowerCase(Locale.ROOT);
        if (!SHA1.matcher(name).matches()) {
            throw new DropletException("not a sha1: " + sha1);
        }
        for (int failures = 0; ; ) {
            var mine = new CompletableFuture<Path>();
            var other = fetching.putIfAbsent(name, mine);
            if (other == null) {
                try {
                    var file = look(name, address);
                    mine.complete(file);
                    return file;
                } catch (DropletException | InterruptedException | RuntimeException e) {
                    mine.completeExceptionally(e);
                    throw e;
                } finally {
                    fetching.remove(name, mine);
                }
            }
            try {
                return other.get();
            } catch (ExecutionException e) {
                // Its instance may have been stopped, or its address have expired: try with ours.
                if (e.getCause() instanceof DropletException known && ++failures == 2) {
                    throw known;
                }
            }
        }
    }

    private Path look(String sha1, URI address) throws DropletException, InterruptedException {
        var file = folder.resolve(sha1).resolve(FILE);
        try {
            if (isThere(sha1, file)) {
                Files.setLastModifiedTime(folder.resolve(sha1), FileTime.from(clock.instant()));
                return file;
            }
            var temporary = Files.createDirectory(folder.resolve("new." + UUID.randomUUID()));
            try {
                var got = download.fetch(address, temporary.resolve(FILE));
                if (!got.equals(sha1)) {
                    throw new DropletException("SHA1 mismatch: expected " + sha1 + ", got " + got);
                }
                Files.setPosixFilePermissions(
                        temporary.resolve(FILE), PosixFilePermissions.fromString("rwxr--r--"));
                Files.move(temporary, folder.resolve(sha1), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                delete(temporary);
            }
            verified.add(sha1);
            return file;
        } catch (IOException e) {
            throw new DropletException("the droplet cannot be kept: " + e.getMessage());
        }
    }

    private boolean isThere(String sha1, Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            delete(folder.resolve(sha1));
            return false;
        }
        if (verified.contains(sha1)) {
            return true;
        }
        if (sha1Of(file).equals(sha1)) {
            verified.add(sha1);
            return true;
        }
        log.warn("cached droplet {} is damaged and fetched again", sha1);
        delete(folder.resolve(sha1));
        return false;
    }

    private static String sha1Of(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var digest = MessageDigest.getInstance("SHA-1");
            var buffer = new byte[64 * 1024];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    private record Kept(Path folder, long bytes, FileTime used) {}

    /** Takes away what no instance uses and what is beyond the budget. */
    public void sweep(Set<String> used) {
        var unused = new ArrayList<Kept>();
        try (var entries = Files.newDirectoryStream(folder)) {
            for (var entry : entries) {
                var name = entry.getFileName().toString();
                if (SHA1.matcher(name).matches()
                        && !used.contains(name)
                        && !fetching.containsKey(name)) {
                    unused.add(
                            new Kept(
                                    entry,
                                    Files.size(entry.resolve(FILE)),
                                    Files.getLastModifiedTime(entry)));
                }
            }
            unused.sort(Comparator.comparing(Kept::used).reversed());
            long sum = 0;
            for (var kept : unused) {
                sum += kept.bytes();
                if (sum > budget) {
                    var name = kept.folder().getFileName().toString();
                    log.info("droplet {} is dropped from the cache", name);
                    verified.remove(name);
                    var gone = folder.resolve(name + ".deleted." + clock.millis());
                    Files.move(kept.folder(), gone, StandardCopyOption.ATOMIC_MOVE);
                    delete(gone);
                }
            }
        } catch (IOException e) {
            log.warn("the droplet cache cannot be swept: {}", e.getMessage());
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            return;
        } catch (java.nio.file.NotDirectoryException e) {
            // Deleted below, as what it is.
        }
        Files.deleteIfExists(folder);
    }

    @Override
    public void close() {
        download.close();
    }
}

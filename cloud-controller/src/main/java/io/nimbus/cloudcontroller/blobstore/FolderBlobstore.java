package io.nimbus.cloudcontroller.blobstore;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Blobs in a folder, spread over two levels of subfolders. Several controllers may share it over a
 * network file system: a blob is written beside, flushed to the disk and then renamed.
 */
public final class FolderBlobstore implements Blobstore {
    private static final Pattern KEY =
            Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*");
    private static final int BUFFER = 64 * 1024;

    private final Path folder;
    private final Path incoming;

    /**
     * @param root of all stores; theirs differ by name
     */
    public FolderBlobstore(Path root, String name) {
        folder = root.resolve(name);
        incoming = root.resolve("incoming");
    }

    private Path path(String key) {
        if (!KEY.matcher(key).matches()) {
            throw new IllegalArgumentException("not a key: " + key);
        }
        // Keys are guids and hashes, whose first characters spread well.
        var start = key.split("/", 2)[0];
        var padded = (start + "____").substring(0, 4);
        return folder.resolve(padded.substring(0, 2)).resolve(padded.substring(2, 4)).resolve(key);
    }

    @Override
    public Received receive(InputStream in, long limit) throws IOException {
        Files.createDirectories(incoming);
        var file = incoming.resolve(UUID.randomUUID().toString());
        try {
            return write(in, limit, file);
        } catch (IOException e) {
            Files.deleteIfExists(file);
            if (String.valueOf(e.getMessage()).contains("No space left")) {
                throw CloudError.BLOBSTORE_ERROR.saying("The blobstore is full.");
            }
            throw e;
        }
    }

    private Incoming write(InputStream in, long limit, Path file) throws IOException {
        var sha1 = digest("SHA-1");
        var sha256 = digest("SHA-256");
        var md5 = digest("MD5");
        long length = 0;
        try (var out =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var buffer = new byte[BUFFER];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                length += read;
                if (length > limit) {
                    throw new TooLargeException(limit);
                }
                sha1.update(buffer, 0, read);
                sha256.update(buffer, 0, read);
                md5.update(buffer, 0, read);
                var bytes = ByteBuffer.wrap(buffer, 0, read);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
            out.force(true);
        }
        var hex = HexFormat.of();
        return new Incoming(
                file,
                length,
                hex.formatHex(sha1.digest()),
                hex.formatHex(sha256.digest()),
                md5.digest());
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Optional<Blob> find(String key) throws IOException {
        var path = path(key);
        try {
            return Optional.of(new Stored(path, Files.size(path)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public void delete(String key) throws IOException {
        Files.deleteIfExists(path(key));
    }

    @Override
    public void deleteBelow(String prefix) throws IOException {
        var path = path(prefix);
        if (!Files.isDirectory(path)) {
            return;
        }
        Files.walkFileTree(
                path,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e)
                            throws IOException {
                        Files.deleteIfExists(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private record Stored(Path path, long length) implements Blob, LocalFile {
        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(path);
        }

        @Override
        public LocalFile local() {
            return this;
        }

        @Override
        public void close() {}
    }

    private final class Incoming implements Received {
        private final Path file;
        private final long length;
        private final String sha1;
        private final String sha256;
        private final byte[] md5;

        Incoming(Path file, long length, String sha1, String sha256, byte[] md5) {
            this.file = file;
            this.length = length;
            this.sha1 = sha1;
            this.sha256 = sha256;
            this.md5 = md5;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public String sha1() {
            return sha1;
        }

        @Override
        public String sha256() {
            return sha256;
        }

        @Override
        public byte[] md5() {
            return md5.clone();
        }

        @Override
        public Path file() {
            return file;
        }

        @Override
        public void store(String key) throws IOException {
            var path = path(key);
            Files.createDirectories(path.getParent());
            Files.move(
                    file,
                    path,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public void close() throws IOException {
            Files.deleteIfExists(file);
        }
    }
}

package io.nimbus.cloudcontroller.blobstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Blobs by key. A key is made of letters, digits, {@code . _ -} and {@code /}. A blob appears whole
 * or not at all, and replaces one of the same key at once.
 */
public interface Blobstore {

    /**
     * Takes a stream in, to be stored under a key that may depend on what came.
     *
     * @param limit bytes that are taken at most
     * @throws io.nimbus.cloudcontroller.errors.CloudException BlobstoreError when the disk is full
     * @throws TooLargeException when there is more
     */
    Received receive(InputStream in, long limit) throws IOException;

    Optional<Blob> find(String key) throws IOException;

    /** No matter whether there is one. */
    void delete(String key) throws IOException;

    /** Every blob whose key begins with this and a slash. */
    void deleteBelow(String prefix) throws IOException;

    default boolean has(String key) throws IOException {
        return find(key).isPresent();
    }

    /** One stored blob. */
    interface Blob {
        /** Bytes. */
        long length();

        InputStream open() throws IOException;

        /** The same as a file to read anywhere in it. */
        LocalFile local() throws IOException;
    }

    /** A file that may be read until it is closed. */
    interface LocalFile extends AutoCloseable {
        Path path();

        @Override
        void close() throws IOException;
    }

    /** What was taken in; gone when it is closed before it was stored. */
    interface Received extends AutoCloseable {
        long length();

        /** Hex. */
        String sha1();

        /** Hex. */
        String sha256();

        byte[] md5();

        /** To look into. */
        Path file();

        void store(String key) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** A stream holds more than is taken. */
    final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1;

        public TooLargeException(long limit) {
            super("more than " + limit + " bytes");
        }
    }
}

package io.nimbus.cloudcontroller.apps;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nimbus.cloudcontroller.blobstore.Blobstore;
import io.nimbus.cloudcontroller.errors.CloudError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.zip.UnsupportedZipFeatureException;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Puts an app's package together. The uploaded zip is not trusted: every name and every link must
 * stay inside the app, and what it really unpacks to is counted, not what it says.
 */
final class PackageZip {
    private static final int MAX_ENTRIES = 200_000;
    private static final int MAX_LINK = 4096;
    private static final int BUFFER = 64 * 1024;

    /** A file of the uploaded zip. */
    record Packed(String name, String sha1, long size) {}

    interface Visitor {
        void visit(Packed file, InputStream content) throws IOException;
    }

    private final AppConfig config;
    private final Blobstore resources;
    private long unpacked;

    PackageZip(AppConfig config, Blobstore resources) {
        this.config = config;
        this.resources = resources;
    }

    /**
     * Writes the package.
     *
     * @param upload null when there is none
     * @return the files of the upload
     * @throws io.nimbus.cloudcontroller.errors.CloudException AppBitsUploadInvalid,
     *     AppPackageInvalid
     */
    List<Packed> write(@Nullable Path upload, List<KnownFile> known, Path to) throws IOException {
        var files = new ArrayList<Packed>();
        var names = new HashSet<String>();
        try (var out = new ZipArchiveOutputStream(to)) {
            if (upload != null) {
                copy(upload, out, files, names);
            }
            for (var file : known) {
                // What was uploaded is newer than what was matched.
                if (names.add(clean(file.path()))) {
                    add(file, out);
                }
            }
        }
        if (names.isEmpty()) {
            throw CloudError.APP_BITS_UPLOAD_INVALID.of("there is not a single file in it");
        }
        return files;
    }

    private void copy(
            Path upload, ZipArchiveOutputStream out, List<Packed> files, Set<String> names)
            throws IOException {
        try (var zip = ZipFile.builder().setPath(upload).get()) {
            for (var entry : Collections.list(zip.getEntries())) {
                if (names.size() >= MAX_ENTRIES) {
                    throw CloudError.APP_PACKAGE_INVALID.of(
                            "it has more than " + MAX_ENTRIES + " entries");
                }
                if (!isInside(entry.getName())) {
                    throw CloudError.APP_BITS_UPLOAD_INVALID.of(
                            "it has a path that leads out of the app: " + entry.getName());
                }
                if (!names.add(clean(entry.getName()))) {
                    continue;
                }
                if (!zip.canReadEntryData(entry)) {
                    throw CloudError.APP_PACKAGE_INVALID.of(
                            "it is encrypted or packed in an unusual way");
                }
                if (entry.isDirectory()) {
                    out.putArchiveEntry(entry);
                    out.closeArchiveEntry();
                    continue;
                }
                if (entry.isUnixSymlink()) {
                    checkLink(zip, entry);
                } else {
                    files.add(measure(zip, entry));
                }
                try (var raw = zip.getRawInputStream(entry)) {
                    out.addRawArchiveEntry(entry, raw);
                }
            }
        } catch (UnsupportedZipFeatureException e) {
            throw CloudError.APP_PACKAGE_INVALID.of("it is encrypted or packed in an unusual way");
        } catch (ZipException e) {
            throw CloudError.APP_PACKAGE_INVALID.of("it is not a readable zip file");
        } catch (IOException e) {
            if (isFullDisk(e)) {
                throw CloudError.BLOBSTORE_ERROR.saying("The disk is full.");
            }
            throw CloudError.APP_PACKAGE_INVALID.of("it is not a readable zip file");
        }
    }

    private static boolean isFullDisk(IOException e) {
        return String.valueOf(e.getMessage()).contains("No space left");
    }

    private static void checkLink(ZipFile zip, ZipArchiveEntry entry) throws IOException {
        try (var in = zip.getInputStream(entry)) {
            var target = new String(in.readNBytes(MAX_LINK), UTF_8);
            var folder =
                    entry.getName().contains("/") ? entry.getName().replaceFirst("[^/]*$", "") : "";
            if (target.startsWith("/") || !isInside(folder + target)) {
                throw CloudError.APP_BITS_UPLOAD_INVALID.of(
                        "it has a link that leads out of the app: " + entry.getName());
            }
        }
    }

    private Packed measure(ZipFile zip, ZipArchiveEntry entry) throws IOException {
        var sha1 = sha1();
        long size = 0;
        try (var in = zip.getInputStream(entry)) {
            var buffer = new byte[BUFFER];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                size += read;
                count(read);
                sha1.update(buffer, 0, read);
            }
        }
        if (size != entry.getSize()) {
            throw CloudError.APP_PACKAGE_INVALID.of("it is damaged: " + entry.getName());
        }
        return new Packed(entry.getName(), HexFormat.of().formatHex(sha1.digest()), size);
    }

    private void count(long bytes) {
        unpacked += bytes;
        if (unpacked > config.maxPackage()) {
            throw CloudError.APP_PACKAGE_INVALID.of(
                    "it is larger than " + config.maxPackage() / (1024 * 1024) + " MB unpacked");
        }
    }

    private void add(KnownFile file, ZipArchiveOutputStream out) throws IOException {
        var blob =
                resources
                        .find(file.sha1())
                        .orElseThrow(() ->
                                CloudError.APP_BITS_UPLOAD_INVALID.of(
                                        "the file " + file.path() + " is not known"));
        count(blob.length());
        var entry = new ZipArchiveEntry(file.path());
        entry.setUnixMode(0100000 | file.mode());
        entry.setSize(blob.length());
        out.putArchiveEntry(entry);
        try (var in = blob.open()) {
            in.transferTo(out);
        }
        out.closeArchiveEntry();
    }

    /** Shows some of the zip's files to a visitor. */
    static void extract(Path zip, List<Packed> files, Visitor visitor) throws IOException {
        if (files.isEmpty()) {
            return;
        }
        try (var archive = ZipFile.builder().setPath(zip).get()) {
            for (var file : files) {
                try (var in = archive.getInputStream(archive.getEntry(file.name()))) {
                    visitor.visit(file, in);
                }
            }
        }
    }

    /** Whether a path stays below the folder that it starts from. */
    static boolean isInside(String path) {
        if (path.isEmpty()
                || path.startsWith("/")
                || path.indexOf('\0') >= 0
                || path.matches("[A-Za-z]:.*")) {
            return false;
        }
        var depth = new ArrayDeque<String>();
        for (var part : path.replace('\\', '/').split("/")) {
            if (part.equals("..")) {
                if (depth.isEmpty()) {
                    return false;
                }
                depth.pop();
            } else if (!part.isEmpty() && !part.equals(".")) {
                depth.push(part);
            }
        }
        return true;
    }

    private static String clean(String path) {
        return path.replaceFirst("^(\\./)+", "").replaceFirst("/+$", "");
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

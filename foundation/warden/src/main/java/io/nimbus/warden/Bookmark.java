package io.nimbus.warden;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a log was read, in a file of fixed length that is overwritten in place: cheap enough for
 * ten times a second, and never half a number, since one write of a few bytes is whole.
 */
final class Bookmark {
    private static final Logger log = LoggerFactory.getLogger(Bookmark.class);

    private final Path file;
    private long[] offsets;

    Bookmark(Path file, int streams) {
        this.file = file;
        this.offsets = read(file, streams);
    }

    private static long[] read(Path file, int streams) {
        var offsets = new long[streams];
        try {
            var fields = Files.readString(file).strip().split(" ");
            for (int i = 0; i < Math.min(streams, fields.length); i++) {
                offsets[i] = Long.parseLong(fields[i]);
            }
        } catch (NoSuchFileException e) {
            // Never read: from the start.
        } catch (IOException | NumberFormatException e) {
            log.warn("{} is unreadable, lines may come twice: {}", file, e.getMessage());
        }
        return offsets;
    }

    long offset(int stream) {
        return offsets[stream];
    }

    /** True when it moved. */
    boolean move(long... to) {
        if (Arrays.equals(offsets, to)) {
            return false;
        }
        offsets = to.clone();
        var text =
                Arrays.stream(to)
                                .mapToObj(n -> String.format(Locale.ROOT, "%019d", n))
                                .collect(Collectors.joining(" "))
                        + "\n";
        try (var channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)), 0);
        } catch (IOException e) {
            log.warn("{} cannot be written, lines may come twice: {}", file, e.getMessage());
        }
        return true;
    }
}

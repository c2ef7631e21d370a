package io.nimbus.warden;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/**
 * Numbers (ports, subnets) handed out once on this host, whoever asks: a file per number in a
 * folder that all owners share, whose content is the container that has it. A number given back
 * rests for a while before it is handed out again, so that a router's stale entry cannot lead to
 * another app; that holds across restarts.
 */
final class Reservations {
    /** A route is dropped 120 s after its last registration, and looked after every 30 s. */
    static final Duration REST = Duration.ofMinutes(3);

    private static final String RESTING = "resting";

    private final Path folder;
    private final int first;
    private final int last;
    private final InstantSource clock;

    /** Where to look next. Not from the start each time: the longest unused come first. */
    private int cursor;

    Reservations(Path folder, int first, int last, InstantSource clock) throws IOException {
        Files.createDirectories(folder);
        this.folder = folder;
        this.first = first;
        this.last = last;
        this.clock = clock;
        cursor = (int) Math.floorMod(clock.millis() / 100, (long) last - first + 1);
    }

    /** The folder for this machine's users: of root, or of this user. */
    static Path shared(String kind) {
        return Shell.isRoot()
                ? Path.of("/run/nimbus", kind)
                : Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "nimbus-" + System.getProperty("user.name"),
                        kind);
    }

    /**
     * @param holder the container's folder; the number is free again once that is gone
     * @param usable whether nobody else has it
     * @return empty when every number is taken
     */
    OptionalInt take(Path holder, IntPredicate usable) throws IOException {
        return locked(() -> {
            var size = last - first + 1;
            for (int tried = 0; tried < size; tried++) {
                var number = first + Math.floorMod(cursor++, size);
                if (isFree(number) && usable.test(number)) {
                    Files.writeString(file(number), holder.toString());
                    return OptionalInt.of(number);
                }
            }
            return OptionalInt.empty();
        });
    }

    private boolean isFree(int number) throws IOException {
        var file = file(number);
        try {
            var holder = Files.readString(file);
            if (holder.equals(RESTING)) {
                var since = Files.getLastModifiedTime(file).toInstant();
                return since.plus(REST).isBefore(clock.instant());
            }
            // Empty: whoever wrote it was killed meanwhile.
            return holder.isEmpty() || !Files.exists(Path.of(holder));
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    /** Gives a number back, if this holder has it. */
    void release(int number, Path holder) throws IOException {
        locked(() -> {
            var file = file(number);
            try {
                if (Files.readString(file).equals(holder.toString())) {
                    Files.writeString(file, RESTING);
                    Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
                }
            } catch (NoSuchFileException e) {
                // Given back before.
            }
            return true;
        });
    }

    /** Forgets every number of holders below this folder, without a rest. */
    void forget(Path holders) throws IOException {
        locked(() -> {
            try (var files = Files.newDirectoryStream(folder, "[0-9]*")) {
                for (var file : files) {
                    var holder = Files.readString(file);
                    if (!holder.isEmpty()
                            && !holder.equals(RESTING)
                            && Path.of(holder).startsWith(holders)) {
                        Files.delete(file);
                    }
                }
            }
            return true;
        });
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    /** One at a time, among the threads of this process and among processes. */
    private <T> T locked(Work<T> work) throws IOException {
        synchronized (Reservations.class) {
            try (var channel =
                            FileChannel.open(
                                    folder.resolve("lock"),
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                return work.run();
            }
        }
    }

    private Path file(int number) {
        return folder.resolve(Integer.toString(number));
    }
}

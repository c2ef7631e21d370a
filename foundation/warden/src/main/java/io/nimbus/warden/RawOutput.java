package io.nimbus.warden;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Two files as a process writes them, without times: lines are stamped when they are read. */
final class RawOutput implements Output {
    private final LogFile out;
    private final LogFile error;
    private final Bookmark bookmark;
    private final BooleanSupplier ended;
    private final InstantSource clock;

    /**
     * @param folder holds {@code out}, {@code err} and the bookmark
     * @param ended whether nobody writes any more
     */
    RawOutput(Path folder, long budget, BooleanSupplier ended, InstantSource clock) {
        this.bookmark = new Bookmark(folder.resolve("read"), 2);
        this.out = new LogFile(folder.resolve("out"), bookmark.offset(0), budget);
        this.error = new LogFile(folder.resolve("err"), bookmark.offset(1), budget);
        this.ended = ended;
        this.clock = clock;
    }

    @Override
    public int read(int limit, Consumer<Line> sink) {
        var last = ended.getAsBoolean();
        var now = clock.instant();
        var count = out.read(limit, last, (text, end) -> sink.accept(new Line(now, false, text)));
        return count
                + error.read(
                        limit - count, last, (text, end) -> sink.accept(new Line(now, true, text)));
    }

    @Override
    public void commit() {
        if (bookmark.move(out.position(), error.position())) {
            out.free(out.position());
            error.free(error.position());
        }
    }

    @Override
    public long dropped() {
        return out.dropped() + error.dropped();
    }
}

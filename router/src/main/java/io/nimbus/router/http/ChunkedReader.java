package io.nimbus.router.http;

import io.netty.buffer.ByteBuf;

/**
 * Takes a chunked body apart. Chunk extensions are read over; the trailer's lines are kept as they
 * came. The router writes chunks of its own, so that nobody behind it sees another's.
 */
public final class ChunkedReader {
    /** Gets the body's pieces; each belongs to the receiver. */
    public interface Sink {
        void data(ByteBuf piece);
    }

    private static final int MOST_EXTENSION = 4096;
    private static final int MOST_TRAILER = 64 * 1024;

    private enum State {
        SIZE,
        EXTENSION,
        SIZE_LF,
        DATA,
        DATA_CR,
        DATA_LF,
        TRAILER,
        END
    }

    private final boolean lenient;
    private State state = State.SIZE;
    private long left;
    private int digits;
    private int skipped;
    private final TrailerLines trailer = new TrailerLines();

    /**
     * @param lenient blanks after a chunk's size are read over, as some servers pad it
     */
    public ChunkedReader(boolean lenient) {
        this.lenient = lenient;
    }

    public TrailerLines trailer() {
        return trailer;
    }

    /**
     * @return whether the body has ended; what is left in the buffer then belongs to the next
     *     message
     */
    public boolean read(ByteBuf in, Sink sink) throws MalformedException {
        while (in.isReadable()) {
            switch (state) {
                case SIZE -> size(in.readByte());
                case EXTENSION -> extension(in.readByte());
                case SIZE_LF -> {
                    expect(in.readByte(), '\n');
                    state = left == 0 ? State.TRAILER : State.DATA;
                }
                case DATA -> {
                    int piece = (int) Math.min(left, in.readableBytes());
                    left -= piece;
                    if (left == 0) {
                        state = State.DATA_CR;
                    }
                    sink.data(in.readRetainedSlice(piece));
                }
                case DATA_CR -> {
                    expect(in.readByte(), '\r');
                    state = State.DATA_LF;
                }
                case DATA_LF -> {
                    expect(in.readByte(), '\n');
                    state = State.SIZE;
                    digits = 0;
                    skipped = 0;
                }
                case TRAILER -> {
                    if (trailer.read(in, MOST_TRAILER)) {
                        state = State.END;
                        return true;
                    }
                }
                case END -> {
                    return true;
                }
            }
        }
        return state == State.END;
    }

    private void size(byte b) throws MalformedException {
        int digit = Octets.hex(b);
        if (digit >= 0 && skipped == 0) {
            if (++digits > 15) {
                throw new MalformedException("a chunk that is too large");
            }
            left = (digits == 1 ? 0 : left << 4) | digit;
            return;
        }
        if (digits == 0) {
            throw new MalformedException("a chunk without a size");
        }
        if (b == '\r') {
            state = State.SIZE_LF;
        } else if (b == ';') {
            state = State.EXTENSION;
        } else if (lenient && (b == ' ' || b == '\t') && ++skipped < 64) {
            return;
        } else {
            throw new MalformedException("a chunk's size that is no number");
        }
    }

    private void extension(byte b) throws MalformedException {
        if (b == '\r') {
            state = State.SIZE_LF;
        } else if (!Octets.isValue(b) || ++skipped > MOST_EXTENSION) {
            throw new MalformedException("a bad chunk extension");
        }
    }

    private static void expect(byte b, char expected) throws MalformedException {
        if (b != expected) {
            throw new MalformedException("a chunk that does not end where it should");
        }
    }
}

package io.nimbus.router.http;

import io.netty.buffer.ByteBuf;

/** Lines after a chunked body. */
public final class TrailerLines extends Head {
    private static final byte[] NOTHING = {'-', '\r', '\n'};

    private boolean begun;

    TrailerLines() {
        super(false);
    }

    /** As a head without its first line, which is made up. */
    @Override
    public boolean read(ByteBuf in, int most) throws MalformedException {
        if (!begun) {
            begun = true;
            var start = io.netty.buffer.Unpooled.wrappedBuffer(NOTHING);
            super.read(start, most);
        }
        return super.read(in, most);
    }

    @Override
    void firstLine(int from, int to) {
        // Made up above.
    }

    @Override
    void complete() {
        // Whoever passes them on chooses among them.
    }
}

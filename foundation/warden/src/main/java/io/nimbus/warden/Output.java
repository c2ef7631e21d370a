package io.nimbus.warden;

import java.util.function.Consumer;

/** What the main processes of one container write. For one thread at a time. */
public interface Output {

    /**
     * Hands over complete lines in order, each stream's at least; an unfinished last line once the
     * process has ended.
     *
     * @param limit lines at most
     * @return how many there were
     */
    int read(int limit, Consumer<Line> sink);

    /**
     * What was handed over so far is never handed over again, not even after this process was
     * killed, and its space is given back. Lines not committed come again.
     */
    void commit();

    /**
     * Bytes dropped unread since this was asked last, because the process wrote more than the
     * warden's log budget ahead of the reader: the oldest go first.
     */
    long dropped();
}

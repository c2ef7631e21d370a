package io.nimbus.loggregator.cache;

import io.nimbus.subjects.log.Envelope;
import org.jspecify.annotations.Nullable;

/** A queue of at most so many envelopes in order of their times, read by position. */
final class Ring {
    private static final int LEAST = 16;

    private final int capacity;
    private @Nullable Envelope[] slots = new @Nullable Envelope[LEAST];
    private int head;
    private int size;

    Ring(int capacity) {
        this.capacity = capacity;
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size == capacity;
    }

    void add(Envelope envelope) {
        if (size == slots.length) {
            grow();
        }
        slots[(head + size) % slots.length] = envelope;
        size++;
    }

    private void grow() {
        var larger = new @Nullable Envelope[slots.length * 2];
        for (int i = 0; i < size; i++) {
            larger[i] = slots[(head + i) % slots.length];
        }
        slots = larger;
        head = 0;
    }

    /** From the oldest, 0, on. */
    Envelope get(int position) {
        var envelope = position < size ? slots[(head + position) % slots.length] : null;
        if (envelope == null) {
            throw new IndexOutOfBoundsException(position);
        }
        return envelope;
    }

    Envelope removeOldest() {
        var oldest = get(0);
        slots[head] = null;
        head = (head + 1) % slots.length;
        size--;
        if (size == 0 && slots.length > LEAST) {
            slots = new @Nullable Envelope[LEAST];
            head = 0;
        }
        return oldest;
    }

    /** The first position whose time is this or later; the size if there is none. */
    int from(long time) {
        int low = 0;
        int high = size;
        while (low < high) {
            var middle = (low + high) >>> 1;
            if (get(middle).getTimestamp() < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}

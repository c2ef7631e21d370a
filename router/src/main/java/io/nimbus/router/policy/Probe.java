package io.nimbus.router.policy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A host or segment to look for: lower-cased bytes in a buffer that is used again and again, so
 * that a lookup allocates nothing. One per thread that looks.
 *
 * <p>The hash is keyed by chance at start: hostnames are chosen by the platform's users, who shall
 * not be able to choose them so that they collide.
 */
public final class Probe {
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long KEY = new SplittableRandom().nextLong() | 1;

    private byte[] bytes = new byte[256];
    private int length;
    int hash;

    /** Takes the bytes {@code from} until {@code to} in lower case. */
    Probe set(byte[] source, int from, int to) {
        int count = to - from;
        if (count + 8 > bytes.length) {
            bytes = new byte[count + 64];
        }
        var target = bytes;
        for (int i = 0; i < count; i++) {
            byte b = source[from + i];
            target[i] = b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
        }
        length = count;
        hash = hash(target, count);
        return this;
    }

    /** The same with {@code *} for everything before {@code from - 1}, which is a dot. */
    Probe wildcard(byte[] source, int dot, int to) {
        set(source, dot - 1, to);
        bytes[0] = '*';
        hash = hash(bytes, length);
        return this;
    }

    private static int hash(byte[] bytes, int length) {
        LONGS.set(bytes, length, 0L); // what an earlier, longer name left behind
        long hash = length * KEY;
        for (int i = 0; i < length; i += 8) {
            hash = (hash ^ (long) LONGS.get(bytes, i)) * KEY;
            hash ^= hash >>> 29;
        }
        hash *= KEY;
        return (int) (hash >>> 32);
    }

    boolean matches(Node node) {
        return hash == node.hash && Arrays.equals(bytes, 0, length, node.name, 0, node.name.length);
    }

    Node node(@Nullable Node parent) {
        return new Node(Arrays.copyOf(bytes, length), hash, parent);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Asked by the map with one of its nodes. */
    @Override
    @SuppressWarnings("EqualsHashCode") // the pair is above; a probe never is a key itself
    public boolean equals(@Nullable Object other) {
        return other instanceof Node node && matches(node);
    }
}

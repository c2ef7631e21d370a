package io.nimbus.router.policy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A host, or a segment of a path below it. Children are sorted by hash and replaced as a whole, so
 * that readers need no lock.
 */
final class Node {
    static final Node[] NONE = {};

    final byte[] name;
    final int hash;
    final @Nullable Node parent;
    volatile @Nullable Route route;
    volatile Node[] children = NONE;

    Node(byte[] name, int hash, @Nullable Node parent) {
        this.name = name;
        this.hash = hash;
        this.parent = parent;
    }

    boolean isWildcard() {
        return parent == null && name.length > 1 && name[0] == '*' && name[1] == '.';
    }

    /** In lower case. */
    String uri() {
        var text = new String(name, UTF_8);
        return parent == null ? text : parent.uri() + "/" + text;
    }

    @Nullable Node child(Probe probe) {
        var all = children;
        int low = 0;
        int high = all.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int there = all[middle].hash;
            if (there < probe.hash) {
                low = middle + 1;
            } else if (there > probe.hash) {
                high = middle - 1;
            } else {
                return sameHash(all, middle, probe);
            }
        }
        return null;
    }

    private static @Nullable Node sameHash(Node[] all, int found, Probe probe) {
        int at = found;
        while (at > 0 && all[at - 1].hash == probe.hash) {
            at--;
        }
        for (; at < all.length && all[at].hash == probe.hash; at++) {
            if (probe.matches(all[at])) {
                return all[at];
            }
        }
        return null;
    }

    void add(Node child) {
        var all = children;
        int at = 0;
        while (at < all.length && all[at].hash <= child.hash) {
            at++;
        }
        var grown = new Node[all.length + 1];
        System.arraycopy(all, 0, grown, 0, at);
        grown[at] = child;
        System.arraycopy(all, at, grown, at + 1, all.length - at);
        children = grown;
    }

    void remove(Node child) {
        var all = children;
        for (int i = 0; i < all.length; i++) {
            if (all[i].equals(child)) {
                var shrunk = new Node[all.length - 1];
                System.arraycopy(all, 0, shrunk, 0, i);
                System.arraycopy(all, i + 1, shrunk, i, shrunk.length - i);
                children = shrunk.length == 0 ? NONE : shrunk;
                return;
            }
        }
    }

    boolean isUseless() {
        return route == null && children.length == 0;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Node node && hash == node.hash && Arrays.equals(name, node.name);
    }
}

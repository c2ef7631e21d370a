package io.nimbus.router.proxy;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The idle connections of one loop to one destination; the one used last is used next. */
final class Pool {
    private final Loop loop;
    private final ArrayDeque<BackendConnection> idle = new ArrayDeque<>(4);

    Pool(Loop loop) {
        this.loop = loop;
    }

    @Nullable BackendConnection take(long now) {
        while (true) {
            var connection = idle.pollFirst();
            if (connection == null) {
                return null;
            }
            loop.idleBackends(-1);
            if (connection.wakes(now)) {
                return connection;
            }
            connection.close();
        }
    }

    /** False when there are enough. */
    boolean put(BackendConnection connection, int most) {
        if (idle.size() >= most) {
            return false;
        }
        idle.addFirst(connection);
        loop.idleBackends(1);
        return true;
    }

    void remove(BackendConnection connection) {
        if (idle.remove(connection)) {
            loop.idleBackends(-1);
        }
    }
}

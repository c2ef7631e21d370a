package io.nimbus.bus;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Small state on the server that survives its readers: leases, crash counts. Each call asks the
 * server and blocks for at most 2 s.
 *
 * <p>Every method throws {@link BusUnavailableException} when the server does not answer.
 */
public interface KeyValueBucket {
    Optional<Entry> get(String key);

    /**
     * @return the new revision
     */
    long put(String key, byte[] value);

    /**
     * Writes only if there is no such key. @return the revision, or empty when somebody was first
     */
    OptionalLong create(String key, byte[] value);

    /**
     * Writes only if the key still has this revision. @return the new one, or empty when it has
     * changed
     */
    OptionalLong update(String key, byte[] value, long revision);

    void delete(String key);

    List<String> keys();

    /**
     * @param revision grows with every write of the bucket
     */
    record Entry(byte[] value, long revision) {}
}

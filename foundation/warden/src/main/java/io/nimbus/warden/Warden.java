package io.nimbus.warden;

import java.util.List;
import java.util.Optional;

/**
 * The containers of one owner on this host. They live in the owner's depot folder and outlive this
 * object and this process: a new warden on the same depot finds them by their handles.
 *
 * <p>Everything here may be called from any thread and may block for as long as programs take to
 * run; two calls about one container wait for each other.
 */
public interface Warden extends AutoCloseable {

    /** What this backend keeps apart, and what it does not. */
    Capabilities capabilities();

    /**
     * Makes a container: its file system, network and limits, but no process yet. Idempotent: the
     * container of that handle is returned when it is there, and what an interrupted attempt left
     * is cleared away first.
     *
     * @throws WardenException when it cannot be made; nothing is left of it then
     */
    Container create(ContainerSpec spec) throws WardenException;

    /** The complete container of that handle, running or not, whoever made it. */
    Optional<Container> find(String handle);

    /** Every handle of which anything is there, remains of interrupted work included. */
    List<String> handles();

    /**
     * Kills what runs and takes everything away: processes, mounts, limits, network, files. Nothing
     * happens when there is nothing of that handle.
     *
     * @throws WardenException when something resists; call again later
     */
    void destroy(String handle) throws WardenException;

    /**
     * Takes away what the host holds for this owner beyond its containers, which must be destroyed
     * before: firewall table, limit groups, the platform's address when nobody else uses it.
     */
    void purge() throws WardenException;

    /** Stops watching. The containers go on. */
    @Override
    void close();
}

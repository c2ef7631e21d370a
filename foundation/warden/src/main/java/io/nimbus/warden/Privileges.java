package io.nimbus.warden;

import java.util.List;

/** Giving up root's rights for those of a user that has none. */
final class Privileges {
    /**
     * The first id for users of containers: above what systemd and the subordinate ids of a dozen
     * people take, and below 2^21, which old tar headers can still hold.
     */
    static final int FIRST_USER = 1_900_000;

    private Privileges() {}

    /** The words before a command that make it run as that user, for ever. */
    static List<String> dropTo(int id) {
        return List.of(
                "setpriv",
                "--reuid=" + id,
                "--regid=" + id,
                "--clear-groups",
                "--no-new-privs",
                "--bounding-set=-all",
                "--");
    }
}

package io.nimbus.warden;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a backend offers on this host.
 *
 * @param backend {@code runc} or {@code plain}
 * @param offered what it keeps apart and limits
 * @param notes what else an operator should know, such as why a better backend was not taken
 */
public record Capabilities(String backend, Set<Capability> offered, List<String> notes) {
    public Capabilities {
        offered = Set.copyOf(offered);
        notes = List.copyOf(notes);
    }

    public boolean has(Capability capability) {
        return offered.contains(capability);
    }

    /** A sentence for each thing that is not isolated, and the notes: to be said at start. */
    public List<String> warnings() {
        var lines = new ArrayList<>(notes);
        for (var capability : EnumSet.allOf(Capability.class)) {
            if (!has(capability)) {
                lines.add(backend + " containers: " + capability.missing());
            }
        }
        return lines;
    }

    Capabilities withNote(String note) {
        var more = new ArrayList<String>();
        more.add(note);
        more.addAll(notes);
        return new Capabilities(backend, offered, more);
    }
}

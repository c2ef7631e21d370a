package io.nimbus.router.proxy;

import io.nimbus.router.http.Field;
import io.nimbus.router.http.Octets;
import io.nimbus.router.http.ResponseHead;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the router adds to a backend's head, and which of its lines it leaves out. */
final class Answer {
    private final Settings.Rewriting rewriting;
    final long idHigh;
    final long idLow;
    private @Nullable List<String> added;

    Answer(Settings.Rewriting rewriting, long idHigh, long idLow) {
        this.rewriting = rewriting;
        this.idHigh = idHigh;
        this.idLow = idLow;
    }

    void add(String name, String value) {
        if (added == null) {
            added = new ArrayList<>(4);
        }
        added.add(name);
        added.add(value);
    }

    /** Names and values in turn. */
    List<String> added() {
        return added == null ? List.of() : added;
    }

    /** Whether the line ends at this hop or is not the client's business. */
    boolean drops(ResponseHead head, int field) {
        return switch (head.id(field)) {
            case Field.CONNECTION,
                    Field.KEEP_ALIVE,
                    Field.PROXY_CONNECTION,
                    Field.PROXY_AUTHENTICATE,
                    Field.PROXY_AUTHORIZATION,
                    Field.TE,
                    Field.TRANSFER_ENCODING,
                    Field.CONTENT_LENGTH,
                    Field.UPGRADE,
                    Field.X_CF_PROXY_SIGNATURE ->
                    true;
            default -> !rewriting.remove().isEmpty() && isRemoved(head, field);
        };
    }

    private boolean isRemoved(ResponseHead head, int field) {
        for (var name : rewriting.remove()) {
            if (Octets.same(head.bytes(), head.name(field), head.nameEnd(field), name)) {
                return true;
            }
        }
        return false;
    }

    /** Adds what every response shall have. */
    void rewrite(@Nullable ResponseHead head) {
        rewriting
                .addIfAbsent()
                .forEach((name, value) -> {
                    var lower = name.toLowerCase(java.util.Locale.ROOT);
                    if (head == null
                            || head.text(lower) == null
                            || rewriting.remove().contains(lower)) {
                        add(name, value);
                    }
                });
    }

    boolean rewrites() {
        return !rewriting.isIdle();
    }

    Settings.Rewriting rewriting() {
        return rewriting;
    }
}

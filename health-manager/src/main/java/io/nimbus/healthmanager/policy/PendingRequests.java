package io.nimbus.healthmanager.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for their time, at most one start per index and one stop per instance, and
 * those sent so recently that they are not made again yet.
 *
 * @param <K> what there is one of
 */
final class PendingRequests<K, R extends HealthRequest> {
    private final Map<String, Map<K, Pending<R>>> byApp = new LinkedHashMap<>();
    private final Duration keepAlive;

    PendingRequests(Duration keepAlive) {
        this.keepAlive = keepAlive;
    }

    static final class Pending<R extends HealthRequest> {
        final R request;
        final Instant due;
        final double priority;
        private @Nullable Instant blocksUntil;

        private Pending(AppAnalysis.Proposal<R> proposal) {
            this.request = proposal.request();
            this.due = proposal.due();
            this.priority = proposal.priority();
        }

        boolean isSent() {
            return blocksUntil != null;
        }
    }

    /**
     * @param better whether a proposal (second) may take the place of what waits (first)
     * @return whether this is new
     */
    boolean offer(K key, AppAnalysis.Proposal<R> proposal, BiPredicate<R, R> better) {
        var ofApp =
                byApp.computeIfAbsent(proposal.request().key().app(), app -> new LinkedHashMap<>());
        var waiting = ofApp.get(key);
        if (waiting != null
                && (waiting.isSent() || !better.test(waiting.request, proposal.request()))) {
            return false;
        }
        ofApp.put(key, new Pending<>(proposal));
        return true;
    }

    /** What waits and is due. */
    List<Map.Entry<K, Pending<R>>> due(Instant now) {
        var due = new ArrayList<Map.Entry<K, Pending<R>>>();
        for (var ofApp : byApp.values()) {
            for (var entry : ofApp.entrySet()) {
                if (!entry.getValue().isSent() && !entry.getValue().due.isAfter(now)) {
                    due.add(Map.entry(entry.getKey(), entry.getValue()));
                }
            }
        }
        return due;
    }

    /** It is sent: gone, or kept for a while so that it is not made again at once. */
    void sent(K key, Pending<R> pending, boolean keep, Instant now) {
        if (keep) {
            pending.blocksUntil = now.plus(keepAlive);
        } else {
            drop(key, pending);
        }
    }

    void drop(K key, Pending<R> pending) {
        var ofApp = byApp.get(pending.request.key().app());
        if (ofApp != null && ofApp.remove(key, pending) && ofApp.isEmpty()) {
            byApp.remove(pending.request.key().app());
        }
    }

    /** Drops what waits for this app and is no longer right, and what has blocked long enough. */
    void review(String app, Predicate<R> right, Instant now) {
        var ofApp = byApp.get(app);
        if (ofApp != null) {
            ofApp.values()
                    .removeIf(p ->
                            p.blocksUntil == null
                                    ? !right.test(p.request)
                                    : !p.blocksUntil.isAfter(now));
            if (ofApp.isEmpty()) {
                byApp.remove(app);
            }
        }
    }

    /** Drops what waits for this app. */
    void cancel(String app) {
        var ofApp = byApp.get(app);
        if (ofApp != null) {
            ofApp.values().removeIf(p -> !p.isSent());
        }
    }

    List<String> apps() {
        return List.copyOf(byApp.keySet());
    }

    int waiting() {
        return byApp.values().stream()
                .mapToInt(m -> (int) m.values().stream().filter(p -> !p.isSent()).count())
                .sum();
    }

    void clear() {
        byApp.clear();
    }
}

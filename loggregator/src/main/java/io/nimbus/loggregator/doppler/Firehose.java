package io.nimbus.loggregator.doppler;

import io.nimbus.loggregator.cache.LogCache;
import io.nimbus.loggregator.cache.SourceLog;
import io.nimbus.subjects.log.Envelope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything, for those who may hear everything. Clients that name the same subscription share its
 * envelopes, one each in turn.
 *
 * <p>One lock.
 */
final class Firehose implements SourceLog.Listener {
    private final Map<String, Subscription> subscriptions = new HashMap<>();

    /** Which envelopes a client wants. */
    enum Filter {
        ALL,
        LOGS,
        METRICS;

        boolean wants(Envelope envelope) {
            return switch (this) {
                case ALL -> true;
                case LOGS -> envelope.hasLog();
                case METRICS -> !envelope.hasLog();
            };
        }
    }

    private static final class Subscription {
        final List<Member> members = new ArrayList<>();
        int turn;
    }

    private record Member(SourceLog.Listener listener, Filter filter) {}

    synchronized LogCache.Listening join(
            String subscription, SourceLog.Listener listener, Filter filter) {
        var member = new Member(listener, filter);
        subscriptions.computeIfAbsent(subscription, s -> new Subscription()).members.add(member);
        return () -> leave(subscription, member);
    }

    private synchronized void leave(String subscription, Member member) {
        var known = subscriptions.get(subscription);
        if (known != null) {
            known.members.remove(member);
            if (known.members.isEmpty()) {
                subscriptions.remove(subscription);
            }
        }
    }

    @Override
    public void envelope(Envelope envelope) {
        var next = new ArrayList<SourceLog.Listener>();
        synchronized (this) {
            for (var subscription : subscriptions.values()) {
                var member =
                        subscription.members.get(
                                Math.floorMod(subscription.turn++, subscription.members.size()));
                if (member.filter().wants(envelope)) {
                    next.add(member.listener());
                }
            }
        }
        next.forEach(listener -> listener.envelope(envelope));
    }
}

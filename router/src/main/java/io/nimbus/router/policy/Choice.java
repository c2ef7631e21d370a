package io.nimbus.router.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The choices of one request among a route's endpoints: the first and, when an endpoint fails, the
 * next ones.
 */
public final class Choice {
    /**
     * @param maxConnections requests in flight per endpoint; 0 for no limit
     * @param balancing where the route does not say
     * @param zone the router's own, preferred at the first attempt; empty for no preference
     */
    public record Rules(int maxConnections, Balancing balancing, String zone) {}

    private final Route route;
    private final Rules rules;
    private final RandomGenerator random;
    private @Nullable List<Endpoint> tried;
    private int attempts;

    public Choice(Route route, Rules rules, RandomGenerator random) {
        this.route = route;
        this.rules = rules;
        this.random = random;
    }

    /** How many endpoints were asked for so far. */
    public int attempts() {
        return attempts;
    }

    /**
     * The endpoint for the next attempt, or null when none is left: all are full, or there were as
     * many attempts as there are endpoints and this one was among them.
     *
     * @param wanted the instance that the request is bound to, or null
     * @param now {@link System#nanoTime}
     */
    public @Nullable Endpoint next(@Nullable String wanted, long now) {
        attempts++;
        var endpoints = route.endpoints();
        Endpoint chosen = null;
        // Affinity goes to a marked endpoint as well; after its failure balancing takes over.
        if (wanted != null && tried == null) {
            chosen = byInstance(endpoints, wanted);
        }
        if (chosen == null) {
            chosen = balanced(endpoints, now);
        }
        if (chosen == null) {
            return null;
        }
        var before = tried;
        if (before == null) {
            if (endpoints.length > 1) {
                tried = new ArrayList<>(2);
                tried.add(chosen);
            } else {
                tried = List.of(chosen);
            }
            return chosen;
        }
        var again = before.contains(chosen);
        if (again && attempts > endpoints.length) {
            return null;
        }
        if (!again) {
            var all = new ArrayList<>(before);
            all.add(chosen);
            tried = all;
        }
        return chosen;
    }

    private @Nullable Endpoint byInstance(Endpoint[] endpoints, String wanted) {
        for (var endpoint : endpoints) {
            var backend = endpoint.backend();
            var id = backend.instance();
            if (id.isEmpty() ? backend.address().equals(wanted) : id.equals(wanted)) {
                return endpoint.isFull(rules.maxConnections()) ? null : endpoint;
            }
        }
        for (var endpoint : endpoints) {
            if (endpoint.backend().address().equals(wanted)) {
                return endpoint.isFull(rules.maxConnections()) ? null : endpoint;
            }
        }
        return null;
    }

    private @Nullable Endpoint balanced(Endpoint[] endpoints, long now) {
        if (!rules.zone().isEmpty() && attempts == 1) {
            var near = inZone(endpoints);
            // Nobody's turn is taken unless somebody there can have it.
            if (isUsable(near, now)) {
                var chosen = balanced(near, now, false);
                if (chosen != null) {
                    return chosen;
                }
            }
        }
        return balanced(endpoints, now, true);
    }

    private @Nullable Endpoint balanced(Endpoint[] endpoints, long now, boolean despiteMarks) {
        if (endpoints.length == 0) {
            return null;
        }
        var own = route.balancing();
        return switch (own == null ? rules.balancing() : own) {
            case ROUND_ROBIN -> roundRobin(endpoints, now, despiteMarks);
            case LEAST_CONNECTION -> leastConnection(endpoints, now, despiteMarks);
        };
    }

    private boolean isUsable(Endpoint[] some, long now) {
        for (var endpoint : some) {
            if (!endpoint.isFull(rules.maxConnections()) && !endpoint.isMarked(now)) {
                return true;
            }
        }
        return false;
    }

    private Endpoint[] inZone(Endpoint[] endpoints) {
        int count = 0;
        for (var endpoint : endpoints) {
            if (endpoint.backend().zone().equals(rules.zone())) {
                count++;
            }
        }
        if (count == endpoints.length) {
            return endpoints;
        }
        var near = new Endpoint[count];
        int at = 0;
        for (var endpoint : endpoints) {
            if (at < count && endpoint.backend().zone().equals(rules.zone())) {
                near[at++] = endpoint;
            }
        }
        return near;
    }

    private @Nullable Endpoint roundRobin(Endpoint[] endpoints, long now, boolean despiteMarks) {
        int count = endpoints.length;
        int start = route.turn(count);
        int full = 0;
        for (int i = 0; i < count; i++) {
            var endpoint = endpoints[(start + i) % count];
            if (endpoint.isFull(rules.maxConnections())) {
                full++;
            } else if (!endpoint.isMarked(now)) {
                // The next request goes on from here, or the neighbour of a marked endpoint would
                // carry the load of two.
                route.skip(i);
                return endpoint;
            }
        }
        if (full == count || !despiteMarks) {
            return null;
        }
        // All that are left have failed lately: they are tried all the same.
        for (var endpoint : endpoints) {
            endpoint.clearMark();
        }
        for (int i = 0; i < count; i++) {
            var endpoint = endpoints[(start + i) % count];
            if (!endpoint.isFull(rules.maxConnections())) {
                route.skip(i);
                return endpoint;
            }
        }
        return null;
    }

    /**
     * Unlike the original this one, too, passes over marked endpoints: a dead one has always the
     * fewest requests.
     */
    private @Nullable Endpoint leastConnection(
            Endpoint[] endpoints, long now, boolean despiteMarks) {
        var best = least(endpoints, now, false);
        return best == null && despiteMarks ? least(endpoints, now, true) : best;
    }

    private @Nullable Endpoint least(Endpoint[] endpoints, long now, boolean marked) {
        Endpoint best = null;
        int least = Integer.MAX_VALUE;
        int ties = 0;
        for (var endpoint : endpoints) {
            if (endpoint.isFull(rules.maxConnections())
                    || (!marked && endpoint.isMarked(now))
                    || (marked && tried != null && tried.contains(endpoint))) {
                continue;
            }
            int load = endpoint.inFlight();
            if (load < least) {
                least = load;
                best = endpoint;
                ties = 1;
            } else if (load == least && random.nextInt(++ties) == 0) {
                best = endpoint;
            }
        }
        return best;
    }
}

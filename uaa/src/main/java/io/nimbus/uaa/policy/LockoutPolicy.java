package io.nimbus.uaa.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * When a name may not log in for a while: after {@code failures} of them within {@code window}, for
 * {@code period} from the last one on. While it is locked, attempts count no further.
 *
 * @param failures 0 never locks
 */
public record LockoutPolicy(int failures, Duration window, Duration period) {

    public boolean isLocked(List<Instant> failed, Instant now) {
        if (failures == 0 || failed.size() < failures) {
            return false;
        }
        var latest = failed.subList(failed.size() - failures, failed.size());
        var together = !latest.getLast().minus(window).isAfter(latest.getFirst());
        return together && latest.getLast().plus(period).isAfter(now);
    }

    /** The failures to remember after one more: the latest, oldest first, no more than count. */
    public List<Instant> add(List<Instant> failed, Instant now) {
        var all = Stream.concat(failed.stream(), Stream.of(now)).toList();
        return all.subList(Math.max(0, all.size() - Math.max(1, failures)), all.size());
    }

    /** What is older says nothing any more. */
    public Duration memory() {
        return window.compareTo(period) > 0 ? window : period;
    }
}

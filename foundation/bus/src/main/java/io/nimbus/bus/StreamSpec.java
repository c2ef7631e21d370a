package io.nimbus.bus;

import java.time.Duration;
import java.util.List;

/**
 * A stream that the server stores.
 *
 * @param subjects what it takes up
 * @param perSubject messages kept of each subject, the oldest go first
 * @param bytes total budget, the oldest go first
 */
public record StreamSpec(
        String name, List<String> subjects, long perSubject, long bytes, Duration maxAge) {
    public StreamSpec {
        subjects = List.copyOf(subjects);
    }
}

package io.nimbus.healthmanager.crashes;

import io.nimbus.bus.BusUnavailableException;
import io.nimbus.bus.KeyValueBucket;
import io.nimbus.healthmanager.policy.AppVersion;
import io.nimbus.healthmanager.policy.CrashCount;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Crash counts in a key-value bucket, one key per index: {@code crash.<app>.<version>.<index>}. The
 * bucket forgets by age what has not crashed for long.
 */
public final class CrashCountStore {
    private static final Logger log = LoggerFactory.getLogger(CrashCountStore.class);
    private static final String PREFIX = "crash.";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final KeyValueBucket bucket;

    public CrashCountStore(KeyValueBucket bucket) {
        this.bucket = bucket;
    }

    /**
     * The value, with hm9000's names where it has them.
     *
     * @param created_at milliseconds since the epoch
     */
    private record Saved(
            String droplet,
            String version,
            int instance_index,
            int crash_count,
            String instance_guid,
            long created_at) {}

    /**
     * Everything that is saved.
     *
     * @throws BusUnavailableException when the bucket does not answer
     */
    public List<CrashCount> load() {
        var counts = new ArrayList<CrashCount>();
        for (var key : bucket.keys()) {
            if (key.startsWith(PREFIX)) {
                bucket.get(key).flatMap(entry -> read(key, entry.value())).ifPresent(counts::add);
            }
        }
        return counts;
    }

    private static Optional<CrashCount> read(String key, byte[] value) {
        try {
            var saved = JSON.readValue(value, Saved.class);
            return Optional.of(
                    new CrashCount(
                            new AppVersion(saved.droplet(), saved.version()),
                            saved.instance_index(),
                            saved.crash_count(),
                            saved.instance_guid(),
                            Instant.ofEpochMilli(saved.created_at())));
        } catch (JacksonException e) {
            // Without it that index is only restarted sooner than it would be.
            log.warn("unreadable crash count {}: {}", key, e.getOriginalMessage());
            return Optional.empty();
        }
    }

    /**
     * @throws BusUnavailableException when the bucket does not answer; some may have been saved
     */
    public void save(List<CrashCount> counts) {
        for (var count : counts) {
            bucket.put(
                    key(count),
                    JSON.writeValueAsBytes(
                            new Saved(
                                    count.key().app(),
                                    count.key().version(),
                                    count.index(),
                                    count.count(),
                                    count.instance(),
                                    count.at().toEpochMilli())));
        }
    }

    private static String key(CrashCount count) {
        return PREFIX
                + token(count.key().app())
                + "."
                + token(count.key().version())
                + "."
                + count.index();
    }

    /** Guids pass as they are; whatever else a DEA may send becomes something a key may hold. */
    private static String token(String id) {
        var token = new StringBuilder();
        for (int i = 0; i < id.length(); i++) {
            var c = id.charAt(i);
            if (c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_')) {
                token.append(c);
            } else {
                token.append('=').append(Integer.toHexString(c)).append('=');
            }
        }
        return token.isEmpty() ? "=" : token.toString();
    }
}

package io.nimbus.healthmanager.crashes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.bus.BucketSpec;
import io.nimbus.bus.InMemoryBus;
import io.nimbus.bus.VirtualTime;
import io.nimbus.healthmanager.policy.AppVersion;
import io.nimbus.healthmanager.policy.CrashCount;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CrashCountStoreTest {
    private final VirtualTime time = new VirtualTime();
    private final InMemoryBus.Endpoint bus = new InMemoryBus(time, new Random(1)).connect("hm");
    private final io.nimbus.bus.KeyValueBucket bucket =
            bus.bucket(new BucketSpec("health_manager", Duration.ofMinutes(32)));
    private final CrashCountStore store = new CrashCountStore(bucket);

    private CrashCount count(String app, int index, int crashes) {
        return new CrashCount(
                new AppVersion(app, "v-1"), index, crashes, "guid-" + crashes, time.instant());
    }

    @Test
    void what_is_saved_is_loaded() {
        store.save(List.of(count("a", 0, 1), count("a", 1, 2)));
        store.save(List.of(count("a", 0, 3)));
        assertThat(store.load()).containsExactlyInAnyOrder(count("a", 0, 3), count("a", 1, 2));
    }

    @Test
    void the_bucket_forgets_in_time() {
        store.save(List.of(count("a", 0, 1)));
        time.advance(Duration.ofMinutes(33));
        assertThat(store.load()).isEmpty();
    }

    @Test
    void ids_that_a_key_cannot_hold_are_kept_apart_all_the_same() {
        store.save(List.of(count("a.b c", 0, 1), count("a*b=c", 0, 2), count("", 0, 3)));
        assertThat(store.load()).hasSize(3);
        assertThat(bucket.keys()).allMatch(key -> key.matches("[-/_=.a-zA-Z0-9]+"));
    }

    @Test
    void one_unreadable_value_costs_only_itself() {
        store.save(List.of(count("a", 0, 1)));
        bucket.put("crash.x.y.0", "nonsense".getBytes(UTF_8));
        bucket.put("leader", "somebody".getBytes(UTF_8));
        assertThat(store.load()).containsExactly(count("a", 0, 1));
    }
}

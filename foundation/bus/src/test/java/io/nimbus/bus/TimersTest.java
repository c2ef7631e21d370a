package io.nimbus.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TimersTest {

    @Test
    void virtual_tasks_run_in_the_order_of_their_time_and_then_of_their_scheduling() {
        var time = new VirtualTime();
        var ran = new ArrayList<String>();
        time.after(Duration.ofSeconds(2), () -> ran.add("second"));
        time.after(
                Duration.ofSeconds(1),
                () -> {
                    ran.add("first");
                    time.after(Duration.ofSeconds(1), () -> ran.add("third"));
                });
        var cancelled = time.after(Duration.ofSeconds(1), () -> ran.add("never"));
        cancelled.cancel();
        time.advance(Duration.ofSeconds(5));
        assertThat(ran).containsExactly("first", "second", "third");
    }

    @Test
    void a_repeating_task_ends_when_it_is_cancelled_even_by_itself() {
        var time = new VirtualTime();
        var ran = new AtomicInteger();
        var tasks = new ArrayList<Timers.Task>();
        tasks.add(
                time.every(
                        Duration.ofSeconds(1),
                        () -> {
                            if (ran.incrementAndGet() == 3) {
                                tasks.getFirst().cancel();
                            }
                        }));
        time.advance(Duration.ofMinutes(1));
        assertThat(ran).hasValue(3);
    }

    @Test
    void real_tasks_repeat_and_one_that_throws_goes_on() throws Exception {
        try (var timers = new SystemTimers()) {
            var three = new CountDownLatch(3);
            var task =
                    timers.every(
                            Duration.ofMillis(5),
                            () -> {
                                three.countDown();
                                throw new IllegalStateException("a bug, for the test");
                            });
            assertThat(three.await(30, TimeUnit.SECONDS)).isTrue();
            task.cancel();
        }
    }
}

package io.nimbus.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nimbus.servers.TestServers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real processes, small ones. */
class SupervisorIT {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final State state = State.at(TestServers.folder("supervisor").resolve("state"));
    private final List<String> started = Collections.synchronizedList(new ArrayList<>());
    private final AtomicBoolean faulty = new AtomicBoolean();
    private final List<Service> services = List.of(new Sleeper("a"), new Sleeper("b"));
    private Supervisor supervisor = new Supervisor(state, services);
    private Thread running = new Thread();

    private final class Sleeper implements Service {
        private final String name;

        Sleeper(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Procs.Running start() throws Trouble {
            if (faulty.get()) {
                throw new Trouble("no such program");
            }
            try {
                started.add(name);
                var process =
                        new ProcessBuilder("sleep", "1000")
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .redirectError(ProcessBuilder.Redirect.DISCARD)
                                .start();
                return Procs.of(process.pid()).orElseThrow();
            } catch (IOException e) {
                throw new Trouble("sleep cannot be started", e);
            }
        }

        @Override
        public Optional<String> fault() {
            return Optional.empty();
        }
    }

    @BeforeEach
    void start() throws Exception {
        state.create();
        run();
        await().atMost(LONG).until(() -> pid("a") != 0 && pid("b") != 0);
    }

    private void run() {
        running =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                supervisor.run();
                            } catch (InterruptedException e) {
                                // The supervisor was killed; its processes live on.
                            }
                        });
    }

    @AfterEach
    void stop() throws Exception {
        faulty.set(false);
        supervisor.stop();
        running.join();
        for (var service : services) {
            var left = ProcessRecord.read(state, service.name()).flatMap(ProcessRecord::running);
            if (left.isPresent()) {
                Supervisor.stop(state, service, left.get());
            }
        }
    }

    private long pid(String name) {
        return ProcessRecord.read(state, name)
                .flatMap(ProcessRecord::running)
                .map(Procs.Running::pid)
                .orElse(0L);
    }

    private int restarts(String name) {
        return ProcessRecord.read(state, name).map(ProcessRecord::restarts).orElse(0);
    }

    private static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void processes_start_in_order_and_all_end_when_it_stops() throws Exception {
        assertThat(started).containsExactly("a", "b");
        var a = new Procs.Running(pid("a"), Procs.of(pid("a")).orElseThrow().started());
        supervisor.stop();
        running.join();
        assertThat(a.isAlive()).isFalse();
        assertThat(state.record("a")).doesNotExist();
        assertThat(state.record("b")).doesNotExist();
    }

    @Test
    void one_that_is_killed_comes_back_and_is_counted() {
        var before = pid("a");
        var other = pid("b");
        kill(before);
        await().atMost(LONG).until(() -> pid("a") != 0 && pid("a") != before);
        assertThat(restarts("a")).isEqualTo(1);
        assertThat(pid("b")).isEqualTo(other);
    }

    @Test
    void one_that_cannot_be_started_says_why_and_is_tried_again() {
        faulty.set(true);
        kill(pid("a"));
        await().atMost(LONG)
                .until(() ->
                        ProcessRecord.read(state, "a")
                                .map(ProcessRecord::fault)
                                .filter("no such program"::equals)
                                .isPresent());
        faulty.set(false);
        await().atMost(LONG).until(() -> pid("a") != 0);
    }

    @Test
    void a_new_supervisor_adopts_what_still_runs_and_restarts_it_when_it_dies() throws Exception {
        var a = pid("a");
        var b = pid("b");
        running.interrupt();
        running.join();
        kill(b);
        await().atMost(LONG).until(() -> pid("b") == 0);

        supervisor = new Supervisor(state, services);
        run();
        await().atMost(LONG).until(() -> pid("b") != 0);
        assertThat(pid("a")).isEqualTo(a);
        assertThat(started).containsExactly("a", "b", "b");
        kill(a);
        await().atMost(LONG).until(() -> pid("a") != 0 && pid("a") != a);
    }

    @Test
    void a_pid_that_is_another_process_by_now_is_not_taken_for_ours() {
        var self = Procs.of(ProcessHandle.current().pid()).orElseThrow();
        assertThat(self.isAlive()).isTrue();
        assertThat(new Procs.Running(self.pid(), self.started() + 1).isAlive()).isFalse();
        assertThat(self.resident()).isPositive();
        assertThat(self.age()).isPositive();
        assertThat(Procs.name(self.pid())).isNotBlank();
    }

    @Test
    void only_one_up_and_one_supervisor_hold_the_state() throws Exception {
        try (var up = state.lockUp().orElseThrow()) {
            assertThat(up.channel().isOpen()).isTrue();
            assertThat(state.lockUp()).isEmpty();
        }
        assertThat(
                        state.lockUp()
                                .map(lock -> {
                                    lock.close();
                                    return true;
                                }))
                .contains(true);
        assertThat(state.isSupervised()).isFalse();
    }
}

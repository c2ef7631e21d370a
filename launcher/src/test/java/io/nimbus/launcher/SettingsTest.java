package io.nimbus.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nimbus.servers.TestServers;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private final State state = State.at(TestServers.folder("launcher").resolve("state"));

    @BeforeEach
    void create() throws Exception {
        state.create();
    }

    @Test
    void what_is_given_wins_over_the_environment_and_that_over_what_was_chosen_before()
            throws Exception {
        var first = Settings.choose(state, null, Map.of(), false, Map.of());
        assertThat(first.domain()).isEqualTo("localhost");
        assertThat(first.port(Settings.API)).isEqualTo(8181);
        assertThat(first.port(Settings.NATS)).isNotEqualTo(first.port(Settings.POSTGRES));

        var environment =
                Map.of(
                        "NIMBUS_API_PORT",
                        "9001",
                        "NIMBUS_ROUTER_STATUS_PORT",
                        "9002",
                        "NIMBUS_DOMAIN",
                        "a.org");
        var second = Settings.choose(state, null, Map.of(Settings.API, 9003), true, environment);
        assertThat(second.port(Settings.API)).isEqualTo(9003);
        assertThat(second.port(Settings.ROUTER_STATUS)).isEqualTo(9002);
        assertThat(second.domain()).isEqualTo("a.org");

        var third = Settings.choose(state, null, Map.of(), false, Map.of());
        assertThat(third).isEqualTo(second);
        assertThat(Settings.read(state)).isEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "x", "70000", ""})
    void a_port_of_the_environment_that_is_none_is_named(String port) {
        assertThatExceptionOfType(Trouble.class)
                .isThrownBy(() ->
                        Settings.choose(
                                state, null, Map.of(), false, Map.of("NIMBUS_API_PORT", port)))
                .withMessageContaining("NIMBUS_API_PORT");
    }

    @Test
    void a_taken_port_names_who_has_it_and_which_flag_changes_it() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var settings =
                    Settings.choose(
                            state,
                            null,
                            freeBut(Map.of(Settings.ROUTER, socket.getLocalPort())),
                            false,
                            Map.of());
            assertThatExceptionOfType(Trouble.class)
                    .isThrownBy(() -> Preflight.ports(settings, List.of()))
                    .withMessageContaining("port " + socket.getLocalPort() + " is taken by")
                    .withMessageContaining("pid " + ProcessHandle.current().pid())
                    .withMessageContaining("--router-port");
            // Ours may have it.
            Preflight.ports(settings, List.of(ProcessHandle.current().pid()));
        }
    }

    private static Map<String, Integer> freeBut(Map<String, Integer> given) throws Exception {
        var ports = new HashMap<>(given);
        for (var name : Settings.PUBLIC.keySet()) {
            if (!ports.containsKey(name)) {
                try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                    ports.put(name, socket.getLocalPort());
                }
            }
        }
        return ports;
    }

    @Test
    void secrets_are_kept_for_their_owner_only() throws Exception {
        var secrets = Secrets.open(state);
        var one = secrets.of("one");
        assertThat(secrets.of("one")).isEqualTo(one).hasSize(32);
        assertThat(secrets.of("two")).isNotEqualTo(one);
        secrets.save();
        assertThat(Secrets.open(state).of("one")).isEqualTo(one);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state.secrets())))
                .isEqualTo("rw-------");
    }

    @Test
    void a_state_folder_that_others_cannot_pass_is_refused_by_name() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                io.nimbus.servers.Command.isRoot(), "only root starts processes of other accounts");
        var closed =
                Files.createDirectory(
                        TestServers.folder("closed").resolve("home"),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
        assertThatExceptionOfType(Trouble.class)
                .isThrownBy(() -> State.at(closed.resolve("state")).create())
                .withMessageContaining(closed.toString())
                .withMessageContaining("--state");
    }

    @Test
    void the_list_of_packages_gives_a_reason_for_each() {
        assertThat(Preflight.packages())
                .isNotEmpty()
                .allSatisfy(p -> assertThat(p.because()).isNotBlank());
        assertThat(Preflight.packages())
                .extracting(Preflight.Wanted::name)
                .doesNotContain("nats-server", "postgresql", "nginx");
    }

    @Test
    void paths_are_below_the_folder() {
        assertThat(state.config("uaa")).isEqualTo(state.folder().resolve("config/uaa.yml"));
        assertThat(State.at(Path.of("/x/../y")).folder()).isEqualTo(Path.of("/y"));
    }
}

package io.nimbus.subjects;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MalformedMessagesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"instances\":[]} | missing droplet",
                "{\"droplet\":null} | missing droplet",
                "{\"droplet\":\"a\",\"indices\":[\"x\"]} | indices",
                "{\"droplet\":\"a\",\"indices\":3} | indices",
                "[] | MismatchedInputException",
                "null | null",
                "{\"droplet\":\"a\" | Exception",
                "{\"droplet\":\"a\"} x | Exception",
                "`` | Exception",
            })
    void a_stop_that_is_not_one_is_named_as_malformed(String body, String fault) {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> DeaStop.SUBJECT.decode(body.getBytes(UTF_8)))
                .withMessageContaining("dea.stop")
                .withMessageContaining(fault);
    }

    @Test
    void the_fault_never_quotes_the_body() {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() ->
                        DeaStart.to("d")
                                .decode(
                                        "{\"droplet\":\"a\",\"env\":[\"SECRET=hunter2\"],\"index\":\"hunter2\"}"
                                                .getBytes(UTF_8)))
                .withMessageNotContaining("hunter2");
    }

    @Test
    void a_start_without_an_index_is_malformed_and_not_index_0() {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() ->
                        InstanceStartRequest.SUBJECT.decode(
                                "{\"message_id\":\"m\",\"droplet\":\"a\",\"version\":\"v\"}"
                                        .getBytes(UTF_8)))
                .withMessageContaining("instance_index");
    }

    @Test
    void unknown_keys_are_ignored() throws Exception {
        assertThat(
                        DropletUpdated.SUBJECT.decode(
                                "{\"droplet\":\"a\",\"x\":{\"y\":[1]}}".getBytes(UTF_8)))
                .isEqualTo(new DropletUpdated("a", null));
    }

    @Test
    void an_app_id_of_the_first_generation_is_a_number_and_reads_as_text() throws Exception {
        assertThat(DropletUpdated.SUBJECT.decode("{\"droplet\":42}".getBytes(UTF_8)).app())
                .isEqualTo("42");
    }

    @Test
    void an_unknown_state_costs_neither_the_heartbeat_nor_a_match() throws Exception {
        var body =
                "{\"dea\":\"d\",\"droplets\":[{\"droplet\":\"a\",\"version\":\"v\",\"instance\":\"i\","
                        + "\"index\":0,\"state\":\"HIBERNATING\",\"state_timestamp\":1}]}";
        var heartbeat = DeaHeartbeat.SUBJECT.decode(body.getBytes(UTF_8));
        assertThat(heartbeat.instances().getFirst().state()).isEqualTo(InstanceState.UNKNOWN);
    }

    @Test
    void states_of_a_filter_may_come_in_any_case() throws Exception {
        var stop =
                DeaStop.SUBJECT.decode(
                        "{\"droplet\":\"a\",\"states\":[\"running\"]}".getBytes(UTF_8));
        assertThat(stop.matches("a", "v", "i", 0, InstanceState.RUNNING)).isTrue();
    }

    @Test
    void a_poke_needs_no_body() throws Exception {
        assertThat(DeaHeartbeat.WANTED.decode(new byte[0])).isEqualTo(Poke.POKE);
        assertThat(DeaHeartbeat.WANTED.decode("CHECK".getBytes(UTF_8))).isEqualTo(Poke.POKE);
    }

    @Test
    void a_registration_needs_a_port_and_an_https_route_service() {
        for (var body :
                new String[] {
                    "{\"host\":\"h\",\"uris\":[\"a\"]}",
                    "{\"host\":\"h\",\"port\":0,\"uris\":[\"a\"]}",
                    "{\"host\":\"h\",\"port\":70000,\"uris\":[\"a\"]}",
                    "{\"host\":\"h\",\"port\":80,\"uris\":[\"a\"],\"route_service_url\":\"http://x\"}",
                    "{\"port\":80,\"uris\":[\"a\"]}"
                }) {
            assertThatExceptionOfType(MalformedMessageException.class)
                    .as(body)
                    .isThrownBy(() -> RouterRegister.REGISTER.decode(body.getBytes(UTF_8)));
        }
    }
}

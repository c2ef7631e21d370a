package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.database.TestDatabases;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateLimitIT {
    @Test
    void an_address_that_tries_too_fast_is_slowed_down_and_others_are_not() {
        var slow =
                Map.of(
                        "NIMBUS_UAA_RATE_LIMITS_ADDRESS_PER_SECOND",
                        "0.01",
                        "NIMBUS_UAA_RATE_LIMITS_ADDRESS_BURST",
                        "5");
        try (var uaa = TestUaa.start(TestDatabases.fresh(), new ShiftedTimers(), "", slow)) {
            var one = uaa.http().with("X-Forwarded-For", "198.51.100.1");
            var other = uaa.http().with("X-Forwarded-For", "198.51.100.1, 198.51.100.2");
            var statuses =
                    IntStream.range(0, 7)
                            .mapToObj(i -> one.login("admin", TestUaa.ADMIN_PASSWORD).status())
                            .toList();

            assertThat(statuses).containsExactly(200, 200, 200, 200, 200, 429, 429);
            assertThat(one.login("admin", "x").text("error")).isEqualTo("too_many_requests");
            assertThat(one.login("admin", "x").header("Retry-After")).isNotEmpty();
            assertThat(other.login("admin", TestUaa.ADMIN_PASSWORD).status()).isEqualTo(200);
        }
    }

    @Test
    void a_client_has_a_limit_of_its_own() {
        var slow =
                Map.of(
                        "NIMBUS_UAA_RATE_LIMITS_CLIENT_PER_SECOND",
                        "0.01",
                        "NIMBUS_UAA_RATE_LIMITS_CLIENT_BURST",
                        "2");
        try (var uaa = TestUaa.start(TestDatabases.fresh(), new ShiftedTimers(), "", slow)) {
            assertThat(
                            IntStream.range(0, 3)
                                    .mapToObj(i ->
                                            uaa.http()
                                                    .login("admin", TestUaa.ADMIN_PASSWORD)
                                                    .status()))
                    .containsExactly(200, 200, 429);
            assertThat(
                            uaa.http()
                                    .basic("doppler", TestUaa.SECRET)
                                    .form("/oauth/token", "grant_type", "client_credentials")
                                    .status())
                    .isEqualTo(200);
        }
    }
}

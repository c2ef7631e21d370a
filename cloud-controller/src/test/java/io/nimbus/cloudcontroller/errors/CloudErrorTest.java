package io.nimbus.cloudcontroller.errors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The catalogue against the list of what clients know. */
class CloudErrorTest {
    private static List<String> known() throws IOException {
        try (var in = CloudErrorTest.class.getResourceAsStream("/errors.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }
    }

    @Test
    void every_error_that_clients_know_has_its_code_name_status_and_arguments() throws IOException {
        var byCode =
                Arrays.stream(CloudError.values())
                        .collect(Collectors.toMap(CloudError::code, error -> error));
        for (var line : known()) {
            var parts = line.split(" ");
            var error = byCode.get(Integer.valueOf(parts[0]));
            assertThat(error).as(line).isNotNull();
            assertThat(error.wireName()).as(line).isEqualTo(parts[1]);
            assertThat(error.status()).as(line).isEqualTo(Integer.parseInt(parts[2]));
            if (!parts[3].equals("-")) {
                assertThat(error.arguments()).as(line).isEqualTo(Integer.parseInt(parts[3]));
            }
        }
    }

    @Test
    void no_code_and_no_name_is_used_twice() {
        var errors = CloudError.values();

        assertThat(Arrays.stream(errors).map(CloudError::code)).doesNotHaveDuplicates();
        assertThat(Arrays.stream(errors).map(CloudError::wireName)).doesNotHaveDuplicates();
    }
}

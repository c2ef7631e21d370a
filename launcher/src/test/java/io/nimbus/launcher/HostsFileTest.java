package io.nimbus.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostsFileTest {
    @Test
    void the_block_is_put_in_changed_and_taken_out_and_the_rest_is_left_alone(@TempDir Path folder)
            throws Exception {
        var file = Files.writeString(folder.resolve("hosts"), "127.0.0.1 localhost\n::1 ip6\n");
        var hosts = new HostsFile(file);
        hosts.write(List.of("hello.localhost", "api.localhost"));
        assertThat(Files.readString(file))
                .startsWith("127.0.0.1 localhost\n::1 ip6\n# begin nimbus")
                .endsWith("\n127.0.0.1 api.localhost\n127.0.0.1 hello.localhost\n# end nimbus\n");
        Files.writeString(file, Files.readString(file) + "10.0.0.1 mine\n");
        hosts.write(List.of("other.localhost"));
        assertThat(Files.readString(file))
                .contains("10.0.0.1 mine", "other.localhost")
                .doesNotContain("hello.localhost");
        hosts.write(List.of());
        assertThat(Files.readString(file))
                .isEqualTo("127.0.0.1 localhost\n::1 ip6\n10.0.0.1 mine\n");
    }
}

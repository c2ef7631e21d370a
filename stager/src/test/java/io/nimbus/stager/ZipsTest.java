package io.nimbus.stager;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZipsTest {
    @TempDir private Path folder = Path.of("/");

    private interface Content {
        void write(ZipArchiveOutputStream zip) throws IOException;
    }

    private Path zip(Content content) throws IOException {
        var file = folder.resolve("a.zip");
        try (var zip = new ZipArchiveOutputStream(file)) {
            content.write(zip);
        }
        return file;
    }

    private static void add(ZipArchiveOutputStream zip, String name, int mode, String text)
            throws IOException {
        var entry = new ZipArchiveEntry(name);
        entry.setUnixMode(mode);
        zip.putArchiveEntry(entry);
        zip.write(text.getBytes(UTF_8));
        zip.closeArchiveEntry();
    }

    @Test
    void files_modes_and_links_within_come_out_as_they_were() throws Exception {
        var zip =
                zip(z -> {
                    add(z, "bin/run", 0100755, "x");
                    add(z, "etc/data", 0100644, "y");
                    add(z, "link", 0120777, "etc/data");
                });
        var out = folder.resolve("out");
        Zips.unpack(zip, out, 100, null);
        assertThat(Files.isExecutable(out.resolve("bin/run"))).isTrue();
        assertThat(Files.readString(out.resolve("link"))).isEqualTo("y");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil", "/tmp/evil", "a/../../evil", "..\\evil"})
    void a_name_that_leaves_the_folder_is_refused(String name) throws Exception {
        var zip = zip(z -> add(z, name, 0100644, "x"));
        assertThatIOException()
                .isThrownBy(() -> Zips.unpack(zip, folder.resolve("out"), 100, null));
        assertThat(folder.resolve("evil")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/passwd", "../../x", "a/../../../x"})
    void a_link_that_leaves_the_folder_is_refused(String to) throws Exception {
        var zip = zip(z -> add(z, "link", 0120777, to));
        assertThatIOException()
                .isThrownBy(() -> Zips.unpack(zip, folder.resolve("out"), 100, null))
                .withMessageContaining("link");
        assertThat(Files.exists(folder.resolve("out/link"), LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    @Test
    void nothing_is_written_through_a_link() throws Exception {
        var zip =
                zip(z -> {
                    add(z, "d", 0120777, "elsewhere");
                    add(z, "d/file", 0100644, "x");
                });
        assertThatIOException()
                .isThrownBy(() -> Zips.unpack(zip, folder.resolve("out"), 100, null));
        assertThat(folder.resolve("out/elsewhere")).doesNotExist();
    }

    @Test
    void a_bomb_stops_at_the_limit() throws Exception {
        var zip = zip(z -> add(z, "zeros", 0100644, "0".repeat(1_000_000)));
        assertThat(Files.size(zip)).isLessThan(10_000);
        assertThatIOException()
                .isThrownBy(() -> Zips.unpack(zip, folder.resolve("out"), 100_000, null))
                .withMessageContaining("disk limit");
    }

    @Test
    void what_is_no_zip_is_refused() throws Exception {
        var file = Files.writeString(folder.resolve("a.zip"), "no zip at all");
        assertThatIOException()
                .isThrownBy(() -> Zips.unpack(file, folder.resolve("out"), 100, null));
    }

    @Test
    void a_given_mode_is_set_whatever_the_zip_says() throws Exception {
        var zip = zip(z -> add(z, "a", 0, "x"));
        Zips.unpack(zip, folder.resolve("out"), 100, "rwxr--r--");
        assertThat(Files.isExecutable(folder.resolve("out/a"))).isTrue();
    }
}

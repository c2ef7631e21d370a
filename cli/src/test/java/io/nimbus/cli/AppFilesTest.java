package io.nimbus.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AppFilesTest {
    @TempDir private Path folder = Path.of("/");

    private void file(String name, String text) throws Exception {
        var path = folder.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private List<String> names() throws Exception {
        try (var files = AppFiles.of(folder)) {
            return files.entries().stream().map(AppFiles.Entry::name).toList();
        }
    }

    @Test
    void what_cfignore_names_stays_at_home_and_so_do_manifest_and_repository() throws Exception {
        file("index.html", "x");
        file("node_modules/a/index.js", "x");
        file("src/node_modules/b.js", "x");
        file("logs/today.log", "x");
        file("logs/keep.log", "x");
        file("manifest.yml", "x");
        file("sub/manifest.yml", "x");
        file(".git/HEAD", "x");
        file(".cfignore", "node_modules/\n# a comment\n*.log\n!keep.log\n/target\n");
        file("target/x", "x");
        file("sub/target/x", "x");
        assertThat(names())
                .containsExactly("index.html", "logs/keep.log", "sub/manifest.yml", "sub/target/x");
    }

    @ParameterizedTest
    @CsvSource({
        "*.js, a/b.js, true", "*.js, a/b.json, false", "/a, a, true", "/a, b/a, false",
                "a/b, a/b, true",
        "a/b, x/a/b, false", "a/**/z, a/b/c/z, true", "a/**, a/b/c, true", "a?c, abc, true",
                "a?c, a/c, false",
        "[ab].txt, b.txt, true", "[!ab].txt, b.txt, false", "a.b, axb, false"
    })
    void patterns_mean_what_they_mean_in_gitignore(String pattern, String path, boolean ignored) {
        assertThat(new Ignore(List.of(pattern)).ignores(path, false)).isEqualTo(ignored);
    }

    @Test
    void files_carry_their_sha1_and_mode_and_links_stay_links() throws Exception {
        file("run.sh", "hello");
        Files.setPosixFilePermissions(
                folder.resolve("run.sh"), PosixFilePermissions.fromString("r-xr-x---"));
        Files.createSymbolicLink(folder.resolve("link"), Path.of("run.sh"));
        try (var files = AppFiles.of(folder)) {
            var run = files.entries().get(1);
            assertThat(run.sha1()).isEqualTo("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
            assertThat(Integer.toOctalString(run.mode())).isEqualTo("750");
            assertThat(files.entries().getFirst().link()).isEqualTo("run.sh");
            var zip = AppFiles.zip(files.entries());
            try (var read = ZipFile.builder().setPath(zip).get()) {
                assertThat(read.getEntry("link").isUnixSymlink()).isTrue();
                assertThat(read.getEntry("run.sh").getUnixMode() & 0777).isEqualTo(0750);
            }
            // An archive is pushed unpacked.
            try (var again = AppFiles.of(zip)) {
                assertThat(again.entries())
                        .extracting(AppFiles.Entry::name)
                        .containsExactly("link", "run.sh");
                assertThat(again.entries().get(1).sha1()).isEqualTo(run.sha1());
            }
            Files.delete(zip);
        }
    }

    @Test
    void a_link_that_leaves_the_folder_is_refused_by_name() throws Exception {
        file("a", "x");
        Files.createSymbolicLink(folder.resolve("passwords"), Path.of("/etc/passwd"));
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(this::names)
                .withMessageContaining("passwords");
    }

    @Test
    void what_is_not_there_or_not_an_app_is_named() throws Exception {
        file("notes.txt", "x");
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> AppFiles.of(folder.resolve("nowhere")))
                .withMessageContaining("nowhere");
        assertThatExceptionOfType(Failure.class)
                .isThrownBy(() -> AppFiles.of(folder.resolve("notes.txt")))
                .withMessageContaining("neither a folder nor");
    }

    @ParameterizedTest
    @CsvSource({"64M, 64", "1G, 1024", "512mb, 512", "2T, 2097152"})
    void sizes_are_read_as_people_write_them(String text, int megabytes) throws Exception {
        assertThat(Sizes.megabytes(text)).isEqualTo(megabytes);
    }

    @ParameterizedTest
    @CsvSource({"64", "x", "''", "1K", "0M", "99999999999G"})
    void what_is_no_size_is_refused(String text) {
        assertThatExceptionOfType(Failure.class).isThrownBy(() -> Sizes.megabytes(text));
    }
}

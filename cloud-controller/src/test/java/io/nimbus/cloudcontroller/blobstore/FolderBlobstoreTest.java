package io.nimbus.cloudcontroller.blobstore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder as a blobstore. */
class FolderBlobstoreTest {
    @TempDir Path root;
    private FolderBlobstore blobs;

    @BeforeEach
    void open() {
        blobs = new FolderBlobstore(root, "things");
    }

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    private void store(String key, String content) throws IOException {
        try (var received = blobs.receive(text(content), 1_000)) {
            received.store(key);
        }
    }

    private String read(String key) throws IOException {
        try (var in = blobs.find(key).orElseThrow().open()) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    @Test
    void a_blob_is_found_under_the_key_that_it_was_stored_under() throws IOException {
        try (var received = blobs.receive(text("hello"), 5)) {
            assertThat(received.length()).isEqualTo(5);
            assertThat(received.sha1()).isEqualTo("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
            assertThat(blobs.find("app/" + received.sha1())).isEmpty();
            received.store("app/" + received.sha1());
        }

        assertThat(read("app/aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")).isEqualTo("hello");
        store("app/aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "other");
        assertThat(read("app/aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")).isEqualTo("other");
    }

    @Test
    void what_is_too_large_or_not_stored_leaves_nothing_behind() throws IOException {
        assertThatThrownBy(() -> blobs.receive(text("123456"), 5))
                .isInstanceOf(Blobstore.TooLargeException.class);
        try (var received = blobs.receive(text("12345"), 5)) {
            assertThat(received.file()).exists();
        }

        try (var files = Files.walk(root)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void keys_cannot_leave_the_folder() {
        for (var key : new String[] {"../x", "a/../../x", "/x", "", "a//b", ".hidden"}) {
            assertThatThrownBy(() -> blobs.find(key))
                    .as(key)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void blobs_are_visited_and_deleted_one_by_one_or_by_what_they_stand_below() throws IOException {
        store("one/a", "1");
        store("one/b", "2");
        store("two", "3");
        var seen = new ArrayList<String>();
        blobs.each((key, stored) -> seen.add(key));
        assertThat(seen).containsExactlyInAnyOrder("one/a", "one/b", "two");

        blobs.deleteBelow("one");
        blobs.delete("none");

        assertThat(blobs.has("one/a")).isFalse();
        assertThat(blobs.has("two")).isTrue();
    }
}

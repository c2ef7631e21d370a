package io.nimbus.subjects;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/subjects.md is made of the code; {@code -Dgolden.update} writes it. */
class SubjectsDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/subjects.md");

    @Test
    void the_document_is_fresh() throws IOException {
        var text = document();
        if (System.getProperty("golden.update") != null) {
            Files.createDirectories(DOCUMENT.getParent());
            Files.writeString(DOCUMENT, text);
        }
        assertThat(Files.readString(DOCUMENT)).isEqualTo(text);
    }

    @Test
    void every_subject_has_one_who_says_it_and_one_who_hears_it() {
        for (var entry : Catalogue.ENTRIES) {
            assertThat(users(entry.subject(), BusUser::publishes))
                    .as("publishers of " + entry.subject())
                    .isNotEqualTo("–");
        }
    }

    @Test
    void nobody_may_read_another_ones_replies() {
        for (var user : BusUser.values()) {
            assertThat(user.subscribes())
                    .filteredOn(subject -> subject.startsWith("_INBOX"))
                    .containsExactly("_INBOX_" + user.user() + ".>");
            assertThat(user.subscribes()).doesNotContain(">", "*", "_INBOX.>");
            assertThat(user.publishes()).doesNotContain(">", "*", "_INBOX.>");
        }
    }

    private static String document() {
        var text =
                new StringBuilder(
                        """
                        # Subjects

                        Made of `nats-subjects` by its tests (`-Dgolden.update`); do not edit. Every process has its own bus user
                        and may use just what stands beside its name. What each message looks like:
                        `nats-subjects/src/test/resources/golden`.

                        | subject | message | reply | said by | heard by | meaning |
                        |---|---|---|---|---|---|
                        """);
        for (var entry : Catalogue.ENTRIES) {
            text.append(
                    "| `%s` | %s | %s | %s | %s | %s |%n"
                            .formatted(
                                    entry.subject(),
                                    entry.message().getSimpleName(),
                                    entry.reply() == Void.class
                                            ? "–"
                                            : entry.reply().getSimpleName(),
                                    users(entry.subject(), BusUser::publishes),
                                    users(entry.subject(), BusUser::subscribes),
                                    entry.meaning()));
        }
        return text.toString();
    }

    private static String users(String subject, Function<BusUser, List<String>> subjects) {
        var pattern = subject.replace("log.platform.*", "log.platform.");
        var names =
                Arrays.stream(BusUser.values())
                        .filter(user ->
                                subjects.apply(user).stream()
                                        .anyMatch(s ->
                                                s.equals(subject)
                                                        || (!pattern.equals(subject)
                                                                && s.startsWith(pattern))))
                        .map(BusUser::user)
                        .collect(Collectors.joining(", "));
        return names.isEmpty() ? "–" : names;
    }
}

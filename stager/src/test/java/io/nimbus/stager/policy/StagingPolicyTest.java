package io.nimbus.stager.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.stager.policy.BuildpackChoice.Chosen;
import io.nimbus.subjects.StagingStart;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StagingPolicyTest {
    private static final List<StagingStart.Buildpack> SYSTEM =
            List.of(
                    new StagingStart.Buildpack("k1", "http://x"),
                    new StagingStart.Buildpack("k2", "http://y"));

    private static StagingStart.Properties properties(
            @Nullable String url, @Nullable String key, List<StagingStart.NamedBuildpack> list) {
        return new StagingStart.Properties(
                List.of(),
                new StagingStart.Resources(1, 1, 1),
                List.of(),
                Map.of(),
                url,
                url,
                key,
                list);
    }

    @Test
    void without_a_name_the_operators_are_asked_in_order() {
        assertThat(BuildpackChoice.of(properties(null, null, List.of()), SYSTEM))
                .isEqualTo(new BuildpackChoice.Detect(SYSTEM));
    }

    @Test
    void an_address_wins_over_a_key_and_the_list_over_both() {
        var list =
                List.of(
                        new StagingStart.NamedBuildpack("one", "k1", null),
                        new StagingStart.NamedBuildpack("https://p", null, "https://p"));
        assertThat(BuildpackChoice.of(properties("https://g", "k2", List.of()), SYSTEM))
                .isEqualTo(new BuildpackChoice.Named(List.of(new Chosen.Custom("https://g"))));
        assertThat(BuildpackChoice.of(properties(null, "k2", List.of()), SYSTEM))
                .isEqualTo(new BuildpackChoice.Named(List.of(new Chosen.Installed("k2", "k2"))));
        assertThat(BuildpackChoice.of(properties("https://g", "k2", list), SYSTEM))
                .isEqualTo(
                        new BuildpackChoice.Named(
                                List.of(
                                        new Chosen.Installed("one", "k1"),
                                        new Chosen.Custom("https://p"))));
    }

    @Test
    void one_that_is_not_installed_is_named() {
        var list = List.of(new StagingStart.NamedBuildpack("ruby", null, null));
        assertThat(BuildpackChoice.of(properties(null, null, list), SYSTEM))
                .isEqualTo(new BuildpackChoice.Unknown("ruby"));
    }

    @Test
    void the_users_command_wins_over_the_procfile_and_that_over_the_buildpack() {
        var procfile = Map.of("web", "from procfile", "worker", "w");
        var released = Map.of("web", "from release");
        assertThat(StartCommand.choose("mine", procfile, released)).contains("mine");
        assertThat(StartCommand.choose(" ", procfile, released)).contains("from procfile");
        assertThat(StartCommand.choose(null, Map.of("worker", "w"), released))
                .contains("from release");
        assertThat(StartCommand.choose(null, Map.of(), Map.of())).isEmpty();
        assertThat(StartCommand.isKnownWithoutRelease(null, procfile)).isTrue();
        assertThat(StartCommand.isKnownWithoutRelease(null, Map.of("worker", "w"))).isFalse();
    }

    @Test
    void what_is_reserved_is_not_handed_out_again() {
        var capacity = new Capacity(2048, 4096).reserve(1024, 2048);
        assertThat(capacity.fits(1024, 2048)).isEqualTo(Capacity.Fit.FITS);
        assertThat(capacity.fits(1025, 2048)).isEqualTo(Capacity.Fit.NO_MEMORY);
        assertThat(capacity.fits(1025, 2049)).isEqualTo(Capacity.Fit.NO_DISK);
        assertThat(capacity.reserve(1024, 2048).freeMemoryMb()).isZero();
        assertThat(capacity.release(1024, 2048)).isEqualTo(new Capacity(2048, 4096));
    }

    @ParameterizedTest
    @CsvSource({
        "https://h/p.git, https://h/p.git, , false",
        "https://h/p#v1.2, https://h/p, v1.2, false",
        "https://h/p#, https://h/p, , false",
        "https://h/p.ZIP, https://h/p.ZIP, , true",
        "https://h/p.zip?x=1, https://h/p.zip?x=1, , true",
        "git@h:o/p.git, git@h:o/p.git, , false"
    })
    void a_custom_buildpack_has_an_address_a_branch_and_a_kind(
            String text, String url, @Nullable String branch, boolean zip) {
        assertThat(GitAddress.parse(text)).isEqualTo(new GitAddress(url, branch, zip));
    }

    @Test
    void a_password_in_an_address_is_not_shown() {
        assertThat(GitAddress.parse("https://ada:secret@h/p").shown()).isEqualTo("https://***@h/p");
    }
}

package io.nimbus.stager.policy;

import io.nimbus.subjects.StagingStart;
import java.util.List;

/** Which buildpacks a task shall use. */
public sealed interface BuildpackChoice {

    /** The first of the operator's, in order, whose detect script says yes. */
    record Detect(List<StagingStart.Buildpack> candidates) implements BuildpackChoice {
        public Detect {
            candidates = List.copyOf(candidates);
        }
    }

    /** Those that the user named, in order; detect is not asked. */
    record Named(List<Chosen> buildpacks) implements BuildpackChoice {
        public Named {
            buildpacks = List.copyOf(buildpacks);
        }
    }

    /** The user named one that is not there. */
    record Unknown(String name) implements BuildpackChoice {}

    /** One buildpack that was named. */
    sealed interface Chosen {
        /** One of the operator's, by key. */
        record Installed(String name, String key) implements Chosen {}

        /** A git repository or a zip. */
        record Custom(String url) implements Chosen {}
    }

    /**
     * The list of the newer form wins; of the older keys a custom address wins over a key. Without
     * any of them the operator's are asked.
     */
    static BuildpackChoice of(
            StagingStart.Properties properties, List<StagingStart.Buildpack> system) {
        if (!properties.buildpacks().isEmpty()) {
            var chosen =
                    properties.buildpacks().stream()
                            .map(named ->
                                    named.url() != null
                                            ? (Chosen) new Chosen.Custom(named.url())
                                            : new Chosen.Installed(
                                                    named.name(),
                                                    named.key() == null ? "" : named.key()))
                            .toList();
            return named(chosen, system);
        }
        var url =
                properties.buildpackGitUrl() != null
                        ? properties.buildpackGitUrl()
                        : properties.buildpack();
        if (url != null) {
            return new Named(List.of(new Chosen.Custom(url)));
        }
        if (properties.buildpackKey() != null) {
            return named(
                    List.of(
                            new Chosen.Installed(
                                    properties.buildpackKey(), properties.buildpackKey())),
                    system);
        }
        return new Detect(system);
    }

    private static BuildpackChoice named(List<Chosen> chosen, List<StagingStart.Buildpack> system) {
        for (var one : chosen) {
            if (one instanceof Chosen.Installed named
                    && system.stream().noneMatch(pack -> pack.key().equals(named.key()))) {
                return new Unknown(named.name());
            }
        }
        return new Named(chosen);
    }
}

package io.nimbus.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** The apps of a {@code manifest.yml}. */
final class Manifest {
    private static final Set<String> KNOWN =
            Set.of(
                    "name",
                    "path",
                    "memory",
                    "disk_quota",
                    "instances",
                    "command",
                    "buildpack",
                    "buildpacks",
                    "stack",
                    "env",
                    "routes",
                    "host",
                    "hosts",
                    "domain",
                    "domains",
                    "no-hostname",
                    "no-route",
                    "random-route",
                    "health-check-type",
                    "health-check-http-endpoint",
                    "timeout",
                    "services");
    private static final Pattern VARIABLE = Pattern.compile("\\(\\(([A-Za-z0-9_.-]+)\\)\\)");

    private Manifest() {}

    /**
     * One app as the manifest has it; null where it says nothing.
     *
     * @param path resolved against the manifest's folder
     * @param command empty: the buildpack's again
     */
    record App(
            @Nullable String name,
            @Nullable Path path,
            @Nullable Integer memoryMb,
            @Nullable Integer diskMb,
            @Nullable Integer instances,
            @Nullable String command,
            List<String> buildpacks,
            @Nullable String stack,
            Map<String, Object> env,
            List<String> routes,
            boolean noRoute,
            boolean randomRoute,
            @Nullable String healthCheckType,
            @Nullable String healthCheckEndpoint,
            @Nullable Integer timeout,
            List<String> services) {
        static final App EMPTY =
                new App(
                        null, null, null, null, null, null, List.of(), null, Map.of(), List.of(),
                        false, false, null, null, null, List.of());
    }

    /**
     * Reads a manifest.
     *
     * @param file the manifest, or a folder with a {@code manifest.yml}
     * @param variables for {@code ((name))}
     */
    static List<App> read(Path file, Map<String, String> variables) throws Failure {
        var path = Files.isDirectory(file) ? file.resolve("manifest.yml") : file;
        try {
            var root =
                    new Load(LoadSettings.builder().setLabel(path.toString()).build())
                            .loadFromString(fill(Files.readString(path), variables, path));
            if (!(root instanceof Map<?, ?> map)
                    || !(map.get("applications") instanceof List<?> apps)) {
                throw new Failure(path + " has no list of applications");
            }
            var all = new ArrayList<App>();
            for (var app : apps) {
                if (!(app instanceof Map<?, ?> attributes)) {
                    throw new Failure(path + ": an application is not a list of attributes");
                }
                all.add(app(attributes, path));
            }
            return all;
        } catch (IOException e) {
            throw new Failure(path + " cannot be read: " + e.getMessage(), e);
        } catch (YamlEngineException e) {
            throw new Failure(
                    path
                            + " is not YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
    }

    private static String fill(String text, Map<String, String> variables, Path path)
            throws Failure {
        var missing = new TreeSet<String>();
        var filled =
                VARIABLE.matcher(text)
                        .replaceAll(match -> {
                            var value = variables.get(match.group(1));
                            if (value == null) {
                                missing.add(match.group(1));
                            }
                            return Matcher.quoteReplacement(value == null ? "" : value);
                        });
        if (!missing.isEmpty()) {
            throw new Failure(path + " needs --var for: " + String.join(", ", missing));
        }
        return filled;
    }

    private static App app(Map<?, ?> source, Path path) throws Failure {
        var attributes = new LinkedHashMap<String, Object>();
        // A merge key, as anchors for common settings use it: what stands in the app itself wins.
        if (source.get("<<") instanceof Map<?, ?> common) {
            common.forEach((k, v) -> attributes.put(String.valueOf(k), v));
        }
        source.forEach((k, v) -> attributes.put(String.valueOf(k), v));
        attributes.remove("<<");
        var unknown = new TreeSet<>(attributes.keySet());
        unknown.removeAll(KNOWN);
        if (!unknown.isEmpty()) {
            throw new Failure(
                    path + ": attributes that are not known here: " + String.join(", ", unknown));
        }
        var reader = new Reader(attributes, path);
        var buildpacks = reader.texts("buildpacks");
        if (attributes.get("buildpack") != null) {
            buildpacks = List.of(reader.text("buildpack"));
        }
        var folder = path.toAbsolutePath().getParent();
        return new App(
                reader.text("name"),
                attributes.get("path") == null || folder == null
                        ? null
                        : folder.resolve(reader.text("path")).normalize(),
                reader.megabytes("memory"),
                reader.megabytes("disk_quota"),
                reader.integer("instances"),
                attributes.containsKey("command")
                        ? attributes.get("command") == null ? "" : reader.text("command")
                        : null,
                buildpacks,
                reader.text("stack"),
                reader.map("env"),
                routes(reader, attributes),
                reader.flag("no-route"),
                reader.flag("random-route"),
                reader.text("health-check-type"),
                reader.text("health-check-http-endpoint"),
                reader.integer("timeout"),
                reader.texts("services"));
    }

    /** {@code routes}, or the older host and domain attributes, which multiply. */
    private static List<String> routes(Reader reader, Map<String, Object> attributes)
            throws Failure {
        var routes = new ArrayList<String>();
        if (attributes.get("routes") instanceof List<?> list) {
            for (var item : list) {
                if (!(item instanceof Map<?, ?> route)
                        || !(route.get("route") instanceof String text)) {
                    throw new Failure(
                            reader.path
                                    + ": routes is a list of lines such as '- route: host.domain'");
                }
                routes.add(text);
            }
            return routes;
        }
        var hosts = new ArrayList<>(reader.texts("hosts"));
        if (attributes.get("host") != null) {
            hosts.add(reader.text("host"));
        }
        var domains = new ArrayList<>(reader.texts("domains"));
        if (attributes.get("domain") != null) {
            domains.add(reader.text("domain"));
        }
        if (reader.flag("no-hostname")) {
            return domains;
        }
        for (var host : hosts) {
            if (domains.isEmpty()) {
                routes.add(host + "."); // on the default domain
            }
            domains.forEach(domain -> routes.add(host + "." + domain));
        }
        if (hosts.isEmpty()) {
            domains.forEach(domain -> routes.add("." + domain)); // under the app's own name
        }
        return routes;
    }

    private record Reader(Map<String, Object> attributes, Path path) {
        private Failure fault(String key, String what) {
            return new Failure(path + ": " + key + " " + what);
        }

        @Nullable String text(String key) throws Failure {
            var value = attributes.get(key);
            if (value == null) {
                return null;
            }
            if (value instanceof Map || value instanceof List) {
                throw fault(key, "is not a single value");
            }
            return String.valueOf(value);
        }

        @Nullable Integer integer(String key) throws Failure {
            var text = text(key);
            try {
                return text == null ? null : Integer.valueOf(text);
            } catch (NumberFormatException e) {
                throw fault(key, "is not a whole number: " + text);
            }
        }

        @Nullable Integer megabytes(String key) throws Failure {
            var text = text(key);
            try {
                return text == null ? null : Integer.valueOf(Sizes.megabytes(text));
            } catch (Failure e) {
                throw fault(key, "is " + e.getMessage());
            }
        }

        boolean flag(String key) throws Failure {
            var value = attributes.get(key);
            if (value == null || value instanceof Boolean) {
                return Boolean.TRUE.equals(value);
            }
            throw fault(key, "is neither true nor false");
        }

        List<String> texts(String key) throws Failure {
            var value = attributes.get(key);
            if (value == null) {
                return List.of();
            }
            if (!(value instanceof List<?> list)) {
                throw fault(key, "is not a list");
            }
            return list.stream().map(String::valueOf).toList();
        }

        Map<String, Object> map(String key) throws Failure {
            var value = attributes.get(key);
            if (value == null) {
                return Map.of();
            }
            if (!(value instanceof Map<?, ?> map)) {
                throw fault(key, "is not a list of names and values");
            }
            var texts = new LinkedHashMap<String, Object>();
            map.forEach((k, v) -> texts.put(String.valueOf(k), v == null ? "" : String.valueOf(v)));
            return texts;
        }
    }
}

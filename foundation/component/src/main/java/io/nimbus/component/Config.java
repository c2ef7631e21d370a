package io.nimbus.component;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A process's configuration: one YAML file, each scalar of which the environment may override:
 * {@code nats.servers} of the router by {@code NIMBUS_ROUTER_NATS_SERVERS}.
 *
 * <p>Read every key, then {@link #complete}: faults are collected meanwhile (missing, of the wrong
 * form, out of range, unknown) and reported together. A faulty key reads as its fallback, so that
 * reading goes on.
 */
public final class Config {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Pattern DURATION = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)");

    private final JsonNode node;
    private final String path;
    private final Shared shared;
    private final TreeSet<String> read = new TreeSet<>();
    private final List<Config> children = new ArrayList<>();
    private final Map<String, Config> sections = new HashMap<>();

    private record Shared(List<String> faults, Map<String, String> environment, String prefix) {}

    private Config(JsonNode node, String path, Shared shared) {
        this.node = node;
        this.path = path;
        this.shared = shared;
    }

    /**
     * @param process the part of the environment's names after {@code NIMBUS_}, such as {@code
     *     router}
     * @throws ConfigException when the file cannot be read or is not YAML
     */
    public static Config read(Path file, String process, Map<String, String> environment)
            throws ConfigException {
        try {
            return parse(Files.readString(file), file.toString(), process, environment);
        } catch (NoSuchFileException e) {
            throw new ConfigException(List.of("there is no configuration file " + file));
        } catch (IOException e) {
            throw new ConfigException(
                    List.of(
                            "the configuration file "
                                    + file
                                    + " cannot be read: "
                                    + e.getMessage()));
        }
    }

    /** The same from text; {@code name} stands for the file in messages. */
    public static Config parse(
            String yaml, String name, String process, Map<String, String> environment)
            throws ConfigException {
        JsonNode tree;
        try {
            tree = YAML.readTree(yaml);
        } catch (JacksonException e) {
            throw new ConfigException(List.of(name + " is not YAML: " + e.getOriginalMessage()));
        }
        if (tree == null || tree.isMissingNode() || tree.isNull()) {
            tree = JsonNodeFactory.instance.objectNode();
        }
        if (!tree.isObject()) {
            throw new ConfigException(List.of(name + " does not hold keys and values"));
        }
        var prefix = "NIMBUS_" + process.toUpperCase(Locale.ROOT).replace('-', '_') + "_";
        return new Config(tree, "", new Shared(new ArrayList<>(), environment, prefix));
    }

    /** Required. */
    public String text(String key) {
        var value = scalar(key);
        return value == null ? missing(key, "") : value;
    }

    public String text(String key, String fallback) {
        var value = scalar(key);
        return value == null ? fallback : value;
    }

    public @Nullable String optionalText(String key) {
        return scalar(key);
    }

    /** Required; the value itself, or the name of a file that holds it under {@code <key>_file}. */
    public String secret(String key) {
        var value = optionalSecret(key);
        return value == null ? missing(key, "") : value;
    }

    /** The value itself, or from the file under {@code <key>_file}; null when neither is given. */
    public @Nullable String optionalSecret(String key) {
        var file = scalar(key + "_file");
        var value = scalar(key);
        if (file == null || value != null) {
            return value;
        }
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            fault(key + "_file", "cannot be read: " + file);
            return "";
        }
    }

    public int integer(String key, int fallback, int least, int most) {
        var value = scalar(key);
        return value == null ? fallback : integer(key, value, fallback, least, most);
    }

    /** Required. */
    public int integer(String key, int least, int most) {
        var value = scalar(key);
        return value == null ? missing(key, least) : integer(key, value, least, least, most);
    }

    private int integer(String key, String value, int fallback, int least, int most) {
        try {
            var number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // reported below, as what is out of range is
        }
        return fault(
                key,
                "is not a whole number from " + least + " to " + most + ": " + value,
                fallback);
    }

    /** 0 means any free one. */
    public int port(String key, int fallback) {
        return integer(key, fallback, 0, 65535);
    }

    public double number(String key, double fallback, double least, double most) {
        var value = scalar(key);
        if (value == null) {
            return fallback;
        }
        try {
            var number = Double.parseDouble(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        return fault(key, "is not a number from " + least + " to " + most + ": " + value, fallback);
    }

    /**
     * A whole number with a unit: {@code 250ms}, {@code 5s}, {@code 2m}, {@code 1h}, {@code 30d}.
     */
    public Duration duration(String key, Duration fallback) {
        var value = scalar(key);
        if (value == null) {
            return fallback;
        }
        var match = DURATION.matcher(value);
        if (!match.matches() || match.group(1).length() > 9) {
            return fault(
                    key, "is not a duration such as 250ms, 5s, 2m, 1h or 30d: " + value, fallback);
        }
        var number = Long.parseLong(match.group(1));
        return switch (match.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    public boolean flag(String key, boolean fallback) {
        var value = scalar(key);
        if (value == null) {
            return fallback;
        }
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> fault(key, "is neither true nor false: " + value, fallback);
        };
    }

    /** One of an enum's constants, in lower case with {@code -} for {@code _}. */
    public <E extends Enum<E>> E choice(String key, E fallback) {
        var value = scalar(key);
        if (value == null) {
            return fallback;
        }
        var type = fallback.getDeclaringClass();
        Function<E, String> name = e -> e.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return Arrays.stream(type.getEnumConstants())
                .filter(e -> name.apply(e).equals(value))
                .findFirst()
                .orElseGet(() ->
                        fault(
                                key,
                                "is not one of "
                                        + Arrays.stream(type.getEnumConstants()).map(name).toList()
                                        + ": "
                                        + value,
                                fallback));
    }

    /** Required; absolute, with a host. */
    public URI uri(String key) {
        var value = scalar(key);
        var nowhere = URI.create("http://invalid");
        return value == null ? missing(key, nowhere) : uri(key, value, nowhere);
    }

    public URI uri(String key, URI fallback) {
        var value = scalar(key);
        return value == null ? fallback : uri(key, value, fallback);
    }

    private URI uri(String key, String value, URI fallback) {
        try {
            var uri = new URI(value);
            if (uri.getScheme() != null && uri.getHost() != null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // reported below
        }
        return fault(key, "is not an address such as http://host:port: " + value, fallback);
    }

    /** Required. */
    public Path path(String key) {
        return Path.of(text(key));
    }

    public @Nullable Path optionalPath(String key) {
        var value = scalar(key);
        return value == null ? null : Path.of(value);
    }

    /** A YAML list, or one text with commas. */
    public List<String> texts(String key, List<String> fallback) {
        var value = child(key);
        var overriding = environment(key);
        if (overriding != null) {
            return split(overriding);
        }
        if (value.isMissingNode() || value.isNull()) {
            return fallback;
        }
        if (value.isValueNode()) {
            return split(value.asString());
        }
        if (!value.isArray() || value.valueStream().anyMatch(item -> !item.isValueNode())) {
            return fault(key, "is not a list of texts", fallback);
        }
        return value.valueStream().map(JsonNode::asString).toList();
    }

    private static List<String> split(String value) {
        return Arrays.stream(value.split(","))
                .map(String::strip)
                .filter(v -> !v.isEmpty())
                .toList();
    }

    /** Text to text; keys are free. */
    public Map<String, String> map(String key) {
        var value = child(key);
        var entries = new LinkedHashMap<String, String>();
        if (value.isMissingNode() || value.isNull()) {
            return entries;
        }
        if (!value.isObject() || value.valueStream().anyMatch(item -> !item.isValueNode())) {
            return fault(key, "is not a map of texts", entries);
        }
        value.propertyStream().forEach(e -> entries.put(e.getKey(), e.getValue().asString()));
        return entries;
    }

    public boolean has(String key) {
        var value = child(key);
        return !value.isMissingNode() && !value.isNull();
    }

    /** The keys below this one; empty when there are none. */
    public Config section(String key) {
        return sections.computeIfAbsent(key, this::readSection);
    }

    private Config readSection(String key) {
        var value = child(key);
        if (value.isMissingNode() || value.isNull()) {
            value = JsonNodeFactory.instance.objectNode();
        } else if (!value.isObject()) {
            value =
                    fault(
                            key,
                            "does not hold keys and values",
                            (JsonNode) JsonNodeFactory.instance.objectNode());
        }
        return adopt(new Config(value, path + key + ".", shared));
    }

    /** A list of sections. */
    public List<Config> sections(String key) {
        var value = child(key);
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        if (!value.isArray() || value.valueStream().anyMatch(item -> !item.isObject())) {
            return fault(key, "is not a list of keys and values", List.of());
        }
        var sections = new ArrayList<Config>();
        for (var item : value) {
            sections.add(
                    adopt(new Config(item, path + key + "[" + sections.size() + "].", shared)));
        }
        return sections;
    }

    /** Reports a fault that only the reader can see, such as two keys that exclude each other. */
    public void fault(String key, String what) {
        shared.faults.add(path + key + " " + what);
    }

    /**
     * What was made of this configuration, if nothing was wrong with it.
     *
     * @throws ConfigException with every fault, unknown keys included
     */
    public <T> T complete(T made) throws ConfigException {
        unknownKeys();
        if (!shared.faults.isEmpty()) {
            throw new ConfigException(shared.faults);
        }
        return made;
    }

    private void unknownKeys() {
        var unknown =
                node.propertyStream()
                        .map(Map.Entry::getKey)
                        .filter(key -> !read.contains(key))
                        .collect(Collectors.toCollection(TreeSet::new));
        for (var key : unknown) {
            fault(key, "is not known (known here: " + String.join(", ", read) + ")");
        }
        children.forEach(Config::unknownKeys);
    }

    private Config adopt(Config child) {
        children.add(child);
        return child;
    }

    private JsonNode child(String key) {
        read.add(key);
        return node instanceof ObjectNode object ? object.path(key) : MissingNode.getInstance();
    }

    private @Nullable String environment(String key) {
        var name =
                shared.prefix
                        + (path + key).toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
        return shared.environment.get(name);
    }

    private @Nullable String scalar(String key) {
        var value = child(key);
        var overriding = environment(key);
        if (overriding != null) {
            return overriding;
        }
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isValueNode()) {
            fault(key, "is not a single value");
            return null;
        }
        return value.asString();
    }

    private <T> T missing(String key, T fallback) {
        return fault(key, "is missing", fallback);
    }

    private <T> T fault(String key, String what, T fallback) {
        fault(key, what);
        return fallback;
    }
}

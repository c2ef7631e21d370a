package io.nimbus.cloudcontroller.securitygroups;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a rule of a security group may say. */
public final class RulePolicy {
    private static final Pattern PORTS =
            Pattern.compile("\\d{1,5}(-\\d{1,5}|(\\s*,\\s*\\d{1,5})*)");

    private RulePolicy() {}

    /** What is wrong with it, in a few words after "rule number n". */
    public static Optional<String> fault(Map<String, @Nullable Object> rule) {
        var destination = rule.get("destination");
        if (!(destination instanceof String range) || !isRange(range)) {
            return Optional.of(
                    "has no destination such as 10.0.0.0/8, 10.0.0.1 or 10.0.0.1-10.0.0.9");
        }
        if (rule.get("log") != null && !(rule.get("log") instanceof Boolean)) {
            return Optional.of("has a log that is neither true nor false");
        }
        if (rule.get("description") != null && !(rule.get("description") instanceof String)) {
            return Optional.of("has a description that is not a text");
        }
        var protocol = rule.get("protocol");
        return switch (protocol instanceof String text ? text : "") {
            case "tcp", "udp" ->
                    rule.get("ports") instanceof String ports && isPorts(ports)
                            ? Optional.empty()
                            : Optional.of("has no ports such as 80, 80,443 or 8000-9000");
            case "icmp" ->
                    isCode(rule.get("type")) && isCode(rule.get("code"))
                            ? Optional.empty()
                            : Optional.of("has no type and code from -1 to 255");
            case "all" ->
                    rule.get("ports") == null
                            ? Optional.empty()
                            : Optional.of("has ports, which need tcp or udp");
            default -> Optional.of("has a protocol that is none of tcp, udp, icmp and all");
        };
    }

    private static boolean isCode(@Nullable Object value) {
        return value instanceof Integer number && number >= -1 && number <= 255;
    }

    private static boolean isPorts(String ports) {
        var text = ports.strip();
        if (!PORTS.matcher(text).matches()) {
            return false;
        }
        var numbers = text.split("\\s*[,-]\\s*");
        for (var number : numbers) {
            var port = Integer.parseInt(number);
            if (port < 1 || port > 65535) {
                return false;
            }
        }
        return !text.contains("-") || Integer.parseInt(numbers[0]) < Integer.parseInt(numbers[1]);
    }

    private static boolean isRange(String text) {
        var slash = text.indexOf('/');
        if (slash >= 0) {
            var bits = text.substring(slash + 1);
            return address(text.substring(0, slash)) >= 0
                    && bits.matches("\\d{1,2}")
                    && Integer.parseInt(bits) <= 32;
        }
        var dash = text.indexOf('-');
        if (dash >= 0) {
            var first = address(text.substring(0, dash));
            var last = address(text.substring(dash + 1));
            return first >= 0 && last >= first;
        }
        return address(text) >= 0;
    }

    /** An IPv4 address as a number; -1 when it is none. */
    private static long address(String text) {
        var parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return -1;
        }
        long address = 0;
        for (var part : parts) {
            if (!part.matches("\\d{1,3}") || Integer.parseInt(part) > 255) {
                return -1;
            }
            address = address * 256 + Integer.parseInt(part);
        }
        return address;
    }
}

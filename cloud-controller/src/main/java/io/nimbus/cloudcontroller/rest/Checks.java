package io.nimbus.cloudcontroller.rest;

import io.nimbus.cloudcontroller.errors.CloudError;
import java.util.List;
import java.util.regex.Pattern;

/** Rules that many attributes share. The errors given take one argument: what is wrong. */
public final class Checks {
    /**
     * Letters, digits, punctuation and other visible characters, blanks: no line ends, no control
     * characters.
     */
    private static final Pattern PRINTABLE =
            Pattern.compile("[\\p{L}\\p{N}\\p{P}\\p{S}\\p{M}\\p{Zs}]+");

    private static final int NAME = 255;

    private Checks() {}

    public static Attribute.Check<String> name(CloudError error) {
        return value -> {
            if (value.isEmpty()) {
                throw error.of("the name is empty");
            }
            if (value.length() > NAME) {
                throw error.of("the name is longer than " + NAME + " characters");
            }
            if (!PRINTABLE.matcher(value).matches()) {
                throw error.of("the name holds characters that cannot be printed");
            }
        };
    }

    public static Attribute.Check<String> longest(int length, CloudError error, String what) {
        return value -> {
            if (value.length() > length) {
                throw error.of(what + " is longer than " + length + " characters");
            }
        };
    }

    public static Attribute.Check<Integer> within(
            int least, int most, CloudError error, String what) {
        return value -> {
            if (value < least || value > most) {
                throw error.of(
                        most == Integer.MAX_VALUE
                                ? what + " is less than " + least
                                : what + " is not within " + least + " and " + most);
            }
        };
    }

    public static Attribute.Check<String> oneOf(
            List<String> values, CloudError error, String what) {
        return value -> {
            if (!values.contains(value)) {
                throw error.of(what + " is none of " + String.join(", ", values));
            }
        };
    }
}

package io.nimbus.uaa.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * What a new password must be like. The classes are least numbers of such characters.
 *
 * @param minLength characters
 * @param maxLength characters
 */
public record PasswordPolicy(
        int minLength, int maxLength, int upperCase, int lowerCase, int digits, int special) {

    /** What is wrong with it, in sentences; empty when nothing is. */
    public List<String> violations(String password) {
        var reasons = new ArrayList<String>();
        var length = password.codePointCount(0, password.length());
        if (length < minLength) {
            reasons.add("Password must be at least " + minLength + " characters in length.");
        }
        if (length > maxLength) {
            reasons.add("Password must be no more than " + maxLength + " characters in length.");
        }
        demand(reasons, password, upperCase, "uppercase", Character::isUpperCase);
        demand(reasons, password, lowerCase, "lowercase", Character::isLowerCase);
        demand(reasons, password, digits, "digit", Character::isDigit);
        demand(
                reasons,
                password,
                special,
                "special",
                c -> !Character.isLetterOrDigit(c) && !Character.isWhitespace(c));
        return List.copyOf(reasons);
    }

    private static void demand(
            List<String> reasons, String password, int least, String kind, IntPredicate is) {
        if (password.codePoints().filter(is).count() < least) {
            reasons.add("Password must contain at least " + least + " " + kind + " characters.");
        }
    }
}

package io.nimbus.uaa.policy;

import java.util.Collection;
import java.util.Locale;
import java.util.Set;

/**
 * How hard a password is to guess, from 0 (at once) to 10: one point for every six bits that its
 * alphabet and its differing characters give, none for what is known or belongs to the user.
 */
public final class PasswordScore {
    private static final int BITS_PER_POINT = 6;
    private static final int BEST = 10;
    private static final Set<String> KNOWN =
            Set.of(
                    "password",
                    "passw0rd",
                    "letmein",
                    "welcome",
                    "admin",
                    "changeme",
                    "secret",
                    "qwerty",
                    "qwertz",
                    "azerty",
                    "iloveyou",
                    "monkey",
                    "dragon",
                    "abc123",
                    "123456",
                    "12345678",
                    "123456789",
                    "111111",
                    "cloudfoundry");

    private PasswordScore() {}

    /**
     * @param userData the user's name, address and the like
     */
    public static int of(String password, Collection<String> userData) {
        var rest = password.toLowerCase(Locale.ROOT);
        for (var word : KNOWN) {
            rest = rest.replace(word, "");
        }
        for (var word : userData) {
            if (word.length() > 2) {
                rest = rest.replace(word.toLowerCase(Locale.ROOT), "");
            }
        }
        var bits = telling(rest) * Math.log(alphabet(password)) / Math.log(2);
        return (int) Math.min(BEST, bits / BITS_PER_POINT);
    }

    /** Characters that neither repeat nor continue the one before. */
    private static int telling(String text) {
        var telling = 0;
        for (int i = 0; i < text.length(); i++) {
            if (i == 0 || Math.abs(text.charAt(i) - text.charAt(i - 1)) > 1) {
                telling++;
            }
        }
        return telling;
    }

    private static int alphabet(String text) {
        var size = 2;
        size += text.chars().anyMatch(c -> c >= 'a' && c <= 'z') ? 26 : 0;
        size += text.chars().anyMatch(c -> c >= 'A' && c <= 'Z') ? 26 : 0;
        size += text.chars().anyMatch(Character::isDigit) ? 10 : 0;
        size += text.chars().anyMatch(c -> c < 128 && !Character.isLetterOrDigit(c)) ? 32 : 0;
        size += text.chars().anyMatch(c -> c >= 128) ? 64 : 0;
        return size;
    }
}

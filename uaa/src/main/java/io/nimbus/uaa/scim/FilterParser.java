package io.nimbus.uaa.scim;

import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Filters as clients write them: {@code userName Eq "joe" or (id eq "a" and active eq true)}.
 * Attributes and operators in any case; {@code and} binds closer than {@code or}.
 */
public final class FilterParser {
    private static final int DEEPEST = 32;
    private static final int MOST_CLAUSES = 1000;

    private final List<Word> words;
    private int next;
    private int depth;
    private int clauses;

    private record Word(String text, boolean quoted) {
        boolean is(String keyword) {
            return !quoted && text.equalsIgnoreCase(keyword);
        }
    }

    private FilterParser(List<Word> words) {
        this.words = words;
    }

    /**
     * @throws UaaException scim, when it is none
     */
    public static Filter parse(String text) {
        var parser = new FilterParser(words(text));
        var filter = parser.or();
        if (parser.next < parser.words.size()) {
            throw invalid("there is more after its end");
        }
        return filter;
    }

    private static List<Word> words(String text) {
        var words = new ArrayList<Word>();
        for (int i = 0; i < text.length(); ) {
            var c = text.charAt(i);
            if (Character.isWhitespace(c)) {
                i++;
            } else if (c == '(' || c == ')') {
                words.add(new Word(String.valueOf(c), false));
                i++;
            } else if (c == '"') {
                i = quoted(text, i + 1, words);
            } else {
                var start = i;
                while (i < text.length() && "() \t\r\n\"".indexOf(text.charAt(i)) < 0) {
                    i++;
                }
                words.add(new Word(text.substring(start, i), false));
            }
        }
        return words;
    }

    private static int quoted(String text, int start, List<Word> words) {
        var value = new StringBuilder();
        for (int i = start; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c == '"') {
                words.add(new Word(value.toString(), true));
                return i + 1;
            }
            if (c == '\\' && i + 1 < text.length()) {
                c = text.charAt(++i);
            }
            value.append(c);
        }
        throw invalid("a quote is not closed");
    }

    private Filter or() {
        var parts = new ArrayList<>(List.of(and()));
        while (accept("or")) {
            parts.add(and());
        }
        return parts.size() == 1 ? parts.getFirst() : new Filter.Or(parts);
    }

    private Filter and() {
        var parts = new ArrayList<>(List.of(term()));
        while (accept("and")) {
            parts.add(term());
        }
        return parts.size() == 1 ? parts.getFirst() : new Filter.And(parts);
    }

    private Filter term() {
        if (accept("(")) {
            if (++depth > DEEPEST) {
                throw invalid("it is nested too deeply");
            }
            var inner = or();
            if (!accept(")")) {
                throw invalid("a parenthesis is not closed");
            }
            depth--;
            return inner;
        }
        if (++clauses > MOST_CLAUSES) {
            throw invalid("it has too many clauses");
        }
        var attribute = take("an attribute");
        if (attribute.quoted() || !attribute.text().matches("[A-Za-z][A-Za-z0-9_.:-]*")) {
            throw invalid("an attribute is missing");
        }
        var operator = take("an operator");
        if (operator.is("pr")) {
            return new Filter.Present(attribute.text());
        }
        var value = take("a value");
        if (!value.quoted() && (value.is("(") || value.is(")"))) {
            throw invalid("a value is missing");
        }
        return new Filter.Compare(
                attribute.text(), operator(operator), value.text(), value.quoted());
    }

    private static Filter.Operator operator(Word word) {
        var name = word.text().toUpperCase(Locale.ROOT);
        for (var operator : Filter.Operator.values()) {
            if (!word.quoted() && operator.name().equals(name)) {
                return operator;
            }
        }
        throw invalid("there is no operator " + word.text());
    }

    private boolean accept(String keyword) {
        if (next < words.size() && words.get(next).is(keyword)) {
            next++;
            return true;
        }
        return false;
    }

    private Word take(String what) {
        if (next == words.size()) {
            throw invalid(what + " is missing");
        }
        return words.get(next++);
    }

    static UaaException invalid(String why) {
        return UaaError.SCIM.of("Invalid filter expression: " + why);
    }
}

package io.nimbus.uaa.browser;

import org.jspecify.annotations.Nullable;

/** HTML by text: what is put in is escaped, unless it is HTML already. */
final class Html {
    private final StringBuilder text = new StringBuilder();

    /** Markup of ours, as it is. */
    Html raw(String markup) {
        text.append(markup);
        return this;
    }

    /** Anything that came from outside, as text or within a quoted attribute. */
    Html text(@Nullable String value) {
        text.append(escape(value == null ? "" : value));
        return this;
    }

    Html add(Html inner) {
        text.append(inner.text);
        return this;
    }

    static String escape(String value) {
        var escaped = new StringBuilder(value.length() + 16);
        for (int i = 0; i < value.length(); i++) {
            var c = value.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}

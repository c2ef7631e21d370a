package io.nimbus.uaa.scim;

import java.util.List;

/** A SCIM 1.1 filter, parsed. */
public sealed interface Filter {

    record And(List<Filter> parts) implements Filter {
        public And {
            parts = List.copyOf(parts);
        }
    }

    record Or(List<Filter> parts) implements Filter {
        public Or {
            parts = List.copyOf(parts);
        }
    }

    record Present(String attribute) implements Filter {}

    /**
     * @param value as written, without its quotes
     * @param quoted whether it had some
     */
    record Compare(String attribute, Operator operator, String value, boolean quoted)
            implements Filter {}

    /** Equal, contains, starts with, greater than, … */
    enum Operator {
        EQ,
        CO,
        SW,
        GT,
        GE,
        LT,
        LE
    }
}

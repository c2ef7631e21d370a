package io.nimbus.cloudcontroller.rest;

import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record1;
import org.jooq.Select;
import org.jooq.Table;
import org.jooq.impl.DSL;

/**
 * Who belongs to whom: a table, or an expression like one, that pairs parents with members by guid.
 * For a one-to-many relation it is the members' own table.
 *
 * @param only narrows the pairs, such as to one role
 */
public record Link(Table<?> source, Field<String> parent, Field<String> member, Condition only) {

    public static Link of(Table<?> source, Field<String> parent, Field<String> member) {
        return new Link(source, parent, member, DSL.noCondition());
    }

    public Link only(Condition condition) {
        return new Link(source, parent, member, only.and(condition));
    }

    /** The members of one parent. */
    public Select<Record1<String>> membersOf(String guid) {
        return DSL.select(member).from(source).where(parent.eq(guid)).and(only);
    }

    /** The parents that have a member for which the condition, on this link's source, holds. */
    public Select<Record1<String>> parentsWhere(Condition condition) {
        return DSL.select(parent).from(source).where(only).and(condition);
    }
}

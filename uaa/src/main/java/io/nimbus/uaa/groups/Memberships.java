package io.nimbus.uaa.groups;

import static io.nimbus.uaa.schema.Tables.GROUPS;
import static io.nimbus.uaa.schema.Tables.GROUP_GROUP;
import static io.nimbus.uaa.schema.Tables.GROUP_USER;
import static org.jooq.impl.DSL.boolOr;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.lower;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.table;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jooq.DSLContext;

/**
 * Which groups users belong to: those they were put into, those that these are in, and the default
 * groups that everybody belongs to, by configuration rather than by rows.
 */
public final class Memberships {
    private final List<String> defaults;

    public Memberships(Collection<String> defaults) {
        this.defaults = defaults.stream().map(group -> group.toLowerCase(Locale.ROOT)).toList();
    }

    /** The names, for a token. */
    public List<String> names(DSLContext dsl, String user) {
        var names = new TreeSet<String>();
        of(dsl, List.of(user))
                .getOrDefault(user, List.of())
                .forEach(membership -> names.add(membership.displayName()));
        return List.copyOf(names);
    }

    /** By user; two statements, however many users. */
    public Map<String, List<Membership>> of(DSLContext dsl, Collection<String> users) {
        var memberships = new HashMap<String, List<Membership>>();
        if (users.isEmpty()) {
            return memberships;
        }
        var everybody =
                dsl.select(GROUPS.ID, GROUPS.DISPLAY_NAME)
                        .from(GROUPS)
                        .where(lower(GROUPS.DISPLAY_NAME).in(defaults))
                        .orderBy(GROUPS.DISPLAY_NAME)
                        .fetch(row -> new Membership(row.value1(), row.value2(), true));
        users.forEach(user -> memberships.put(user, new ArrayList<>(everybody)));

        var user = field(name("m", "user_id"), String.class);
        var group = field(name("m", "group_id"), String.class);
        var direct = field(name("m", "direct"), Boolean.class);
        var all =
                name("m")
                        .fields("user_id", "group_id", "direct")
                        .as(
                                select(GROUP_USER.USER_ID, GROUP_USER.GROUP_ID, inline(true))
                                        .from(GROUP_USER)
                                        .where(GROUP_USER.USER_ID.in(users))
                                        .union(
                                                select(user, GROUP_GROUP.GROUP_ID, inline(false))
                                                        .from(GROUP_GROUP)
                                                        .join(table(name("m")))
                                                        .on(GROUP_GROUP.MEMBER_ID.eq(group))));
        dsl.withRecursive(all)
                .select(user, GROUPS.ID, GROUPS.DISPLAY_NAME, boolOr(direct))
                .from(table(name("m")))
                .join(GROUPS)
                .on(GROUPS.ID.eq(group))
                .where(lower(GROUPS.DISPLAY_NAME).notIn(defaults))
                .groupBy(user, GROUPS.ID, GROUPS.DISPLAY_NAME)
                .orderBy(GROUPS.DISPLAY_NAME)
                .forEach(row ->
                        memberships
                                .computeIfAbsent(row.value1(), u -> new ArrayList<>())
                                .add(new Membership(row.value2(), row.value3(), row.value4())));
        return memberships;
    }
}

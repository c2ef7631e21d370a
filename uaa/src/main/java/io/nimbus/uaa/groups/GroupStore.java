package io.nimbus.uaa.groups;

import static io.nimbus.uaa.schema.Tables.EXTERNAL_GROUP;
import static io.nimbus.uaa.schema.Tables.GROUPS;
import static io.nimbus.uaa.schema.Tables.GROUP_GROUP;
import static io.nimbus.uaa.schema.Tables.GROUP_USER;
import static io.nimbus.uaa.schema.Tables.USERS;
import static org.jooq.impl.DSL.lower;

import io.nimbus.uaa.schema.tables.records.GroupsRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.SortField;
import org.jspecify.annotations.Nullable;

/** Groups and their members in the database. */
public final class GroupStore {
    private GroupStore() {}

    public static Optional<Group> find(DSLContext dsl, String id) {
        return dsl.selectFrom(GROUPS).where(GROUPS.ID.eq(id)).fetchOptional(GroupStore::group);
    }

    static Optional<Group> lock(DSLContext dsl, String id) {
        return dsl.selectFrom(GROUPS)
                .where(GROUPS.ID.eq(id))
                .forUpdate()
                .fetchOptional(GroupStore::group);
    }

    public static Optional<Group> findByName(DSLContext dsl, String name) {
        return dsl.selectFrom(GROUPS)
                .where(lower(GROUPS.DISPLAY_NAME).eq(name.toLowerCase(Locale.ROOT)))
                .fetchOptional(GroupStore::group);
    }

    static List<Group> list(
            DSLContext dsl, Condition filter, SortField<?> sort, int offset, int count) {
        return dsl.selectFrom(GROUPS)
                .where(filter)
                .orderBy(sort, GROUPS.ID)
                .offset(offset)
                .limit(count)
                .fetch(GroupStore::group);
    }

    static int count(DSLContext dsl, Condition filter) {
        return dsl.fetchCount(GROUPS, filter);
    }

    /** Whether it was inserted; not when there is one of that name. */
    public static boolean insert(
            DSLContext dsl, String id, String name, @Nullable String description, Instant now) {
        return dsl.insertInto(GROUPS)
                        .set(GROUPS.ID, id)
                        .set(GROUPS.DISPLAY_NAME, name)
                        .set(GROUPS.DESCRIPTION, description)
                        .set(GROUPS.CREATED, now)
                        .set(GROUPS.LAST_MODIFIED, now)
                        .onConflictDoNothing()
                        .execute()
                == 1;
    }

    static void update(
            DSLContext dsl, String id, String name, @Nullable String description, Instant now) {
        dsl.update(GROUPS)
                .set(GROUPS.DISPLAY_NAME, name)
                .set(GROUPS.DESCRIPTION, description)
                .set(GROUPS.LAST_MODIFIED, now)
                .set(GROUPS.VERSION, GROUPS.VERSION.plus(1))
                .where(GROUPS.ID.eq(id))
                .execute();
    }

    static void delete(DSLContext dsl, String id) {
        dsl.deleteFrom(GROUPS).where(GROUPS.ID.eq(id)).execute();
    }

    /** A change of the members is one of the group. */
    static void touch(DSLContext dsl, String id, Instant now) {
        dsl.update(GROUPS)
                .set(GROUPS.LAST_MODIFIED, now)
                .set(GROUPS.VERSION, GROUPS.VERSION.plus(1))
                .where(GROUPS.ID.eq(id))
                .execute();
    }

    static Map<String, List<Member>> members(DSLContext dsl, Collection<String> groups) {
        var members = new HashMap<String, List<Member>>();
        dsl.select(GROUP_USER.GROUP_ID, GROUP_USER.USER_ID, GROUP_USER.ORIGIN)
                .from(GROUP_USER)
                .where(GROUP_USER.GROUP_ID.in(groups))
                .orderBy(GROUP_USER.CREATED, GROUP_USER.USER_ID)
                .forEach(row ->
                        members.computeIfAbsent(row.value1(), g -> new ArrayList<>())
                                .add(new Member(row.value2(), Member.Type.USER, row.value3())));
        dsl.select(GROUP_GROUP.GROUP_ID, GROUP_GROUP.MEMBER_ID, GROUP_GROUP.ORIGIN)
                .from(GROUP_GROUP)
                .where(GROUP_GROUP.GROUP_ID.in(groups))
                .orderBy(GROUP_GROUP.CREATED, GROUP_GROUP.MEMBER_ID)
                .forEach(row ->
                        members.computeIfAbsent(row.value1(), g -> new ArrayList<>())
                                .add(new Member(row.value2(), Member.Type.GROUP, row.value3())));
        return members;
    }

    /** Whether there is such a user or group to be a member. */
    static boolean exists(DSLContext dsl, Member member) {
        return switch (member.type()) {
            case USER -> dsl.fetchExists(USERS, USERS.ID.eq(member.id()));
            case GROUP -> dsl.fetchExists(GROUPS, GROUPS.ID.eq(member.id()));
        };
    }

    /** Whether it was added; not when it is one already. */
    public static boolean add(DSLContext dsl, String group, Member member, Instant now) {
        return switch (member.type()) {
                    case USER ->
                            dsl.insertInto(GROUP_USER)
                                    .set(GROUP_USER.GROUP_ID, group)
                                    .set(GROUP_USER.USER_ID, member.id())
                                    .set(GROUP_USER.ORIGIN, member.origin())
                                    .set(GROUP_USER.CREATED, now)
                                    .onConflictDoNothing()
                                    .execute();
                    case GROUP ->
                            dsl.insertInto(GROUP_GROUP)
                                    .set(GROUP_GROUP.GROUP_ID, group)
                                    .set(GROUP_GROUP.MEMBER_ID, member.id())
                                    .set(GROUP_GROUP.ORIGIN, member.origin())
                                    .set(GROUP_GROUP.CREATED, now)
                                    .onConflictDoNothing()
                                    .execute();
                }
                == 1;
    }

    /** Whether it was one, of whatever type and origin. */
    static boolean remove(DSLContext dsl, String group, String member) {
        var users =
                dsl.deleteFrom(GROUP_USER)
                        .where(GROUP_USER.GROUP_ID.eq(group), GROUP_USER.USER_ID.eq(member))
                        .execute();
        var groups =
                dsl.deleteFrom(GROUP_GROUP)
                        .where(GROUP_GROUP.GROUP_ID.eq(group), GROUP_GROUP.MEMBER_ID.eq(member))
                        .execute();
        return users + groups > 0;
    }

    static void removeAll(DSLContext dsl, String group) {
        dsl.deleteFrom(GROUP_USER).where(GROUP_USER.GROUP_ID.eq(group)).execute();
        dsl.deleteFrom(GROUP_GROUP).where(GROUP_GROUP.GROUP_ID.eq(group)).execute();
    }

    /** Makes the user a member, for this origin, of exactly these groups. */
    public static void replaceOf(
            DSLContext dsl, String user, String origin, Set<String> groups, Instant now) {
        dsl.deleteFrom(GROUP_USER)
                .where(
                        GROUP_USER.USER_ID.eq(user),
                        GROUP_USER.ORIGIN.eq(origin),
                        GROUP_USER.GROUP_ID.notIn(groups))
                .execute();
        for (var group : groups) {
            add(dsl, group, new Member(user, Member.Type.USER, origin), now);
        }
    }

    /** The groups that stand for another provider's. */
    public static Set<String> standingFor(
            DSLContext dsl, String origin, Collection<String> external) {
        return dsl.select(EXTERNAL_GROUP.GROUP_ID)
                .from(EXTERNAL_GROUP)
                .where(EXTERNAL_GROUP.ORIGIN.eq(origin), EXTERNAL_GROUP.EXTERNAL_NAME.in(external))
                .fetchSet(EXTERNAL_GROUP.GROUP_ID);
    }

    static Group group(GroupsRecord row) {
        return new Group(
                row.getId(),
                row.getDisplayName(),
                row.getDescription(),
                row.getCreated(),
                row.getLastModified(),
                row.getVersion());
    }
}

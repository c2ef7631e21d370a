package io.nimbus.cloudcontroller.securitygroups;

import static io.nimbus.cloudcontroller.ccdb.Tables.SECURITY_GROUPS;
import static io.nimbus.cloudcontroller.ccdb.Tables.SECURITY_GROUPS_SPACES;
import static io.nimbus.cloudcontroller.errors.CloudError.SECURITY_GROUP_INVALID;
import static org.jooq.JSONB.jsonb;
import static org.jooq.impl.DSL.select;

import io.nimbus.cloudcontroller.access.Roles;
import io.nimbus.cloudcontroller.errors.CloudError;
import io.nimbus.cloudcontroller.rest.Attribute;
import io.nimbus.cloudcontroller.rest.Checks;
import io.nimbus.cloudcontroller.rest.Json;
import io.nimbus.cloudcontroller.rest.Link;
import io.nimbus.cloudcontroller.rest.Query;
import io.nimbus.cloudcontroller.rest.Resource;
import io.nimbus.cloudcontroller.rest.ToMany;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/** {@code /v2/security_groups}, as it is declared. */
public final class SecurityGroupResource {
    private static final int MAX_RULES = 16 * 1024 * 1024;

    private SecurityGroupResource() {}

    public static Resource declare() {
        return Resource.of(
                        "security_groups",
                        "security group",
                        SECURITY_GROUPS,
                        CloudError.SECURITY_GROUP_NOT_FOUND)
                .attributes(
                        Attribute.text("name")
                                .column(SECURITY_GROUPS.NAME)
                                .required()
                                .stripped()
                                .check(Checks.name(SECURITY_GROUP_INVALID)),
                        Attribute.objects("rules")
                                .shows(
                                        row ->
                                                Json.read(
                                                        Objects.requireNonNull(
                                                                        row.get(
                                                                                SECURITY_GROUPS
                                                                                        .RULES))
                                                                .data()),
                                        SECURITY_GROUPS.RULES)
                                .orElse(List.of())
                                .check(SecurityGroupResource::checkRules)
                                .writes((change, rules) ->
                                        change.set(
                                                SECURITY_GROUPS.RULES, jsonb(Json.write(rules)))),
                        Attribute.flag("running_default")
                                .column(SECURITY_GROUPS.RUNNING_DEFAULT)
                                .readOnly(),
                        Attribute.flag("staging_default")
                                .column(SECURITY_GROUPS.STAGING_DEFAULT)
                                .readOnly())
                .toMany(
                        bound("spaces", "running").given("space_guids"),
                        bound("staging_spaces", "staging"))
                .queryBy(Query.text("name", SECURITY_GROUPS.NAME))
                .unique("security_groups_name", CloudError.SECURITY_GROUP_NAME_TAKEN, "name")
                .visibleTo(caller ->
                        SECURITY_GROUPS
                                .RUNNING_DEFAULT
                                .isTrue()
                                .or(SECURITY_GROUPS.STAGING_DEFAULT.isTrue())
                                .or(
                                        SECURITY_GROUPS.GUID.in(
                                                select(SECURITY_GROUPS_SPACES.SECURITY_GROUP_GUID)
                                                        .from(SECURITY_GROUPS_SPACES)
                                                        .where(
                                                                Roles.seesSpace(
                                                                        SECURITY_GROUPS_SPACES
                                                                                .SPACE_GUID,
                                                                        caller)))))
                .build();
    }

    private static void checkRules(List<Map<String, @Nullable Object>> rules) {
        if (Json.write(rules).length() > MAX_RULES) {
            throw SECURITY_GROUP_INVALID.of("the rules are too long");
        }
        for (int i = 0; i < rules.size(); i++) {
            var fault = RulePolicy.fault(rules.get(i));
            if (fault.isPresent()) {
                throw SECURITY_GROUP_INVALID.of("rule number " + (i + 1) + " " + fault.get());
            }
        }
    }

    private static ToMany bound(String relation, String lifecycle) {
        return ToMany.of(
                        relation,
                        "spaces",
                        Link.of(
                                        SECURITY_GROUPS_SPACES,
                                        SECURITY_GROUPS_SPACES.SECURITY_GROUP_GUID,
                                        SECURITY_GROUPS_SPACES.SPACE_GUID)
                                .only(SECURITY_GROUPS_SPACES.LIFECYCLE.eq(lifecycle)))
                .edited(new Bindings(lifecycle));
    }

    private record Bindings(String lifecycle) implements ToMany.Editor {
        @Override
        public void add(DSLContext tx, ToMany.Linking linking) {
            tx.insertInto(SECURITY_GROUPS_SPACES)
                    .set(SECURITY_GROUPS_SPACES.SECURITY_GROUP_GUID, linking.parent())
                    .set(SECURITY_GROUPS_SPACES.SPACE_GUID, linking.member())
                    .set(SECURITY_GROUPS_SPACES.LIFECYCLE, lifecycle)
                    .onConflictDoNothing()
                    .execute();
        }

        @Override
        public void remove(DSLContext tx, ToMany.Linking linking) {
            tx.deleteFrom(SECURITY_GROUPS_SPACES)
                    .where(SECURITY_GROUPS_SPACES.SECURITY_GROUP_GUID.eq(linking.parent()))
                    .and(SECURITY_GROUPS_SPACES.SPACE_GUID.eq(linking.member()))
                    .and(SECURITY_GROUPS_SPACES.LIFECYCLE.eq(lifecycle))
                    .execute();
        }
    }
}

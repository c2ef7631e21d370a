package io.nimbus.uaa.users;

import static io.nimbus.uaa.schema.Tables.APPROVAL;

import io.nimbus.uaa.groups.Membership;
import io.nimbus.uaa.groups.Memberships;
import io.nimbus.uaa.scim.Page;
import io.nimbus.uaa.scim.Scim;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.DSLContext;

/** Users as SCIM shows them, with all that J requires. */
public final class UserJson {
    private final Memberships memberships;

    public UserJson(Memberships memberships) {
        this.memberships = memberships;
    }

    public Map<String, Object> of(DSLContext dsl, User user) {
        return of(dsl, List.of(user)).getFirst();
    }

    /** A bounded number of statements, however many users. */
    public List<Map<String, Object>> of(DSLContext dsl, Collection<User> users) {
        var ids = users.stream().map(User::id).toList();
        var groups = memberships.of(dsl, ids);
        var approvals = approvals(dsl, ids);
        return users.stream()
                .map(user ->
                        json(
                                user,
                                groups.getOrDefault(user.id(), List.of()),
                                approvals.getOrDefault(user.id(), List.of())))
                .toList();
    }

    /** Those of the ids that are users', by id. */
    public Map<String, Map<String, Object>> byId(DSLContext dsl, Collection<String> ids) {
        var users = UserStore.findAll(dsl, ids);
        var shown = of(dsl, users);
        var byId = new HashMap<String, Map<String, Object>>();
        for (int i = 0; i < users.size(); i++) {
            byId.put(users.get(i).id(), shown.get(i));
        }
        return byId;
    }

    private static Map<String, List<Map<String, Object>>> approvals(
            DSLContext dsl, List<String> users) {
        var approvals = new HashMap<String, List<Map<String, Object>>>();
        dsl.selectFrom(APPROVAL)
                .where(APPROVAL.USER_ID.in(users))
                .orderBy(APPROVAL.CLIENT_ID, APPROVAL.SCOPE)
                .forEach(row -> {
                    var json = new LinkedHashMap<String, Object>();
                    json.put("userId", row.getUserId());
                    json.put("clientId", row.getClientId());
                    json.put("scope", row.getScope());
                    json.put("status", row.getApproved() ? "APPROVED" : "DENIED");
                    json.put("lastUpdatedAt", Scim.time(row.getLastModified()));
                    json.put("expiresAt", Scim.time(row.getExpires()));
                    approvals.computeIfAbsent(row.getUserId(), user -> new ArrayList<>()).add(json);
                });
        return approvals;
    }

    private static Map<String, Object> json(
            User user, List<Membership> groups, List<Map<String, Object>> approvals) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", user.id());
        if (user.externalId() != null) {
            json.put("externalId", user.externalId());
        }
        json.put("meta", Scim.meta(user.version(), user.created(), user.lastModified()));
        json.put("userName", user.userName());
        var name = new LinkedHashMap<String, Object>();
        if (user.familyName() != null) {
            name.put("familyName", user.familyName());
        }
        if (user.givenName() != null) {
            name.put("givenName", user.givenName());
        }
        json.put("name", name);
        json.put("emails", List.of(Map.of("value", user.email(), "primary", true)));
        if (user.phoneNumber() != null) {
            json.put("phoneNumbers", List.of(Map.of("value", user.phoneNumber())));
        }
        json.put("groups", groups.stream().map(UserJson::group).toList());
        json.put("approvals", approvals);
        json.put("active", user.active());
        json.put("verified", user.verified());
        json.put("origin", user.origin());
        json.put("zoneId", "uaa");
        json.put("passwordLastModified", Scim.time(user.passwordModified()));
        if (user.previousLogon() != null) {
            json.put("previousLogonTime", user.previousLogon().toEpochMilli());
        }
        if (user.lastLogon() != null) {
            json.put("lastLogonTime", user.lastLogon().toEpochMilli());
        }
        json.put("schemas", List.of(Page.CORE));
        return json;
    }

    private static Map<String, Object> group(Membership membership) {
        var json = new LinkedHashMap<String, Object>();
        json.put("value", membership.groupId());
        json.put("display", membership.displayName());
        json.put("type", membership.direct() ? "DIRECT" : "INDIRECT");
        return json;
    }
}

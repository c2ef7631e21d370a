package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GroupsIT {
    private static TestUaa uaa;
    private static Http http;
    private static Http admin;

    @BeforeAll
    static void start() {
        uaa = TestUaa.start();
        http = uaa.http();
        admin = http.asAdmin();
    }

    @AfterAll
    static void stop() {
        uaa.close();
    }

    private static String idOf(String name) {
        return admin.get(
                        "/Groups?filter="
                                + URLEncoder.encode("displayName eq \"" + name + "\"", UTF_8))
                .json()
                .path("resources")
                .path(0)
                .path("id")
                .asString();
    }

    private static Http.Answer addMember(String group, String type, String member) {
        return admin.json(
                "POST",
                "/Groups/" + group + "/members",
                "{\"origin\":\"uaa\",\"type\":\"" + type + "\",\"value\":\"" + member + "\"}");
    }

    @Test
    void a_member_of_a_group_gets_its_scope_with_the_next_token() {
        var ann = http.createUser("ann", "secret");
        var group = idOf("cloud_controller.admin");

        assertThat(http.login("ann", "secret").text("scope"))
                .doesNotContain("cloud_controller.admin");
        assertThat(addMember(group, "USER", ann).status()).isEqualTo(201);
        assertThat(http.login("ann", "secret").text("scope")).contains("cloud_controller.admin");
        assertThat(admin.get("/Groups/" + group + "/members/" + ann).text("type"))
                .isEqualTo("USER");

        assertThat(admin.delete("/Groups/" + group + "/members/" + ann).status()).isEqualTo(200);
        assertThat(http.login("ann", "secret").text("scope"))
                .doesNotContain("cloud_controller.admin");
    }

    @Test
    void a_group_within_a_group_hands_on_its_scope_even_in_a_circle() {
        var ben = http.createUser("ben", "secret");
        var inner =
                admin.json(
                                "POST",
                                "/Groups",
                                "{\"displayName\":\"team\",\"members\":[{\"value\":\""
                                        + ben
                                        + "\"}]}")
                        .text("id");
        var outer = idOf("doppler.firehose");
        assertThat(addMember(outer, "GROUP", inner).status()).isEqualTo(201);
        assertThat(addMember(inner, "GROUP", outer).status()).isEqualTo(201);

        assertThat(http.login("ben", "secret").text("scope")).contains("doppler.firehose");
        var groups = admin.get("/Users/" + ben).json().path("groups");
        assertThat(
                        groups.valueStream()
                                .filter(g -> g.path("display").asString().equals("team"))
                                .findFirst()
                                .orElseThrow()
                                .path("type")
                                .asString())
                .isEqualTo("DIRECT");
        assertThat(
                        groups.valueStream()
                                .filter(g ->
                                        g.path("display").asString().equals("doppler.firehose"))
                                .findFirst()
                                .orElseThrow()
                                .path("type")
                                .asString())
                .isEqualTo("INDIRECT");
    }

    @Test
    void a_group_is_made_changed_and_deleted() {
        var cat = http.createUser("cat", "secret");
        var created =
                admin.json(
                        "POST", "/Groups", "{\"displayName\":\"pets.feed\",\"description\":\"d\"}");
        var path = "/Groups/" + created.text("id");

        assertThat(created.status()).isEqualTo(201);
        assertThat(admin.json("POST", "/Groups", "{\"displayName\":\"Pets.Feed\"}").text("error"))
                .isEqualTo("scim_resource_already_exists");
        assertThat(admin.json("PUT", path, "{\"displayName\":\"pets.keep\"}").status())
                .isEqualTo(400);
        var replaced =
                admin.with("If-Match", "0")
                        .json(
                                "PUT",
                                path,
                                "{\"displayName\":\"pets.keep\",\"members\":[{\"value\":\""
                                        + cat
                                        + "\"}]}");
        assertThat(replaced.status()).isEqualTo(200);
        assertThat(replaced.json().has("description")).isFalse();
        assertThat(replaced.json().path("members").path(0).path("value").asString()).isEqualTo(cat);
        assertThat(admin.with("If-Match", "0").json("PATCH", path, "{}").status()).isEqualTo(412);
        var patched =
                admin.with("If-Match", "*")
                        .json(
                                "PATCH",
                                path,
                                "{\"description\":\"more\",\"members\":[{\"value\":\""
                                        + cat
                                        + "\",\"operation\":\"delete\"}]}");
        assertThat(patched.text("displayName")).isEqualTo("pets.keep");
        assertThat(patched.text("description")).isEqualTo("more");
        assertThat(patched.json().path("members").isEmpty()).isTrue();
        assertThat(admin.delete(path).text("displayName")).isEqualTo("pets.keep");
        assertThat(admin.get(path).status()).isEqualTo(404);
    }

    @Test
    void members_are_shown_whole_on_demand() {
        var dan = http.createUser("dan", "secret");
        var group =
                admin.json(
                                "POST",
                                "/Groups",
                                "{\"displayName\":\"whole\",\"members\":[{\"value\":\""
                                        + dan
                                        + "\"}]}")
                        .text("id");

        var plain = admin.get("/Groups/" + group + "/members").json();
        var whole = admin.get("/Groups/" + group + "/members?returnEntities=true").json();

        assertThat(plain.path(0).has("entity")).isFalse();
        assertThat(whole.path(0).path("entity").path("userName").asString()).isEqualTo("dan");
    }

    @Test
    void what_cannot_be_a_member_is_refused() {
        var group = idOf("network.write");

        assertThat(addMember(group, "USER", "nobody").text("error"))
                .isEqualTo("invalid_scim_resource");
        assertThat(addMember(group, "GROUP", group).text("error"))
                .isEqualTo("invalid_scim_resource");
        assertThat(addMember("nowhere", "USER", "x").status()).isEqualTo(404);
        assertThat(admin.json("POST", "/Groups", "{\"displayName\":\"two words\"}").status())
                .isEqualTo(400);
    }

    @Test
    void a_group_of_another_provider_stands_for_one_of_ours() {
        var body =
                "{\"displayName\":\"network.admin\",\"externalGroup\":\"cn=net\",\"origin\":\"ldap\"}";

        var mapped = admin.json("POST", "/Groups/External", body);

        assertThat(mapped.status()).isEqualTo(201);
        assertThat(mapped.text("groupId")).isEqualTo(idOf("network.admin"));
        assertThat(admin.json("POST", "/Groups/External", body).status()).isEqualTo(409);
        assertThat(
                        admin.get("/Groups/External?origin=ldap")
                                .json()
                                .path("resources")
                                .path(0)
                                .path("externalGroup")
                                .asString())
                .isEqualTo("cn=net");
        var path =
                "/Groups/External/groupId/"
                        + mapped.text("groupId")
                        + "/externalGroup/cn%3Dnet/origin/ldap";
        assertThat(admin.delete(path).status()).isEqualTo(200);
        assertThat(admin.delete(path).status()).isEqualTo(404);
    }

    @Test
    void who_is_no_administrator_cannot_become_one() {
        var eva = http.createUser("eva", "secret");
        var user = http.asUser("eva", "secret");

        assertThat(
                        user.json(
                                        "POST",
                                        "/Groups/" + idOf("uaa.admin") + "/members",
                                        "{\"value\":\"" + eva + "\"}")
                                .status())
                .isEqualTo(403);
        assertThat(user.get("/Groups").status()).isEqualTo(403);
    }
}

package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsersIT {
    private static TestUaa uaa;
    private static Http admin;

    @BeforeAll
    static void start() {
        uaa = TestUaa.start();
        admin = uaa.http().asAdmin();
        for (var name : List.of("Anna", "bert", "carl", "dora")) {
            uaa.http().createUser(name, "secret");
        }
    }

    @AfterAll
    static void stop() {
        uaa.close();
    }

    private static String filter(String text) {
        return "/Users?filter=" + URLEncoder.encode(text, UTF_8);
    }

    private static List<String> names(Http.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json()
                .path("resources")
                .valueStream()
                .map(user -> user.path("userName").asString())
                .toList();
    }

    @Test
    void a_user_is_made_as_C6_sends_it_and_shown_with_all_that_J_requires() {
        var created =
                admin.json(
                        "POST",
                        "/Users",
                        """
                        {"userName":"new@example.com","password":"pw","origin":"",
                         "name":{"familyName":"new@example.com","givenName":"new@example.com"},
                         "emails":[{"value":"new@example.com","primary":true}]}
                        """);

        assertThat(created.status()).isEqualTo(201);
        var user = created.json();
        assertThat(created.header("Location")).endsWith("/Users/" + user.path("id").asString());
        assertThat(created.header("ETag")).isEqualTo("\"0\"");
        assertThat(user.path("id").asString()).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        assertThat(user.path("origin").asString()).isEqualTo("uaa");
        assertThat(user.path("active").asBoolean()).isTrue();
        assertThat(user.path("verified").asBoolean()).isTrue();
        assertThat(user.path("zoneId").asString()).isEqualTo("uaa");
        assertThat(user.path("passwordLastModified").asString()).endsWith("Z");
        assertThat(user.path("meta").propertyNames())
                .containsExactlyInAnyOrder("version", "created", "lastModified");
        assertThat(user.path("emails").path(0).path("value").asString())
                .isEqualTo("new@example.com");
        assertThat(user.path("groups").size()).isEqualTo(14);
        assertThat(created.body()).doesNotContain("password\"").doesNotContain("$2a$");
    }

    @Test
    void a_name_is_taken_in_whatever_case() {
        var again =
                admin.json(
                        "POST",
                        "/Users",
                        """
                        {"userName":"ANNA","password":"pw","emails":[{"value":"a@b"}]}
                        """);

        assertThat(again.status()).isEqualTo(409);
        assertThat(again.text("error")).isEqualTo("scim_resource_already_exists");
        assertThat(again.text("message")).isEqualTo(again.text("error_description"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | invalid_scim_resource",
                "[] | invalid_scim_resource",
                "not json | invalid_scim_resource",
                "{'userName':'a b','password':'x','emails':[{'value':'a@b'}]} | invalid_scim_resource",
                "{'userName':'<b>','password':'x','emails':[{'value':'a@b'}]} | invalid_scim_resource",
                "{'userName':'x','password':'x'} | invalid_scim_resource",
                "{'userName':7,'password':'x','emails':[{'value':'a@b'}]} | invalid_scim_resource",
                "{'userName':'x','emails':[{'value':'a@b'}]} | invalid_password",
            })
    void a_user_that_cannot_be_is_refused(String body, String error) {
        var answer = admin.json("POST", "/Users", body.replace('\'', '"'));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("error")).isEqualTo(error);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "userName Eq \"anna\" | Anna",
                "username EQ \"Bert\" | bert",
                "userName sw \"a\" and userName co \"nn\" | Anna",
                "userName eq \"bert\" or userName eq \"carl\" | bert,carl",
                "(userName eq \"bert\" or userName eq \"carl\") and active eq true | bert,carl",
                "userName gt \"carl\" and userName le \"dora\" | dora",
                "emails.value eq \"carl\" | carl",
                "name.familyName eq \"dora\" | dora",
                "userName eq \"bert\" and meta.created gt \"2020-01-01T00:00:00.000Z\" | bert",
                "userName eq \"bert\" and version eq 0 | bert",
                "userName eq \"bert\" and externalId pr | ''",
                "origin eq \"ldap\" | ''",
                "userName eq \"100%_\\\"\" | ''",
                "userName co \"%\" | ''",
                "id eq \"not a uuid\" | ''",
            })
    void a_filter_finds(String filter, String expected) {
        assertThat(String.join(",", names(admin.get(filter(filter) + "&sortBy=userName"))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "userName",
                "userName eq",
                "userName is \"x\"",
                "password eq \"x\"",
                "userName eq \"x",
                "(userName eq \"x\"",
                "userName eq \"x\" userName eq \"y\"",
                "active eq maybe",
                "active gt true",
                "created eq yesterday",
                "version eq one",
                "version co 1",
                "userName eq \"x\"; drop table users",
                "and",
            })
    void a_filter_that_is_none_is_refused(String filter) {
        var answer = admin.get(filter(filter));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("error")).isEqualTo("scim");
    }

    @Test
    void a_filter_nested_without_end_is_refused() {
        var deep = "(".repeat(500) + "id eq \"x\"" + ")".repeat(500);

        assertThat(admin.get(filter(deep)).status()).isEqualTo(400);
    }

    @Test
    void a_list_is_sorted_paged_and_cut_down_to_attributes() {
        var answer =
                admin.get(
                        "/Users?attributes=id,userName&sortBy=userName&sortOrder=descending"
                                + "&startIndex=2&count=1&filter="
                                + URLEncoder.encode(
                                        "userName eq \"bert\" or userName eq \"carl\" or userName eq"
                                                + " \"dora\"",
                                        UTF_8));

        assertThat(names(answer)).containsExactly("carl");
        var json = answer.json();
        assertThat(json.path("resources").path(0).propertyNames())
                .containsExactlyInAnyOrder("id", "userName");
        assertThat(json.path("startIndex").asInt()).isEqualTo(2);
        assertThat(json.path("itemsPerPage").asInt()).isEqualTo(1);
        assertThat(json.path("totalResults").asInt()).isEqualTo(3);
        assertThat(json.path("schemas").path(0).asString()).isEqualTo("urn:scim:schemas:core:1.0");
    }

    @Test
    void the_controller_translates_two_hundred_ids_at_once() {
        var controller = uaa.http().asClient("cloud_controller_username_lookup");
        var id = names(admin.get(filter("userName eq \"bert\"")));
        assertThat(id).hasSize(1);
        var bert =
                admin.get(filter("userName eq \"bert\""))
                        .json()
                        .path("resources")
                        .path(0)
                        .path("id")
                        .asString();
        var many =
                IntStream.range(0, 199)
                        .mapToObj(i -> "id eq \"00000000-0000-4000-8000-%012d\"".formatted(i))
                        .collect(Collectors.joining(" or "));

        var answer =
                controller.get(
                        "/ids/Users?count=200&filter="
                                + URLEncoder.encode(many + " or id eq \"" + bert + "\"", UTF_8));

        assertThat(names(answer)).containsExactly("bert");
        assertThat(answer.json().path("resources").path(0).propertyNames())
                .containsExactlyInAnyOrder("id", "userName", "origin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "origin eq \"uaa\"",
                "userName co \"a\"",
                "userName sw \"a\"",
                "userName pr",
                "email eq \"bert\"",
                "id eq \"x\" or email eq \"bert\"",
            })
    void ids_are_found_by_equality_alone(String filter) {
        var answer =
                uaa.http()
                        .asClient("cloud_controller_username_lookup")
                        .get("/ids/Users?filter=" + URLEncoder.encode(filter, UTF_8));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("error")).isEqualTo("scim");
    }

    @Test
    void an_inactive_user_is_found_by_id_only_on_demand_and_cannot_log_in() {
        var id = uaa.http().createUser("idle", "secret");
        var token = uaa.http().asUser("idle", "secret");
        admin.with("If-Match", "*").json("PATCH", "/Users/" + id, "{\"active\":false}");
        var controller = uaa.http().asClient("cloud_controller_username_lookup");
        var query = "/ids/Users?filter=" + URLEncoder.encode("userName eq \"idle\"", UTF_8);

        assertThat(names(controller.get(query))).isEmpty();
        assertThat(names(controller.get(query + "&includeInactive=true"))).containsExactly("idle");
        assertThat(uaa.http().login("idle", "secret").status()).isEqualTo(401);
        assertThat(token.get("/userinfo").status()).isEqualTo(401);
    }

    @Test
    void a_change_needs_the_version_that_is_changed() {
        var id = uaa.http().createUser("eve", "secret");
        var body =
                """
                {"userName":"eve","emails":[{"value":"eve@example.com"}],
                 "name":{"givenName":"Eve","familyName":"Moe"},"phoneNumbers":[{"value":"555"}]}
                """;

        assertThat(admin.json("PUT", "/Users/" + id, body).status()).isEqualTo(400);
        var changed = admin.with("If-Match", "\"0\"").json("PUT", "/Users/" + id, body);
        var late = admin.with("If-Match", "0").json("PUT", "/Users/" + id, body);

        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.json().path("meta").path("version").asInt()).isEqualTo(1);
        assertThat(changed.json().path("name").path("givenName").asString()).isEqualTo("Eve");
        assertThat(changed.json().path("phoneNumbers").path(0).path("value").asString())
                .isEqualTo("555");
        assertThat(late.status()).isEqualTo(412);
        assertThat(uaa.http().login("eve", "secret").status()).isEqualTo(200);
    }

    @Test
    void a_patch_changes_what_it_names_and_clears_what_it_lists() {
        var id = uaa.http().createUser("fay", "secret");

        var patched =
                admin.with("If-Match", "*")
                        .json(
                                "PATCH",
                                "/Users/" + id,
                                """
                                {"name":{"familyName":"Ray"},"externalId":"x1",
                                 "meta":{"attributes":["name.givenName"]}}
                                """);

        assertThat(patched.status()).isEqualTo(200);
        assertThat(patched.json().path("userName").asString()).isEqualTo("fay");
        assertThat(patched.json().path("name").path("familyName").asString()).isEqualTo("Ray");
        assertThat(patched.json().path("name").has("givenName")).isFalse();
        assertThat(patched.text("externalId")).isEqualTo("x1");
    }

    @Test
    void a_rename_to_a_name_that_is_taken_is_refused() {
        var id = uaa.http().createUser("gus", "secret");

        var renamed =
                admin.with("If-Match", "*")
                        .json("PATCH", "/Users/" + id, "{\"userName\":\"Bert\"}");

        assertThat(renamed.status()).isEqualTo(409);
        assertThat(renamed.text("error")).isEqualTo("scim_resource_already_exists");
    }

    @Test
    void a_deleted_user_is_shown_a_last_time_and_its_tokens_are_void() {
        var id = uaa.http().createUser("hal", "secret");
        var login = uaa.http().login("hal", "secret");

        var deleted = admin.delete("/Users/" + id);

        assertThat(deleted.status()).isEqualTo(200);
        assertThat(deleted.text("userName")).isEqualTo("hal");
        assertThat(admin.get("/Users/" + id).status()).isEqualTo(404);
        assertThat(admin.delete("/Users/" + id).text("error")).isEqualTo("scim_resource_not_found");
        assertThat(uaa.http().bearer(login.text("access_token")).get("/userinfo").status())
                .isEqualTo(401);
        assertThat(
                        uaa.http()
                                .cf()
                                .form(
                                        "/oauth/token",
                                        "grant_type",
                                        "refresh_token",
                                        "refresh_token",
                                        login.text("refresh_token"))
                                .status())
                .isEqualTo(401);
    }

    @Test
    void who_is_no_administrator_sees_itself_and_nobody_else() {
        var id = uaa.http().createUser("ida", "secret");
        var ida = uaa.http().asUser("ida", "secret");
        var bert = uaa.http().createUser("ike", "secret");

        assertThat(ida.get("/Users/" + id).text("userName")).isEqualTo("ida");
        assertThat(ida.get("/Users/" + bert).status()).isEqualTo(403);
        assertThat(ida.get("/Users").status()).isEqualTo(403);
        assertThat(ida.delete("/Users/" + bert).status()).isEqualTo(403);
        assertThat(ida.delete("/Users/" + bert).text("error")).isEqualTo("insufficient_scope");
        assertThat(ida.get("/Users").text("scope")).isEqualTo("scim.read");
        assertThat(uaa.http().get("/Users").status()).isEqualTo(401);
        assertThat(uaa.http().get("/Users").text("error")).isEqualTo("unauthorized");
    }

    @Test
    void userinfo_is_about_the_tokens_user() {
        uaa.http().createUser("jan", "secret");

        var info = uaa.http().asUser("jan", "secret").get("/userinfo");

        assertThat(info.status()).isEqualTo(200);
        assertThat(info.text("user_name")).isEqualTo("jan");
        assertThat(info.text("sub")).isEqualTo(info.text("user_id"));
        assertThat(info.text("name")).isEqualTo("jan jan");
        assertThat(uaa.http().asClient("admin").get("/userinfo").status()).isEqualTo(403);
    }

    @Test
    void two_who_make_the_same_user_at_once_make_one() throws Exception {
        try (var both = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            var answers =
                    IntStream.range(0, 8)
                            .mapToObj(i ->
                                    both.submit(() ->
                                            admin.json(
                                                            "POST",
                                                            "/Users",
                                                            """
                                                            {"userName":"twin","password":"x",
                                                             "emails":[{"value":"t@x"}]}
                                                            """)
                                                    .status()))
                            .toList();
            var statuses = new java.util.ArrayList<Integer>();
            for (var answer : answers) {
                statuses.add(answer.get());
            }
            assertThat(statuses).containsOnlyOnce(201).containsOnly(201, 409);
        }
    }
}

package io.nimbus.cloudcontroller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.cloudcontroller.TestCloud.Answer;
import io.nimbus.cloudcontroller.TestCloud.As;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What every declared resource does, seen at organizations, spaces and events. */
class RestEngineIT {
    private static As admin;
    private static String organization;
    private static final List<String> spaces = new ArrayList<>();

    @BeforeAll
    static void start() {
        admin = TestCloud.shared().admin();
        organization = admin.post("/v2/organizations", Map.of("name", "Engine")).expect(201).guid();
        for (var name : List.of("delta", "Alpha", "charlie", "bravo;semi", "echo")) {
            spaces.add(
                    admin.post(
                                    "/v2/spaces",
                                    Map.of("name", name, "organization_guid", organization))
                            .expect(201)
                            .guid());
        }
    }

    private static String q(String condition) {
        return "q=" + URLEncoder.encode(condition, UTF_8);
    }

    private static String mine() {
        return q("organization_guid:" + organization);
    }

    private static List<String> names(Answer list) {
        return list.expect(200)
                .json()
                .path("resources")
                .valueStream()
                .map(r -> r.path("entity").path("name").asString())
                .toList();
    }

    // --- Lists
    // ---------------------------------------------------------------------------------------

    @Test
    void a_list_comes_in_pages_that_lead_to_each_other() {
        var first = admin.get("/v2/spaces?" + mine() + "&results-per-page=2").json();
        assertThat(first.path("total_results").asInt()).isEqualTo(5);
        assertThat(first.path("total_pages").asInt()).isEqualTo(3);
        assertThat(first.path("prev_url").isNull()).isTrue();

        var seen =
                new ArrayList<>(names(admin.get("/v2/spaces?" + mine() + "&results-per-page=2")));
        var next = first.path("next_url").asString();
        while (next != null) {
            assertThat(next).startsWith("/v2/spaces?");
            var page = admin.get(next);
            seen.addAll(names(page));
            var url = page.json().path("next_url");
            next = url.isNull() ? null : url.asString();
        }

        assertThat(seen).containsExactly("delta", "Alpha", "charlie", "bravo;semi", "echo");
    }

    @Test
    void the_address_of_the_next_page_keeps_what_was_asked() {
        var next =
                admin.get(
                                "/v2/spaces?"
                                        + mine()
                                        + "&results-per-page=2&inline-relations-depth=1&include-relations=apps"
                                        + "&orphan-relations=1&order-direction=desc&order-by=name")
                        .json()
                        .path("next_url")
                        .asString();

        assertThat(next)
                .isEqualTo(
                        "/v2/spaces?include-relations=apps&inline-relations-depth=1&order-by=name&order-direction=desc"
                                + "&orphan-relations=1&page=2&"
                                + mine()
                                + "&results-per-page=2");
    }

    @Test
    void a_page_behind_the_last_is_empty_and_an_impossible_one_refused() {
        var behind = admin.get("/v2/spaces?" + mine() + "&page=9").expect(200);

        assertThat(behind.guids()).isEmpty();
        admin.get("/v2/spaces?page=x").error(400, "CF-BadQueryParameter");
        admin.get("/v2/spaces?page=0").error(400, "CF-BadQueryParameter");
        admin.get("/v2/spaces?results-per-page=101").error(400, "CF-BadQueryParameter");
        admin.get("/v2/spaces?inline-relations-depth=3").error(400, "CF-BadQueryParameter");
        admin.get("/v2/spaces?order-direction=up").error(400, "CF-BadQueryParameter");
    }

    @Test
    void lists_are_ordered_by_creation_or_a_sortable_key_in_either_direction() {
        assertThat(names(admin.get("/v2/spaces?" + mine() + "&order-by=name")))
                .containsExactly("Alpha", "bravo;semi", "charlie", "delta", "echo");
        assertThat(names(admin.get("/v2/spaces?" + mine() + "&order-direction=desc")))
                .startsWith("echo")
                .endsWith("delta");
        assertThat(names(admin.get("/v2/organizations/" + organization + "/spaces?order-by=name")))
                .startsWith("Alpha");
        admin.get("/v2/spaces?order-by=allow_ssh").error(500, "CF-OrderByParameterInvalid");
    }

    // --- Filters
    // -------------------------------------------------------------------------------------

    @Test
    void filters_ignore_the_case_of_names_and_are_all_to_hold() {
        var mine = mine();

        assertThat(names(admin.get("/v2/spaces?" + mine + "&" + q("name:alpha"))))
                .containsExactly("Alpha");
        assertThat(names(admin.get("/v2/spaces?" + mine + "&" + q("name IN ALPHA,echo,none"))))
                .containsExactly("Alpha", "echo");
        assertThat(
                        names(
                                admin.get(
                                        "/v2/spaces?"
                                                + q(
                                                        "organization_guid:"
                                                                + organization
                                                                + ";name:charlie"))))
                .containsExactly("charlie");
        assertThat(names(admin.get("/v2/spaces?" + mine + "&" + q("name>charlie"))))
                .containsExactlyInAnyOrder("delta", "echo");
        assertThat(names(admin.get("/v2/spaces?" + mine + "&" + q("name<=bravo;;semi"))))
                .containsExactlyInAnyOrder("Alpha", "bravo;semi");
    }

    @Test
    void a_filter_by_an_unknown_key_or_without_form_is_refused() {
        admin.get("/v2/spaces?" + q("color:red")).error(400, "CF-BadQueryParameter");
        admin.get("/v2/spaces?" + q("no operator here")).error(400, "CF-BadQueryParameter");
        admin.get("/v2/spaces?" + q("name:a;")).error(400, "CF-BadQueryParameter");
        admin.get("/v2/events?" + q("timestamp>yesterday")).error(400, "CF-BadQueryParameter");
        admin.get("/v2/routes?" + q("port:many")).error(400, "CF-BadQueryParameter");
    }

    @Test
    void times_are_compared_by_whole_seconds() {
        var of = "&results-per-page=1&" + q("actee:" + organization);
        var event = admin.get("/v2/events?" + of).json().path("resources").get(0).path("entity");
        var at = event.path("timestamp").asString();

        assertThat(admin.get("/v2/events?" + q("timestamp:" + at) + of).guids()).hasSize(1);
        assertThat(admin.get("/v2/events?" + q("timestamp<=" + at) + of).guids()).hasSize(1);
        assertThat(admin.get("/v2/events?" + q("timestamp>=" + at) + of).guids()).hasSize(1);
        assertThat(admin.get("/v2/events?" + q("timestamp<" + at) + of).guids()).isEmpty();
    }

    @Test
    void a_filter_reaches_over_a_relation() {
        assertThat(names(admin.get("/v2/organizations?" + q("space_guid:" + spaces.getFirst()))))
                .containsExactly("Engine");
        assertThat(names(admin.get("/v2/organizations?" + q("manager_guid:nobody")))).isEmpty();
    }

    // --- Documents
    // -----------------------------------------------------------------------------------

    @Test
    void a_document_has_its_metadata_its_attributes_and_the_addresses_of_its_relations() {
        var space = admin.get("/v2/spaces/" + spaces.getFirst()).expect(200).json();

        assertThat(space.path("metadata").propertyNames())
                .containsExactly("guid", "url", "created_at", "updated_at");
        assertThat(space.path("metadata").path("created_at").asString())
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        var entity = space.path("entity");
        assertThat(entity.path("organization_url").asString())
                .isEqualTo("/v2/organizations/" + organization);
        assertThat(entity.path("space_quota_definition_guid").isNull()).isTrue();
        assertThat(entity.has("space_quota_definition_url")).isFalse();
        assertThat(entity.path("apps_url").asString())
                .isEqualTo("/v2/spaces/" + spaces.getFirst() + "/apps");
        assertThat(entity.has("apps")).isFalse();
    }

    @Test
    void relations_are_written_out_as_deep_as_asked_and_never_in_circles() {
        var path = "/v2/organizations/" + organization;
        var one = admin.get(path + "?inline-relations-depth=1").entity();
        assertThat(one.path("spaces").size()).isEqualTo(5);
        assertThat(one.path("quota_definition").path("entity").path("name").asString())
                .isEqualTo("default");
        assertThat(one.path("spaces").get(0).path("entity").has("apps")).isFalse();

        var two = admin.get(path + "?inline-relations-depth=2").entity();
        assertThat(two.path("spaces").get(0).path("entity").path("apps").isArray()).isTrue();
        assertThat(two.path("spaces").get(0).path("entity").has("organization")).isFalse();
    }

    @Test
    void relations_are_chosen_by_name_or_stand_apart() {
        var path = "/v2/organizations/" + organization + "?inline-relations-depth=1";

        var excluded = admin.get(path + "&exclude-relations=spaces,managers").entity();
        assertThat(excluded.has("spaces")).isFalse();
        assertThat(excluded.has("users")).isTrue();
        var included = admin.get(path + "&include-relations=spaces").entity();
        assertThat(included.has("spaces")).isTrue();
        assertThat(included.has("users")).isFalse();
        var apart = admin.get(path + "&include-relations=spaces&orphan-relations=1").json();
        assertThat(apart.path("entity").path("spaces").valueStream().map(JsonNode::asString))
                .containsExactlyElementsOf(spaces);
        assertThat(apart.path("orphans").propertyNames())
                .containsExactlyInAnyOrderElementsOf(spaces);
    }

    @Test
    void a_relation_with_more_than_fifty_members_stays_an_address() {
        var crowded = admin.post("/v2/organizations", Map.of("name", "Crowded")).guid();
        for (int i = 0; i < 51; i++) {
            admin.put("/v2/organizations/" + crowded + "/users/crowd-" + i, "{}").expect(201);
        }
        var path = "/v2/organizations/" + crowded + "?inline-relations-depth=1";

        assertThat(admin.get(path).entity().has("users")).isFalse();
        assertThat(admin.get(path).entity().has("users_url")).isTrue();
        admin.delete("/v2/organizations/" + crowded + "/users/crowd-0").expect(204);
        assertThat(admin.get(path).entity().path("users").size()).isEqualTo(50);
    }

    // --- Changes
    // -------------------------------------------------------------------------------------

    @Test
    void an_update_changes_what_it_names_and_null_names_nothing() {
        var made =
                admin.post(
                                "/v2/spaces",
                                "{\"name\":\"partial\",\"organization_guid\":\""
                                        + organization
                                        + "\",\"allow_ssh\":false,\"isolation_segment_guid\":null,\"unknown\":1}")
                        .expect(201);
        assertThat(made.header("Location")).isEqualTo("/v2/spaces/" + made.guid());
        var path = "/v2/spaces/" + made.guid();
        assertThat(admin.get(path).json().path("metadata").path("updated_at").isNull()).isTrue();

        var changed =
                admin.put(path, "{\"name\":\" partial two \",\"allow_ssh\":null}").expect(201);

        assertThat(changed.entity().path("name").asString()).isEqualTo("partial two");
        assertThat(changed.entity().path("allow_ssh").asBoolean()).isFalse();
        assertThat(changed.json().path("metadata").path("updated_at").isNull()).isFalse();
        admin.delete(path).expect(204);
        admin.get(path).error(404, "CF-SpaceNotFound");
    }

    @Test
    void what_cannot_be_decoded_is_refused_with_every_fault() {
        var refused =
                admin.post("/v2/spaces", "{\"name\":7,\"allow_ssh\":\"yes\"}")
                        .error(400, "CF-MessageParseError");

        assertThat(refused.json().path("description").asString())
                .contains("name is not", "allow_ssh is not", "organization_guid is missing");
        admin.post("/v2/spaces", "[]").error(400, "CF-MessageParseError");
        admin.post("/v2/spaces", "{").error(400, "CF-MessageParseError");
        admin.post("/v2/spaces", "").error(400, "CF-MessageParseError");
    }

    @Test
    void a_name_is_unique_whatever_its_case_and_a_relation_must_exist() {
        admin.post("/v2/spaces", Map.of("name", "ALPHA", "organization_guid", organization))
                .error(400, "CF-SpaceNameTaken");
        admin.post("/v2/spaces", Map.of("name", "new", "organization_guid", "none"))
                .error(400, "CF-InvalidRelation");
        admin.put("/v2/spaces/none", Map.of("name", "x")).error(404, "CF-SpaceNotFound");
    }

    @Test
    void members_are_added_removed_and_replaced_idempotently() {
        var group = Map.of("name", "engine-group", "rules", List.of());
        var guid = admin.post("/v2/security_groups", group).expect(201).guid();
        var path = "/v2/security_groups/" + guid;
        var one = spaces.get(0);
        var two = spaces.get(1);

        admin.put(path + "/spaces/" + one, "").expect(201);
        admin.put(path + "/spaces/" + one, "").expect(201);
        assertThat(admin.get(path + "/spaces").guids()).containsExactly(one);
        admin.put(path, Map.of("space_guids", List.of(two))).expect(201);
        assertThat(admin.get(path + "/spaces").guids()).containsExactly(two);
        admin.delete(path + "/spaces/" + two).expect(204);
        admin.delete(path + "/spaces/" + two).expect(204);
        assertThat(admin.get(path + "/spaces").guids()).isEmpty();
        admin.put(path + "/spaces/none", "").error(400, "CF-InvalidRelation");
        admin.put(path, Map.of("space_guids", List.of(two, "none")))
                .error(400, "CF-InvalidRelation");
        admin.delete(path).expect(204);
    }

    @Test
    void a_parent_with_dependents_is_deleted_recursively_only() {
        var parent = admin.post("/v2/organizations", Map.of("name", "Parent")).guid();
        var space =
                admin.post("/v2/spaces", Map.of("name", "s", "organization_guid", parent)).guid();

        admin.delete("/v2/organizations/" + parent).error(400, "CF-AssociationNotEmpty");
        var job =
                admin.delete("/v2/organizations/" + parent + "?recursive=true&async=true")
                        .expect(202);
        var done = TestCloud.shared().awaitJob(admin, job);

        assertThat(done.path("status").asString()).isEqualTo("finished");
        admin.get("/v2/spaces/" + space).error(404, "CF-SpaceNotFound");
        admin.get("/v2/organizations/" + parent).error(404, "CF-OrganizationNotFound");
    }

    @Test
    void an_unknown_path_and_a_missing_or_bad_token_have_errors_of_their_own() {
        var cloud = TestCloud.shared();
        var body = new LinkedHashMap<String, Object>();
        admin.get("/v2/nothing").error(404, "CF-NotFound");
        cloud.send("GET", "/v2/spaces", null, null, cloud.port).error(401, "CF-NotAuthenticated");
        cloud.send("GET", "/v2/spaces", "bearer x.y.z", null, cloud.port)
                .error(401, "CF-InvalidAuthToken");
        cloud.send("POST", "/v2/spaces", "Basic eDp5", body, cloud.port)
                .error(401, "CF-NotAuthenticated");
        var reader = cloud.uaa.header(TestCloud.ADMIN, TestCloud.LONG, "cloud_controller.read");
        cloud.send(
                        "POST",
                        "/v2/spaces",
                        reader,
                        Map.of("name", "x", "organization_guid", organization),
                        cloud.port)
                .error(403, "CF-InsufficientScope");
        var scopeless = cloud.uaa.header(TestCloud.ADMIN, TestCloud.LONG, "openid");
        cloud.send("GET", "/v2/spaces/" + spaces.getFirst(), scopeless, null, cloud.port)
                .error(403, "CF-InsufficientScope");
    }
}

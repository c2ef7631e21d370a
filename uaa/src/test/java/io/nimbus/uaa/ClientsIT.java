package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class ClientsIT {
    private static TestUaa uaa;
    private static Http http;
    private static Http admin;

    @BeforeAll
    static void start() {
        uaa = TestUaa.start();
        http = uaa.http();
        admin = http.asClient("admin");
    }

    @AfterAll
    static void stop() {
        uaa.close();
    }

    private static Http.Answer token(String client, String secret) {
        return http.form(
                "/oauth/token",
                "grant_type",
                "client_credentials",
                "client_id",
                client,
                "client_secret",
                secret);
    }

    private static String worker(String id) {
        return """
        {"client_id":"%s","client_secret":"one","authorized_grant_types":["client_credentials"],
         "authorities":["doppler.firehose"],"access_token_validity":60,"createdwith":"me"}
        """
                .formatted(id);
    }

    @Test
    void a_client_is_made_used_changed_and_deleted() {
        var created = admin.json("POST", "/oauth/clients", worker("worker"));

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.body()).doesNotContain("secret");
        assertThat(created.text("createdwith")).isEqualTo("me");
        assertThat(created.json().path("scope").path(0).asString()).isEqualTo("uaa.none");
        assertThat(token("worker", "one").json().path("expires_in").asInt()).isEqualTo(60);
        assertThat(admin.json("POST", "/oauth/clients", worker("worker")).status()).isEqualTo(409);

        var changed =
                admin.json(
                        "PUT",
                        "/oauth/clients/worker",
                        worker("worker").replace("doppler.firehose", "scim.userids"));
        assertThat(changed.status()).isEqualTo(200);
        assertThat(token("worker", "one").text("scope")).isEqualTo("scim.userids");
        assertThat(admin.get("/oauth/clients/worker").text("client_id")).isEqualTo("worker");

        assertThat(admin.delete("/oauth/clients/worker").text("client_id")).isEqualTo("worker");
        assertThat(admin.get("/oauth/clients/worker").status()).isEqualTo(404);
        assertThat(token("worker", "one").status()).isEqualTo(401);
    }

    @Test
    void a_list_is_filtered_and_paged() {
        var answer = admin.get("/oauth/clients?filter=client_id+eq+%22cf%22&count=5");

        assertThat(answer.json().path("totalResults").asInt()).isEqualTo(1);
        assertThat(answer.json().path("resources").path(0).path("client_id").asString())
                .isEqualTo("cf");
        assertThat(
                        admin.get("/oauth/clients?count=2&startIndex=2")
                                .json()
                                .path("resources")
                                .valueStream()
                                .map(c -> c.path("client_id").asString()))
                .containsExactly("cc-service-dashboards", "cf");
    }

    @Test
    void a_secret_changes_at_once_or_one_beside_the_other() {
        admin.json("POST", "/oauth/clients", worker("rotating"));

        admin.json(
                "PUT",
                "/oauth/clients/rotating/secret",
                "{\"secret\":\"two\",\"changeMode\":\"ADD\"}");
        assertThat(token("rotating", "one").status()).isEqualTo(200);
        assertThat(token("rotating", "two").status()).isEqualTo(200);
        admin.json("PUT", "/oauth/clients/rotating/secret", "{\"changeMode\":\"DELETE\"}");
        assertThat(token("rotating", "one").status()).isEqualTo(401);
        assertThat(token("rotating", "two").status()).isEqualTo(200);
        var before = token("rotating", "two").text("access_token");
        admin.json("PUT", "/oauth/clients/rotating/secret", "{\"secret\":\"three\"}");
        assertThat(token("rotating", "two").status()).isEqualTo(401);
        assertThat(token("rotating", "three").status()).isEqualTo(200);
        assertThat(
                        http.basic("doppler", TestUaa.SECRET)
                                .form("/check_token", "token", before)
                                .status())
                .isEqualTo(400);
    }

    @Test
    void several_change_together_or_not_at_all() {
        var done =
                admin.json(
                        "POST",
                        "/oauth/clients/tx/modify",
                        """
                        [{"client_id":"dash-1","client_secret":"s1","redirect_uri":"http://d1.test/cb",
                          "scope":["openid"],"authorized_grant_types":["authorization_code"],"action":"add"},
                         {"client_id":"dash-2","client_secret":"s2","redirect_uri":"http://d2.test/cb",
                          "scope":["openid"],"authorized_grant_types":["authorization_code"],"action":"add"}]
                        """);
        assertThat(done.status()).as(done.body()).isEqualTo(200);

        var undone =
                admin.json(
                        "POST",
                        "/oauth/clients/tx/modify",
                        """
                        [{"client_id":"dash-1","action":"delete"},
                         {"client_id":"dash-2","client_secret":"s3","redirect_uri":"http://d3.test/cb",
                          "scope":["openid"],"authorized_grant_types":["authorization_code"],
                          "action":"update,secret"},
                         {"client_id":"dash-3","action":"delete"}]
                        """);
        assertThat(undone.status()).isEqualTo(404);
        assertThat(admin.get("/oauth/clients/dash-1").status()).isEqualTo(200);
        assertThat(
                        admin.get("/oauth/clients/dash-2")
                                .json()
                                .path("redirect_uri")
                                .path(0)
                                .asString())
                .isEqualTo("http://d2.test/cb");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}",
                "{'client_id':'x'}",
                "{'client_id':'a/b','client_secret':'s','authorized_grant_types':['client_credentials']}",
                "{'client_id':'x','client_secret':'s','authorized_grant_types':['implicit']}",
                "{'client_id':'x','authorized_grant_types':['client_credentials']}",
                "{'client_id':'x','client_secret':'s','authorized_grant_types':['authorization_code']}",
                "{'client_id':'x','client_secret':'s','authorized_grant_types':['authorization_code'],'redirect_uri':'http://*.x/'}",
                "{'client_id':'x','client_secret':'s','authorized_grant_types':['authorization_code'],'redirect_uri':'javascript:alert(1)'}",
                "{'client_id':'x','client_secret':'s','authorized_grant_types':['authorization_code'],'redirect_uri':'/cb'}",
                "{'client_id':'x','client_secret':'s','authorized_grant_types':['client_credentials'],'access_token_validity':-1}",
                "{'client_id':'x','client_secret':'s','authorized_grant_types':['client_credentials'],'scope':7}",
            })
    void a_client_that_cannot_be_is_refused(String body) {
        var answer = admin.json("POST", "/oauth/clients", body.replace('\'', '"'));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("error")).isEqualTo("invalid_client");
    }

    @Test
    void a_writer_of_clients_cannot_make_itself_more_than_it_is() {
        admin.json(
                "POST",
                "/oauth/clients",
                """
                {"client_id":"writer","client_secret":"s","authorized_grant_types":["client_credentials"],
                 "authorities":["clients.read","clients.write","clients.secret"]}
                """);
        var writer = http.bearer(token("writer", "s").text("access_token"));

        var mighty =
                writer.json(
                        "POST",
                        "/oauth/clients",
                        worker("mighty").replace("doppler.firehose", "uaa.admin"));
        var modest =
                writer.json(
                        "POST",
                        "/oauth/clients",
                        worker("modest").replace("doppler.firehose", "clients.read"));

        assertThat(mighty.status()).isEqualTo(400);
        assertThat(modest.status()).isEqualTo(201);
        assertThat(writer.delete("/oauth/clients/admin").status()).isEqualTo(400);
        assertThat(
                        writer.json("PUT", "/oauth/clients/admin/secret", "{\"secret\":\"mine\"}")
                                .status())
                .isEqualTo(403);
        assertThat(
                        writer.json(
                                        "PUT",
                                        "/oauth/clients/writer/secret",
                                        "{\"oldSecret\":\"wrong\",\"secret\":\"t\"}")
                                .status())
                .isEqualTo(403);
        assertThat(
                        writer.json(
                                        "PUT",
                                        "/oauth/clients/writer/secret",
                                        "{\"oldSecret\":\"s\",\"secret\":\"t\"}")
                                .status())
                .isEqualTo(200);
    }

    @Test
    void users_read_clients_only_if_they_may() {
        http.createUser("joe", "secret");

        assertThat(http.asUser("joe", "secret").get("/oauth/clients/cf").status()).isEqualTo(403);
        assertThat(http.asAdmin().get("/oauth/clients/cf").text("client_id")).isEqualTo("cf");
        assertThat(http.asAdmin().get("/oauth/clients/no-such").status()).isEqualTo(404);
    }

    @Test
    void the_standard_clients_are_there() {
        var clients = admin.get("/oauth/clients").json().path("resources");

        assertThat(clients.valueStream().map((JsonNode c) -> c.path("client_id").asString()))
                .contains(
                        "cf",
                        "ssh-proxy",
                        "doppler",
                        "cloud_controller_username_lookup",
                        "cc-service-dashboards",
                        "service-gateway",
                        "admin");
    }
}

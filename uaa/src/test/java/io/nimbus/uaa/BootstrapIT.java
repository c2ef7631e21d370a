package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.database.TestDatabases;
import io.nimbus.servers.TestServers;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;
import tools.jackson.dataformat.yaml.YAMLMapper;

class BootstrapIT {
    @Test
    void replicas_that_start_together_make_everything_once() throws Exception {
        var database = TestDatabases.fresh();
        var time = new ShiftedTimers();
        var replicas = new ArrayList<TestUaa>();
        try (var starters = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<TestUaa> start = () -> TestUaa.start(database, time, "");
            for (var started : starters.invokeAll(java.util.Collections.nCopies(3, start))) {
                replicas.add(started.get());
            }
        }

        for (var replica : replicas) {
            var admin = replica.http().asAdmin();
            assertThat(admin.get("/Users").json().path("totalResults").asInt()).isEqualTo(1);
            assertThat(admin.get("/oauth/clients").json().path("totalResults").asInt())
                    .isEqualTo(7);
            assertThat(replica.http().get("/token_keys").json().path("keys").size()).isEqualTo(1);
        }
        replicas.forEach(TestUaa::close);
    }

    @Test
    void a_second_start_changes_nothing_and_tokens_stay_valid() {
        var database = TestDatabases.fresh();
        String token;
        String groups;
        try (var first = TestUaa.start(database, "")) {
            token = first.http().login("admin", TestUaa.ADMIN_PASSWORD).text("access_token");
            groups = first.http().bearer(token).get("/Groups?count=500").body();
        }
        try (var second = TestUaa.start(database, "")) {
            assertThat(second.http().bearer(token).get("/Groups?count=500").body())
                    .isEqualTo(groups);
        }
    }

    @Test
    void what_people_changed_stays_and_what_the_configuration_says_comes_back() {
        var database = TestDatabases.fresh();
        try (var first = TestUaa.start(database, "")) {
            var admin = first.http().asAdmin();
            var adminId =
                    admin.get("/Users").json().path("resources").path(0).path("id").asString();
            admin.json(
                    "PUT",
                    "/Users/" + adminId + "/password",
                    "{\"oldPassword\":\"" + TestUaa.ADMIN_PASSWORD + "\",\"password\":\"mine\"}");
            first.http()
                    .asClient("admin")
                    .json(
                            "PUT",
                            "/oauth/clients/doppler",
                            """
                            {"client_id":"doppler","authorized_grant_types":["client_credentials"],
                             "authorities":["uaa.none"]}
                            """);
        }
        try (var second = TestUaa.start(database, "")) {
            assertThat(second.http().login("admin", "mine").status()).isEqualTo(200);
            assertThat(
                            second.http()
                                    .asClient("admin")
                                    .get("/oauth/clients/doppler")
                                    .json()
                                    .path("authorities")
                                    .toString())
                    .contains("doppler.firehose");
        }
    }

    @Test
    void what_has_no_secret_gets_one_in_a_file_that_only_its_owner_reads() throws Exception {
        var file = TestServers.folder("secrets").resolve("uaa-secrets.yml");
        var database = TestDatabases.fresh();
        var yaml =
                """
                port: 0
                nats: {password: unused}
                database: {url: "%s", user: %s, password: %s}
                passwords: {hash_cost: 4}
                secrets_file: %s
                """
                        .formatted(database.url(), database.user(), database.password(), file);
        Map<String, String> secrets;
        try (var uaa = TestUaa.startExactly(database, yaml)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            secrets = new YAMLMapper().readValue(file, new TypeReference<>() {});
            assertThat(secrets).hasSize(7);
            assertThat(
                            uaa.http()
                                    .login("admin", secrets.getOrDefault("admin_password", ""))
                                    .status())
                    .isEqualTo(200);
            assertThat(
                            uaa.http()
                                    .form(
                                            "/oauth/token",
                                            "grant_type",
                                            "client_credentials",
                                            "client_id",
                                            "doppler",
                                            "client_secret",
                                            secrets.getOrDefault("client_doppler", ""))
                                    .status())
                    .isEqualTo(200);
        }
        var anew = TestDatabases.fresh();
        try (var uaa = TestUaa.startExactly(anew, yaml.replace(database.url(), anew.url()))) {
            assertThat(
                            uaa.http()
                                    .login("admin", secrets.getOrDefault("admin_password", ""))
                                    .status())
                    .as("a new database gets the same secrets")
                    .isEqualTo(200);
        }
    }

    @Test
    void a_changed_secret_in_the_configuration_replaces_the_old_one() {
        var database = TestDatabases.fresh();
        var yaml =
                """
                port: 0
                nats: {password: unused}
                database: {url: "%s", user: %s, password: %s}
                passwords: {hash_cost: 4}
                secrets_file: %s
                admin: {password: x}
                clients:
                  - {id: admin, secret: SECRET}
                  - {id: mine, secret: s, grant_types: [client_credentials], authorities: [my.own]}
                """
                        .formatted(
                                database.url(),
                                database.user(),
                                database.password(),
                                TestServers.folder("secrets").resolve("x.yml"));
        try (var uaa = TestUaa.startExactly(database, yaml)) {
            assertThat(client(uaa, "admin", "SECRET")).isEqualTo(200);
            assertThat(client(uaa, "mine", "s")).isEqualTo(200);
        }
        try (var uaa = TestUaa.startExactly(database, yaml.replace("SECRET", "OTHER"))) {
            assertThat(client(uaa, "admin", "SECRET")).isEqualTo(401);
            assertThat(client(uaa, "admin", "OTHER")).isEqualTo(200);
        }
    }

    private static int client(TestUaa uaa, String id, String secret) {
        return uaa.http()
                .form(
                        "/oauth/token",
                        "grant_type",
                        "client_credentials",
                        "client_id",
                        id,
                        "client_secret",
                        secret)
                .status();
    }
}

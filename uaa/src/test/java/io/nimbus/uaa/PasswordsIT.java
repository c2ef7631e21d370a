package io.nimbus.uaa;

import static io.nimbus.uaa.schema.Tables.USERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.database.Database;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PasswordsIT {
    private static TestUaa uaa;
    private static Http http;

    @BeforeAll
    static void start() {
        uaa = TestUaa.start("lockout: {failures: 5, window: 1200s, period: 300s}\n");
        http = uaa.http();
    }

    @AfterAll
    static void stop() {
        uaa.close();
    }

    private static Http.Answer change(Http caller, String id, String old, String fresh) {
        return caller.json(
                "PUT",
                "/Users/" + id + "/password",
                "{\"oldPassword\":\"" + old + "\",\"password\":\"" + fresh + "\"}");
    }

    @Test
    void a_user_changes_the_own_password_and_older_tokens_are_void() {
        var id = http.createUser("amy", "one");
        var login = http.login("amy", "one");
        var amy = http.bearer(login.text("access_token"));

        var changed = change(amy, id, "one", "two");

        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.text("status")).isEqualTo("ok");
        assertThat(changed.text("message")).isEqualTo("password updated");
        assertThat(http.login("amy", "one").status()).isEqualTo(401);
        assertThat(http.login("amy", "two").status()).isEqualTo(200);
        assertThat(amy.get("/userinfo").text("error")).isEqualTo("invalid_token");
        assertThat(
                        http.cf()
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
    void the_old_password_must_be_right_and_the_new_one_new() {
        var id = http.createUser("bob", "one");
        var bob = http.asUser("bob", "one");

        assertThat(change(bob, id, "wrong", "two").status()).isEqualTo(401);
        assertThat(change(bob, id, "wrong", "two").text("error")).isEqualTo("unauthorized");
        assertThat(change(bob, id, "one", "one").status()).isEqualTo(422);
        assertThat(change(bob, id, "one", "one").text("error")).isEqualTo("invalid_password");
        assertThat(change(bob, id, "one", "x".repeat(256)).status()).isEqualTo(400);
    }

    @Test
    void the_path_of_the_old_maven_plugin_works_too() {
        var id = http.createUser("cid", "one");

        var changed =
                http.asUser("cid", "one")
                        .json(
                                "PUT",
                                "/User/" + id + "/password",
                                "{\"oldPassword\":\"one\",\"password\":\"two\"}");

        assertThat(changed.status()).isEqualTo(200);
    }

    @Test
    void an_administrator_needs_no_old_password_and_a_user_gets_no_other_ones() {
        var id = http.createUser("deb", "one");
        http.createUser("eli", "one");

        assertThat(change(http.asUser("eli", "one"), id, "one", "mine").status()).isEqualTo(403);
        assertThat(
                        http.asClient("admin")
                                .json("PUT", "/Users/" + id + "/password", "{\"password\":\"two\"}")
                                .status())
                .isEqualTo(200);
        assertThat(http.login("deb", "two").status()).isEqualTo(200);
        assertThat(change(http.asClient("admin"), "unknown", "", "x").status()).isEqualTo(401);
    }

    @Test
    void a_name_locks_after_five_failures_and_opens_after_five_minutes() {
        http.createUser("fin", "right");
        for (int i = 0; i < 5; i++) {
            assertThat(http.login("fin", "wrong").text("error_description"))
                    .isEqualTo("Bad credentials");
        }

        var locked = http.login("FIN", "right");
        assertThat(locked.status()).isEqualTo(401);
        assertThat(locked.text("error")).isEqualTo("unauthorized");
        assertThat(locked.text("error_description"))
                .isEqualTo(
                        "Your account has been locked because of too many failed attempts to"
                                + " login.");

        uaa.time.advance(Duration.ofSeconds(301));
        assertThat(http.login("fin", "right").status()).isEqualTo(200);
    }

    @Test
    void a_name_that_nobody_has_locks_like_any_other() {
        for (int i = 0; i < 5; i++) {
            http.login("ghost", "wrong");
        }

        assertThat(http.login("ghost", "wrong").text("error_description"))
                .startsWith("Your account has been locked");
    }

    @Test
    void a_success_in_between_starts_the_count_anew() {
        http.createUser("hob", "right");
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 4; i++) {
                http.login("hob", "wrong");
            }
            assertThat(http.login("hob", "right").status()).isEqualTo(200);
        }
    }

    @Test
    void replicas_count_failures_together() {
        http.createUser("ivy", "right");
        try (var other = uaa.replica()) {
            for (int i = 0; i < 5; i++) {
                (i % 2 == 0 ? http : other.http()).login("ivy", "wrong");
            }

            assertThat(other.http().login("ivy", "right").status()).isEqualTo(401);
        }
    }

    @Test
    void an_administrator_unlocks() {
        var id = http.createUser("jil", "right");
        for (int i = 0; i < 5; i++) {
            http.login("jil", "wrong");
        }

        var unlocked =
                http.asClient("admin")
                        .json("PATCH", "/Users/" + id + "/status", "{\"locked\":false}");

        assertThat(unlocked.status()).isEqualTo(200);
        assertThat(http.login("jil", "right").status()).isEqualTo(200);
    }

    @Test
    void a_required_change_comes_before_anything_else() {
        var id = http.createUser("kim", "one");
        var status =
                http.asClient("admin")
                        .json(
                                "PATCH",
                                "/Users/" + id + "/status",
                                "{\"passwordChangeRequired\":true}");

        assertThat(status.status()).isEqualTo(200);
        assertThat(http.login("kim", "one").text("error_description"))
                .isEqualTo("User password needs to be changed");
        assertThat(change(http.asClient("admin"), id, "", "two").status()).isEqualTo(200);
        assertThat(http.login("kim", "two").status()).isEqualTo(200);
    }

    @Test
    void a_password_longer_than_bcrypt_reads_counts_to_its_end() {
        var id = http.createUser("lou", "x".repeat(100));

        assertThat(id).isNotEmpty();
        assertThat(http.login("lou", "x".repeat(99)).status()).isEqualTo(401);
        assertThat(http.login("lou", "x".repeat(100)).status()).isEqualTo(200);
    }

    @Test
    void a_score_tells_good_passwords_from_bad_ones() {
        var bad = http.form("/password/score", "password", "joe123", "userData", "joe");
        var good = http.form("/password/score", "password", "tru3-Gr1ts!of-the:Elbe");

        assertThat(bad.json().path("score").asInt(99)).isLessThan(4);
        assertThat(good.json().path("score").asInt()).isEqualTo(10);
        assertThat(good.json().path("requiredScore").asInt(99)).isZero();
    }

    @Test
    void a_hash_follows_the_configured_cost_at_the_next_log_in() {
        http.createUser("max", "secret");
        var dearer = Map.of("NIMBUS_UAA_PASSWORDS_HASH_COST", "5");
        try (var other = TestUaa.start(uaa.databaseConfig, uaa.time, "", dearer);
                var database = new Database(uaa.databaseConfig, "db/uaa")) {
            database.start();
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(database::isReady);
            assertThat(hash(database)).startsWith("$2a$04$");

            assertThat(other.http().login("max", "secret").status()).isEqualTo(200);

            assertThat(hash(database)).startsWith("$2a$05$");
            assertThat(other.http().login("max", "secret").status()).isEqualTo(200);
        }
    }

    private static String hash(Database database) {
        return database.read(dsl ->
                dsl.select(USERS.PASSWORD)
                        .from(USERS)
                        .where(USERS.USER_NAME.eq("max"))
                        .fetchSingle()
                        .value1());
    }
}

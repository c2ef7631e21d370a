package io.nimbus.uaa;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nimbus.database.TestDatabases;
import io.nimbus.tokens.TokenVerifier;
import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class KeysIT {
    private static String keyOf(Http.Answer login) {
        var header = login.text("access_token").split("\\.")[0];
        var text = new String(Base64.getUrlDecoder().decode(header), UTF_8);
        return JsonMapper.shared().readTree(text).path("kid").asString();
    }

    @Test
    void a_rotation_publishes_the_new_key_and_accepts_the_old_one_until_its_tokens_have_ended()
            throws Exception {
        try (var uaa = TestUaa.start()) {
            var http = uaa.http();
            var before = http.login("admin", TestUaa.ADMIN_PASSWORD);
            var verifier =
                    new TokenVerifier(
                            new io.nimbus.tokens.UaaConfig(
                                    URI.create(http.base()),
                                    TestUaa.ISSUER,
                                    Set.of("cloud_controller")),
                            uaa.time);
            assertThat(verifier.verify("bearer " + before.text("access_token")).userName())
                    .isEqualTo("admin");

            var rotated = http.asClient("admin").json("POST", "/token_keys/rotate", "");

            assertThat(rotated.status()).isEqualTo(201);
            var after = http.login("admin", TestUaa.ADMIN_PASSWORD);
            assertThat(keyOf(after)).isEqualTo(rotated.text("kid")).isNotEqualTo(keyOf(before));
            assertThat(http.get("/token_key").text("kid")).isEqualTo(keyOf(after));
            assertThat(http.get("/token_keys").json().path("keys").size()).isEqualTo(2);
            assertThat(http.bearer(before.text("access_token")).get("/userinfo").status())
                    .isEqualTo(200);
            assertThat(verifier.verify("bearer " + after.text("access_token")).userName())
                    .as("a verifier that ran before the rotation fetches the key")
                    .isEqualTo("admin");

            uaa.time.advance(Duration.ofHours(13));
            assertThat(http.get("/token_keys").json().path("keys").size()).isEqualTo(1);
        }
    }

    @Test
    void a_replica_signs_with_the_same_key_and_learns_of_a_rotation() {
        try (var one = TestUaa.start();
                var two = one.replica()) {
            assertThat(keyOf(two.http().login("admin", TestUaa.ADMIN_PASSWORD)))
                    .isEqualTo(keyOf(one.http().login("admin", TestUaa.ADMIN_PASSWORD)));

            one.http().asClient("admin").json("POST", "/token_keys/rotate", "");
            var token = one.http().login("admin", TestUaa.ADMIN_PASSWORD);

            assertThat(two.http().bearer(token.text("access_token")).get("/userinfo").status())
                    .isEqualTo(200);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() ->
                            keyOf(two.http().login("admin", TestUaa.ADMIN_PASSWORD))
                                    .equals(keyOf(token)));
        }
    }

    @Test
    void keys_are_shown_as_J_reads_them_and_only_when_they_changed() {
        try (var uaa = TestUaa.start()) {
            var keys = uaa.http().get("/token_keys");

            var key = keys.json().path("keys").path(0);
            assertThat(key.propertyNames())
                    .containsExactlyInAnyOrder("kty", "e", "use", "kid", "alg", "value", "n");
            assertThat(key.path("value").asString())
                    .startsWith("-----BEGIN PUBLIC KEY-----\n")
                    .endsWith("\n-----END PUBLIC KEY-----");
            assertThat(keys.body()).doesNotContain("\"d\"").doesNotContain("\"p\"");
            var again = uaa.http().with("If-None-Match", keys.header("ETag")).get("/token_keys");
            assertThat(again.status()).isEqualTo(304);
        }
    }

    @Test
    void only_an_administrator_rotates() {
        try (var uaa = TestUaa.start()) {
            uaa.http().createUser("joe", "secret");

            assertThat(
                            uaa.http()
                                    .asUser("joe", "secret")
                                    .json("POST", "/token_keys/rotate", "")
                                    .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void private_keys_lie_encrypted_where_there_is_a_passphrase() {
        var database = TestDatabases.fresh();
        var passphrase = Map.of("NIMBUS_UAA_KEYS_PASSPHRASE", "long and secret");
        try (var uaa = TestUaa.start(database, new ShiftedTimers(), "", passphrase)) {
            assertThat(uaa.http().login("admin", TestUaa.ADMIN_PASSWORD).status()).isEqualTo(200);
            assertThatThrownBy(() -> TokenSecurityIT.signingKey(uaa))
                    .as("not a JWK")
                    .isInstanceOf(IllegalStateException.class);
        }
        try (var again = TestUaa.start(database, new ShiftedTimers(), "", passphrase)) {
            assertThat(again.http().login("admin", TestUaa.ADMIN_PASSWORD).status()).isEqualTo(200);
        }
        try (var without = TestUaa.start(database, "")) {
            assertThat(without.http().login("admin", TestUaa.ADMIN_PASSWORD).status())
                    .isEqualTo(503);
            assertThat(without.faults()).containsKey("keys");
        }
    }
}

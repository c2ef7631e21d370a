package io.nimbus.tests.uaaclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert;
import org.awaitility.Awaitility;
import org.cloudfoundry.reactor.DefaultConnectionContext;
import org.cloudfoundry.reactor.TokenProvider;
import org.cloudfoundry.reactor.tokenprovider.ClientCredentialsGrantTokenProvider;
import org.cloudfoundry.reactor.tokenprovider.PasswordGrantTokenProvider;
import org.cloudfoundry.reactor.uaa.ReactorUaaClient;
import org.cloudfoundry.uaa.UaaClient;
import org.cloudfoundry.uaa.UaaException;
import org.cloudfoundry.uaa.clients.BatchCreateClientsRequest;
import org.cloudfoundry.uaa.clients.BatchDeleteClientsRequest;
import org.cloudfoundry.uaa.clients.ChangeSecretRequest;
import org.cloudfoundry.uaa.clients.CreateClient;
import org.cloudfoundry.uaa.clients.CreateClientRequest;
import org.cloudfoundry.uaa.clients.DeleteClientRequest;
import org.cloudfoundry.uaa.clients.GetClientRequest;
import org.cloudfoundry.uaa.clients.ListClientsRequest;
import org.cloudfoundry.uaa.clients.UpdateClientRequest;
import org.cloudfoundry.uaa.groups.AddMemberRequest;
import org.cloudfoundry.uaa.groups.CheckMembershipRequest;
import org.cloudfoundry.uaa.groups.CreateGroupRequest;
import org.cloudfoundry.uaa.groups.DeleteGroupRequest;
import org.cloudfoundry.uaa.groups.GetGroupRequest;
import org.cloudfoundry.uaa.groups.ListExternalGroupMappingsRequest;
import org.cloudfoundry.uaa.groups.ListGroupsRequest;
import org.cloudfoundry.uaa.groups.ListMembersRequest;
import org.cloudfoundry.uaa.groups.MapExternalGroupRequest;
import org.cloudfoundry.uaa.groups.MemberType;
import org.cloudfoundry.uaa.groups.RemoveMemberRequest;
import org.cloudfoundry.uaa.groups.UnmapExternalGroupByGroupIdRequest;
import org.cloudfoundry.uaa.groups.UpdateGroupRequest;
import org.cloudfoundry.uaa.tokens.CheckTokenRequest;
import org.cloudfoundry.uaa.tokens.GetTokenByAuthorizationCodeRequest;
import org.cloudfoundry.uaa.tokens.GetTokenByClientCredentialsRequest;
import org.cloudfoundry.uaa.tokens.GetTokenByOneTimePasscodeRequest;
import org.cloudfoundry.uaa.tokens.GetTokenByPasswordRequest;
import org.cloudfoundry.uaa.tokens.GetTokenKeyRequest;
import org.cloudfoundry.uaa.tokens.GrantType;
import org.cloudfoundry.uaa.tokens.KeyType;
import org.cloudfoundry.uaa.tokens.ListTokenKeysRequest;
import org.cloudfoundry.uaa.tokens.RefreshTokenRequest;
import org.cloudfoundry.uaa.users.ChangeUserPasswordRequest;
import org.cloudfoundry.uaa.users.CreateUserRequest;
import org.cloudfoundry.uaa.users.DeleteUserRequest;
import org.cloudfoundry.uaa.users.Email;
import org.cloudfoundry.uaa.users.ListUsersRequest;
import org.cloudfoundry.uaa.users.LookupUserIdsRequest;
import org.cloudfoundry.uaa.users.Name;
import org.cloudfoundry.uaa.users.UpdateUserRequest;
import org.cloudfoundry.uaa.users.UserInfoRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** cf-java-client's users, groups, clients and tokens. */
class JavaClientIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static UaaProcess uaa;
    private static DefaultConnectionContext context;
    private static UaaClient admin;

    @BeforeAll
    static void start() throws Exception {
        uaa = new UaaProcess();
        context =
                DefaultConnectionContext.builder()
                        .apiHost("127.0.0.1")
                        .port(uaa.controllerPort())
                        .secure(false)
                        .build();
        admin =
                client(
                        ClientCredentialsGrantTokenProvider.builder()
                                .clientId("admin")
                                .clientSecret(UaaProcess.SECRET)
                                .build());
        // It listens before its database is there, and the client would remember the 503.
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> http("GET", "/token_keys", "").contains("\"keys\""));
    }

    @AfterAll
    static void stop() {
        if (context != null) {
            context.dispose();
        }
        if (uaa != null) {
            uaa.close();
        }
    }

    private static UaaClient client(TokenProvider tokens) {
        return ReactorUaaClient.builder().connectionContext(context).tokenProvider(tokens).build();
    }

    private static UaaClient as(String user, String password) {
        return client(
                PasswordGrantTokenProvider.builder().username(user).password(password).build());
    }

    private static <T> T get(Mono<T> answer) {
        var value = answer.block(PATIENCE);
        assertThat(value).isNotNull();
        return value;
    }

    private static String user(String name) {
        return get(admin.users()
                        .create(
                                CreateUserRequest.builder()
                                        .userName(name)
                                        .password("secret")
                                        .name(Name.builder().givenName("G").familyName("F").build())
                                        .email(
                                                Email.builder()
                                                        .value(name + "@example.com")
                                                        .primary(true)
                                                        .build())
                                        .build()))
                .getId();
    }

    private static String http(String method, String path, String token) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var answer =
                    http.send(
                            HttpRequest.newBuilder(URI.create(uaa.url() + path))
                                    .header("Authorization", "bearer " + token)
                                    .header("Accept", "application/json")
                                    .method(method, HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return answer.headers().firstValue("Location").orElse(answer.body());
        }
    }

    private static String passwordGrant(String user) {
        return get(admin.tokens()
                        .getByPassword(
                                GetTokenByPasswordRequest.builder()
                                        .clientId("cf")
                                        .clientSecret("")
                                        .username(user)
                                        .password("secret")
                                        .build()))
                .getAccessToken();
    }

    @Test
    void users_are_made_found_changed_and_deleted() {
        var id = user("una");
        var found =
                get(
                        admin.users()
                                .list(
                                        ListUsersRequest.builder()
                                                .filter("userName eq \"una\"")
                                                .startIndex(1)
                                                .build()));
        assertThat(found.getTotalResults()).isEqualTo(1);
        var una = found.getResources().getFirst();
        assertThat(una.getId()).isEqualTo(id);
        assertThat(una.getOrigin()).isEqualTo("uaa");
        assertThat(una.getGroups()).anyMatch(g -> "cloud_controller.read".equals(g.getDisplay()));

        var updated =
                get(
                        admin.users()
                                .update(
                                        UpdateUserRequest.builder()
                                                .id(id)
                                                .version("*")
                                                .userName("una")
                                                .active(true)
                                                .name(
                                                        Name.builder()
                                                                .givenName("Una")
                                                                .familyName("Other")
                                                                .build())
                                                .email(
                                                        Email.builder()
                                                                .value("una@example.org")
                                                                .primary(true)
                                                                .build())
                                                .build()));
        assertThat(updated.getName().getGivenName()).isEqualTo("Una");
        assertThat(
                        get(admin.users().delete(DeleteUserRequest.builder().userId(id).build()))
                                .getUserName())
                .isEqualTo("una");
        assertThat(
                        get(admin.users()
                                        .list(
                                                ListUsersRequest.builder()
                                                        .filter("id eq \"" + id + "\"")
                                                        .build()))
                                .getTotalResults())
                .isZero();
    }

    @Test
    void a_name_that_is_taken_is_a_conflict() {
        user("dup");

        assertThatThrownBy(() -> user("dup"))
                .isInstanceOfSatisfying(
                        UaaException.class,
                        e -> {
                            assertThat(e.getStatusCode()).isEqualTo(409);
                            assertThat(e.getError()).isEqualTo("scim_resource_already_exists");
                        });
    }

    @Test
    void a_user_learns_about_itself_changes_the_password_and_looks_ids_up() {
        var id = user("pam");
        var pam = as("pam", "secret");

        assertThat(get(pam.getUsername())).isEqualTo("pam");
        var info = get(pam.users().userInfo(UserInfoRequest.builder().build()));
        assertThat(info.getUserId()).isEqualTo(id);
        assertThat(info.getEmail()).isEqualTo("pam@example.com");
        assertThat(
                        get(pam.users()
                                        .lookup(
                                                LookupUserIdsRequest.builder()
                                                        .filter("userName eq \"pam\"")
                                                        .build()))
                                .getResources())
                .singleElement()
                .satisfies(row -> assertThat(row.getId()).isEqualTo(id));
        var changed =
                get(
                        pam.users()
                                .changePassword(
                                        ChangeUserPasswordRequest.builder()
                                                .userId(id)
                                                .oldPassword("secret")
                                                .password("other")
                                                .build()));
        assertThat(changed.getStatus()).isEqualTo("ok");
        assertThat(
                        get(as("pam", "other").users().userInfo(UserInfoRequest.builder().build()))
                                .getUserName())
                .isEqualTo("pam");
    }

    @Test
    void groups_and_their_members() {
        var id = user("gus");
        var groups = admin.groups();
        var group =
                get(groups.create(CreateGroupRequest.builder().displayName("team.blue").build()));
        get(
                groups.addMember(
                        AddMemberRequest.builder()
                                .groupId(group.getId())
                                .memberId(id)
                                .origin("uaa")
                                .type(MemberType.USER)
                                .build()));
        assertThat(
                        get(groups.checkMembership(
                                        CheckMembershipRequest.builder()
                                                .groupId(group.getId())
                                                .memberId(id)
                                                .build()))
                                .getMemberId())
                .isEqualTo(id);
        assertThat(
                        get(groups.listMembers(
                                        ListMembersRequest.builder()
                                                .groupId(group.getId())
                                                .build()))
                                .getMembers())
                .hasSize(1);
        assertThat(
                        get(groups.list(
                                        ListGroupsRequest.builder()
                                                .filter("displayName eq \"team.blue\"")
                                                .build()))
                                .getResources()
                                .getFirst()
                                .getMembers())
                .hasSize(1);
        var renamed =
                get(
                        groups.update(
                                UpdateGroupRequest.builder()
                                        .groupId(group.getId())
                                        .version("*")
                                        .displayName("team.green")
                                        .build()));
        assertThat(renamed.getDisplayName()).isEqualTo("team.green");
        get(
                groups.mapExternalGroup(
                        MapExternalGroupRequest.builder()
                                .groupId(group.getId())
                                .externalGroup("greens")
                                .origin("partner")
                                .build()));
        assertThat(
                        get(groups.listExternalGroupMappings(
                                        ListExternalGroupMappingsRequest.builder().build()))
                                .getResources())
                .anyMatch(mapping -> mapping.getDisplayName().equals("team.green"));
        get(
                groups.unmapExternalGroupByGroupId(
                        UnmapExternalGroupByGroupIdRequest.builder()
                                .groupId(group.getId())
                                .externalGroup("greens")
                                .origin("partner")
                                .build()));
        get(
                groups.addMember(
                        AddMemberRequest.builder()
                                .groupId(group.getId())
                                .memberId(id)
                                .origin("uaa")
                                .type(MemberType.USER)
                                .build()));
        get(
                groups.removeMember(
                        RemoveMemberRequest.builder().groupId(group.getId()).memberId(id).build()));
        get(
                groups.delete(
                        DeleteGroupRequest.builder().groupId(group.getId()).version("*").build()));
        assertThatThrownBy(() ->
                        get(groups.get(GetGroupRequest.builder().groupId(group.getId()).build())))
                .isInstanceOf(UaaException.class);
    }

    @Test
    void clients_are_made_used_changed_and_deleted() {
        var clients = admin.clients();
        var made =
                get(
                        clients.create(
                                CreateClientRequest.builder()
                                        .clientId("dash")
                                        .clientSecret("one")
                                        .authorizedGrantType(GrantType.CLIENT_CREDENTIALS)
                                        .authority("uaa.resource")
                                        .accessTokenValidity(100L)
                                        .name("Dashboard")
                                        .build()));
        assertThat(made.getName()).isEqualTo("Dashboard");
        assertThat(own("dash", "one")).isNotEmpty();
        get(
                clients.changeSecret(
                        ChangeSecretRequest.builder()
                                .clientId("dash")
                                .oldSecret("one")
                                .secret("two")
                                .build()));
        assertThat(own("dash", "two")).isNotEmpty();
        assertRefused(() -> own("dash", "one"));
        var updated =
                get(
                        clients.update(
                                UpdateClientRequest.builder()
                                        .clientId("dash")
                                        .authorizedGrantType(GrantType.CLIENT_CREDENTIALS)
                                        .authorities("uaa.resource", "scim.userids")
                                        .name("Other")
                                        .build()));
        assertThat(updated.getAuthorities()).contains("scim.userids");
        assertThat(get(clients.get(GetClientRequest.builder().clientId("dash").build())).getName())
                .isEqualTo("Other");
        assertThat(
                        get(clients.list(
                                        ListClientsRequest.builder()
                                                .filter("client_id eq \"dash\"")
                                                .build()))
                                .getTotalResults())
                .isEqualTo(1);
        get(clients.delete(DeleteClientRequest.builder().clientId("dash").build()));
        assertRefused(() -> own("dash", "two"));
    }

    /** The client tries again after each 401, five times. */
    private static void assertRefused(ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Retries exhausted");
    }

    @Test
    void clients_in_batches() {
        var made =
                get(
                        admin.clients()
                                .batchCreate(
                                        BatchCreateClientsRequest.builder()
                                                .client(batched("b1"))
                                                .client(batched("b2"))
                                                .build()));
        assertThat(made.getClients()).hasSize(2);
        var gone =
                get(
                        admin.clients()
                                .batchDelete(
                                        BatchDeleteClientsRequest.builder()
                                                .clientIds("b1", "b2")
                                                .build()));
        assertThat(gone.getClients()).hasSize(2);
    }

    private static CreateClient batched(String id) {
        return CreateClient.builder()
                .clientId(id)
                .clientSecret("s")
                .authorizedGrantType(GrantType.CLIENT_CREDENTIALS)
                .build();
    }

    private static String own(String client, String secret) {
        return get(admin.tokens()
                        .getByClientCredentials(
                                GetTokenByClientCredentialsRequest.builder()
                                        .clientId(client)
                                        .clientSecret(secret)
                                        .build()))
                .getAccessToken();
    }

    @Test
    void tokens_are_granted_refreshed_and_checked() {
        user("tim");
        var first =
                get(
                        admin.tokens()
                                .getByPassword(
                                        GetTokenByPasswordRequest.builder()
                                                .clientId("cf")
                                                .clientSecret("")
                                                .username("tim")
                                                .password("secret")
                                                .build()));
        assertThat(first.getTokenType()).isEqualTo("bearer");
        var second =
                get(
                        admin.tokens()
                                .refresh(
                                        RefreshTokenRequest.builder()
                                                .clientId("cf")
                                                .clientSecret("")
                                                .refreshToken(first.getRefreshToken())
                                                .build()));
        assertThat(second.getAccessToken()).isNotEqualTo(first.getAccessToken());
        var checked =
                get(
                        admin.tokens()
                                .check(
                                        CheckTokenRequest.builder()
                                                .clientId("doppler")
                                                .clientSecret(UaaProcess.SECRET)
                                                .token(second.getAccessToken())
                                                .scope("cloud_controller.read")
                                                .build()));
        assertThat(checked.getUserName()).isEqualTo("tim");
        assertThat(checked.getIssuer()).endsWith("/oauth/token");
        assertThat(checked.getAudiences()).contains("cloud_controller", "cf");
    }

    @Test
    void keys_are_published() {
        var key = get(admin.tokens().getKey(GetTokenKeyRequest.builder().build()));
        var keys = get(admin.tokens().listKeys(ListTokenKeysRequest.builder().build())).getKeys();

        assertThat(key.getKeyType()).isEqualTo(KeyType.RSA);
        assertThat(keys).singleElement().satisfies(k -> assertThat(k.getN()).isEqualTo(key.getN()));
        assertThat(key.getValue()).startsWith("-----BEGIN PUBLIC KEY-----");
    }

    @Test
    void a_passcode_and_an_authorization_code_become_tokens() throws Exception {
        user("cod");
        var token = passwordGrant("cod");
        var passcode = http("GET", "/passcode", token).replace("\"", "");
        assertThat(
                        get(admin.tokens()
                                        .getByOneTimePasscode(
                                                GetTokenByOneTimePasscodeRequest.builder()
                                                        .clientId("cf")
                                                        .clientSecret("")
                                                        .passcode(passcode)
                                                        .build()))
                                .getAccessToken())
                .isNotEmpty();

        var location =
                http("GET", "/oauth/authorize?response_type=code&client_id=ssh-proxy", token);
        var code = location.replaceAll(".*code=([^&]+).*", "$1");
        assertThat(
                        get(admin.tokens()
                                        .getByAuthorizationCode(
                                                GetTokenByAuthorizationCodeRequest.builder()
                                                        .clientId("ssh-proxy")
                                                        .clientSecret(UaaProcess.SECRET)
                                                        .authorizationCode(code)
                                                        .build()))
                                .getAccessToken())
                .isNotEmpty();
    }
}

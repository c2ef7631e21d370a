package io.nimbus.uaa.clients;

import static io.nimbus.uaa.schema.Tables.CLIENT;

import io.nimbus.uaa.schema.tables.records.ClientRecord;
import io.nimbus.uaa.web.Json;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.JSONB;
import org.jooq.SortField;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Clients in the database. */
public final class ClientStore {
    private ClientStore() {}

    public static Optional<Client> find(DSLContext dsl, String id) {
        return dsl.selectFrom(CLIENT).where(CLIENT.ID.eq(id)).fetchOptional(ClientStore::client);
    }

    /** Blocks others that would change it, until the transaction ends. */
    static Optional<Client> lock(DSLContext dsl, String id) {
        return dsl.selectFrom(CLIENT)
                .where(CLIENT.ID.eq(id))
                .forUpdate()
                .fetchOptional(ClientStore::client);
    }

    static List<Client> list(
            DSLContext dsl, Condition filter, SortField<?> sort, int offset, int count) {
        return dsl.selectFrom(CLIENT)
                .where(filter)
                .orderBy(sort, CLIENT.ID)
                .offset(offset)
                .limit(count)
                .fetch(ClientStore::client);
    }

    static int count(DSLContext dsl, Condition filter) {
        return dsl.fetchCount(CLIENT, filter);
    }

    /** Whether it was inserted; not when there is one of that id. */
    public static boolean insert(DSLContext dsl, Client client) {
        return dsl.insertInto(CLIENT).set(record(client)).onConflictDoNothing().execute() == 1;
    }

    public static void update(DSLContext dsl, Client client) {
        dsl.update(CLIENT).set(record(client)).where(CLIENT.ID.eq(client.id())).execute();
    }

    static boolean delete(DSLContext dsl, String id) {
        return dsl.deleteFrom(CLIENT).where(CLIENT.ID.eq(id)).execute() == 1;
    }

    /** Makes all its tokens void. */
    public static boolean revise(DSLContext dsl, String id, String revision) {
        return dsl.update(CLIENT).set(CLIENT.REVISION, revision).where(CLIENT.ID.eq(id)).execute()
                == 1;
    }

    private static Client client(ClientRecord row) {
        return new Client(
                row.getId(),
                row.getSecret(),
                row.getSecondSecret(),
                list(row.getGrantTypes()),
                list(row.getScope()),
                list(row.getAuthorities()),
                list(row.getRedirectUris()),
                list(row.getAutoApprove()),
                list(row.getResourceIds()),
                list(row.getAllowedProviders()),
                seconds(row.getAccessValidityS()),
                seconds(row.getRefreshValidityS()),
                (ObjectNode) Json.MAPPER.readTree(row.getDetails().data()),
                row.getRevision(),
                row.getCreated(),
                row.getLastModified());
    }

    private static ClientRecord record(Client client) {
        var row = new ClientRecord();
        row.setId(client.id());
        row.setSecret(client.secret());
        row.setSecondSecret(client.secondSecret());
        row.setGrantTypes(array(client.grantTypes()));
        row.setScope(array(client.scope()));
        row.setAuthorities(array(client.authorities()));
        row.setRedirectUris(array(client.redirectUris()));
        row.setAutoApprove(array(client.autoApprove()));
        row.setResourceIds(array(client.resourceIds()));
        row.setAllowedProviders(array(client.allowedProviders()));
        row.setAccessValidityS(seconds(client.accessValidity()));
        row.setRefreshValidityS(seconds(client.refreshValidity()));
        row.setDetails(JSONB.valueOf(client.details().toString()));
        row.setRevision(client.revision());
        row.setCreated(client.created());
        row.setLastModified(client.lastModified());
        return row;
    }

    private static List<String> list(String[] array) {
        return Arrays.asList(array);
    }

    private static String[] array(List<String> list) {
        return list.toArray(String[]::new);
    }

    private static @Nullable Duration seconds(@Nullable Integer seconds) {
        return seconds == null ? null : Duration.ofSeconds(seconds);
    }

    private static @Nullable Integer seconds(@Nullable Duration duration) {
        return duration == null ? null : (int) duration.toSeconds();
    }
}

package io.nimbus.cloudcontroller.apps;

import static io.nimbus.cloudcontroller.ccdb.Tables.APPS;

import io.nimbus.cloudcontroller.encryption.Encryptor;
import io.nimbus.cloudcontroller.rest.Change;
import io.nimbus.cloudcontroller.rest.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * An app's environment and buildpacks, which are kept encrypted: addresses of buildpacks may hold
 * passwords.
 */
public final class AppSecrets {
    private final Encryptor encryptor;

    public AppSecrets(Encryptor encryptor) {
        this.encryptor = encryptor;
    }

    public Map<String, @Nullable Object> environment(Record app) {
        var json =
                encryptor.decrypt(
                        app.get(APPS.ENVIRONMENT_JSON_ENCRYPTED),
                        app.get(APPS.ENVIRONMENT_JSON_KEY));
        return json == null ? new LinkedHashMap<>() : Json.object(Json.read(json));
    }

    void environment(Change change, Map<String, @Nullable Object> environment) {
        var sealed = encryptor.encrypt(Json.write(environment));
        change.set(APPS.ENVIRONMENT_JSON_ENCRYPTED, sealed.bytes());
        change.set(APPS.ENVIRONMENT_JSON_KEY, sealed.key());
    }

    /** In order; empty when one is to be detected. */
    public List<String> buildpacks(Record app) {
        var json =
                encryptor.decrypt(app.get(APPS.BUILDPACKS_ENCRYPTED), app.get(APPS.BUILDPACKS_KEY));
        return json == null ? List.of() : Json.texts(Json.read(json));
    }

    public void buildpacks(Change change, List<String> buildpacks) {
        if (buildpacks.isEmpty()) {
            change.set(APPS.BUILDPACKS_ENCRYPTED, null);
            change.set(APPS.BUILDPACKS_KEY, null);
            return;
        }
        var sealed = encryptor.encrypt(Json.write(buildpacks));
        change.set(APPS.BUILDPACKS_ENCRYPTED, sealed.bytes());
        change.set(APPS.BUILDPACKS_KEY, sealed.key());
    }
}

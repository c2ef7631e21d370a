package io.nimbus.subjects;

/**
 * User and password of the controller's bulk API. Every controller answers, and all answer the
 * same.
 */
public record BulkCredentials(String user, String password) {

    public BulkCredentials {
        Wire.required(user, "user");
        Wire.required(password, "password");
    }

    public static RequestSubject<Poke, BulkCredentials> of(String partition) {
        return new RequestSubject<>(
                "cloudcontroller.bulk.credentials." + Subject.token(partition),
                Poke.class,
                BulkCredentials.class);
    }

    @Override
    public String toString() {
        return "BulkCredentials[user=" + user + "]";
    }
}

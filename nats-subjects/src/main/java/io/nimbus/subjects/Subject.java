package io.nimbus.subjects;

/**
 * A subject and the type of its payload. A subject with a parameter ({@code dea.<id>.start}) is
 * made by the method of its record that takes the parameter.
 *
 * @param name what NATS sees; tokens separated by dots. {@code *} stands for one token where a
 *     subscriber listens to a family
 */
public record Subject<T>(String name, Class<T> type) {

    public Subject {
        if (name.isEmpty() || name.startsWith(".") || name.endsWith(".") || name.contains("..")) {
            throw new IllegalArgumentException("not a subject: " + name);
        }
        if (name.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new IllegalArgumentException(
                    "a subject is printable ASCII without blanks: " + name);
        }
    }

    /** The bytes to publish. */
    public byte[] encode(T message) {
        return WireFormat.encode(message);
    }

    /**
     * The message in these bytes.
     *
     * @throws MalformedMessageException when they are not what {@link #type} requires; the caller
     *     logs, counts and drops
     */
    public T decode(byte[] body) throws MalformedMessageException {
        return WireFormat.decode(name, body, type);
    }

    /**
     * An id as one token of a subject.
     *
     * @throws IllegalArgumentException when it would be read as several tokens or as a wildcard
     */
    public static String token(String id) {
        if (id.isEmpty()
                || id.chars()
                        .anyMatch(c -> c == '.' || c == '*' || c == '>' || c <= ' ' || c > '~')) {
            throw new IllegalArgumentException(
                    "not usable as one token of a subject: '" + id + "'");
        }
        return id;
    }
}

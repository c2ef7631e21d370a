package io.nimbus.subjects;

/**
 * A subject on which requests are answered.
 *
 * @param <Q> the request
 * @param <R> each reply; there may be none, one or many, and nothing in a reply says which
 */
public record RequestSubject<Q, R>(Subject<Q> request, Class<R> replyType) {

    public RequestSubject(String name, Class<Q> requestType, Class<R> replyType) {
        this(new Subject<>(name, requestType), replyType);
    }

    public String name() {
        return request.name();
    }

    public byte[] encodeReply(R reply) {
        return WireFormat.encode(reply);
    }

    public R decodeReply(byte[] body) throws MalformedMessageException {
        return WireFormat.decode("reply to " + name(), body, replyType);
    }
}

package io.nimbus.loggregator.doppler;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;

/**
 * {@code multipart/x-protobuf} as doppler's clients take it apart: parts without headers, and
 * exactly one blank before {@code boundary=}. cf-java-client looks for the bytes {@code --boundary
 * CRLF CRLF} and nothing else.
 */
final class Multipart {
    private static final byte[] LINE = "\r\n".getBytes(US_ASCII);

    private final byte[] delimiter;
    private final OutputStream to;

    /**
     * @param boundary random enough that no payload holds it
     */
    Multipart(String boundary, OutputStream to) {
        this.delimiter = ("--" + boundary).getBytes(US_ASCII);
        this.to = to;
    }

    static String contentType(String boundary) {
        return "multipart/x-protobuf; boundary=" + boundary;
    }

    void part(byte[] payload) throws IOException {
        to.write(delimiter);
        to.write(LINE);
        to.write(LINE);
        to.write(payload);
        to.write(LINE);
    }

    void end() throws IOException {
        to.write(delimiter);
        to.write("--".getBytes(US_ASCII));
        to.write(LINE);
    }
}

package io.nimbus.router.tls;

import java.security.cert.CertificateException;

/** Why a backend's certificate is not accepted. */
final class PeerFault extends CertificateException {
    enum Kind {
        UNTRUSTED,
        /** Somebody else's. */
        NAME
    }

    private final Kind kind;

    PeerFault(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }
}

package io.nimbus.router.proxy;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** The certificate that a client has shown. */
final class ClientCertificates {
    private ClientCertificates() {}

    /** The leaf as base64 DER without line ends, or null. */
    static @Nullable String of(Channel channel) {
        var tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            return null;
        }
        try {
            var chain = tls.engine().getSession().getPeerCertificates();
            return chain.length == 0
                    ? null
                    : Base64.getEncoder().encodeToString(chain[0].getEncoded());
        } catch (SSLPeerUnverifiedException | CertificateEncodingException e) {
            return null; // it has shown none
        }
    }
}

package io.nimbus.router.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;

/** BoringSSL where its library loads, since it is much cheaper; the JDK's TLS elsewhere. */
public final class Provider {
    private Provider() {}

    public static SslProvider best() {
        return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
    }
}

package io.nimbus.router.tls;

import io.netty.util.NetUtil;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Which names a certificate is for. Only subject alternative names count (RFC 9525). */
public final class CertificateNames {
    private static final int DNS = 2;
    private static final int ADDRESS = 7;

    private CertificateNames() {}

    public static boolean match(X509Certificate certificate, String wanted) {
        var address = NetUtil.createByteArrayFromIpAddressString(wanted);
        if (address != null) {
            return names(certificate, ADDRESS).stream()
                    .map(NetUtil::createByteArrayFromIpAddressString)
                    .anyMatch(there -> Arrays.equals(address, there));
        }
        var name = wanted.toLowerCase(Locale.ROOT);
        return names(certificate, DNS).stream().anyMatch(pattern -> matches(pattern, name));
    }

    /** The certificate's DNS names in lower case. */
    public static List<String> dns(X509Certificate certificate) {
        return names(certificate, DNS);
    }

    private static List<String> names(X509Certificate certificate, int kind) {
        var names = new ArrayList<String>();
        try {
            var all = certificate.getSubjectAlternativeNames();
            if (all == null) {
                return names;
            }
            for (var entry : all) {
                if (entry.get(0) instanceof Integer type
                        && type == kind
                        && entry.get(1) instanceof String text) {
                    names.add(text.toLowerCase(Locale.ROOT));
                }
            }
        } catch (CertificateParsingException e) {
            return List.of(); // a certificate that is for nobody
        }
        return names;
    }

    /** {@code *.} stands for one label. */
    static boolean matches(String pattern, String name) {
        if (!pattern.startsWith("*.")) {
            return pattern.equals(name);
        }
        int dot = name.indexOf('.');
        return dot > 0 && name.substring(dot).equals(pattern.substring(1));
    }
}
